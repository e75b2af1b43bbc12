//! Links, cards and bare addresses.

use super::{kept, said};

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

#[test]
fn an_inline_card() {
    said(
        "see <https://a.example/browse/A-1>",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"see "},{"type":"inlineCard","attrs":{"url":"https://a.example/browse/A-1"}}]}]"#,
    );
}

#[test]
fn cards_of_their_own_are_kept() {
    for card in [
        r#"[{"type":"blockCard","attrs":{"url":"https://a.example"}}]"#,
        r#"[{"type":"embedCard","attrs":{"url":"https://a.example","layout":"wide","width":80}}]"#,
    ] {
        kept(card, |markdown| markdown == "<https://a.example>\n");
    }
    kept(
        r#"[{"type":"blockCard","attrs":{"datasource":{"id":"d","parameters":{"jql":"x"},"views":[{"type":"table"}]}}}]"#,
        |markdown| markdown.starts_with("⟦blockCard #"),
    );
    kept(
        r#"[{"type":"paragraph","content":[{"type":"inlineCard","attrs":{"data":{"name":"a"}}}]}]"#,
        |markdown| markdown.starts_with("⟦inlineCard #"),
    );
}
