//! Panels of every kind.

use super::{kept, said};

#[test]
fn panels_by_name() {
    for (name, kind) in [
        ("INFO", "info"),
        ("NOTE", "note"),
        ("SUCCESS", "success"),
        ("WARNING", "warning"),
        ("ERROR", "error"),
    ] {
        said(
            &format!("> [!{name}]\n> a\n>\n> - b"),
            &format!(
                r#"[{{"type":"panel","attrs":{{"panelType":"{kind}"}},"content":[{{"type":"paragraph","content":[{{"type":"text","text":"a"}}]}},{{"type":"bulletList","content":[{{"type":"listItem","content":[{{"type":"paragraph","content":[{{"type":"text","text":"b"}}]}}]}}]}}]}}]"#
            ),
        );
    }
}

#[test]
fn own_colours_are_kept() {
    kept(
        r##"[{"type":"panel","attrs":{"panelType":"custom","panelColor":"#fedec8","panelIcon":":smile:"},"content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]}]"##,
        |markdown| markdown == "> [!PANEL]\n> a\n",
    );
}
