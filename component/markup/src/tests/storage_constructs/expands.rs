//! Expands.

use super::{edited, kept};

#[test]
fn an_expand_keeps_its_title_and_blocks() {
    let page = "<ac:structured-macro ac:name=\"expand\" ac:macro-id=\"1\"><ac:parameter ac:name=\"title\">More</ac:parameter><ac:rich-text-body><p>a</p><ul><li><p>b</p></li></ul></ac:rich-text-body></ac:structured-macro>";
    kept(
        page,
        "<details><summary>More</summary>\n\na\n\n- b\n\n</details>",
    );
    edited(page, ("- b", "- c"), ("<p>b", "<p>c"));
}
