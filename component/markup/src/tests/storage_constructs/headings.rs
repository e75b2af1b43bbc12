//! Headings.

use super::{edited, kept};

#[test]
fn headings_keep_their_levels() {
    let page = "<h2 id=\"a\">b <em>c</em></h2><h6>d</h6>";
    kept(page, "## b _c_\n\n###### d");
    edited(page, ("# d", "# e"), (">d", ">e"));
}
