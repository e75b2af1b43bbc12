//! Statuses.

use super::said;

#[test]
fn a_status_of_every_colour() {
    for colour in ["neutral", "purple", "blue", "red", "yellow", "green"] {
        said(
            &format!("[DONE](status:{colour})"),
            &format!(
                r#"[{{"type":"paragraph","content":[{{"type":"status","attrs":{{"text":"DONE","color":"{colour}"}}}}]}}]"#
            ),
        );
    }
}
