//! Links that are shown as cards.

use super::{kept, said};

#[test]
fn a_card_is_its_address() {
    kept(
        "[https://b.example|https://b.example|smart-link]",
        "<https://b.example>",
    );
    said(
        "see <https://b.example> now",
        "see [https://b.example|https://b.example|smart-link] now",
    );
}
