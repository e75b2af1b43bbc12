//! Anchors.

use super::{edited, kept};

#[test]
fn an_anchor_stays_at_its_words() {
    let page = "<h2><ac:structured-macro ac:name=\"anchor\" ac:macro-id=\"4\"><ac:parameter ac:name=\"\">here</ac:parameter></ac:structured-macro>Title</h2>";
    kept(page, "## ⟦macro anchor here⟧Title");
    edited(page, ("Title", "Name"), ("Title", "Name"));
}

#[test]
fn an_anchor_of_old_pages_stays_too() {
    kept(
        "<ac:macro ac:name=\"anchor\"><ac:default-parameter>here</ac:default-parameter></ac:macro>",
        "⟦macro anchor here⟧",
    );
}
