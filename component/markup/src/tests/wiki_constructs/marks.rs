//! Marks, and signs that are none.

use super::kept;

#[test]
fn marks_stand_around_words() {
    kept(
        "*a* _b_ -c- +d+ E=m^2^ H~2~O {{e}}",
        "**a** _b_ ~~c~~ <u>d</u> E=m^2^ H\\~2\\~O `e`",
    );
    kept("a{*}b{*}c x{^}2{^}", "a**b**c x<sup>2</sup>");
    kept(
        "2 * 3 * 4, a-b-c, snake_case_name",
        "2 * 3 * 4, a-b-c, snake_case_name",
    );
}
