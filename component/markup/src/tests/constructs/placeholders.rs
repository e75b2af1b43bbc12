//! Placeholders of templates.

use super::kept;

#[test]
fn a_placeholder_of_a_template() {
    kept(
        r#"[{"type":"paragraph","content":[{"type":"placeholder","attrs":{"text":"Write here"}}]}]"#,
        |markdown| markdown.starts_with("⟦placeholder Write here #"),
    );
}
