//! The crate's table of what may stand where against the schema it was made from.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::SCHEMA;
use crate::adf::{HOLDS_INLINES, MODEL};

type Marks = BTreeSet<String>;

/// Every node with an own name that `schema` allows, and its marks.
fn nodes(schema: &Value, found: &mut BTreeMap<String, Marks>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.trim_start_matches("#/definitions/");
        return nodes(&SCHEMA["definitions"][name], found);
    }
    for list in [&schema["anyOf"], &schema["items"]] {
        for part in list.as_array().into_iter().flatten() {
            nodes(part, found);
        }
    }
    if schema["items"].is_object() {
        nodes(&schema["items"], found);
    }
    let properties = properties(schema);
    if properties.contains_key("type") {
        let mut marks = BTreeMap::new();
        nodes(&properties["marks"], &mut marks);
        if let Some(name) = properties["type"]["enum"][0].as_str() {
            found
                .entry(name.to_owned())
                .or_default()
                .extend(marks.into_keys());
        }
    }
}

/// The properties of a definition, those of its parts laid over one another.
fn properties(schema: &Value) -> BTreeMap<String, Value> {
    let mut whole = BTreeMap::from([
        ("marks".to_owned(), Value::Null),
        ("content".to_owned(), Value::Null),
    ]);
    let own = schema["properties"].as_object();
    whole.extend(
        own.into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let part = match part["$ref"].as_str() {
            Some(reference) => {
                &SCHEMA["definitions"][reference.trim_start_matches("#/definitions/")]
            }
            None => part,
        };
        let inner = properties(part).into_iter();
        whole.extend(inner.filter(|(_, value)| !value.is_null()));
    }
    whole
}

#[test]
fn the_model_says_what_the_schema_says() {
    let mut of_schema: BTreeMap<String, BTreeMap<String, Marks>> = BTreeMap::new();
    for definition in SCHEMA["definitions"]
        .as_object()
        .expect("a schema has definitions")
        .values()
    {
        let properties = properties(definition);
        let Some(name) = properties
            .get("type")
            .and_then(|kind| kind["enum"][0].as_str())
        else {
            continue;
        };
        let held = of_schema.entry(name.to_owned()).or_default();
        let mut found = BTreeMap::new();
        nodes(&properties["content"], &mut found);
        for (node, marks) in found {
            held.entry(node).or_default().extend(marks);
        }
    }
    let inline: Vec<&String> = of_schema
        .iter()
        .filter(|(_, held)| held.contains_key("hardBreak"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(inline, HOLDS_INLINES);
    // A header cell holds what a cell holds; media and code are written as a whole.
    assert_eq!(of_schema["tableHeader"], of_schema["tableCell"]);
    of_schema.retain(|name, held| {
        !held.is_empty()
            && !held.contains_key("hardBreak")
            && !["tableHeader", "codeBlock", "mediaGroup", "mediaSingle"].contains(&name.as_str())
    });
    let text = |held: &BTreeMap<String, Marks>| {
        let entries = held.iter().map(|(node, marks)| match marks.len() {
            0 => node.clone(),
            _ => format!(
                "{node}({})",
                marks.iter().cloned().collect::<Vec<_>>().join(",")
            ),
        });
        entries.collect::<Vec<_>>().join(" ")
    };
    let of_schema: Vec<(&str, String)> = of_schema
        .iter()
        .map(|(name, held)| (name.as_str(), text(held)))
        .collect();
    let ours: Vec<(&str, String)> = MODEL
        .iter()
        .map(|(name, blocks)| (*name, (*blocks).to_owned()))
        .collect();
    assert_eq!(ours, of_schema);
}
