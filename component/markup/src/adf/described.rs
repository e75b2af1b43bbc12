//! What an ADF document says beside the words that people see: the attributes of its nodes and
//! marks.
//!
//! Decides what of that goes unseen in Markdown, to name it where it gets lost.

use serde_json_borrow::Value as Json;

use super::read::{children, field, kind};

/// Each as people would name it, `key of owner`, and its value.
pub(crate) fn described(source: &str) -> Vec<(String, String)> {
    let mut described = Vec::new();
    if let Ok(document) = serde_json::from_str(source) {
        let mut open: Vec<&Json<'_>> = vec![&document];
        while let Some(node) = open.pop() {
            attributes(node, &mut described);
            let marks = field(node, "marks").and_then(Json::as_array);
            marks
                .into_iter()
                .flatten()
                .for_each(|mark| attributes(mark, &mut described));
            open.extend(children(node));
        }
    }
    described
}

fn attributes(node: &Json<'_>, described: &mut Vec<(String, String)>) {
    let attributes = field(node, "attrs").and_then(Json::as_object);
    for (key, value) in attributes
        .into_iter()
        .flat_map(|attributes| attributes.iter())
    {
        // A mention's name is shown with and without `@`, a break's text is the break.
        let is_seen = matches!(kind(node), "mention" | "hardBreak") && key == "text";
        if !value.is_null() && !is_seen {
            described.push((format!("`{key}` of `{}`", kind(node)), value.to_string()));
        }
    }
}
