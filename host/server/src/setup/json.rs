//! Puts an entry into a JSON file with comments, or takes it out, on the concrete syntax tree: everything else stays
//! byte for byte.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use serde_json::Value;

use super::client::Entry;
use super::{Launch, Obstacle, is_ours};

pub(super) fn with(
    text: &str,
    key: &str,
    name: &str,
    entry: &Entry,
    launch: &Launch,
) -> Result<String, Obstacle> {
    let text = if text.trim().is_empty() {
        "{\n}\n"
    } else {
        text
    };
    let (root, top) = parse(text)?;
    let servers = top.object_value_or_create(key).ok_or(Obstacle::Unreadable(
        "holds something else where its servers should stand",
    ))?;
    match servers.get(name) {
        None => {
            let fields = entry
                .iter()
                .map(|(field, value)| ((*field).to_owned(), input(value)));
            servers.append(name, CstInputValue::Object(fields.collect()));
        }
        Some(known) => {
            let value = known.value().and_then(|value| value.to_serde_value());
            if !starts_this(value.as_ref(), launch) {
                return Err(Obstacle::Taken);
            }
            let fields = known.object_value().ok_or(Obstacle::Taken)?;
            // What people added to the entry, such as a time limit or variables, stays.
            for (field, wanted) in entry {
                match fields.get(field) {
                    Some(_) if *field == "env" => {}
                    Some(present) => {
                        let value = present.value().and_then(|value| value.to_serde_value());
                        if value.as_ref() != Some(wanted) {
                            present.set_value(input(wanted));
                        }
                    }
                    None => {
                        fields.append(field, input(wanted));
                    }
                }
            }
        }
    }
    Ok(root.to_string())
}

pub(super) fn without(
    text: &str,
    key: &str,
    name: &str,
    launch: &Launch,
) -> Result<String, Obstacle> {
    if text.trim().is_empty() {
        return Ok(text.to_owned());
    }
    let (root, top) = parse(text)?;
    let Some(known) = top.object_value(key).and_then(|servers| servers.get(name)) else {
        return Ok(text.to_owned());
    };
    let value = known.value().and_then(|value| value.to_serde_value());
    if !starts_this(value.as_ref(), launch) {
        return Err(Obstacle::Taken);
    }
    known.remove();
    Ok(root.to_string())
}

fn parse(text: &str) -> Result<(CstRootNode, CstObject), Obstacle> {
    let root = CstRootNode::parse(text, &ParseOptions::default())
        .map_err(|_| Obstacle::Unreadable("is not JSON"))?;
    let top = root
        .object_value()
        .ok_or(Obstacle::Unreadable("holds no JSON object"))?;
    Ok((root, top))
}

/// One client writes command and arguments as one list.
fn starts_this(entry: Option<&Value>, launch: &Launch) -> bool {
    let command = entry.and_then(|entry| entry.get("command"));
    let command = command.and_then(|command| command.get(0).unwrap_or(command).as_str());
    command.is_some_and(|command| is_ours(command, launch))
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(map) => CstInputValue::Object(
            map.iter()
                .map(|(key, value)| (key.clone(), input(value)))
                .collect(),
        ),
    }
}
