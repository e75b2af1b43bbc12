//! Code blocks.

use super::{kept, said};

#[test]
fn code_with_and_without_a_language() {
    said(
        "```rust\nlet a = \"```\";\n```"
            .replace("\"```\"", "1")
            .as_str(),
        r#"[{"type":"codeBlock","attrs":{"language":"rust"},"content":[{"type":"text","text":"let a = 1;"}]}]"#,
    );
    said(
        "````\n```\n````",
        r#"[{"type":"codeBlock","content":[{"type":"text","text":"```"}]}]"#,
    );
    said("```\n```", r#"[{"type":"codeBlock","content":[]}]"#);
}

#[test]
fn a_wide_block_is_kept() {
    kept(
        r#"[{"type":"codeBlock","attrs":{"wrap":true,"uniqueId":"u"},"marks":[{"type":"breakout","attrs":{"mode":"wide"}}],"content":[{"type":"text","text":"a"}]}]"#,
        |markdown| markdown == "```\na\n```\n",
    );
}
