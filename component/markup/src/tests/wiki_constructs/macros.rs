//! Macros that the tree has no word for, and braces that are text.

use super::kept;

#[test]
fn macros_are_placeholders_and_braces_are_text() {
    kept("see {anchor:x}", "see ⟦macro anchor x #ab4c72⟧");
    kept("GET /users/{id}", "GET /users/{id}");
}

#[test]
fn a_macro_around_words_stays_around_them() {
    let shown = crate::to_markdown(crate::Format::Wiki, "{expand:title=a}\nb\n{expand}");
    assert_eq!(shown.matches("⟦macro expand").count(), 2, "{shown}");
    assert!(shown.contains("\nb\\\n"), "{shown}");
    kept("{expand:title=a}\nb\n{expand}", &shown);
}
