//! Reading answers as they really are: null where a string was declared, numbers as strings, fields
//! that are missing. Nothing here fails; what cannot be read is not there.

use serde_json::Value;

use crate::text;

/// Names, titles and the like are far shorter; whatever is longer is not one.
const LONGEST_LINE: usize = 1_000;

/// The text at a JSON pointer without its leading slash (`fields/status/name`), cleaned to one line.
pub(crate) fn line(value: &Value, path: &str) -> Option<String> {
    let found = match at(value, path)? {
        Value::String(found) => text::one_line(found),
        Value::Number(number) => plain_number(number),
        Value::Bool(flag) => flag.to_string(),
        _ => return None,
    };
    (!found.is_empty()).then(|| text::cut(&found, LONGEST_LINE))
}

pub(crate) fn number(value: &Value, path: &str) -> Option<u64> {
    match at(value, path)? {
        Value::Number(number) => number.as_u64(),
        Value::String(digits) => digits.trim().parse().ok(),
        _ => None,
    }
}

pub(crate) fn flag(value: &Value, path: &str) -> Option<bool> {
    match at(value, path)? {
        Value::Bool(flag) => Some(*flag),
        Value::String(word) => word.parse().ok(),
        _ => None,
    }
}

pub(crate) fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

pub(crate) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('/')
        .filter(|part| !part.is_empty())
        .try_fold(value, |value, part| match value {
            Value::Array(items) => part
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index)),
            Value::Object(_) => value.get(part),
            _ => None,
        })
}

/// `2026-11-22`; what is no date is shown as it is.
pub(crate) fn day(value: &Value, path: &str) -> Option<String> {
    let given = line(value, path)?;
    Some(split_moment(&given).map_or_else(|| given.clone(), |(day, _, _)| day.to_owned()))
}

/// `2026-11-22 10:00`, with the offset where it is not UTC.
pub(crate) fn moment(value: &Value, path: &str) -> Option<String> {
    let given = line(value, path)?;
    Some(match split_moment(&given) {
        Some((day, Some(minute), offset)) => match offset {
            "" | "Z" | "+0000" | "+00:00" => format!("{day} {minute}"),
            offset => format!("{day} {minute} {offset}"),
        },
        Some((day, None, _)) => day.to_owned(),
        None => given,
    })
}

/// Jira keeps whole numbers of custom fields as `3.0`.
fn plain_number(number: &serde_json::Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// Day, minute and offset of an ISO 8601 moment.
fn split_moment(given: &str) -> Option<(&str, Option<&str>, &str)> {
    let (day, rest) = given.split_at_checked(10)?;
    let digits = day.bytes().enumerate().all(|(index, byte)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if !digits {
        return None;
    }
    match rest
        .strip_prefix('T')
        .and_then(|time| time.split_at_checked(5))
    {
        Some((minute, rest))
            if matches!(
                minute.as_bytes(),
                [b'0'..=b'9', b'0'..=b'9', b':', b'0'..=b'9', b'0'..=b'9']
            ) =>
        {
            let offset = rest
                .find(['+', '-', 'Z'])
                .map_or("", |position| &rest[position..]);
            Some((day, Some(minute), offset))
        }
        _ if rest.is_empty() => Some((day, None, "")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dirty_values_are_read_or_left_out() {
        assert_eq!(line(&json!([3.0, 2.5]), "0").as_deref(), Some("3"));
        assert_eq!(line(&json!([3.0, 2.5]), "1").as_deref(), Some("2.5"));
        let value = json!({ "a": { "b": null, "c": 5, "d": " x\n y ", "e": [], "f": "", "g": "7" }, "n": "12" });
        assert_eq!(line(&value, "a/b"), None);
        assert_eq!(line(&value, "a/c").as_deref(), Some("5"));
        assert_eq!(line(&value, "a/d").as_deref(), Some("x y"));
        assert_eq!(line(&value, "a/e"), None);
        assert_eq!(line(&value, "a/f"), None);
        assert_eq!(line(&value, "n/x"), None);
        assert_eq!(number(&value, "a/g"), Some(7));
        assert_eq!(number(&value, "a/d"), None);
        assert!(list(&value, "a/b").is_empty());
    }

    #[test]
    fn moments_in_every_shape() {
        for (given, shown_day, shown_moment) in [
            (
                json!("2026-11-22T10:05:00.000+0000"),
                "2026-11-22",
                "2026-11-22 10:05",
            ),
            (
                json!("2026-11-22T10:05:00.000Z"),
                "2026-11-22",
                "2026-11-22 10:05",
            ),
            (
                json!("2026-11-22T10:05:00.000+0530"),
                "2026-11-22",
                "2026-11-22 10:05 +0530",
            ),
            (json!("2026-11-22"), "2026-11-22", "2026-11-22"),
            (
                json!("22/Nov/26 10:05 AM"),
                "22/Nov/26 10:05 AM",
                "22/Nov/26 10:05 AM",
            ),
            (
                json!("2026-11-22Tä:05"),
                "2026-11-22Tä:05",
                "2026-11-22Tä:05",
            ),
            (
                json!(1_700_000_000_000_u64),
                "1700000000000",
                "1700000000000",
            ),
        ] {
            assert_eq!(day(&given, "").as_deref(), Some(shown_day));
            assert_eq!(moment(&given, "").as_deref(), Some(shown_moment));
        }
    }
}
