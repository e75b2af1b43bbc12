//! Parses what a site answered, without what no tool ever shows. Pictures of people and icons are half of an ordinary
//! Jira answer; they are skipped while parsing, which costs a tenth of keeping them. Nothing of a rich text is left out.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Members of people, kinds and links whose values say nothing in words.
const UNSHOWN: &[&str] = &["avatarUrls", "iconUrl", "updateAuthor", "_expandable"];

/// The list of a document node's children: below it a name may be a parameter of some macro.
const RICH_TEXT: &str = "content";

pub(crate) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Pruned { whole: false }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Pruned {
    /// Inside of rich text.
    whole: bool,
}

impl<'de> DeserializeSeed<'de> for Pruned {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pruned {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key_seed(Name { whole: self.whole })? {
            let Some(name) = name else {
                members.next_value::<IgnoredAny>()?;
                continue;
            };
            let whole = self.whole || name == RICH_TEXT;
            object.insert(name, members.next_value_seed(Self { whole })?);
        }
        Ok(Value::Object(object))
    }
}

/// The name of a member that is kept; none for what is skipped.
struct Name {
    whole: bool,
}

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok((self.whole || !UNSHOWN.contains(&name)).then(|| name.to_owned()))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pictures_go_and_everything_else_stays() {
        let user = json!({ "displayName": "Ada", "avatarUrls": { "48x48": "https://x.example/" }, "active": true });
        let issue = json!({
            "id": 7, "rank": -1, "part": 0.5, "none": null, "text": "a\u{1f600}\"b",
            "assignee": user, "list": [user, [user]],
        });
        let person = json!({ "displayName": "Ada", "active": true });
        assert_eq!(
            parse(&issue.to_string()).unwrap(),
            json!({
                "id": 7, "rank": -1, "part": 0.5, "none": null, "text": "a\u{1f600}\"b",
                "assignee": person, "list": [person, [person]],
            })
        );
    }

    #[test]
    fn rich_text_stays_as_it_is() {
        let document = json!({ "type": "doc", "version": 1, "content": [
            { "type": "extension", "attrs": { "parameters": { "iconUrl": "x", "deep": { "avatarUrls": 1 } } } },
        ]});
        assert_eq!(parse(&document.to_string()).unwrap(), document);
    }

    #[test]
    fn what_is_no_json_is_refused_as_ever() {
        for text in [
            "",
            "{",
            "[1,]",
            "{} x",
            "<html>",
            "{\"iconUrl\": }",
            "nul",
            &"[".repeat(1000),
        ] {
            assert!(parse(text).is_err(), "{text}");
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        }
    }
}
