//! Paragraphs, headings, marks, entities, and what lies between.

use super::kept;

#[test]
fn marks_and_colours() {
    kept(
        "<p style=\"text-align: right;\"><strong>a</strong> <s>b</s> <tt>c</tt> H<sub>2</sub> <span style=\"color: rgb(255,0,16);\">d</span> <span class=\"x\">e</span> <small>f</small></p>",
        "**a** ~~b~~ `c` H<sub>2</sub> <font color=\"#ff0010\">d</font> ⟦span …⟧e⟦end⟧ ⟦small …⟧f⟦end⟧",
    );
}
