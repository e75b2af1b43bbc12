//! Emoticons.

use super::{kept, said};

#[test]
fn faces_are_emoji() {
    kept("a :) (/)", "a :slight_smile: :check_mark:");
    said("a :check_mark: b", "a (/) b");
}
