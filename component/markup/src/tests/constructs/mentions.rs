//! Mentions.

use super::said;

#[test]
fn a_mention() {
    said(
        "[@Ann](accountid:1:a)",
        r#"[{"type":"paragraph","content":[{"type":"mention","attrs":{"id":"1:a","text":"@Ann"}}]}]"#,
    );
    said(
        "<accountid:1:a>",
        r#"[{"type":"paragraph","content":[{"type":"mention","attrs":{"id":"1:a"}}]}]"#,
    );
}
