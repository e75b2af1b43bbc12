//! People: who am I, who matches these words.

use serde_json::Value;

use super::shapes::user;
use crate::reply::{Outcome, Reply};
use crate::request::Request;
use crate::site::Visit;
use crate::world::User;

pub(super) fn myself(visit: &Visit<'_>) -> Reply {
    let world = &visit.world;
    let Some(found) = world.users.get(visit.actor) else {
        return Reply::jira_message(401, "You are not authenticated.");
    };
    let mut out = user(world, found);
    out["locale"] = "en_US".into();
    out["groups"] = serde_json::json!({"size": 2, "items": []});
    out["applicationRoles"] = serde_json::json!({"size": 1, "items": []});
    Reply::ok(out)
}

/// Cloud matches the beginnings of names and addresses by `query`; Data Center does it by
/// `username`, where `.` stands for everybody.
pub(super) fn search(visit: &Visit<'_>, request: &Request) -> Outcome {
    let world = &visit.world;
    let start = request.count("startAt", 0, usize::MAX);
    let most = request.count("maxResults", 50, 1_000);
    let matches: Box<dyn Fn(&User) -> bool> = if visit.is_cloud() {
        let account = request.param("accountId");
        let query = request.param("query");
        if account.is_none() && query.is_none() {
            return Err(Reply::jira_message(
                400,
                "At least one query parameter was expected in the method: query, accountId or property.",
            ));
        }
        Box::new(move |user| {
            account.is_none_or(|id| id == user.account_id)
                && query.is_none_or(|words| is_named(user, words))
        })
    } else {
        let Some(words) = request.param("username") else {
            return Err(Reply::jira_message(
                400,
                "The username query parameter was not provided",
            ));
        };
        Box::new(move |user| {
            user.active
                && (words == "."
                    || user.name.starts_with(&words.to_lowercase())
                    || is_named(user, words))
        })
    };
    let found: Value = world
        .users
        .values()
        .filter(|user| matches(user))
        .skip(start)
        .take(most)
        .map(|found| user(world, found))
        .collect();
    Ok(Reply::ok(found))
}

pub(super) fn read(visit: &Visit<'_>, request: &Request) -> Outcome {
    let world = &visit.world;
    let (name, missing) = if visit.is_cloud() {
        (
            "accountId",
            "The query parameter 'accountId' must be provided.",
        )
    } else {
        (
            "username",
            "Either the 'username' or the 'key' query parameters need to be provided",
        )
    };
    let identifier = request
        .param(name)
        .or_else(|| request.param("key"))
        .ok_or_else(|| Reply::jira_message(400, missing))?;
    let found = world.user_on_wire(identifier).ok_or_else(|| {
        Reply::jira_message(404, format!("The user named '{identifier}' does not exist"))
    })?;
    Ok(Reply::ok(user(world, found)))
}

/// Every word begins a word of the display name, or the whole begins the address.
fn is_named(user: &User, words: &str) -> bool {
    let words = words.to_lowercase();
    let name = user.display_name.to_lowercase();
    let parts: Vec<&str> = name.split_whitespace().collect();
    let by_name = words
        .split_whitespace()
        .all(|word| parts.iter().any(|part| part.starts_with(word)));
    let by_mail = user
        .email
        .as_ref()
        .is_some_and(|email| email.to_lowercase().starts_with(&words));
    by_mail || (by_name && !words.trim().is_empty())
}
