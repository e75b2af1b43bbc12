//! Quotes.

use super::{edited, kept};

#[test]
fn a_quote_keeps_its_blocks() {
    let page = "<blockquote class=\"a\"><p>b</p><ul><li>c</li></ul></blockquote>";
    kept(page, "> b\n>\n> - c");
    edited(page, ("> b", "> d"), ("<p>b", "<p>d"));
}
