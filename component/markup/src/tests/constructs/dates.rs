//! Dates.

use super::said;

#[test]
fn a_date() {
    said(
        "<date:2026-11-22>",
        r#"[{"type":"paragraph","content":[{"type":"date","attrs":{"timestamp":"1795305600000"}}]}]"#,
    );
}
