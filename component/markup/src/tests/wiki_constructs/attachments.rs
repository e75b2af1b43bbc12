//! Links to files.

use super::{kept, said};

#[test]
fn a_file_is_named() {
    kept(
        "[^a.pdf] [b|^c d.pdf]",
        "[a.pdf](attachment:a.pdf) [b](<attachment:c d.pdf>)",
    );
    said("see [b](attachment:a.pdf)", "see [b|^a.pdf]");
}
