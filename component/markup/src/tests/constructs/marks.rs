//! Marks on text.

use super::said;

#[test]
fn marks_on_text() {
    said(
        "**a**",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"strong"}]}]}]"#,
    );
    said(
        "_a_",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"em"}]}]}]"#,
    );
    said(
        "~~a~~",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"strike"}]}]}]"#,
    );
    said(
        "<u>a</u>",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"underline"}]}]}]"#,
    );
    said(
        "`a`",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"code"}]}]}]"#,
    );
    said(
        "H<sub>2</sub>O",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"H"},{"type":"text","text":"2","marks":[{"type":"subsup","attrs":{"type":"sub"}}]},{"type":"text","text":"O"}]}]"#,
    );
    said(
        "<font color=\"#ff5630\">a</font>",
        r##"[{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"textColor","attrs":{"color":"#ff5630"}}]}]}]"##,
    );
}

#[test]
fn marks_in_one_another() {
    said(
        "**a _b_**",
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a ","marks":[{"type":"strong"}]},{"type":"text","text":"b","marks":[{"type":"strong"},{"type":"em"}]}]}]"#,
    );
}
