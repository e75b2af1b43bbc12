//! Footer comments in version 2, which Cloud has.

use serde_json::Value;

use super::pages::{body, invalid, listing, page, refuse, storage_of, text_id};
use super::paging::by_cursor;
use super::shapes::comment_v2;
use super::writing::add_comment;
use crate::reply::{Outcome, Reply};
use crate::request::Request;
use crate::site::Visit;

pub(super) fn list(visit: &Visit<'_>, request: &Request, id: &str) -> Outcome {
    let page = page(visit, id)?;
    let window = by_cursor(request, 250)?;
    let has_body = request.param("body-format").is_some();
    let mut all: Vec<_> = page
        .comments
        .iter()
        .filter(|comment| comment.parent.is_none())
        .collect();
    if request
        .param("sort")
        .is_some_and(|sort| sort.starts_with('-'))
    {
        all.reverse();
    }
    let shown: Vec<Value> = all
        .iter()
        .skip(window.start)
        .take(window.limit)
        .map(|comment| {
            let mut out = comment_v2(visit.world, page, comment);
            if !has_body {
                out["body"] = serde_json::json!({});
            }
            out
        })
        .collect();
    let what = format!("pages/{id}/footer-comments");
    Ok(listing(
        visit,
        request,
        &what,
        shown,
        all.len(),
        window.start,
    ))
}

pub(super) fn create(visit: &mut Visit<'_>, request: &Request) -> Outcome {
    let input = body(request)?;
    let storage = storage_of(&input["body"])?.ok_or_else(|| invalid("body is required"))?;
    let number = |name: &str| -> Result<Option<u64>, Reply> {
        match text_id(&input[name]) {
            None => Ok(None),
            Some(id) => id
                .parse()
                .map(Some)
                .map_err(|_| invalid(format!("{name} is no number"))),
        }
    };
    let parent = number("parentCommentId")?;
    // A reply names its parent alone; the page follows from it.
    let on_parent = || {
        let parent = parent?;
        let mut pages = visit.world.pages.values();
        pages
            .find(|page| page.comments.iter().any(|comment| comment.id == parent))
            .map(|page| page.id)
    };
    let id = match number("pageId")? {
        Some(_) if parent.is_some() => {
            return Err(invalid(
                "Only one of pageId and parentCommentId may be given.",
            ));
        }
        Some(id) => id,
        None => on_parent().ok_or_else(|| {
            invalid("Exactly one of pageId, blogPostId, parentCommentId is required.")
        })?,
    };
    let comment = add_comment(visit, id, parent, storage).map_err(|refused| refuse(&refused))?;
    let page = visit
        .world
        .pages
        .get(&id)
        .ok_or_else(super::pages::missing)?;
    let mut out = comment_v2(visit.world, page, &comment);
    out["_links"]["base"] = visit.world.confluence.clone().into();
    let location = format!(
        "{}/api/v2/footer-comments/{}",
        visit.world.confluence, comment.id
    );
    Ok(Reply::json(201, out).header("location", location))
}
