//! Headings, rules, quotes, panels and code.

use super::kept;

#[test]
fn blocks_begin_with_their_signs() {
    kept("h1. a\nb\n----\nh6. c", "# a\n\nb\n\n---\n\n###### c");
    kept("bq. a", "> a");
    kept("{quote}\na\n\nb\n{quote}", "> a\n>\n> b");
}

#[test]
fn panels_have_kinds_and_titles() {
    kept("{panel}\na\n{panel}", "> [!PANEL]\n> a");
    kept(
        "{panel:title=T|bgColor=#DEEBFF|borderStyle=dashed}\na\n{panel}",
        "> [!INFO] T\n> a",
    );
    kept(
        "{quote}\n{panel:title=T}\na\n{panel}\n{quote}",
        "> > [!PANEL] T\n> > a",
    );
}

#[test]
fn code_is_taken_as_it_stands() {
    kept("{code}\n*a* \\b\n{code}", "```\n*a* \\b\n```");
    kept("{code:java|title=x}\na\n{code}", "```java\na\n```");
    kept("{noformat}\n{code}\n{noformat}", "```\n{code}\n```");
    kept("a {code}b{code} c", "a\n\n```\nb\n```\n\nc");
    kept("{code}\na", "{code}\\\na");
}
