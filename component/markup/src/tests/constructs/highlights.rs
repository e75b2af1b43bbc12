//! Grounds behind words.

use super::kept;

#[test]
fn a_highlight_is_kept() {
    kept(
        r##"[{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"backgroundColor","attrs":{"color":"#fedec8"}}]}]}]"##,
        |markdown| markdown.contains("⟦highlight #") && markdown.contains("⟧a⟦end #"),
    );
}
