//! Links to an anchor of the same page.

use super::in_a_line;

#[test]
fn a_link_shows_its_anchor() {
    in_a_line(
        "<ac:link ac:anchor=\"x\"><ac:link-body>there</ac:link-body></ac:link>",
        "[there](#x)",
    );
}
