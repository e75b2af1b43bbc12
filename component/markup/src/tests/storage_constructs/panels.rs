//! Panels and expands.

use super::{edited, kept};

#[test]
fn panels_keep_what_their_tags_say() {
    let page = "<ac:structured-macro ac:name=\"warning\" ac:macro-id=\"1\"><ac:parameter ac:name=\"title\">A &amp; B</ac:parameter><ac:parameter ac:name=\"icon\">false</ac:parameter><ac:rich-text-body><p>c</p></ac:rich-text-body></ac:structured-macro>";
    kept(page, "> [!WARNING] A & B\n> c");
    edited(page, ("> c", "> d"), ("<p>c", "<p>d"));
    let expand = "<ac:structured-macro ac:name=\"expand\" ac:macro-id=\"1\"><ac:parameter ac:name=\"title\">More</ac:parameter><ac:rich-text-body><p>a</p><ul><li><p>b</p></li></ul></ac:rich-text-body></ac:structured-macro>";
    kept(
        expand,
        "<details><summary>More</summary>\n\na\n\n- b\n\n</details>",
    );
    edited(expand, ("- b", "- c"), ("<p>b", "<p>c"));
}
