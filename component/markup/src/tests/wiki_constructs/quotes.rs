//! Quotes, of a line and of blocks.

use super::{kept, said};

#[test]
fn quotes_are_a_line_or_blocks() {
    kept("bq. a", "> a");
    kept("{quote}\na\n\nb\n{quote}", "> a\n>\n> b");
    said("> a\n>\n> b", "{quote}\na\n\nb\n{quote}");
}
