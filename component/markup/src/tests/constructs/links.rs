//! Links, cards and bare addresses.

use super::said;

#[test]
fn links() {
    said(
        "[a](https://a.example)",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"link","attrs":{"href":"https://a.example"}}]}]}]"#,
    );
    said(
        "[a](https://a.example \"b\")",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"link","attrs":{"href":"https://a.example","title":"b"}}]}]}]"#,
    );
    said(
        "https://a.example",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"https://a.example","marks":[{"type":"link","attrs":{"href":"https://a.example"}}]}]}]"#,
    );
    said(
        "[`a`](https://a.example)",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"link","attrs":{"href":"https://a.example"}},{"type":"code"}]}]}]"#,
    );
}
