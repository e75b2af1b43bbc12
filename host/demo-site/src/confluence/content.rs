//! Content in version 1, which Data Center has: pages and comments behind the same paths.

use serde_json::{Value, json};

use super::pages::text_id;
use super::paging::{by_offset, query_with};
use super::shapes::{comment_v1, content_v1};
use super::writing::{Edit, NewPage, Refused, add_comment, create_page, edit_page};
use crate::reply::{Outcome, Reply};
use crate::request::Request;
use crate::site::Visit;
use crate::world::Page;

pub(super) fn read(visit: &Visit<'_>, request: &Request, id: &str) -> Outcome {
    let world = &visit.world;
    let expand = request.list("expand");
    let Some(page) = id.parse().ok().and_then(|id: u64| world.pages.get(&id)) else {
        return read_comment(visit, id, &expand);
    };
    let number = match request.param("version") {
        None => page.version(),
        Some(text) => {
            let known = text
                .parse()
                .ok()
                .filter(|number| (1..=page.version()).contains(number));
            known.ok_or_else(|| missing(id))?
        }
    };
    Ok(Reply::ok(content_v1(
        world,
        page,
        number,
        &with_defaults(&expand),
    )))
}

pub(super) fn find(visit: &Visit<'_>, request: &Request) -> Outcome {
    let world = &visit.world;
    let window = by_offset(request, 200);
    let title = request.param("title");
    let space = request.param("spaceKey");
    let kind = request.param("type").unwrap_or("page");
    let expand = request.list("expand");
    let found: Vec<&Page> = world
        .pages
        .values()
        .filter(|_| kind == "page")
        .filter(|page| title.is_none_or(|title| page.title().eq_ignore_ascii_case(title)))
        .filter(|page| space.is_none_or(|space| page.space == space))
        .collect();
    let shown: Vec<Value> = found
        .iter()
        .skip(window.start)
        .take(window.limit)
        .map(|page| content_v1(world, page, page.version(), &expand))
        .collect();
    Ok(listing(
        visit,
        request,
        "/rest/api/content",
        shown,
        found.len(),
        (window.start, window.limit),
    ))
}

pub(super) fn create(visit: &mut Visit<'_>, request: &Request) -> Outcome {
    let input = body(request)?;
    let storage = storage_of(&input)?.unwrap_or("");
    let expand = request.list("expand");
    match input["type"].as_str() {
        Some("page") => {
            let key = input["space"]["key"]
                .as_str()
                .ok_or_else(|| bad("Could not create content: a space is required"))?;
            let new = NewPage {
                space: key,
                parent: parent_of(&input)?,
                root_level: false,
                title: input["title"].as_str().unwrap_or(""),
                storage,
            };
            let id = create_page(visit, &new).map_err(|refused| refuse(&refused, ""))?;
            written(visit, id, &expand)
        }
        Some("comment") => {
            let container = text_id(&input["container"]["id"])
                .ok_or_else(|| bad("A comment needs a container"))?;
            let id: u64 = container.parse().map_err(|_| missing(&container))?;
            let parent = parent_of(&input)?;
            let comment = add_comment(visit, id, parent, storage)
                .map_err(|refused| refuse(&refused, &container))?;
            let page = visit
                .world
                .pages
                .get(&id)
                .ok_or_else(|| missing(&container))?;
            let expand = ["body.storage", "version"]
                .into_iter()
                .chain(expand)
                .collect::<Vec<_>>();
            Ok(Reply::ok(comment_v1(visit.world, page, &comment, &expand)))
        }
        _ => Err(bad(
            "Could not create content: type is not one of page, comment",
        )),
    }
}

pub(super) fn update(visit: &mut Visit<'_>, request: &Request, id: &str) -> Outcome {
    let input = body(request)?;
    let number: u64 = id.parse().map_err(|_| missing(id))?;
    if !visit.world.pages.contains_key(&number) {
        return Err(missing(id));
    }
    let version = input["version"]["number"]
        .as_u64()
        .ok_or_else(|| bad("Must supply a version when updating content"))?;
    if input["type"] != "page" {
        return Err(bad("The type of content cannot be changed; it is page"));
    }
    let edit = Edit {
        id: number,
        version,
        message: input["version"]["message"].as_str().unwrap_or(""),
        title: input["title"].as_str(),
        storage: storage_of(&input)?,
        parent: parent_of(&input)?,
    };
    edit_page(visit, &edit).map_err(|refused| refuse(&refused, id))?;
    written(visit, number, &request.list("expand"))
}

