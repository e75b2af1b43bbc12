//! What real answers hold beside the documented: nulls where a text is promised, offsets nobody
//! expects, missing and extra members, numbers as texts. Changes a finished answer; ids, keys and
//! paging tokens stay, since without them an answer would be wrong and not rough.

use serde_json::{Map, Value, json};

use crate::faults::mix;
use crate::options::Deployment;

/// Members that old or imported issues have as null.
const NULLED: &[&str] = &[
    "emailAddress",
    "timeZone",
    "iconUrl",
    "description",
    "goal",
    "avatarUrls",
    "updateAuthor",
];
/// Members that are sometimes not there at all.
const DROPPED: &[&str] = &[
    "emailAddress",
    "accountType",
    "avatarId",
    "hierarchyLevel",
    "statusCategory",
    "projectCategory",
    "startAt",
];
/// Counters that proxies and plugins of old servers answer as texts.
const COUNTERS: &[&str] = &[
    "startAt",
    "maxResults",
    "total",
    "size",
    "limit",
    "customfield_10016",
];

pub(crate) fn roughen(answer: &mut Value, deployment: Deployment) {
    // Errors are read by people; they stay as they are.
    if answer.get("errorMessages").is_some() || answer.get("errors").is_some() {
        return;
    }
    walk(answer, deployment, 1);
}

fn walk(value: &mut Value, deployment: Deployment, place: u64) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                walk(item, deployment, mix(place ^ index as u64));
            }
        }
        Value::Object(members) => walk_object(members, deployment, place),
        _ => {}
    }
}

fn walk_object(members: &mut Map<String, Value>, deployment: Deployment, place: u64) {
    // A document or a stored body is the user's own text.
    if members.get("type").is_some_and(|kind| kind == "doc")
        || members.contains_key("representation")
    {
        return;
    }
    let names: Vec<String> = members.keys().cloned().collect();
    for name in names {
        let draw = name
            .bytes()
            .fold(place, |sum, byte| mix(sum ^ u64::from(byte)));
        if DROPPED.contains(&name.as_str()) && draw.is_multiple_of(3) {
            members.remove(&name);
            continue;
        }
        let Some(value) = members.get_mut(&name) else {
            continue;
        };
        if NULLED.contains(&name.as_str()) && draw.is_multiple_of(2) {
            *value = Value::Null;
        } else if let Some(text) = value.as_str().and_then(|text| odd_date(text, draw)) {
            *value = text.into();
        } else if value.is_number()
            && deployment == Deployment::DataCenter
            && COUNTERS.contains(&name.as_str())
        {
            *value = value.to_string().into();
        } else if name == "displayName" && draw.is_multiple_of(7) {
            *value = Value::Null;
        } else {
            walk(value, deployment, draw);
        }
    }
    if place.is_multiple_of(2) {
        members.insert(
            "x_plugin".into(),
            json!({"added": true, "values": [null, 0, ""]}),
        );
    }
}

/// The same moment in another spelling, for members that look like one.
fn odd_date(text: &str, draw: u64) -> Option<String> {
    let (clock, offset) = text.split_at_checked(19)?;
    let looks_right =
        clock.as_bytes()[10] == b'T' && clock.bytes().filter(u8::is_ascii_digit).count() == 14;
    // Only moments in UTC can be respelled without arithmetic.
    if !looks_right
        || !matches!(offset, ".000+0000" | ".000Z" | "Z")
            && !offset.ends_with("+0000")
            && !offset.ends_with('Z')
    {
        return None;
    }
    Some(match draw % 4 {
        0 => format!("{clock}.000+0000"),
        1 => format!("{clock}.123+00:00"),
        2 => format!("{clock}Z"),
        _ => format!("{clock}.1234567Z"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Value {
        let user = json!({"accountId": "a", "displayName": "Ada", "emailAddress": "a@b", "timeZone": "UTC", "avatarUrls": {}});
        let issue = json!({"id": "1", "key": "PROJ-1", "fields": {"assignee": user, "created": "2021-11-02T09:15:00.000+0000", "customfield_10016": 3.0}});
        json!({"issues": vec![issue; 30], "total": 30, "isLast": true})
    }

    #[test]
    fn ids_and_keys_survive_and_the_rest_gets_rough() {
        let mut answer = sample();
        roughen(&mut answer, Deployment::DataCenter);
        let issues = answer["issues"].as_array().cloned().unwrap_or_default();
        assert_eq!(issues.len(), 30);
        assert!(
            issues
                .iter()
                .all(|issue| issue["id"] == "1" && issue["key"] == "PROJ-1")
        );
        assert_eq!(answer["total"], "30");
        let people = || issues.iter().map(|issue| &issue["fields"]["assignee"]);
        assert!(people().any(|user| user.get("emailAddress").is_none()));
        assert!(people().any(|user| user["timeZone"].is_null()));
        let spellings: std::collections::BTreeSet<_> = issues
            .iter()
            .map(|issue| issue["fields"]["created"].to_string())
            .collect();
        assert_eq!(spellings.len(), 4);
        assert!(issues.iter().any(|issue| issue.get("x_plugin").is_some()));
    }

    #[test]
    fn errors_and_texts_stay_as_they_are() {
        for kept in [
            json!({"errorMessages": ["x"], "errors": {}}),
            json!({"errors": [{"status": 404}]}),
            json!({"type": "doc", "version": 1, "content": [], "description": "x"}),
        ] {
            let mut answer = kept.clone();
            roughen(&mut answer, Deployment::Cloud);
            assert_eq!(answer, kept);
        }
    }
}
