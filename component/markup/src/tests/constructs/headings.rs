//! Headings.

use super::said;

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
