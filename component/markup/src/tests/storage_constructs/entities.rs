//! Entities, by name and by number.

use super::{edited, kept};

#[test]
fn entities_stay_as_they_are_spelled() {
    let page = "<p>caf&eacute;&nbsp;&ldquo;x&rdquo; &lt;b&gt; &#8364;</p><p>a</p>";
    kept(page, "café\u{a0}“x” \\<b> €\n\na");
    edited(page, ("\n\na", "\n\nb"), ("<p>a", "<p>b"));
}
