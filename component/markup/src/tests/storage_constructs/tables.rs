//! Tables, their attributes and what is in their cells.

use super::{edited, kept};

const PAGE: &str = "<table data-layout=\"wide\"><colgroup><col style=\"width: 9px;\" /></colgroup><tbody><tr><th>A</th><th><p>B</p></th></tr><tr><td data-highlight-colour=\"#fff\" rowspan=\"2\"><p>1</p></td><td>2</td></tr><tr><td /></tr></tbody></table>";

#[test]
fn cells_keep_their_attributes() {
    kept(PAGE, "| A | B |\n|---|---|\n| 1 | 2 |\n|  |  |");
    edited(PAGE, ("| 1 |", "| 3 |"), ("<p>1", "<p>3"));
    edited(PAGE, ("| 2 |", "| 4 |"), ("<td>2", "<td>4"));
}

#[test]
fn a_table_in_a_cell_survives_an_edit_beside_it() {
    let page = format!(
        "<table><tbody><tr><th>k</th><td>{PAGE}</td></tr><tr><td>l</td><td /></tr></tbody></table>"
    );
    edited(&page, ("| l |", "| m |"), ("<td>l", "<td>m"));
}

#[test]
fn what_is_no_table_is_kept() {
    kept(
        "<table><caption>c</caption><tbody><tr><td>a</td></tr></tbody></table>",
        "⟦table …⟧\n\n⟦caption …⟧\n\nc\n\n⟦end⟧\n\n⟦tbody …⟧\n\n⟦tr …⟧\n\n⟦td …⟧\n\na\n\n⟦end⟧\n\n⟦end⟧\n\n⟦end⟧\n\n⟦end⟧",
    );
}
