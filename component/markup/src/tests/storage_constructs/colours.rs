//! Colours of words.

use super::kept;

#[test]
fn a_colour_stays_as_it_is_spelled() {
    let page = "<p>a <span style=\"color: rgb(255,0,16);\">b</span> c</p>";
    kept(page, "a <font color=\"#ff0010\">b</font> c");
}
