//! Line breaks.

use super::said;

#[test]
fn a_hard_break() {
    said(
        "a\\\nb",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a"},{"type":"hardBreak"},{"type":"text","text":"b"}]}]"#,
    );
}
