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
fn a_macro_around_blocks_in_a_cell_stays_one() {
    let cell = |body: &str| {
        format!(
            "<table><tbody><tr><th>k</th></tr><tr><td><p>before</p><ac:structured-macro ac:name=\"excerpt\"><ac:rich-text-body>{body}</ac:rich-text-body></ac:structured-macro></td></tr></tbody></table>"
        )
    };
    let lists = cell("<ul><li>a</li><li>b</li></ul><p>one</p>");
    kept(
        &lists,
        "| k |\n|---|\n| before<br><br>⟦macro excerpt …⟧ <ul><li>a</li><li>b</li></ul>one ⟦end⟧ |",
    );
    edited(&lists, ("<li>b", "<li>c"), ("<li>b", "<li>c"));
    edited(&lists, ("one", "two"), ("one", "two"));
    let code = cell(
        "<p>x</p><ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[a]]></ac:plain-text-body></ac:structured-macro>",
    );
    kept(
        &code,
        "| k |\n|---|\n| before<br><br>⟦macro excerpt …⟧ x<pre>a</pre> ⟦end⟧ |",
    );
    edited(&code, ("<pre>a", "<pre>b"), ("[a]", "[b]"));
    let nested = cell(
        "<ol><li><p>a</p><ac:structured-macro ac:name=\"details\"><ac:rich-text-body><ul><li>b</li></ul></ac:rich-text-body></ac:structured-macro></li></ol>",
    );
    kept(
        &nested,
        "| k |\n|---|\n| before<br><br>⟦macro excerpt …⟧ <ol><li>a<br><br>⟦macro details …⟧ <ul><li>b</li></ul> ⟦end⟧</li></ol> ⟦end⟧ |",
    );
    edited(&nested, ("<li>b", "<li>c"), ("<li>b", "<li>c"));
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
