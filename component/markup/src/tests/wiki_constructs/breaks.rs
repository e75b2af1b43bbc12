//! Line breaks.

use super::{kept, said};

#[test]
fn every_line_end_shows() {
    kept("a\nb \\\\ c", "a\\\nb\\\nc");
    kept("a\r\nb", "a\\\nb");
    said("a\\\nb", "a\nb");
}
