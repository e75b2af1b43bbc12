//! Macros of whatever name that the tree has no word for.

use super::{edited, kept};

#[test]
fn a_macro_in_a_macro_can_be_edited() {
    let page = "<ac:structured-macro ac:name=\"excerpt\" ac:macro-id=\"1\"><ac:rich-text-body><p>a</p><ac:structured-macro ac:name=\"details\"><ac:rich-text-body><p>b</p></ac:rich-text-body></ac:structured-macro></ac:rich-text-body></ac:structured-macro>";
    kept(
        page,
        "⟦macro excerpt …⟧\n\na\n\n⟦macro details …⟧\n\nb\n\n⟦end⟧\n\n⟦end⟧",
    );
    edited(page, ("\nb\n", "\nc\n"), ("<p>b", "<p>c"));
    let cell = format!("<table><tbody><tr><th>k</th></tr><tr><td>{page}</td></tr></tbody></table>");
    edited(&cell, (" b ", " d "), ("<p>b", "<p>d"));
}

#[test]
fn a_macro_around_words_stays_in_their_line() {
    let inline = "<p>a <ac:structured-macro ac:name=\"tooltip\"><ac:rich-text-body><p>b</p></ac:rich-text-body></ac:structured-macro> c</p>";
    kept(inline, "a ⟦macro tooltip …⟧b⟦end⟧ c");
    edited(inline, (" c", " d"), (" c", " d"));
}

#[test]
fn a_macro_of_plain_text_is_code_in_its_language() {
    let page = "<ac:structured-macro ac:name=\"plantuml\"><ac:plain-text-body><![CDATA[a -> b]]></ac:plain-text-body></ac:structured-macro>";
    kept(page, "```plantuml\na -> b\n```");
    edited(page, ("-> b", "-> c"), ("-> b", "-> c"));
}
