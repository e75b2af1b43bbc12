//! Links to addresses, in words and as cards.

use super::in_a_line;

#[test]
fn a_link_shows_its_address() {
    in_a_line(
        "<a href=\"https://a.example/?b=1&amp;c=2\" rel=\"nofollow\">d</a>",
        "[d](https://a.example/?b=1&c=2)",
    );
    in_a_line(
        "<a href=\"https://a.example\" data-card-appearance=\"inline\">https://a.example</a>",
        "<https://a.example>",
    );
    in_a_line(
        "<a href=\"https://a.example\" data-card-appearance=\"inline\">words</a>",
        "[words](https://a.example)",
    );
}
