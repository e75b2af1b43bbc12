//! Colours of words.

use super::{kept, said};

#[test]
fn colours_stand_around_words() {
    kept(
        "{color:#ff5630}a *b*{color}",
        "<font color=\"#ff5630\">a **b**</font>",
    );
    said(
        "a <font color=\"#ff5630\">b</font>",
        "a {color:#ff5630}b{color}",
    );
}
