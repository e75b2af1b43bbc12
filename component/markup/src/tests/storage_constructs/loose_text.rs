//! Text outside of elements.

use super::edited;

#[test]
fn text_without_an_element_stays_without_one() {
    let page = "a <em>b</em><blockquote>c</blockquote><dl><dt>d</dt><dd>e</dd></dl>";
    edited(page, ("_b_", "_f_"), ("<em>b", "<em>f"));
    edited(page, ("> c", "> g"), (">c<", ">g<"));
    edited(page, ("\ne\n", "\nh\n"), (">e<", ">h<"));
}
