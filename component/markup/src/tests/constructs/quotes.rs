//! Quotes and rules.

use super::said;

#[test]
fn a_quote() {
    said(
        "> a\n>\n> - b",
        r#"[{"type":"blockquote","content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]},{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"b"}]}]}]}]}]"#,
    );
}

#[test]
fn a_rule() {
    said(
        "a\n\n---\n\nb",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a"}]},{"type":"rule"},{"type":"paragraph","content":[{"type":"text","text":"b"}]}]"#,
    );
}
