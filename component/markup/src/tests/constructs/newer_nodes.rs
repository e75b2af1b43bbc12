//! Nodes of a newer schema.

use super::kept;

#[test]
fn nodes_of_a_newer_schema_are_kept() {
    kept(
        r#"[{"type":"carousel","attrs":{"speed":3},"content":[{"type":"slide","content":[{"type":"paragraph","content":[{"type":"text","text":"a"},{"type":"sparkle","attrs":{"text":"b"}}]}]}]}]"#,
        |markdown| markdown.contains("⟦carousel #") && markdown.contains("a⟦sparkle b #"),
    );
}
