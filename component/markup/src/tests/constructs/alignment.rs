//! Alignment and indentation of blocks.

use super::kept;

#[test]
fn alignment_and_indentation_are_kept() {
    for mark in [
        r#"{"type":"alignment","attrs":{"align":"center"}}"#,
        r#"{"type":"indentation","attrs":{"level":2}}"#,
    ] {
        kept(
            &format!(
                r#"[{{"type":"heading","attrs":{{"level":2}},"marks":[{mark}],"content":[{{"type":"text","text":"a"}}]}},{{"type":"paragraph","marks":[{mark}],"content":[{{"type":"text","text":"b"}}]}}]"#
            ),
            |markdown| markdown == "## a\n\nb\n",
        );
    }
}
