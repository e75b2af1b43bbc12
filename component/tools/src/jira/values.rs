//! From what a model gives for a field to what Jira wants, by the field's kind. A value that does
//! not fit is an error that says what does; nothing is dropped.

use serde_json::{Map, Value, json};

use super::client::Jira;
use super::metadata::{Field, value_name};
use crate::error::ToolError;
use crate::ids::IssueKey;
use crate::reading::line;
use crate::text::one_line;

impl Jira<'_> {
    /// Null clears. An object is taken as Jira's own form.
    pub(crate) fn value(&self, field: &Field, given: &Value) -> Result<Value, ToolError> {
        match (field.kind(), given) {
            ("array", Value::Null) => Ok(json!([])),
            (_, Value::Null) => Ok(Value::Null),
            ("array", _) => self.list(field, given),
            (_, Value::Object(_)) => Ok(given.clone()),
            (kind, _) => self.single(field, kind, given),
        }
    }

    fn list(&self, field: &Field, given: &Value) -> Result<Value, ToolError> {
        let kind = field.schema["items"].as_str().unwrap_or("any");
        let items: Vec<Value> = match given {
            Value::Array(items) => items.clone(),
            Value::String(text) => text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(Value::from)
                .collect(),
            other => vec![other.clone()],
        };
        // A sprint is a list to read and a number to write.
        if field.schema["custom"]
            .as_str()
            .is_some_and(|custom| custom.ends_with(":gh-sprint"))
        {
            return match items.as_slice() {
                [one] => whole_number(one)
                    .map(Value::from)
                    .ok_or_else(|| unfit(field, given, "the sprint's id, a number")),
                _ => Err(unfit(field, given, "the id of one sprint, a number")),
            };
        }
        let values: Result<Vec<Value>, ToolError> = items
            .iter()
            .map(|item| match item {
                Value::Object(_) => Ok(item.clone()),
                _ => self.single(field, kind, item),
            })
            .collect();
        let values = values?;
        let spaced = |label: &&str| field.id == "labels" && label.contains(char::is_whitespace);
        if let Some(label) = values.iter().filter_map(Value::as_str).find(spaced) {
            return Err(ToolError::arguments(format!(
                "the label `{}` has a space, which Jira does not take; use a hyphen",
                one_line(label)
            )));
        }
        Ok(Value::Array(values))
    }

    fn single(&self, field: &Field, kind: &str, given: &Value) -> Result<Value, ToolError> {
        let Some(word) = line(given, "") else {
            return Err(unfit(field, given, kind));
        };
        match kind {
            "string" if field.is_rich() => self.dialect.write_text(given.as_str().unwrap_or(&word)),
            "string" if field.allowed.is_empty() => Ok(given
                .as_str()
                .map_or_else(|| Value::from(word), Value::from)),
            "number" => match given {
                Value::Number(_) => Ok(given.clone()),
                _ => serde_json::from_str::<serde_json::Number>(&word)
                    .map(Value::Number)
                    .map_err(|_| unfit(field, given, "a number")),
            },
            "date" => match is_day(&word) {
                true => Ok(Value::from(word)),
                false => Err(unfit(field, given, "a date like 2026-11-30")),
            },
            "datetime" => moment(&word)
                .map(Value::from)
                .ok_or_else(|| unfit(field, given, "a time like 2026-11-30T14:00+01:00")),
            "user" => self.person(&word),
            _ if field.is_epic_link() => Ok(Value::from(self.key(&word)?.as_str())),
            "issuelink" => Ok(json!({ "key": self.key(&word)?.as_str() })),
            "timetracking" => Ok(json!({ "originalEstimate": word })),
            "option-with-child" => cascading(field, &word),
            "group" => Ok(json!({ "name": word })),
            "string" | "option" | "priority" | "resolution" | "version" | "component"
            | "issuetype" | "securitylevel" | "status" => choice(field, kind, &word),
            _ => Ok(given.clone()),
        }
    }

    fn key(&self, word: &str) -> Result<IssueKey, ToolError> {
        let key = IssueKey::parse(word).map_err(ToolError::arguments)?;
        self.site.owns(key.host())?;
        Ok(key)
    }
}

/// By id where the site named its values, else by name and the site will say.
fn choice(field: &Field, kind: &str, word: &str) -> Result<Value, ToolError> {
    if field.allowed.is_empty() {
        return Ok(match kind {
            "option" => json!({ "value": word }),
            _ => json!({ "name": word }),
        });
    }
    let allowed = find(&field.allowed, word).ok_or_else(|| not_allowed(field, word))?;
    Ok(match (kind, line(allowed, "id")) {
        ("string", _) => Value::from(value_name(allowed).unwrap_or_else(|| word.to_owned())),
        (_, Some(id)) => json!({ "id": id }),
        ("option", None) => json!({ "value": value_name(allowed) }),
        (_, None) => json!({ "name": value_name(allowed) }),
    })
}

