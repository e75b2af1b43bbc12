//! The words that inline comments stand on.

use super::{edited, kept};

#[test]
fn a_comment_stays_on_its_words() {
    let page = "<p>a <ac:inline-comment-marker ac:ref=\"1-2\">b <em>c</em></ac:inline-comment-marker> d</p>";
    kept(page, "a ⟦comment …⟧b _c_⟦end⟧ d");
    edited(page, (" d", " e"), (" d", " e"));
    edited(page, ("_c_", "_f_"), ("<em>c", "<em>f"));
}
