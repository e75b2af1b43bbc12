//! Links that are shown as cards: in a line, as blocks and embedded.

use super::{kept, said};

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
