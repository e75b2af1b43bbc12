//! Tables, and what is in their cells.

use super::kept;

#[test]
fn tables_have_heads_and_rows() {
    kept("||a||b||\n|c|d|", "| a | b |\n|---|---|\n| c | d |");
    kept(
        "|a|[b|https://c.example]|",
        "|  |  |\n|---|---|\n| a | [b](https://c.example) |",
    );
    kept(
        "||a|b|\n|c|d \\\\ e|",
        "|  |  |\n|---|---|\n| <th>a | b |\n| c | d<br>e |",
    );
}

#[test]
fn cells_hold_lists_and_code() {
    kept(
        "||a||\n|* b\n* c|",
        "| a |\n|---|\n| <ul><li>b</li><li>c</li></ul> |",
    );
    kept(
        "||a||\n|{code:rust}\nb|c\n{code}|",
        "| a |\n|---|\n| <pre lang=\"rust\">b\\|c</pre> |",
    );
}
