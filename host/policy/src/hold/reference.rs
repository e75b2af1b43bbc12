//! Where JSON of the two products names a project, issue, space or page as a thing, and not in somebody's prose.
//!
//! By the members that the interfaces use, wherever they stand: a field that today's tools do not send, or that a site
//! has added, is read like the ones in the route table. Judges nothing.

use serde_json::{Map, Value};

use crate::vocabulary::Product;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Named {
    Project,
    Issue,
    Space,
    SpaceId,
    Page,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reference {
    pub(crate) named: Named,
    pub(crate) text: String,
}

/// A member that names something in a way that is not known here, like a project by its title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotUnderstood {
    pub(crate) member: String,
}

/// Everything that a request's body names.
pub(crate) fn in_body(product: Product, body: &Value) -> Result<Vec<Reference>, NotUnderstood> {
    let mut found = Vec::new();
    // A page's own number stands beside its new text.
    if let (Product::Confluence, Some(id)) = (product, body.get("id").and_then(scalar)) {
        found.push(Reference {
            named: Named::Page,
            text: id,
        });
    }
    collect(product, body, None, &mut found)?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// What the value of a member names, if it names something.
pub(crate) fn named_by_member(product: Product, member: &str) -> Option<Named> {
    Some(match (product, member) {
        (
            Product::Jira,
            "project" | "projects" | "projectId" | "projectIds" | "projectKey" | "projectKeys"
            | "projectIdOrKey" | "parentProject" | "targetProject",
        ) => Named::Project,
        (
            Product::Jira,
            "parent" | "parentId" | "parentKey" | "parentIdOrKey" | "issue" | "issues" | "issueId"
            | "issueIds" | "issueKey" | "issueKeys" | "issueIdOrKey" | "issueIdsOrKeys"
            | "issuesOrKeys" | "inwardIssue" | "outwardIssue" | "linkedIssue" | "subtasks" | "epic"
            | "epicKey" | "rankBeforeIssue" | "rankAfterIssue",
        ) => Named::Issue,
        (Product::Confluence, "space" | "spaces" | "spaceKey" | "spaceKeys") => Named::Space,
        (Product::Confluence, "spaceId" | "spaceIds") => Named::SpaceId,
        (
            Product::Confluence,
            "parentId" | "pageId" | "contentId" | "ancestors" | "container" | "parent"
            | "parentCommentId" | "blogPostId" | "attachmentId" | "customContentId" | "targetId",
        ) => Named::Page,
        _ => return None,
    })
}

/// Members that hold what people wrote.
pub(crate) fn is_prose(product: Product, member: &str) -> bool {
    match product {
        Product::Jira => matches!(
            member,
            "summary" | "description" | "environment" | "body" | "text" | "labels" | "message"
        ),
        Product::Confluence => matches!(
            member,
            "body" | "title" | "value" | "excerpt" | "text" | "message" | "description"
        ),
    }
}

/// The Atlassian Document Format: prose with marks.
pub(crate) fn is_document(object: &Map<String, Value>) -> bool {
    object.get("type").and_then(Value::as_str) == Some("doc") && object.contains_key("content")
}

/// `PROJ` of `PROJ-1`, also in the spellings that only some servers take for a key. Not of `PROJ-1 and more`.
pub(crate) fn project_of_issue(text: &str) -> Option<&str> {
    let text = text.trim();
    // Greenhopper's own way to set an epic link.
    let text = text.strip_prefix("key:").unwrap_or(text).trim_start();
    let (project, number) = text.rsplit_once('-')?;
    let begins_well = project.bytes().next()?.is_ascii_alphabetic();
    let is_plain = project
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    (begins_well && is_plain && is_number && project.len() > 1).then_some(project)
}

/// A name or number as text.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn collect(
    product: Product,
    value: &Value,
    named: Option<Named>,
    found: &mut Vec<Reference>,
) -> Result<(), NotUnderstood> {
    match (value, named) {
        (Value::Array(items), _) => items
            .iter()
            .try_for_each(|item| collect(product, item, named, found)),
        (Value::Object(object), _) => collect_object(product, object, named, found),
        (Value::String(_) | Value::Number(_), Some(named)) => {
            found.extend(scalar(value).map(|text| Reference { named, text }));
            Ok(())
        }
        (Value::String(text), None) => {
            if product == Product::Jira && project_of_issue(text).is_some() {
                found.push(Reference {
                    named: Named::Issue,
                    text: text.clone(),
                });
            }
            Ok(())
        }
        (Value::Number(_) | Value::Bool(_) | Value::Null, _) => Ok(()),
    }
}

