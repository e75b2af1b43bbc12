//! Lists, nested and mixed.

use super::{edited, kept};

#[test]
fn lists_keep_their_levels() {
    let page = "<ul><li><p>a</p><ol start=\"3\"><li>b</li><li>c</li></ol></li><li>d</li></ul>";
    kept(page, "- a\n\n  3. b\n  4. c\n- d");
    edited(page, ("4. c", "4. e"), ("<li>c", "<li>e"));
    kept("<ul><ul><li>a</li></ul></ul>", "- - a");
    kept(
        "<ol class=\"x\" start=\"2\"><li local-id=\"1\"><p>a</p></li></ol>",
        "2. a",
    );
    edited(
        "<ol class=\"x\" start=\"2\"><li local-id=\"1\"><p>a</p></li></ol>",
        ("a", "b"),
        ("<p>a", "<p>b"),
    );
}
