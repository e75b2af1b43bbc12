//! Comments on issues: listing and adding. The body is a document on Cloud and wiki markup on
//! Data Center, and nothing else is taken.

use serde_json::{Value, json};

use super::document::check_document;
use super::issues::find;
use super::shapes::{api, user_named};
use crate::dates;
use crate::reply::{Outcome, Reply};
use crate::request::Request;
use crate::site::Visit;
use crate::world::{Comment, Issue, World};

/// Jira's limit for one text, in characters.
pub(super) const LONGEST_TEXT: usize = 32_767;

pub(super) fn list(visit: &Visit<'_>, request: &Request, key: &str) -> Outcome {
    let world = &visit.world;
    let issue = find(visit, key)?;
    let start = request.count("startAt", 0, usize::MAX);
    let most = request.count("maxResults", 5_000, 5_000);
    let newest_first = request.param("orderBy") == Some("-created");
    let mut comments: Vec<&Comment> = issue.comments.iter().collect();
    if newest_first {
        comments.reverse();
    }
    let shown: Vec<Value> = comments
        .into_iter()
        .skip(start)
        .take(most)
        .map(|comment| comment_value(world, issue, comment))
        .collect();
    Ok(Reply::ok(json!({
        "startAt": start,
        "maxResults": most,
        "total": issue.comments.len(),
        "comments": shown,
    })))
}

pub(super) fn add(visit: &mut Visit<'_>, request: &Request, key: &str) -> Outcome {
    let input = request.json_body()?;
    let id = find(visit, key)?.id;
    let comment = new_comment(visit, &input)?;
    let world = &mut *visit.world;
    let now = world.now();
    if let Some(issue) = world.issue_mut(id) {
        issue.comments.push(comment.clone());
        issue.updated = now;
    }
    let issue = find(visit, key)?;
    Ok(Reply::json(
        201,
        comment_value(visit.world, issue, &comment),
    ))
}

/// A comment from the body of a request, or what is wrong with it.
pub(super) fn new_comment(visit: &mut Visit<'_>, input: &Value) -> Result<Comment, Reply> {
    let body = &input["body"];
    check_body(visit.is_cloud(), body)?;
    let visibility = match &input["visibility"] {
        Value::Null => None,
        chosen => Some(check_visibility(chosen)?),
    };
    let now = visit.world.now();
    Ok(Comment {
        id: visit.world.fresh_id(),
        author: visit.actor.to_owned(),
        body: body.clone(),
        created: now,
        updated: now,
        visibility,
    })
}

pub(super) fn comment_value(world: &World, issue: &Issue, comment: &Comment) -> Value {
    let mut out = json!({
        "self": format!("{}/issue/{}/comment/{}", api(world), issue.id, comment.id),
        "id": comment.id.to_string(),
        "author": user_named(world, Some(&comment.author)),
        "body": comment.body,
        "updateAuthor": user_named(world, Some(&comment.author)),
        "created": dates::jira(comment.created),
        "updated": dates::jira(comment.updated),
    });
    if world.is_cloud() {
        out["jsdPublic"] = true.into();
    }
    if let Some((kind, name)) = &comment.visibility {
        out["visibility"] = json!({"type": kind, "value": name});
    }
    out
}

fn check_body(cloud: bool, body: &Value) -> Result<(), Reply> {
    let refuse = |message: &str| {
        let errors = [("comment".to_owned(), Value::from(message))]
            .into_iter()
            .collect();
        Err(Reply::jira_fields(errors))
    };
    match body {
        Value::Null => refuse("Comment body can not be empty!"),
        Value::String(text) if !cloud && text.trim().is_empty() => {
            refuse("Comment body can not be empty!")
        }
        Value::String(text) if !cloud && text.chars().count() > LONGEST_TEXT => refuse(
            "The entered text is too long. It exceeds the allowed limit of 32,767 characters.",
        ),
        Value::String(_) if !cloud => Ok(()),
        Value::Object(_) if cloud => {
            check_document(body).map_err(|_| Reply::jira_message(400, "INVALID_INPUT"))?;
            if crate::world::plain(body).trim().is_empty() {
                return refuse("Comment body can not be empty!");
            }
            Ok(())
        }
        _ if cloud => refuse("Comment body is not valid!"),
        _ => Err(Reply::jira_message(
            400,
            "Can not deserialize instance of java.lang.String out of START_OBJECT token",
        )),
    }
}

fn check_visibility(chosen: &Value) -> Result<(String, String), Reply> {
    let kind = chosen["type"].as_str().unwrap_or("");
    let name = chosen["value"]
        .as_str()
        .or_else(|| chosen["identifier"].as_str())
        .unwrap_or("");
    let known = match kind {
        "role" => ["Administrators", "Developers", "Users"].contains(&name),
        "group" => ["jira-software-users", "finance"].contains(&name),
        _ => false,
    };
    if known {
        return Ok((kind.to_owned(), name.to_owned()));
    }
    let message =
        format!("You cannot specify a {kind} level of '{name}' because it does not exist.");
    let errors = [("commentLevel".to_owned(), Value::from(message))]
        .into_iter()
        .collect();
    Err(Reply::jira_fields(errors))
}
