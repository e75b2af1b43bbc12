//! Macros that the tree has no word for.

use super::{edited, kept};

#[test]
fn macros_without_content_are_one_sign() {
    kept(
        "<ac:structured-macro ac:name=\"toc\" ac:macro-id=\"1\"><ac:parameter ac:name=\"maxLevel\">3</ac:parameter></ac:structured-macro>",
        "⟦macro toc⟧",
    );
    kept(
        "<p>see <ac:structured-macro ac:name=\"jira\"><ac:parameter ac:name=\"key\">AB-1</ac:parameter></ac:structured-macro></p>",
        "see ⟦macro jira AB-1⟧",
    );
    kept(
        "<ac:structured-macro ac:name=\"include\"><ac:parameter ac:name=\"\"><ac:link><ri:page ri:content-title=\"T\" /></ac:link></ac:parameter></ac:structured-macro>",
        "⟦macro include⟧",
    );
}

#[test]
fn macros_around_content_let_it_be_edited() {
    let page = "<ac:structured-macro ac:name=\"excerpt\" ac:macro-id=\"1\"><ac:rich-text-body><p>a</p><ac:structured-macro ac:name=\"details\"><ac:rich-text-body><p>b</p></ac:rich-text-body></ac:structured-macro></ac:rich-text-body></ac:structured-macro>";
    kept(
        page,
        "⟦macro excerpt …⟧\n\na\n\n⟦macro details …⟧\n\nb\n\n⟦end⟧\n\n⟦end⟧",
    );
    edited(page, ("\nb\n", "\nc\n"), ("<p>b", "<p>c"));
    let inline = "<p>a <ac:structured-macro ac:name=\"tooltip\"><ac:rich-text-body><p>b</p></ac:rich-text-body></ac:structured-macro> c</p>";
    kept(inline, "a ⟦macro tooltip …⟧b⟦end⟧ c");
    edited(inline, (" c", " d"), (" c", " d"));
    let cell = format!("<table><tbody><tr><th>k</th></tr><tr><td>{page}</td></tr></tbody></table>");
    edited(&cell, (" b ", " d "), ("<p>b", "<p>d"));
}

#[test]
fn old_macros_are_kept_too() {
    kept(
        "<ac:macro ac:name=\"anchor\"><ac:default-parameter>here</ac:default-parameter></ac:macro>",
        "⟦macro anchor here⟧",
    );
}