pub(super) fn comments(visit: &Visit<'_>, request: &Request, id: &str) -> Outcome {
    let window = by_offset(request, 200);
    let page = id
        .parse()
        .ok()
        .and_then(|id: u64| visit.world.pages.get(&id))
        .ok_or_else(|| missing(id))?;
    let expand = request.list("expand");
    // Replies are listed only where the caller wants all depths.
    let all_depths = request.param("depth") == Some("all");
    let all: Vec<_> = page
        .comments
        .iter()
        .filter(|comment| all_depths || comment.parent.is_none())
        .collect();
    let shown: Vec<Value> = all
        .iter()
        .skip(window.start)
        .take(window.limit)
        .map(|comment| comment_v1(visit.world, page, comment, &expand))
        .collect();
    let path = format!("/rest/api/content/{id}/child/comment");
    Ok(listing(
        visit,
        request,
        &path,
        shown,
        all.len(),
        (window.start, window.limit),
    ))
}

fn read_comment(visit: &Visit<'_>, id: &str, expand: &[&str]) -> Outcome {
    let pages = visit.world.pages.values();
    let mut comments =
        pages.flat_map(|page| page.comments.iter().map(move |comment| (page, comment)));
    let (page, comment) = comments
        .find(|(_, comment)| comment.id.to_string() == id)
        .ok_or_else(|| missing(id))?;
    Ok(Reply::ok(comment_v1(
        visit.world,
        page,
        comment,
        &with_defaults(expand),
    )))
}

/// What version 1 shows of a single content without being asked.
fn with_defaults<'a>(expand: &[&'a str]) -> Vec<&'a str> {
    ["space", "version", "history"]
        .into_iter()
        .chain(expand.iter().copied())
        .collect()
}

fn written(visit: &Visit<'_>, id: u64, expand: &[&str]) -> Outcome {
    let page = visit
        .world
        .pages
        .get(&id)
        .ok_or_else(|| missing(&id.to_string()))?;
    let mut expand = with_defaults(expand);
    expand.extend(["body.storage", "ancestors"]);
    Ok(Reply::ok(content_v1(
        visit.world,
        page,
        page.version(),
        &expand,
    )))
}

fn listing(
    visit: &Visit<'_>,
    request: &Request,
    path: &str,
    shown: Vec<Value>,
    total: usize,
    (start, limit): (usize, usize),
) -> Reply {
    let next = start + shown.len();
    let mut out = json!({
        "results": shown,
        "start": start,
        "limit": limit,
        "size": next - start,
        "_links": {"self": format!("{}{path}", visit.world.confluence), "base": visit.world.confluence, "context": "/confluence"},
    });
    if next < total {
        let query = query_with(
            request,
            &[("start", next.to_string()), ("limit", limit.to_string())],
        );
        out["_links"]["next"] = format!("{path}?{query}").into();
    }
    Reply::ok(out)
}

fn body(request: &Request) -> Result<Value, Reply> {
    request.json_body().map_err(|refusal| match refusal.status {
        415 => Reply::confluence_v1(415, "Unsupported Media Type"),
        _ => bad("Could not read the body as JSON"),
    })
}

fn storage_of(input: &Value) -> Result<Option<&str>, Reply> {
    match &input["body"] {
        Value::Null => Ok(None),
        body if body["storage"]["value"].is_string() => Ok(body["storage"]["value"].as_str()),
        _ => Err(bad(
            "This demo site keeps storage format only; send body.storage.value",
        )),
    }
}

/// The nearest of the given ancestors.
fn parent_of(input: &Value) -> Result<Option<u64>, Reply> {
    let Some(nearest) = input["ancestors"].as_array().and_then(|all| all.last()) else {
        return Ok(None);
    };
    let id = text_id(&nearest["id"]).ok_or_else(|| bad("An ancestor needs an id"))?;
    id.parse()
        .map(Some)
        .map_err(|_| bad("The id of an ancestor is no number"))
}

fn bad(message: impl Into<String>) -> Reply {
    Reply::confluence_v1(400, message)
}

fn missing(id: &str) -> Reply {
    Reply::confluence_v1(
        404,
        format!("No content found with id: ContentId{{id={id}}}"),
    )
}

fn refuse(refused: &Refused, id: &str) -> Reply {
    match refused {
        Refused::NoSuchSpace => bad("No space found for the given key"),
        Refused::NoSuchPage => missing(id),
        Refused::NoSuchParent => bad("The parent ID specified does not exist in this space"),
        Refused::ReadOnly => Reply::confluence_v1(
            403,
            "User not permitted to create or change content in this space",
        ),
        Refused::NoTitle => bad("Could not create content: a title is required"),
        Refused::TitleTooLong => bad("Title cannot be longer than 255 characters."),
        Refused::TitleTaken { title, space } => bad(format!(
            "A page with this title already exists: A page already exists with the title {title} in the space with key {space}"
        )),
        Refused::Stale { current, .. } => Reply::confluence_v1(
            409,
            format!("Version must be incremented on update. Current version is: {current}"),
        ),
        Refused::Body(why) => bad(why.clone()),
    }
}
