//! Bullet and numbered lists.

use super::said;

#[test]
fn nested_and_mixed_lists() {
    said(
        "- a\n  1. b\n     - c\n- d",
        r#"[{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]},{"type":"orderedList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"b"}]},{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"c"}]}]}]}]}]}]},{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"d"}]}]}]}]"#,
    );
}

#[test]
fn a_list_keeps_its_first_number() {
    said(
        "5. a\n6. b",
        r#"[{"type":"orderedList","attrs":{"order":5},"content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]},{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"b"}]}]}]}]"#,
    );
}

#[test]
fn code_in_an_item() {
    said(
        "- a\n\n  ```rust\n  b\n  ```",
        r#"[{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]},{"type":"codeBlock","attrs":{"language":"rust"},"content":[{"type":"text","text":"b"}]}]}]}]"#,
    );
}
