//! Rules.

use super::{kept, said};

#[test]
fn a_rule() {
    said("---", r#"[{"type":"rule"}]"#);
    kept(r#"[{"type":"rule","attrs":{"localId":"l"}}]"#, |markdown| {
        markdown == "---\n"
    });
}
