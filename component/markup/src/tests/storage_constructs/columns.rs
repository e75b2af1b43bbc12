//! Sections and columns that are macros, as old pages have them.

use super::{edited, kept};

#[test]
fn columns_of_macros_stay_where_they_are() {
    let page = "<ac:structured-macro ac:name=\"section\"><ac:parameter ac:name=\"border\">true</ac:parameter><ac:rich-text-body><ac:structured-macro ac:name=\"column\"><ac:parameter ac:name=\"width\">30%</ac:parameter><ac:rich-text-body><p>a</p></ac:rich-text-body></ac:structured-macro><ac:structured-macro ac:name=\"column\"><ac:rich-text-body><ul><li>b</li></ul></ac:rich-text-body></ac:structured-macro></ac:rich-text-body></ac:structured-macro>";
    kept(
        page,
        "⟦macro section …⟧\n\n⟦macro column …⟧\n\na\n\n⟦end⟧\n\n⟦macro column …⟧\n\n- b\n\n⟦end⟧\n\n⟦end⟧",
    );
    edited(page, ("- b", "- c"), ("<li>b", "<li>c"));
}