fn collect_object(
    product: Product,
    object: &Map<String, Value>,
    named: Option<Named>,
    found: &mut Vec<Reference>,
) -> Result<(), NotUnderstood> {
    if is_document(object) {
        return Ok(());
    }
    let mut says_which = false;
    for (member, child) in object {
        let of_child = match member.as_str() {
            "key" => {
                says_which = true;
                named
            }
            "id" => {
                says_which = true;
                // A space has a number beside its key.
                named.map(|named| match named {
                    Named::Space => Named::SpaceId,
                    other => other,
                })
            }
            // What Jira's `update` wraps around a value.
            "set" | "add" | "remove" | "edit" | "copy" => {
                says_which = true;
                named
            }
            _ if is_prose(product, member) && !child.is_object() => continue,
            _ => named_by_member(product, member),
        };
        collect(product, child, of_child, found)?;
    }
    match named {
        Some(named) if !says_which && !object.is_empty() => Err(NotUnderstood {
            member: format!("{named:?}").to_lowercase(),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(product: Product, body: Value) -> Vec<String> {
        in_body(product, &body).map_or_else(
            |error| vec![format!("not understood: {}", error.member)],
            |found| {
                found
                    .into_iter()
                    .map(|reference| format!("{:?} {}", reference.named, reference.text))
                    .collect()
            },
        )
    }

    #[test]
    fn every_place_of_a_key_in_a_jira_body_is_found() {
        let table = [
            (
                json!({"fields": {"project": {"key": "OPS"}}}),
                "Project OPS",
            ),
            (
                json!({"fields": {"project": {"id": "10001"}}}),
                "Project 10001",
            ),
            (
                json!({"fields": {"project": {"id": 10001}}}),
                "Project 10001",
            ),
            (json!({"fields": {"project": "OPS"}}), "Project OPS"),
            (
                json!({"fields": {"project": {"name": "Operations"}}}),
                "not understood: project",
            ),
            (
                json!({"fields": {"parent": {"key": "OPS-1"}}}),
                "Issue OPS-1",
            ),
            (
                json!({"fields": {"parent": {"id": "10042"}}}),
                "Issue 10042",
            ),
            (
                json!({"update": {"parent": [{"set": {"id": "10042"}}]}}),
                "Issue 10042",
            ),
            (
                json!({"fields": {"customfield_10014": "OPS-1"}}),
                "Issue OPS-1",
            ),
            (
                json!({"fields": {"customfield_10014": "key:OPS-1"}}),
                "Issue key:OPS-1",
            ),
            (
                json!({"fields": {"customfield_10014": " ops-1 "}}),
                "Issue  ops-1 ",
            ),
            (
                json!({"update": {"customfield_10014": [{"set": "OPS-1"}]}}),
                "Issue OPS-1",
            ),
            (
                json!({"update": {"issuelinks": [{"add": {"type": {"name": "Blocks"}, "outwardIssue": {"key": "OPS-1"}}}]}}),
                "Issue OPS-1",
            ),
            (
                json!({"type": {"id": "1"}, "inwardIssue": {"id": "7"}}),
                "Issue 7",
            ),
            (
                json!({"issues": ["OPS-1"], "rankBeforeIssue": "OPS-2"}),
                "Issue OPS-1, Issue OPS-2",
            ),
            (
                json!({"projectId": 7, "requestFieldValues": {"x": "OPS-9"}}),
                "Project 7, Issue OPS-9",
            ),
            (
                json!({"fields": {"summary": "OPS-1", "description": "OPS-1", "labels": ["OPS-1"]}}),
                "",
            ),
            (
                json!({"body": {"type": "doc", "version": 1, "content": [{"type": "text", "text": "OPS-1"}]}}),
                "",
            ),
            (
                json!({"transition": {"id": "31"}, "fields": {"parent": null, "resolution": {"id": "1"}}}),
                "",
            ),
        ];
        for (body, expected) in table {
            assert_eq!(
                names(Product::Jira, body.clone()).join(", "),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn every_place_of_a_space_or_page_in_a_confluence_body_is_found() {
        let table = [
            (
                json!({"spaceId": "9", "title": "x", "parentId": "7"}),
                "SpaceId 9, Page 7",
            ),
            (
                json!({"space": {"key": "HR"}, "ancestors": [{"id": "7"}]}),
                "Space HR, Page 7",
            ),
            (json!({"space": {"id": 5}}), "SpaceId 5"),
            (
                json!({"space": {"name": "People"}}),
                "not understood: space",
            ),
            (
                json!({"type": "comment", "container": {"id": 7, "type": "page"}}),
                "Page 7",
            ),
            (
                json!({"id": "8", "body": {"value": "x"}, "version": {"number": 2}}),
                "Page 8",
            ),
            (
                json!({"pageId": "7", "body": {"representation": "storage", "value": "<p>/spaces/HR</p>"}}),
                "Page 7",
            ),
        ];
        for (body, expected) in table {
            assert_eq!(
                names(Product::Confluence, body.clone()).join(", "),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn keys_are_seen_in_every_spelling_that_a_server_may_take() {
        for (text, project) in [
            ("OPS-1", Some("OPS")),
            ("ops-1", Some("ops")),
            ("\tOPS-1\n", Some("OPS")),
            ("key:OPS-1", Some("OPS")),
            ("A_B2-007", Some("A_B2")),
            ("OPS-", None),
            ("-1", None),
            ("OPS", None),
            ("see OPS-1", None),
            ("2026-11", None),
            ("2026-11-22", None),
            ("UTF-8", Some("UTF")),
        ] {
            assert_eq!(project_of_issue(text), project, "{text:?}");
        }
    }
}
