//! Links to addresses and anchors.

use super::kept;

#[test]
fn links_lead_where_they_led() {
    kept("[a|https://b.example]", "[a](https://b.example)");
    kept(
        "[a|https://b.example|tip]",
        "[a](https://b.example \"tip\")",
    );
    kept("[https://b.example]", "https://b.example");
    kept(
        "[b|#c] [d|mailto:e@f.example]",
        "[b](#c) [d](mailto:e@f.example)",
    );
    kept("[a] [b|c]", "[a] [b|c]");
}
