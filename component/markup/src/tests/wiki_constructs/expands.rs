//! Expands, which Jira does not have.

use super::{kept, said};

#[test]
fn an_expand_is_a_panel_with_a_dashed_border() {
    kept(
        "{panel:title=T|borderStyle=dashed}\na\n{panel}",
        "<details><summary>T</summary>\n\na\n\n</details>",
    );
    said(
        "<details><summary>T</summary>\n\na\n\n</details>",
        "{panel:title=T|borderStyle=dashed}\na\n{panel}",
    );
    kept(
        "* a\n{panel:borderStyle=dashed}\nb\n{panel}",
        "- a\n\n  <details>\n\n  b\n\n  </details>",
    );
}
