//! Comments on words.

use super::kept;

#[test]
fn a_comment_stays_on_its_words() {
    kept(
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a "},{"type":"text","text":"b","marks":[{"type":"annotation","attrs":{"id":"x","annotationType":"inlineComment"}}]}]}]"#,
        |markdown| markdown.starts_with("a ⟦comment #"),
    );
}
