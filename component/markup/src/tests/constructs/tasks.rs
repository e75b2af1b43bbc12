//! Task lists.

use super::{kept, said};

#[test]
fn tasks_in_tasks() {
    said(
        "- [ ] a\n  - [x] b\n- [ ] c",
        r#"[{"type":"taskList","attrs":{"localId":"list-1"},"content":[{"type":"taskItem","attrs":{"localId":"task-2","state":"TODO"},"content":[{"type":"text","text":"a"}]},{"type":"taskList","attrs":{"localId":"list-3"},"content":[{"type":"taskItem","attrs":{"localId":"task-4","state":"DONE"},"content":[{"type":"text","text":"b"}]}]},{"type":"taskItem","attrs":{"localId":"task-5","state":"TODO"},"content":[{"type":"text","text":"c"}]}]}]"#,
    );
}

#[test]
fn tasks_that_hold_blocks_are_kept() {
    kept(
        r#"[{"type":"taskList","attrs":{"localId":"l"},"content":[{"type":"blockTaskItem","attrs":{"localId":"t","state":"DONE"},"content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]}]}]"#,
        |markdown| markdown.contains("⟦task done #") && markdown.contains("\na\n"),
    );
}
