//! Pages, and excerpts of pages, shown in another.

use super::kept;

#[test]
fn what_is_included_is_named() {
    kept(
        "<ac:structured-macro ac:name=\"include\"><ac:parameter ac:name=\"\"><ac:link><ri:page ri:content-title=\"T\" /></ac:link></ac:parameter></ac:structured-macro>",
        "⟦macro include T⟧",
    );
    kept(
        "<p>as <ac:structured-macro ac:name=\"excerpt-include\" ac:macro-id=\"3\"><ac:parameter ac:name=\"nopanel\">true</ac:parameter><ac:parameter ac:name=\"\"><ac:link><ri:page ri:space-key=\"DS\" ri:content-title=\"T\" /></ac:link></ac:parameter></ac:structured-macro> says</p>",
        "as ⟦macro excerpt-include T⟧ says",
    );
}
