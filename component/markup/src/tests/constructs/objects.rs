//! Mentions, statuses, dates, emoji and breaks.

use super::{kept, said};

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

#[test]
fn a_status_of_every_colour() {
    for colour in ["neutral", "purple", "blue", "red", "yellow", "green"] {
        said(
            &format!("[DONE](status:{colour})"),
            &format!(
                r#"[{{"type":"paragraph","content":[{{"type":"status","attrs":{{"text":"DONE","color":"{colour}"}}}}]}}]"#
            ),
        );
    }
}

#[test]
fn a_date() {
    said(
        "<date:2026-11-22>",
        r#"[{"type":"paragraph","content":[{"type":"date","attrs":{"timestamp":"1795305600000"}}]}]"#,
    );
}

#[test]
fn an_emoji() {
    said(
        ":warning:",
        r#"[{"type":"paragraph","content":[{"type":"emoji","attrs":{"shortName":":warning:","text":"⚠️"}}]}]"#,
    );
    kept(
        r#"[{"type":"paragraph","content":[{"type":"emoji","attrs":{"shortName":":ours:","id":"x","text":":ours:"}}]}]"#,
        |markdown| markdown == ":ours:\n",
    );
}

#[test]
fn a_hard_break() {
    said(
        "a\\\nb",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a"},{"type":"hardBreak"},{"type":"text","text":"b"}]}]"#,
    );
}

#[test]
fn a_placeholder_of_a_template() {
    kept(
        r#"[{"type":"paragraph","content":[{"type":"placeholder","attrs":{"text":"Write here"}}]}]"#,
        |markdown| markdown.starts_with("⟦placeholder Write here #"),
    );
}
