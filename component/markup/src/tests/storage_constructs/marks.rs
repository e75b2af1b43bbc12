//! Marks, and elements of running text that the tree has no word for.

use super::{edited, kept};

#[test]
fn marks_stand_around_words() {
    let page = "<p><strong>a</strong> <s>b</s> <tt>c</tt> H<sub>2</sub> <u>d</u></p>";
    kept(page, "**a** ~~b~~ `c` H<sub>2</sub> <u>d</u>");
    let page = "<p><strong>a</strong> <em>b</em> <u>c</u></p>";
    edited(page, ("<u>c", "<u>d"), ("<u>c", "<u>d"));
}

#[test]
fn other_elements_stay_around_their_words() {
    kept(
        "<p style=\"text-align: right;\"><span class=\"x\">e</span> <small>f</small></p>",
        "⟦span …⟧e⟦end⟧ ⟦small …⟧f⟦end⟧",
    );
}
