//! Confluence's REST API: version 2 with version 1's search on Cloud, version 1 on Data Center.
//! Which path does what.

mod comments;
mod content;
mod pages;
mod paging;
mod search;
mod shapes;
mod spaces;
mod storage;
mod writing;

#[cfg(test)]
mod scenarios;

use serde_json::json;

pub(crate) use storage::plain_text;

#[cfg(test)]
pub(crate) use storage::check_storage;

use crate::reply::{Outcome, Reply};
use crate::request::{Method, Request};
use crate::site::Visit;

pub(crate) fn answer(visit: &mut Visit<'_>, request: &Request, path: &[&str]) -> Outcome {
    if visit.is_cloud() {
        cloud(visit, request, path)
    } else {
        data_center(visit, request, path)
    }
}

fn cloud(visit: &mut Visit<'_>, request: &Request, path: &[&str]) -> Outcome {
    use Method::{Get, Post, Put};
    match (request.method, path) {
        (Get, ["api", "v2", "pages"]) => pages::find(visit, request),
        (Post, ["api", "v2", "pages"]) => pages::create(visit, request),
        (Get, ["api", "v2", "pages", id]) => pages::read(visit, request, id),
        (Put, ["api", "v2", "pages", id]) => pages::update(visit, request, id),
        (Get, ["api", "v2", "pages", id, "footer-comments"]) => comments::list(visit, request, id),
        (Post, ["api", "v2", "footer-comments"]) => comments::create(visit, request),
        (Get, ["api", "v2", "spaces"]) => spaces::find(visit, request),
        (Get, ["rest", "api", "search"]) => search::search(visit, request),
        (Get, ["rest", "api", "user", "current"]) => Ok(shapes::current_user(visit)),
        (_, ["rest", "api", "content", ..]) => Err(Reply::json(
            410,
            json!({"code": 410, "message": "This deprecated endpoint has been removed."}),
        )),
        _ => Err(Reply::json(
            404,
            json!({"code": 404, "message": "Not Found"}),
        )),
    }
}

fn data_center(visit: &mut Visit<'_>, request: &Request, path: &[&str]) -> Outcome {
    use Method::{Get, Post, Put};
    match (request.method, path) {
        (Get, ["rest", "api", "content"]) => content::find(visit, request),
        (Post, ["rest", "api", "content"]) => content::create(visit, request),
        (Get, ["rest", "api", "content", id]) => content::read(visit, request, id),
        (Put, ["rest", "api", "content", id]) => content::update(visit, request, id),
        (Get, ["rest", "api", "content", id, "child", "comment"]) => {
            content::comments(visit, request, id)
        }
        (Get, ["rest", "api", "search"]) => search::search(visit, request),
        (Get, ["rest", "api", "space"]) => spaces::list(visit, request),
        (Get, ["rest", "api", "user", "current"]) => Ok(shapes::current_user(visit)),
        _ => Err(Reply::confluence_v1(404, "null for uri: demo")),
    }
}
