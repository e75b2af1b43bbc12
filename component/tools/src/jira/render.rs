//! What a model reads of Jira's values: people, names, lists, rich text. Never fails; what is
//! missing is left out.

use serde_json::Value;

use crate::dialect::jira::Dialect;
use crate::reading::{line, moment};
use crate::text;

/// Longer values of custom fields get a block of their own.
const INLINE: usize = 200;

/// A value of any field, short enough for a line or a cell.
pub(crate) fn short(value: &Value, dialect: Dialect) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => match moment(value, "") {
            Some(moment) if moment.len() < text.len() => Some(moment),
            shown => shown,
        },
        Value::Bool(_) | Value::Number(_) => line(value, ""),
        Value::Array(items) => {
            let parts: Vec<String> = items
                .iter()
                .filter_map(|item| short(item, dialect))
                .collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        }
        Value::Object(_) => object(value, dialect),
    }
}

fn object(value: &Value, dialect: Dialect) -> Option<String> {
    if value["type"] == "doc" {
        return dialect
            .rich_text(value)
            .map(|text| text::one_line(&text.to_markdown()));
    }
    if value.get("displayName").is_some() || value.get("accountId").is_some() {
        return Some(person(value));
    }
    let own = ["name", "value", "key", "title", "label"]
        .iter()
        .find_map(|name| line(value, name));
    match (
        own,
        value.get("child").and_then(|child| short(child, dialect)),
    ) {
        (Some(own), Some(child)) => Some(format!("{own} / {child}")),
        (Some(own), None) => Some(own),
        (None, _) if value.as_object().is_none_or(serde_json::Map::is_empty) => None,
        // An unknown shape is shown rather than hidden.
        (None, _) => Some(text::one_line(&value.to_string())),
    }
}

/// A custom field: on a line if it is short, else as a block.
pub(crate) enum Shown {
    Line(String),
    Block(String),
}

pub(crate) fn field(value: &Value, dialect: Dialect, raw: bool) -> Option<Shown> {
    let rich = match value {
        Value::String(text) if text.contains('\n') || text.len() > INLINE => {
            dialect.rich_text(value)
        }
        Value::Object(_) if value["type"] == "doc" => dialect.rich_text(value),
        _ => None,
    };
    match rich.map(|rich| rich.read(raw)) {
        Some(markdown) if markdown.contains('\n') || markdown.len() > INLINE => {
            Some(Shown::Block(text::foreign(&markdown)))
        }
        Some(markdown) => Some(Shown::Line(text::one_line(&markdown))),
        None => short(value, dialect).map(|line| Shown::Line(text::cut(&line, 1000))),
    }
}

/// Former users and apps may have nothing but an id; anonymous ones not even that.
pub(crate) fn person(user: &Value) -> String {
    ["displayName", "name", "emailAddress", "accountId", "key"]
        .iter()
        .find_map(|name| line(user, name))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// `KEY [Status] Summary`, for a sub-task, parent or link.
pub(crate) fn reference(issue: &Value) -> Option<String> {
    let key = line(issue, "key").or_else(|| line(issue, "id"))?;
    let status =
        line(issue, "fields/status/name").map_or_else(String::new, |status| format!(" [{status}]"));
    let summary =
        line(issue, "fields/summary").map_or_else(String::new, |summary| format!(" {summary}"));
    Some(format!("{key}{status}{summary}"))
}
