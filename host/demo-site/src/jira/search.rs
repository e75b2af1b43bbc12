//! Searching with JQL: by page token on Cloud, by offset on Data Center.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::edit::check_members;
use super::render::{issue_value, names};
use super::selection::Selection;
use crate::faults::mix;
use crate::jql::{self, Scope};
use crate::reply::{Outcome, Reply};
use crate::request::{Method, Request};
use crate::site::Visit;

/// What a caller asked for, from a body or a query.
struct Asked {
    jql: String,
    fields: Vec<String>,
    expand: Vec<String>,
    most: Option<usize>,
    start: usize,
    token: Option<String>,
}

/// Cloud's larger pages are for callers that want ids and keys only.
const MOST_IDENTITIES: usize = 5_000;
const MOST_ISSUES: usize = 100;
const MOST_ON_DATA_CENTER: usize = 1_000;
const DEFAULT_PAGE: usize = 50;

pub(super) fn by_token(visit: &Visit<'_>, request: &Request) -> Outcome {
    let asked = read(
        request,
        &[
            "jql",
            "nextPageToken",
            "maxResults",
            "fields",
            "expand",
            "properties",
            "fieldsByKeys",
            "reconcileIssues",
        ],
    )?;
    let found = find(visit, &asked.jql, Scope::Bounded)?;
    let wanted = Selection::parse(
        asked.fields.iter().map(String::as_str),
        &Selection::parse(["id"].into_iter(), &Selection::everything()),
    );
    let start = match &asked.token {
        None => 0,
        Some(token) => read_token(token, &asked.jql).ok_or_else(|| {
            Reply::jira_message(400, "The provided next page token is invalid or has expired. Please start the search again.")
        })?,
    };
    let cap = if wanted.is_identity() {
        MOST_IDENTITIES
    } else {
        MOST_ISSUES
    };
    let most = asked.most.unwrap_or(DEFAULT_PAGE).min(cap);
    let expand: Vec<&str> = asked.expand.iter().map(String::as_str).collect();
    let page: Vec<Value> = found
        .iter()
        .skip(start)
        .take(most)
        .map(|issue| issue_value(visit.world, issue, &wanted, &expand))
        .collect();
    let next = start + page.len();
    let last = next >= found.len();
    let mut out = json!({"issues": page, "isLast": last});
    if !last {
        out["nextPageToken"] = token(next, &asked.jql).into();
    }
    if expand.contains(&"names") {
        out["names"] = names(&wanted);
    }
    Ok(Reply::ok(out))
}

pub(super) fn by_offset(visit: &Visit<'_>, request: &Request) -> Outcome {
    let asked = read(
        request,
        &[
            "jql",
            "startAt",
            "maxResults",
            "fields",
            "expand",
            "validateQuery",
            "properties",
            "fieldsByKeys",
        ],
    )?;
    let found = find(visit, &asked.jql, Scope::Anything)?;
    let wanted = Selection::parse(
        asked.fields.iter().map(String::as_str),
        &Selection::navigable(),
    );
    let most = asked.most.unwrap_or(DEFAULT_PAGE).min(MOST_ON_DATA_CENTER);
    let expand: Vec<&str> = asked.expand.iter().map(String::as_str).collect();
    let page: Vec<Value> = found
        .iter()
        .skip(asked.start)
        .take(most)
        .map(|issue| issue_value(visit.world, issue, &wanted, &expand))
        .collect();
    let mut out = json!({
        "expand": "schema,names",
        "startAt": asked.start,
        "maxResults": most,
        "total": found.len(),
        "issues": page,
    });
    if expand.contains(&"names") {
        out["names"] = names(&wanted);
    }
    Ok(Reply::ok(out))
}

/// Cloud switched its old search off in 2025 (CHANGE-2046).
pub(super) fn removed() -> Reply {
    Reply::jira_message(
        410,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is \
         available at https://developer.atlassian.com/changelog/#CHANGE-2046",
    )
}

fn find<'v>(
    visit: &'v Visit<'_>,
    jql: &str,
    scope: Scope,
) -> Result<Vec<&'v crate::world::Issue>, Reply> {
    jql::find(visit.world, visit.actor, jql, scope).map_err(|errors| Reply::jira(400, &errors))
}

fn read(request: &Request, members: &[&str]) -> Result<Asked, Reply> {
    if request.method == Method::Get {
        return Ok(Asked {
            jql: request.param("jql").unwrap_or("").to_owned(),
            fields: request
                .list("fields")
                .into_iter()
                .map(str::to_owned)
                .collect(),
            expand: request
                .list("expand")
                .into_iter()
                .map(str::to_owned)
                .collect(),
            most: request
                .param("maxResults")
                .and_then(|most| most.parse().ok()),
            start: request.count("startAt", 0, usize::MAX),
            token: request.param("nextPageToken").map(str::to_owned),
        });
    }
    let input = request.json_body()?;
    check_members(&input, members)?;
    let count = |name: &str| -> Result<Option<usize>, Reply> {
        match &input[name] {
            Value::Null => Ok(None),
            value => value
                .as_u64()
                .and_then(|count| usize::try_from(count).ok())
                .map(Some)
                .ok_or_else(|| Reply::jira_message(400, "Invalid request payload. Refer to the REST API documentation and try again.")),
        }
    };
    // Cloud's new search takes `expand` as one text, the old one as a list.
    let list = |name: &str| -> Vec<String> {
        let texts: Vec<&str> = match &input[name] {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            Value::String(text) => text.split(',').map(str::trim).collect(),
            _ => Vec::new(),
        };
        texts
            .into_iter()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .collect()
    };
    Ok(Asked {
        jql: input["jql"].as_str().unwrap_or("").to_owned(),
        fields: list("fields"),
        expand: list("expand"),
        most: count("maxResults")?,
        start: count("startAt")?.unwrap_or(0),
        token: input["nextPageToken"].as_str().map(str::to_owned),
    })
}

/// A token belongs to one query; with another it means nothing.
fn token(next: usize, jql: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{next}:{:x}", fingerprint(jql)))
}

fn read_token(token: &str, jql: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (next, query) = text.split_once(':')?;
    (query == format!("{:x}", fingerprint(jql))).then_some(())?;
    next.parse().ok()
}

fn fingerprint(jql: &str) -> u64 {
    jql.bytes().fold(0, |sum, byte| mix(sum ^ u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_token_is_good_for_its_own_query_only() {
        let made = token(50, "project = PROJ");
        assert_eq!(read_token(&made, "project = PROJ"), Some(50));
        for (other, jql) in [
            (made.as_str(), "project = OPS"),
            ("", "project = PROJ"),
            ("NTA", "project = PROJ"),
            ("!", "x"),
        ] {
            assert_eq!(read_token(other, jql), None, "`{other}`");
        }
    }
}
