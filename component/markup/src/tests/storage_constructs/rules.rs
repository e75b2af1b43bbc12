//! Rules.

use super::{edited, kept};

#[test]
fn a_rule_keeps_its_tag() {
    let page = "<p>a</p><hr/><hr class=\"b\" /><p>c</p>";
    kept(page, "a\n\n---\n\n---\n\nc");
    edited(page, ("\n\nc", "\n\nd"), ("<p>c", "<p>d"));
}
