//! Layouts in columns.

use super::kept;

#[test]
fn columns_can_be_read() {
    kept(
        r#"[{"type":"layoutSection","marks":[{"type":"breakout","attrs":{"mode":"wide"}}],"content":[{"type":"layoutColumn","attrs":{"width":50},"content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]},{"type":"layoutColumn","attrs":{"width":50},"content":[{"type":"heading","attrs":{"level":2},"content":[{"type":"text","text":"b"}]}]}]}]"#,
        |markdown| {
            markdown.contains("⟦layout #")
                && markdown.contains("\na\n")
                && markdown.contains("\n## b\n")
        },
    );
}
