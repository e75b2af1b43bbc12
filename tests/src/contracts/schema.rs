//! The part of JSON Schema that the cut-down descriptions use, with OpenAPI's `nullable`.
//! A keyword outside this part is a defect of the contract files and stops the test.

use serde_json::Value;

/// Every violation of `schema` in `value`; `schemas` resolves `#/schemas/NAME`.
pub(super) fn check(schema: &Value, schemas: &Value, value: &Value) -> Vec<String> {
    let mut violations = Vec::new();
    judge(schema, schemas, value, "body", &mut violations);
    violations
}

const KNOWN: &[&str] = &[
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minimum",
    "nullable",
    "pattern",
    "properties",
    "required",
    "type",
    "uniqueItems",
];

fn judge(schema: &Value, schemas: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let Some(rules) = schema.as_object() else {
        return;
    };
    for keyword in rules.keys() {
        assert!(
            KNOWN.contains(&keyword.as_str()),
            "a contract file uses `{keyword}`, which this validator does not know"
        );
    }
    if let Some(Value::String(reference)) = rules.get("$ref") {
        let name = reference.trim_start_matches("#/schemas/");
        let target = schemas
            .get(name)
            .unwrap_or_else(|| panic!("a contract file refers to `{name}`, which it lacks"));
        return judge(target, schemas, value, place, found);
    }
    if value.is_null() && rules.get("nullable") == Some(&Value::Bool(true)) {
        return;
    }
    if let Some(Value::String(kind)) = rules.get("type")
        && !has_type(kind, value)
    {
        found.push(format!("{place} should be {kind}, but is {}", brief(value)));
        return;
    }
    if let Some(Value::Array(allowed)) = rules.get("enum")
        && !allowed.contains(value)
    {
        found.push(format!(
            "{place} is {}, not one of {}",
            brief(value),
            brief(&Value::from(allowed.clone()))
        ));
    }
    for part in list(rules.get("allOf")) {
        judge(part, schemas, value, place, found);
    }
    let choices = list(rules.get("anyOf"));
    if !choices.is_empty()
        && !choices
            .iter()
            .any(|one| matches(one, schemas, value, place))
    {
        found.push(format!("{place} has none of the forms it may have"));
    }
    judge_bounds(rules, value, place, found);
    match value {
        Value::Object(map) => judge_object(rules, schemas, map, place, found),
        Value::Array(items) => {
            if let Some(each) = rules.get("items") {
                for (index, item) in items.iter().enumerate() {
                    judge(each, schemas, item, &format!("{place}[{index}]"), found);
                }
            }
        }
        _ => {}
    }
}

type Map = serde_json::Map<String, Value>;

fn judge_object(rules: &Map, schemas: &Value, map: &Map, place: &str, found: &mut Vec<String>) {
    for name in list(rules.get("required")).iter().filter_map(Value::as_str) {
        if !map.contains_key(name) {
            found.push(format!("{place}.{name} is required"));
        }
    }
    let properties = rules.get("properties").and_then(Value::as_object);
    for (name, inner) in map {
        let inner_place = format!("{place}.{name}");
        match (
            properties.and_then(|all| all.get(name)),
            rules.get("additionalProperties"),
        ) {
            (Some(schema), _) | (None, Some(schema @ Value::Object(_))) => {
                judge(schema, schemas, inner, &inner_place, found);
            }
            (None, Some(Value::Bool(false))) => found.push(format!("{inner_place} is unknown")),
            _ => {}
        }
    }
}

fn judge_bounds(rules: &Map, value: &Value, place: &str, found: &mut Vec<String>) {
    let bound = |name: &str| rules.get(name).and_then(Value::as_i64);
    if let (Some(number), Some(low)) = (value.as_i64(), bound("minimum"))
        && number < low
    {
        found.push(format!("{place} is {number}, below {low}"));
    }
    if let (Some(number), Some(high)) = (value.as_i64(), bound("maximum"))
        && number > high
    {
        found.push(format!("{place} is {number}, above {high}"));
    }
    if let (Some(text), Some(most)) = (value.as_str(), bound("maxLength"))
        && text.chars().count() as i64 > most
    {
        found.push(format!("{place} is longer than {most} characters"));
    }
    if let (Some(items), Some(most)) = (value.as_array(), bound("maxItems"))
        && items.len() as i64 > most
    {
        found.push(format!("{place} has more than {most} items"));
    }
    if let (Some(text), Some(Value::String(pattern))) = (value.as_str(), rules.get("pattern")) {
        assert_eq!(
            pattern, r"^\S+$",
            "the only pattern that the contract files use"
        );
        if text.is_empty() || text.contains(char::is_whitespace) {
            found.push(format!("{place} holds white space"));
        }
    }
}

fn matches(schema: &Value, schemas: &Value, value: &Value, place: &str) -> bool {
    let mut violations = Vec::new();
    judge(schema, schemas, value, place, &mut violations);
    violations.is_empty()
}

fn has_type(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => {
            panic!("a contract file uses the type `{other}`, which this validator does not know")
        }
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn brief(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 80 {
        text.chars().take(80).chain(['…']).collect()
    } else {
        text
    }
}
