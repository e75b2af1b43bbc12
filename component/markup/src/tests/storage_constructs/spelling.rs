//! Entities, comments and space between blocks.

use super::kept;

#[test]
fn spelling_and_space_stay() {
    kept(
        "<p>caf&eacute;&nbsp;&ldquo;x&rdquo; &lt;b&gt; &#8364;</p>",
        "café\u{a0}“x” \\<b> €",
    );
    kept("<p>a</p>\n\n<!-- c --><p class='x' />\n<hr/>\n", "a\n\n---");
    kept(
        "<h2 id=\"a\">b <em>c</em></h2><h6>d</h6>",
        "## b _c_\n\n###### d",
    );
}
