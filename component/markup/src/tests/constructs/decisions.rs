//! Decision lists.

use super::{kept, said};

#[test]
fn decisions_are_lines_of_a_panel() {
    said(
        "> [!DECISION]\n> We ship **now**",
        r#"[{"type":"decisionList","attrs":{"localId":"list-1"},"content":[{"type":"decisionItem","attrs":{"localId":"decision-2","state":"DECIDED"},"content":[{"type":"text","text":"We ship "},{"type":"text","text":"now","marks":[{"type":"strong"}]}]}]}]"#,
    );
    said(
        "> [!DECISION]\n> a\n>\n> b",
        r#"[{"type":"decisionList","attrs":{"localId":"list-1"},"content":[{"type":"decisionItem","attrs":{"localId":"decision-2","state":"DECIDED"},"content":[{"type":"text","text":"a"}]},{"type":"decisionItem","attrs":{"localId":"decision-3","state":"DECIDED"},"content":[{"type":"text","text":"b"}]}]}]"#,
    );
}

#[test]
fn an_edit_leaves_the_other_decisions_alone() {
    kept(
        r#"[{"type":"decisionList","attrs":{"localId":"x"},"content":[{"type":"decisionItem","attrs":{"localId":"y","state":"UNDECIDED"},"content":[{"type":"text","text":"a"}]}]}]"#,
        |markdown| markdown == "> [!DECISION]\n> a\n",
    );
}
