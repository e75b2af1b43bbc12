//! Paragraphs, headings, marks, entities, and what lies between.

use super::{edited, kept};

#[test]
fn marks_and_colours() {
    kept(
        "<p style=\"text-align: right;\"><strong>a</strong> <s>b</s> <tt>c</tt> H<sub>2</sub> <span style=\"color: rgb(255,0,16);\">d</span> <span class=\"x\">e</span> <small>f</small></p>",
        "**a** ~~b~~ `c` H<sub>2</sub> <font color=\"#ff0010\">d</font> ⟦span …⟧e⟦end⟧ ⟦small …⟧f⟦end⟧",
    );
}

#[test]
fn spelling_and_space_stay() {
    kept(
        "<p>caf&eacute;&nbsp;&ldquo;x&rdquo; &lt;b&gt; &#8364;</p>",
        "café\u{a0}“x” \\<b> €",
    );
    kept("<p>a</p>\n\n<!-- c --><p class='x' />\n<hr/>\n", "a\n\n---");
    kept(
        "<h2 id=\"a\">b <em>c</em></h2><h6>d</h6>",
        "## b _c_\n\n###### d",
    );
}

#[test]
fn text_without_an_element_stays_without_one() {
    let page = "a <em>b</em><blockquote>c</blockquote><dl><dt>d</dt><dd>e</dd></dl>";
    edited(page, ("_b_", "_f_"), ("<em>b", "<em>f"));
    edited(page, ("> c", "> g"), (">c<", ">g<"));
    edited(page, ("\ne\n", "\nh\n"), (">e<", ">h<"));
}
