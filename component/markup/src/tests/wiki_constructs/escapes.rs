//! Escapes, entities and line breaks.

use super::kept;

#[test]
fn escapes_and_breaks() {
    kept("\\*a\\* \\{b\\} C:\\Users", "\\*a\\* {b} C:\\Users");
    kept("a\nb \\\\ c", "a\\\nb\\\nc");
    kept("a\r\nb", "a\\\nb");
    kept("a &amp; &lt; &#124; ??b??", "a & < | ??b??");
}
