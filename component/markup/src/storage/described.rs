//! What a piece of storage format says beside the words that people see: attributes, parameters,
//! comments.
//!
//! Decides what of that goes unseen in Markdown, to name it where it gets lost.

use super::objects::mark;
use super::xml::{self, Element, Siblings};
use crate::doc::Marks;

/// Each as people would name it, `key of owner`, and its value.
pub(crate) fn described(source: &str) -> Vec<(String, String)> {
    let mut described: Vec<(String, String)> = comments(source)
        .map(|comment| ("a comment".to_owned(), comment.to_owned()))
        .collect();
    if let Ok(tree) = xml::parse(source) {
        below(tree.roots(), &mut described);
    }
    described
}

fn below(nodes: Siblings<'_>, described: &mut Vec<(String, String)>) {
    for element in nodes.elements() {
        match element.name {
            "ac:parameter" => {
                let name = element.value("ac:name").unwrap_or_default();
                described.push((format!("`{name}` of a macro"), plain(&element.text())));
            }
            "ac:task-uuid" => {
                described.push(("`ac:task-uuid` of `ac:task`".to_owned(), element.text()));
            }
            // What the tree knows as a colour, in whatever way it was spelled.
            "span" if mark(&element, &Marks::default()).is_some() => {}
            _ => {
                let unseen = element.values().filter(|(key, _)| !is_seen(&element, key));
                described.extend(unseen.map(|(key, value)| {
                    let name = format!("`{key}` of `{}`", element.name);
                    (name, plain(&value))
                }));
            }
        }
        below(element.children(), described);
    }
}

/// Attributes whose sense a reader of Markdown sees, in another spelling.
fn is_seen(element: &Element<'_>, key: &str) -> bool {
    match element.name {
        "img" => matches!(key, "src" | "alt" | "title"),
        "ol" => key == "start",
        "ac:emoticon" => matches!(key, "ac:name" | "ac:emoji-shortname" | "ac:emoji-fallback"),
        _ => false,
    }
}

/// Values that differ in case or in spaces alone say the same.
fn plain(value: &str) -> String {
    let words: Vec<&str> = value.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

fn comments(source: &str) -> impl Iterator<Item = &str> {
    source.split("<!--").skip(1).map(|rest| {
        let end = rest.find("-->").unwrap_or(rest.len());
        &rest[..end]
    })
}
