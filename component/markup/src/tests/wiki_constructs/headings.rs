//! Headings.

use super::{kept, said};

#[test]
fn headings_have_levels() {
    kept("h1. a\nb\nh6. c", "# a\n\nb\n\n###### c");
    said("# a\n\n### b _c_", "h1. a\n\nh3. b _c_");
}
