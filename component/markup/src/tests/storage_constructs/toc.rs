//! Tables of contents.

use super::kept;

#[test]
fn a_table_of_contents_stays() {
    kept(
        "<ac:structured-macro ac:name=\"toc\" ac:macro-id=\"1\"><ac:parameter ac:name=\"maxLevel\">3</ac:parameter></ac:structured-macro>",
        "⟦macro toc⟧",
    );
    kept(
        "<p><ac:structured-macro ac:name=\"toc\" /></p>",
        "⟦macro toc⟧",
    );
}
