//! Lists of the pages below one.

use super::kept;

#[test]
fn a_list_of_children_names_their_parent() {
    kept(
        "<ac:structured-macro ac:name=\"children\" ac:schema-version=\"2\" />",
        "⟦macro children⟧",
    );
    kept(
        "<ac:structured-macro ac:name=\"children\"><ac:parameter ac:name=\"all\">true</ac:parameter><ac:parameter ac:name=\"page\"><ac:link><ri:page ri:content-title=\"Plans &amp; more\" /></ac:link></ac:parameter></ac:structured-macro>",
        "⟦macro children Plans - more⟧",
    );
}
