//! Headings, rules, quotes, panels and code.

use super::kept;

#[test]
fn blocks_begin_with_their_signs() {
    kept("h1. a\nb\n----\nh6. c", "# a\n\nb\n\n---\n\n###### c");
    kept("bq. a", "> a");
    kept("{quote}\na\n\nb\n{quote}", "> a\n>\n> b");
}
