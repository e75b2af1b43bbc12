//! Days.

use super::{edited, kept};

#[test]
fn a_day_keeps_its_tag() {
    let page = "<p>a <time datetime=\"2026-11-22\" class=\"b\" /> c</p>";
    kept(page, "a <date:2026-11-22> c");
    edited(page, ("> c", "> d"), ("> c", "> d"));
    kept("<p>a <time /> b</p>", "a ⟦time⟧ b");
}
