//! Expands.

use super::{kept, said};

#[test]
fn an_expand_in_an_expand() {
    said(
        "<details><summary>A & b</summary>\n\n<details>\n\nc\n\n</details>\n\n</details>"
            .replace('&', "&amp;")
            .as_str(),
        r#"[{"type":"expand","attrs":{"title":"A & b"},"content":[{"type":"nestedExpand","attrs":{"title":""},"content":[{"type":"paragraph","content":[{"type":"text","text":"c"}]}]}]}]"#,
    );
}

#[test]
fn a_wide_expand_is_kept() {
    kept(
        r#"[{"type":"expand","attrs":{"title":"a"},"marks":[{"type":"breakout","attrs":{"mode":"full-width"}}],"content":[{"type":"paragraph","content":[{"type":"text","text":"b"}]}]}]"#,
        |markdown| markdown == "<details><summary>a</summary>\n\nb\n\n</details>\n",
    );
}
