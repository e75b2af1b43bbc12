//! Excerpts.

use super::{edited, kept};

#[test]
fn an_excerpt_is_words_around_which_it_stays() {
    let page = "<ac:structured-macro ac:name=\"excerpt\" ac:macro-id=\"1\"><ac:rich-text-body><p>a</p><ul><li>b</li></ul></ac:rich-text-body></ac:structured-macro>";
    kept(page, "⟦macro excerpt …⟧\n\na\n\n- b\n\n⟦end⟧");
    edited(page, ("\na\n", "\nc\n"), ("<p>a", "<p>c"));
}

#[test]
fn an_excerpt_in_a_line_stays_in_it() {
    let page = "<p>now <ac:structured-macro ac:name=\"excerpt\" ac:macro-id=\"1\"><ac:parameter ac:name=\"atlassian-macro-output-type\">INLINE</ac:parameter><ac:rich-text-body><p>a</p></ac:rich-text-body></ac:structured-macro></p>";
    kept(page, "now ⟦macro excerpt …⟧a⟦end⟧");
    edited(page, ("now", "then"), ("now", "then"));
}
