//! Escapes and entities.

use super::kept;

#[test]
fn what_is_escaped_is_text() {
    kept("\\*a\\* \\{b\\} C:\\Users", "\\*a\\* {b} C:\\Users");
    kept("a &amp; &lt; &#124; ??b??", "a & < | ??b??");
}
