//! Pages in version 2, which Cloud has.

use serde_json::Value;

use super::paging::{by_cursor, cursor, query_with};
use super::shapes::{labels, page_v2};
use super::writing::{Edit, NewPage, Refused, create_page, edit_page};
use crate::reply::{Outcome, Reply};
use crate::request::Request;
use crate::site::Visit;
use crate::world::Page;

const LARGEST_PAGE: usize = 250;

pub(super) fn read(visit: &Visit<'_>, request: &Request, id: &str) -> Outcome {
    let world = &visit.world;
    let page = page(visit, id)?;
    let format = body_format(request, &["storage", "view"])?;
    let number = match request.param("version") {
        None => page.version(),
        Some(text) => text
            .parse()
            .ok()
            .filter(|number| (1..=page.version()).contains(number))
            .ok_or_else(missing)?,
    };
    let mut out = page_v2(world, page, number, format);
    if request.param("include-labels") == Some("true") {
        out["labels"] = labels(page);
    }
    if request.param("include-version") == Some("false") {
        out["version"] = Value::Null;
    }
    out["_links"]["base"] = world.confluence.clone().into();
    Ok(Reply::ok(out))
}

pub(super) fn find(visit: &Visit<'_>, request: &Request) -> Outcome {
    let world = &visit.world;
    let window = by_cursor(request, LARGEST_PAGE)?;
    let format = body_format(request, &["storage"])?;
    let spaces = request.list("space-id");
    let ids = request.list("id");
    let statuses = request.list("status");
    let title = request.param("title");
    let in_space = |page: &Page| {
        spaces.is_empty()
            || world
                .space(&page.space)
                .is_some_and(|space| spaces.contains(&space.id.to_string().as_str()))
    };
    let found: Vec<&Page> = world
        .pages
        .values()
        .filter(|page| in_space(page))
        .filter(|page| title.is_none_or(|title| page.title() == title))
        .filter(|page| ids.is_empty() || ids.contains(&page.id.to_string().as_str()))
        .filter(|_| statuses.is_empty() || statuses.contains(&"current"))
        .collect();
    let shown: Vec<Value> = found
        .iter()
        .skip(window.start)
        .take(window.limit)
        .map(|page| page_v2(world, page, page.version(), format))
        .collect();
    Ok(listing(
        visit,
        request,
        "pages",
        shown,
        found.len(),
        window.start,
    ))
}

pub(super) fn create(visit: &mut Visit<'_>, request: &Request) -> Outcome {
    let input = body(request)?;
    let storage = storage_of(&input["body"])?;
    let space_id = text_id(&input["spaceId"]).ok_or_else(|| invalid("spaceId is required"))?;
    let space = visit
        .world
        .spaces
        .iter()
        .find(|space| space.id.to_string() == space_id);
    let space = space
        .map(|space| space.key.clone())
        .ok_or_else(|| refuse(&Refused::NoSuchSpace))?;
    let parent = parent_of(&input["parentId"])?;
    let new = NewPage {
        space: &space,
        parent,
        root_level: request.param("root-level") == Some("true"),
        title: input["title"].as_str().unwrap_or(""),
        storage: storage.unwrap_or(""),
    };
    let id = create_page(visit, &new).map_err(|refused| refuse(&refused))?;
    written(visit, id)
}

pub(super) fn update(visit: &mut Visit<'_>, request: &Request, id: &str) -> Outcome {
    let input = body(request)?;
    let page = page(visit, id)?.id;
    if text_id(&input["id"]).is_none_or(|given| given != id) {
        return Err(invalid("The id in the body must be that of the page."));
    }
    if !matches!(input["status"].as_str(), Some("current" | "draft")) {
        return Err(invalid("status must be one of current, draft"));
    }
    let version = input["version"]["number"]
        .as_u64()
        .ok_or_else(|| invalid("version.number is required"))?;
    let storage = storage_of(&input["body"])?;
    let edit = Edit {
        id: page,
        version,
        message: input["version"]["message"].as_str().unwrap_or(""),
        title: Some(input["title"].as_str().unwrap_or("")),
        storage: Some(storage.ok_or_else(|| invalid("body is required"))?),
        parent: parent_of(&input["parentId"])?,
    };
    edit_page(visit, &edit).map_err(|refused| refuse(&refused))?;
    written(visit, page)
}

