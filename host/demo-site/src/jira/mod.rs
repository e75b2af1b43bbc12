//! Jira's REST API, version 3 on Cloud and version 2 on Data Center: which path does what.

mod comments;
mod create;
mod createmeta;
mod document;
mod edit;
mod issues;
mod projects;
mod render;
mod search;
mod selection;
mod shapes;
mod transitions;
mod users;
mod values;

#[cfg(test)]
mod scenarios;

use serde_json::json;

#[cfg(test)]
pub(crate) use document::check_document;

use crate::dates;
use crate::reply::{Outcome, Reply};
use crate::request::{Method, Request};
use crate::site::Visit;

pub(crate) fn answer(visit: &mut Visit<'_>, request: &Request, path: &[&str]) -> Outcome {
    use Method::{Delete, Get, Post, Put};
    let version = if visit.is_cloud() { "3" } else { "2" };
    let Some(rest) = path.strip_prefix(["rest", "api"].as_slice()) else {
        return Err(no_such_path(visit));
    };
    let rest = match rest {
        // These two answer alike in both versions; programs use them to find out where they are.
        [_, "serverInfo"] if request.method == Get => return Ok(server_info(visit)),
        [_, "myself"] if request.method == Get => return Ok(users::myself(visit)),
        [found, rest @ ..] if *found == version || *found == "latest" => rest,
        _ => return Err(no_such_path(visit)),
    };
    match (request.method, rest) {
        (Get, ["issue", "createmeta", project, "issuetypes"]) => {
            createmeta::types(visit, request, project)
        }
        (Get, ["issue", "createmeta", project, "issuetypes", id]) => {
            createmeta::fields(visit, request, project, id)
        }
        (Post, ["issue"]) => create::create(visit, request),
        (Get, ["issue", key]) => issues::read(visit, request, key),
        (Put, ["issue", key]) => issues::update(visit, request, key),
        (Delete, ["issue", key]) => issues::delete(visit, key),
        (Get, ["issue", key, "editmeta"]) => createmeta::of_issue(visit, key),
        (Get, ["issue", key, "transitions"]) => transitions::list(visit, request, key),
        (Post, ["issue", key, "transitions"]) => transitions::perform(visit, request, key),
        (Get, ["issue", key, "comment"]) => comments::list(visit, request, key),
        (Post, ["issue", key, "comment"]) => comments::add(visit, request, key),
        (Get | Post, ["search", "jql"]) if visit.is_cloud() => search::by_token(visit, request),
        (Get | Post, ["search"]) if visit.is_cloud() => Err(search::removed()),
        (Get | Post, ["search"]) => search::by_offset(visit, request),
        (Get, ["project", "search"]) if visit.is_cloud() => projects::search(visit, request),
        (Get, ["project"]) => projects::list(visit, request),
        (Get, ["project", key]) => projects::read(visit, key),
        (Get, ["user", "search"]) => users::search(visit, request),
        (Get, ["user"]) => users::read(visit, request),
        (Get, ["field"]) => Ok(createmeta::all_fields(visit)),
        _ => Err(no_such_path(visit)),
    }
}

fn no_such_path(visit: &Visit<'_>) -> Reply {
    if visit.is_cloud() {
        Reply::json(
            404,
            json!({"error": "Not Found", "status": 404, "message": "No message available"}),
        )
    } else {
        Reply::text(
            404,
            "application/xml;charset=UTF-8",
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><status><status-code>404</status-code>\
             <message>null for uri: demo</message></status>",
        )
    }
}

fn server_info(visit: &Visit<'_>) -> Reply {
    let (version, numbers, kind) = if visit.is_cloud() {
        ("1001.0.0-SNAPSHOT", json!([1001, 0, 0]), "Cloud")
    } else {
        ("10.3.2", json!([10, 3, 2]), "Server")
    };
    Reply::ok(json!({
        "baseUrl": visit.world.jira,
        "displayUrl": visit.world.jira,
        "version": version,
        "versionNumbers": numbers,
        "deploymentType": kind,
        "buildNumber": 100_290,
        "buildDate": "2026-11-02T00:00:00.000+0000",
        "serverTime": dates::jira(visit.world.now()),
        "scmInfo": "b5a6e5a3f7d9c1e2",
        "serverTitle": "Lumen (demo)",
        "defaultLocale": {"locale": "en_US"},
    }))
}
