//! Macros, synchronised blocks and comments.

use super::kept;

#[test]
fn macros_are_kept() {
    kept(
        r#"[{"type":"extension","attrs":{"extensionType":"com.atlassian.confluence.macro.core","extensionKey":"toc","parameters":{"maxLevel":3},"layout":"default"}}]"#,
        |markdown| markdown.starts_with("⟦macro toc #"),
    );
    kept(
        r#"[{"type":"paragraph","content":[{"type":"text","text":"a "},{"type":"inlineExtension","attrs":{"extensionType":"t","extensionKey":"jira","parameters":null}}]}]"#,
        |markdown| markdown.starts_with("a ⟦macro jira #"),
    );
}

#[test]
fn what_a_macro_holds_can_be_read() {
    for (node, attributes) in [
        (
            "bodiedExtension",
            r#"{"extensionType":"t","extensionKey":"details"}"#,
        ),
        ("bodiedSyncBlock", r#"{"resourceId":"r","localId":"l"}"#),
    ] {
        kept(
            &format!(
                r#"[{{"type":"{node}","attrs":{attributes},"content":[{{"type":"paragraph","content":[{{"type":"text","text":"a"}}]}}]}}]"#
            ),
            |markdown| markdown.contains("\na\n"),
        );
    }
    kept(
        r#"[{"type":"syncBlock","attrs":{"resourceId":"r","localId":"l"}}]"#,
        |markdown| markdown.starts_with("⟦syncBlock #"),
    );
}
