//! The input schemas that models read: what schemars derives, without everything that costs tokens
//! and says nothing, and without what picky model providers refuse.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// The description (the struct's doc comment) and the slimmed object schema of an argument struct.
pub(crate) fn of<T: JsonSchema>() -> (String, Value) {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    let description = schema
        .as_object_mut()
        .and_then(|root| root.remove("description"))
        .and_then(|description| description.as_str().map(unwrapped))
        .unwrap_or_default();
    slim(&mut schema);
    if let Some(root) = schema.as_object_mut() {
        root.insert("type".to_owned(), Value::from("object"));
        root.insert("additionalProperties".to_owned(), Value::from(false));
    }
    (description, schema)
}

fn slim(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    for noise in ["title", "format", "$schema", "$defs", "default"] {
        object.remove(noise);
    }
    without_null(object);
    if object.get("minimum").and_then(Value::as_f64) == Some(0.0) {
        object.remove("minimum");
    }
    if let Some(Value::String(description)) = object.get_mut("description") {
        *description = unwrapped(description);
    }
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        properties.values_mut().for_each(slim);
    }
    if let Some(items) = object.get_mut("items") {
        slim(items);
    }
}

/// An optional argument may be left out; saying that it may also be null only costs.
fn without_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("enum") {
        choices.retain(|choice| !choice.is_null());
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
}

/// A doc comment's line breaks are the source file's, not the sentence's.
fn unwrapped(text: &str) -> String {
    text.split("\n\n")
        .map(|paragraph| paragraph.replace('\n', " "))
        .collect::<Vec<_>>()
        .join("\n\n")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// Counts things
    /// over two lines.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Sample {
        /// What to count.
        name: String,
        #[schemars(range(min = 1, max = 50))]
        limit: Option<u32>,
        #[serde(default)]
        flag: bool,
        colour: Option<Colour>,
        list: Option<Vec<String>>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Colour {
        Red,
        Blue,
    }

    #[test]
    fn a_schema_says_nothing_twice() {
        let (description, schema) = of::<Sample>();
        assert_eq!(description, "Counts things over two lines.");
        insta::assert_snapshot!(schema, @r#"{"additionalProperties":false,"properties":{"colour":{"enum":["red","blue"],"type":"string"},"flag":{"type":"boolean"},"limit":{"maximum":50,"minimum":1,"type":"integer"},"list":{"items":{"type":"string"},"type":"array"},"name":{"description":"What to count.","type":"string"}},"required":["name"],"type":"object"}"#);
    }
}
