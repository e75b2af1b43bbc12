//! Status lozenges.

use super::{edited, kept};

#[test]
fn a_status_keeps_its_macro() {
    let page = "<p>a <ac:structured-macro ac:name=\"status\" ac:macro-id=\"1\"><ac:parameter ac:name=\"colour\">Green</ac:parameter><ac:parameter ac:name=\"title\">DONE</ac:parameter></ac:structured-macro> b</p>";
    kept(page, "a [DONE](status:green) b");
    edited(page, (" b", " c"), (" b", " c"));
}
