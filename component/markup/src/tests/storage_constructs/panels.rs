//! Panels.

use super::{edited, kept};

#[test]
fn panels_keep_what_their_tags_say() {
    let page = "<ac:structured-macro ac:name=\"warning\" ac:macro-id=\"1\"><ac:parameter ac:name=\"title\">A &amp; B</ac:parameter><ac:parameter ac:name=\"icon\">false</ac:parameter><ac:rich-text-body><p>c</p></ac:rich-text-body></ac:structured-macro>";
    kept(page, "> [!WARNING] A & B\n> c");
    edited(page, ("> c", "> d"), ("<p>c", "<p>d"));
}