pub(super) fn page<'v>(visit: &'v Visit<'_>, id: &str) -> Result<&'v Page, Reply> {
    let number: u64 = id.parse().map_err(|_| {
        invalid(format!(
            "Provided value {{{id}}} for 'id' is not the correct type. Expected type is long"
        ))
    })?;
    visit.world.pages.get(&number).ok_or_else(missing)
}

pub(super) fn body(request: &Request) -> Result<Value, Reply> {
    request.json_body().map_err(|refusal| match refusal.status {
        415 => Reply::confluence_v2(415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type"),
        _ => invalid("The body is not valid JSON."),
    })
}

/// The storage text of a body, in either of its two shapes. Pages are kept in storage format only.
pub(super) fn storage_of(body: &Value) -> Result<Option<&str>, Reply> {
    let inner = if body["storage"].is_object() {
        &body["storage"]
    } else {
        body
    };
    match (inner["representation"].as_str(), inner["value"].as_str()) {
        (Some("storage"), value) => Ok(value),
        (None, None) if body.is_null() => Ok(None),
        (Some(other), _) => Err(invalid(format!(
            "This demo site keeps storage format only and cannot convert '{other}'."
        ))),
        _ => Err(invalid("body.representation is required")),
    }
}

/// A list with the link to what follows, in the body and in the header.
pub(super) fn listing(
    visit: &Visit<'_>,
    request: &Request,
    what: &str,
    shown: Vec<Value>,
    total: usize,
    start: usize,
) -> Reply {
    let next = start + shown.len();
    let mut out = serde_json::json!({"results": shown, "_links": {"base": visit.world.confluence}});
    if next >= total {
        return Reply::ok(out);
    }
    let link = format!(
        "/wiki/api/v2/{what}?{}",
        query_with(request, &[("cursor", cursor(next))])
    );
    out["_links"]["next"] = link.clone().into();
    Reply::ok(out).header(
        "link",
        format!(
            "<{link}>; rel=\"next\", <{}>; rel=\"base\"",
            visit.world.confluence
        ),
    )
}

pub(super) fn invalid(title: impl Into<String>) -> Reply {
    Reply::confluence_v2(400, "INVALID_REQUEST_PARAMETER", title)
}

pub(super) fn refuse(refused: &Refused) -> Reply {
    let bad = |title: String| Reply::confluence_v2(400, "BAD_REQUEST", title);
    match refused {
        Refused::NoSuchSpace | Refused::NoSuchPage => missing(),
        Refused::NoSuchParent => Reply::confluence_v2(404, "NOT_FOUND", "Parent not found in this space"),
        Refused::ReadOnly => Reply::confluence_v2(403, "FORBIDDEN", "Current user not permitted to use Confluence in this way"),
        Refused::NoTitle => bad("Title is required".into()),
        Refused::TitleTooLong => bad("Title cannot be longer than 255 characters.".into()),
        Refused::TitleTaken { .. } => bad(
            "A page with this title already exists: A page already exists with the same TITLE in this space".into(),
        ),
        Refused::Stale { current, given } => Reply::confluence_v2(
            409,
            "CONFLICT",
            format!("Version must be incremented when updating a page. Current Version: [{current}]. Provided version: [{given}]"),
        ),
        Refused::Body(why) => bad(why.clone()),
    }
}

pub(super) fn missing() -> Reply {
    Reply::confluence_v2(404, "NOT_FOUND", "Not Found")
}

/// An id that may be written as a text or as a number.
pub(super) fn text_id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn parent_of(value: &Value) -> Result<Option<u64>, Reply> {
    match text_id(value) {
        None => Ok(None),
        Some(id) => id
            .parse()
            .map(Some)
            .map_err(|_| invalid("parentId is no number")),
    }
}

fn written(visit: &Visit<'_>, id: u64) -> Outcome {
    let page = visit.world.pages.get(&id).ok_or_else(missing)?;
    let mut out = page_v2(visit.world, page, page.version(), Some("storage"));
    out["_links"]["base"] = visit.world.confluence.clone().into();
    Ok(Reply::ok(out))
}

fn body_format<'r>(request: &'r Request, known: &[&str]) -> Result<Option<&'r str>, Reply> {
    match request.param("body-format") {
        Some(format) if known.contains(&format) => Ok(Some(format)),
        Some(format) => Err(invalid(format!(
            "This demo site keeps storage format only and cannot show '{format}'."
        ))),
        None => Ok(None),
    }
}
