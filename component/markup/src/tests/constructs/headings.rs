//! Headings.

use super::{kept, said};

#[test]
fn headings_of_every_level() {
    for level in 1..=6 {
        said(
            &format!("{} a _b_", "#".repeat(level)),
            &format!(
                r#"[{{"type":"heading","attrs":{{"level":{level}}},"content":[{{"type":"text","text":"a "}},{{"type":"text","text":"b","marks":[{{"type":"em"}}]}}]}}]"#
            ),
        );
    }
}

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