/// `Hardware / Laptop`, or the parent alone.
fn cascading(field: &Field, word: &str) -> Result<Value, ToolError> {
    let (parent, child) = match word.split_once(" / ").or_else(|| word.split_once(" > ")) {
        Some((parent, child)) => (parent.trim(), Some(child.trim())),
        None => (word, None),
    };
    if field.allowed.is_empty() {
        let mut value = json!({ "value": parent });
        if let Some(child) = child {
            value["child"] = json!({ "value": child });
        }
        return Ok(value);
    }
    let chosen = find(&field.allowed, parent).ok_or_else(|| not_allowed(field, parent))?;
    let mut value = Map::new();
    value.insert("id".to_owned(), chosen["id"].clone());
    if let Some(child) = child {
        let children = chosen["children"].as_array().map_or(&[][..], Vec::as_slice);
        let chosen = find(children, child).ok_or_else(|| {
            let names: Vec<String> = children.iter().filter_map(value_name).collect();
            ToolError::arguments(format!(
                "{} / {parent} has no value `{}`; there are: {}",
                field.name,
                one_line(child),
                names.join(", ")
            ))
        })?;
        value.insert("child".to_owned(), json!({ "id": chosen["id"] }));
    }
    Ok(Value::Object(value))
}

fn find<'a>(allowed: &'a [Value], word: &str) -> Option<&'a Value> {
    let wanted = word.to_lowercase();
    let named =
        |value: &&Value| value_name(value).is_some_and(|name| name.to_lowercase() == wanted);
    allowed.iter().find(named).or_else(|| {
        allowed
            .iter()
            .find(|value| line(value, "id").is_some_and(|id| id == word))
    })
}

fn not_allowed(field: &Field, word: &str) -> ToolError {
    ToolError::arguments(format!(
        "`{}` is no value of {}",
        one_line(word),
        field.name
    ))
    .advise(field.describe())
}

fn unfit(field: &Field, given: &Value, expected: &str) -> ToolError {
    ToolError::arguments(format!(
        "{} must be {expected}, not {}",
        field.name,
        one_line(&given.to_string())
    ))
}

fn whole_number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|digits| digits.trim().parse().ok()))
}

fn is_day(word: &str) -> bool {
    let part = |range: std::ops::Range<usize>| {
        word.get(range)
            .and_then(|digits| digits.parse::<u32>().ok())
    };
    word.len() == 10
        && word.bytes().enumerate().all(|(index, byte)| {
            if index == 4 || index == 7 {
                byte == b'-'
            } else {
                byte.is_ascii_digit()
            }
        })
        && part(5..7).is_some_and(|month| (1..=12).contains(&month))
        && part(8..10).is_some_and(|day| (1..=31).contains(&day))
}

/// Jira reads only `2026-11-30T14:00:00.000+0100`: milliseconds, and no colon in the offset.
fn moment(word: &str) -> Option<String> {
    let day = word.get(..10).filter(|day| is_day(day))?;
    let rest = word[10..].trim_start_matches(['T', 't', ' ']);
    if rest.is_empty() {
        return Some(format!("{day}T00:00:00.000+0000"));
    }
    let clock_end = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, offset) = rest.split_at(clock_end);
    let clock = clock.trim().split('.').next().unwrap_or_default();
    let parts: Vec<&str> = clock.split(':').collect();
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let clock = match parts.as_slice() {
        [hour, minute] if two_digits(hour) && two_digits(minute) => format!("{hour}:{minute}:00"),
        [hour, minute, second] if [hour, minute, second].iter().all(|part| two_digits(part)) => {
            format!("{hour}:{minute}:{second}")
        }
        _ => return None,
    };
    let offset = match offset.trim() {
        "" | "Z" | "z" => "+0000".to_owned(),
        offset => {
            let digits: String = offset[1..]
                .chars()
                .filter(|letter| *letter != ':')
                .collect();
            match digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                true => format!("{}{digits}", &offset[..1]),
                false => return None,
            }
        }
    };
    Some(format!("{day}T{clock}.000{offset}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_jira_reads_them() {
        for (given, written) in [
            ("2026-11-30", Some("2026-11-30T00:00:00.000+0000")),
            (
                "2026-11-30T14:00+01:00",
                Some("2026-11-30T14:00:00.000+0100"),
            ),
            ("2026-11-30 14:00:05", Some("2026-11-30T14:00:05.000+0000")),
            (
                "2026-11-30T14:00:05.123Z",
                Some("2026-11-30T14:00:05.000+0000"),
            ),
            ("2026-13-30", None),
            ("tomorrow", None),
            ("2026-11-30T9", None),
            ("2026-11-30T14:00+1", None),
            ("2026-11-3\u{e9}", None),
        ] {
            assert_eq!(moment(given).as_deref(), written, "{given}");
        }
    }
}
