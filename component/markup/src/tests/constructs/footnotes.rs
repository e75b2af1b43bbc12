//! Footnotes, which only Markdown has.

use super::said;

#[test]
fn a_footnote_is_said_as_it_is_read() {
    said(
        "a[^1] b\n\n[^1]: c **d**",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a"},{"type":"text","text":"[1]","marks":[{"type":"subsup","attrs":{"type":"sup"}}]},{"type":"text","text":" b"}]},{"type":"paragraph","content":[{"type":"text","text":"[1]","marks":[{"type":"subsup","attrs":{"type":"sup"}}]},{"type":"text","text":" c "},{"type":"text","text":"d","marks":[{"type":"strong"}]}]}]"#,
    );
}

#[test]
fn a_footnote_of_one_word_is_no_link_definition() {
    said(
        "a[^n]\n\n[^n]: b",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a"},{"type":"text","text":"[n]","marks":[{"type":"subsup","attrs":{"type":"sup"}}]}]},{"type":"paragraph","content":[{"type":"text","text":"[n]","marks":[{"type":"subsup","attrs":{"type":"sup"}}]},{"type":"text","text":" b"}]}]"#,
    );
}

#[test]
fn what_looks_like_one_is_text() {
    said(
        "a\\[^1]",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a[^1]"}]}]"#,
    );
}
