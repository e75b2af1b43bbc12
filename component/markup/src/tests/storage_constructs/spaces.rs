//! Space and comments between blocks, and how a tag is spelled.

use super::{edited, kept};

#[test]
fn space_between_blocks_stays() {
    let page = "<p>a</p>\n\n<!-- c --><p class='x' />\n<p\n>b</p>\n";
    kept(page, "a\n\nb");
    edited(page, ("a\n", "d\n"), ("<p>a", "<p>d"));
}
