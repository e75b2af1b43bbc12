//! Rules.

use super::{kept, said};

#[test]
fn a_rule_is_four_dashes() {
    kept("a\n----\nb", "a\n\n---\n\nb");
    said("a\n\n---\n\nb", "a\n\n----\n\nb");
}
