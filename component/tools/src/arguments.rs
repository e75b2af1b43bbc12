//! From the client's JSON to an argument struct. Harmless slips of models are mended (a number as a
//! string, a peer's name for an argument, a list as text); everything else gets an answer that names
//! the argument, what was expected and what exists.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::ToolError;
use crate::text;

/// Another name under which models know an argument, and ours.
pub(crate) type Alias = (&'static str, &'static str);

pub(crate) fn read<T: DeserializeOwned>(
    schema: &Value,
    aliases: &[Alias],
    given: Value,
) -> Result<T, ToolError> {
    let Value::Object(given) = given else {
        return Err(ToolError::arguments("the arguments must be a JSON object"));
    };
    let none = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&none);
    let mut mended = Map::new();
    for (name, value) in given {
        let name = match aliases
            .iter()
            .find(|(other, _)| *other == name && !properties.contains_key(&name))
        {
            Some((_, ours)) => (*ours).to_owned(),
            None => name,
        };
        let Some(property) = properties.get(&name) else {
            return Err(unknown(&name, properties));
        };
        if value.is_null() {
            continue;
        }
        if mended.contains_key(&name) {
            return Err(ToolError::arguments(format!(
                "`{name}` is given twice, under two names"
            )));
        }
        let value = mend(&name, property, value)?;
        mended.insert(name, value);
    }
    let missing: Vec<String> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|name| !mended.contains_key(*name))
        .map(|name| format!("`{name}` ({})", expected(&properties[name])))
        .collect();
    if !missing.is_empty() {
        return Err(ToolError::arguments(format!(
            "missing: {}",
            missing.join(", ")
        )));
    }
    serde_json::from_value(Value::Object(mended))
        .map_err(|error| ToolError::arguments(error.to_string()))
}

fn unknown(name: &str, properties: &Map<String, Value>) -> ToolError {
    let names: Vec<String> = properties.keys().map(|name| format!("`{name}`")).collect();
    let known = match names.is_empty() {
        true => "this tool takes none".to_owned(),
        false => format!("there are {}", names.join(", ")),
    };
    ToolError::arguments(format!(
        "no argument `{}`; {known}",
        text::cut(&text::one_line(name), 60)
    ))
}

fn mend(name: &str, property: &Value, value: Value) -> Result<Value, ToolError> {
    let wrong = |value: &Value| {
        let given = text::cut(&text::one_line(&value.to_string()), 60);
        ToolError::arguments(format!(
            "`{name}` must be {}, not {given}",
            expected(property)
        ))
    };
    let value = match (property["type"].as_str(), value) {
        (Some("integer"), Value::String(digits)) => match digits.trim().parse::<u64>() {
            Ok(number) => Value::from(number),
            Err(_) => return Err(wrong(&Value::String(digits))),
        },
        (Some("integer"), Value::Number(number)) => match number.as_f64() {
            Some(float)
                if number.as_u64().is_none()
                    && float >= 0.0
                    && float.fract() == 0.0
                    && float < 1e15 =>
            {
                // Checked: a whole number that is not negative and far below 2^64.
                Value::from(format!("{float:.0}").parse::<u64>().unwrap_or_default())
            }
            _ => Value::Number(number),
        },
        (Some("string"), Value::Number(number)) => Value::String(number.to_string()),
        (Some("boolean"), Value::String(word)) => match word.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" => Value::Bool(true),
            "false" | "no" => Value::Bool(false),
            _ => return Err(wrong(&Value::String(word))),
        },
        (Some("array"), Value::String(list)) => {
            let parsed = list
                .trim_start()
                .starts_with('[')
                .then(|| serde_json::from_str::<Value>(&list).ok())
                .flatten();
            match parsed {
                Some(Value::Array(items)) => Value::Array(items),
                _ => list
                    .split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(Value::from)
                    .collect(),
            }
        }
        (Some("object"), Value::String(json)) => match serde_json::from_str::<Value>(&json) {
            Ok(Value::Object(fields)) => Value::Object(fields),
            _ => return Err(wrong(&Value::String(json))),
        },
        (_, value) => value,
    };
    let fits = match property["type"].as_str() {
        Some("integer") => value.as_u64().is_some_and(|number| {
            number >= property["minimum"].as_u64().unwrap_or(0)
                && number <= property["maximum"].as_u64().unwrap_or(u64::from(u32::MAX))
        }),
        Some("string") => value
            .as_str()
            .is_some_and(|text| match property["enum"].as_array() {
                Some(choices) => choices.iter().any(|choice| choice == text),
                None => true,
            }),
        Some("boolean") => value.is_boolean(),
        Some("array") => value
            .as_array()
            .is_some_and(|items| items.iter().all(Value::is_string)),
        Some("object") => value.is_object(),
        _ => true,
    };
    match fits {
        true => Ok(value),
        false => Err(wrong(&value)),
    }
}

fn expected(property: &Value) -> String {
    if let Some(choices) = property["enum"].as_array() {
        return format!(
            "one of {}",
            choices
                .iter()
                .map(Value::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    match property["type"].as_str() {
        Some("integer") => match (property["minimum"].as_u64(), property["maximum"].as_u64()) {
            (least, Some(most)) => format!("a whole number from {} to {most}", least.unwrap_or(0)),
            _ => "a whole number".to_owned(),
        },
        Some("boolean") => "true or false".to_owned(),
        Some("array") => "a list of strings".to_owned(),
        Some("object") => "an object".to_owned(),
        _ => "a string".to_owned(),
    }
}
