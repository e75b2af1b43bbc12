//! Quotes and panels in one another.

use super::{kept, said};

#[test]
fn quotes_and_panels_lie_in_their_like() {
    said(
        "> a\n>\n> > b\n>\n> c",
        "{quote}\na\n\n{anchor:begin-quote}\n\nb\n\n{anchor:end-quote}\n\nc\n{quote}",
    );
    said(
        "> [!INFO]\n> a\n>\n> > [!WARNING] T *x*\n> > b\n> >\n> > <details><summary>U</summary>\n> >\n> > > c\n> >\n> > </details>",
        "{panel:bgColor=#deebff}\na\n\n{anchor:begin-panel-warning}T x\n\nb\n\n{anchor:begin-expand}U\n\n{quote}\nc\n{quote}\n\n{anchor:end-expand}\n\n{anchor:end-panel-warning}\n{panel}",
    );
}

#[test]
fn an_anchor_without_the_other_is_a_macro() {
    kept(
        "a\n\n{anchor:end-quote}",
        "a\n\n⟦macro anchor end-quote #4e965c⟧",
    );
    kept("{anchor:begin-quote}\na", "> a");
}
