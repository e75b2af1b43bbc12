//! Emoji.

use super::{kept, said};

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
