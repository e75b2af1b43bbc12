//! Which spaces there are, in both API versions.

use serde_json::{Value, json};

use super::pages::listing;
use super::paging::{by_cursor, by_offset};
use super::shapes::{space_v1, space_v2};
use crate::reply::{Outcome, Reply};
use crate::request::Request;
use crate::site::Visit;
use crate::world::Space;

pub(super) fn find(visit: &Visit<'_>, request: &Request) -> Outcome {
    let window = by_cursor(request, 250)?;
    let ids = request.list("ids");
    let found = matching(visit, request, &request.list("keys"), |space| {
        ids.is_empty() || ids.contains(&space.id.to_string().as_str())
    });
    let shown: Vec<Value> = found
        .iter()
        .skip(window.start)
        .take(window.limit)
        .map(|space| space_v2(visit.world, space))
        .collect();
    Ok(listing(
        visit,
        request,
        "spaces",
        shown,
        found.len(),
        window.start,
    ))
}

pub(super) fn list(visit: &Visit<'_>, request: &Request) -> Outcome {
    let window = by_offset(request, 500);
    let found = matching(visit, request, &request.list("spaceKey"), |_| true);
    let shown: Vec<Value> = found
        .iter()
        .skip(window.start)
        .take(window.limit)
        .map(|space| space_v1(visit.world, space))
        .collect();
    Ok(Reply::ok(json!({
        "results": shown,
        "start": window.start,
        "limit": window.limit,
        "size": shown.len(),
        "_links": {"self": format!("{}/rest/api/space", visit.world.confluence), "base": visit.world.confluence, "context": "/confluence"},
    })))
}

fn matching<'v>(
    visit: &'v Visit<'_>,
    request: &Request,
    keys: &[&str],
    also: impl Fn(&Space) -> bool,
) -> Vec<&'v Space> {
    let kind = request.param("type");
    let archived = request.param("status") == Some("archived");
    let all = visit.world.spaces.iter().filter(|_| !archived);
    all.filter(|space| keys.is_empty() || keys.contains(&space.key.as_str()))
        .filter(|space| kind.is_none_or(|kind| kind == space.kind))
        .filter(|space| also(space))
        .collect()
}
