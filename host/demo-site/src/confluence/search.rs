//! Version 1's search with CQL, which both deployments have: by cursor on Cloud, by offset on Data
//! Center.

use serde_json::{Value, json};

use super::paging::{by_offset, cursor, query_with, read_cursor};
use super::shapes::{comment_v1, content_v1, space_v1, web_page};
use crate::cql::{self, Entry, What};
use crate::dates;
use crate::reply::{Outcome, Reply};
use crate::request::Request;
use crate::site::Visit;
use crate::world::World;

/// Confluence's excerpts are about this long.
const EXCERPT: usize = 200;

pub(super) fn search(visit: &Visit<'_>, request: &Request) -> Outcome {
    let world = &visit.world;
    let cql = request
        .param("cql")
        .ok_or_else(|| bad("Required parameter 'cql' is missing"))?;
    let mut window = by_offset(request, if visit.is_cloud() { 250 } else { 500 });
    if let Some(cursor) = request.param("cursor") {
        window.start = read_cursor(cursor).ok_or_else(|| bad("The cursor is not valid"))?;
    }
    let found = cql::find(world, visit.actor, cql).map_err(|error| {
        bad(format!(
            "com.atlassian.confluence.api.service.exceptions.BadRequestException: {error}"
        ))
    })?;
    let expand = request.list("expand");
    let content_expand: Vec<&str> = expand
        .iter()
        .filter_map(|name| name.strip_prefix("content."))
        .collect();
    let excerpt = request.param("excerpt").unwrap_or("highlight");
    let shown: Vec<Value> = found
        .entries
        .iter()
        .skip(window.start)
        .take(window.limit)
        .map(|entry| result(world, entry, &content_expand, excerpt, &found.highlights))
        .collect();
    let next = window.start + shown.len();
    let context = if visit.is_cloud() {
        "/wiki"
    } else {
        "/confluence"
    };
    let mut out = json!({
        "results": shown,
        "start": window.start,
        "limit": window.limit,
        "size": next - window.start,
        "totalSize": found.entries.len(),
        "cqlQuery": cql,
        "searchDuration": 12,
        "_links": {"base": world.confluence, "context": context, "self": format!("{}/rest/api/search", world.confluence)},
    });
    if visit.is_cloud() {
        out["archivedResultCount"] = 0.into();
    }
    if next < found.entries.len() && window.limit > 0 {
        let query = if visit.is_cloud() {
            let changes = [
                ("next", "true".to_owned()),
                ("limit", window.limit.to_string()),
                ("start", next.to_string()),
                ("cursor", cursor(next)),
            ];
            query_with(request, &changes)
        } else {
            query_with(
                request,
                &[
                    ("limit", window.limit.to_string()),
                    ("start", next.to_string()),
                ],
            )
        };
        out["_links"]["next"] = format!("/rest/api/search?{query}").into();
    }
    Ok(Reply::ok(out))
}

fn result(
    world: &World,
    entry: &Entry<'_>,
    expand: &[&str],
    excerpt: &str,
    highlights: &[String],
) -> Value {
    let marks = matches!(excerpt, "highlight" | "highlight_unescaped");
    let mark = |text: &str| {
        if marks {
            highlight(text, highlights)
        } else {
            text.to_owned()
        }
    };
    let url = match entry.what {
        What::Page(page) => web_page(world, page),
        What::Comment(page, comment) => {
            format!("{}?focusedCommentId={}", web_page(world, page), comment.id)
        }
        What::Space => format!("/spaces/{}", entry.space.key),
    };
    let mut out = json!({
        "title": mark(&entry.title),
        "excerpt": if excerpt == "none" { String::new() } else { mark(&shorten(&entry.text)) },
        "url": url,
        "resultGlobalContainer": {"title": entry.space.name, "displayUrl": format!("/spaces/{}", entry.space.key)},
        "breadcrumbs": [],
        "entityType": if matches!(entry.what, What::Space) { "space" } else { "content" },
        "iconCssClass": format!("aui-icon content-type-{}", entry.kind()),
        "lastModified": if world.is_cloud() { dates::utc(entry.modified) } else { dates::server(entry.modified) },
        "friendlyLastModified": friendly(world, entry),
        "score": 0.0,
    });
    match entry.what {
        What::Page(page) => out["content"] = content_v1(world, page, page.version(), expand),
        What::Comment(page, comment) => out["content"] = comment_v1(world, page, comment, expand),
        What::Space => out["space"] = space_v1(world, entry.space),
    }
    out
}

fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Confluence puts its own marks around what was searched for; readers must take them out.
fn highlight(text: &str, words: &[String]) -> String {
    text.split_inclusive(|c: char| !c.is_alphanumeric())
        .map(|part| {
            let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
            let rest = &part[word.len()..];
            let hit = !word.is_empty()
                && words
                    .iter()
                    .any(|wanted| word.to_lowercase().starts_with(wanted.as_str()));
            if hit {
                format!("@@@hl@@@{word}@@@endhl@@@{rest}")
            } else {
                part.to_owned()
            }
        })
        .collect()
}

fn friendly(world: &World, entry: &Entry<'_>) -> String {
    let days = (world.now() - entry.modified).whole_days();
    match days {
        0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        _ => format!("{days} days ago"),
    }
}

fn bad(message: impl Into<String>) -> Reply {
    Reply::confluence_v1(400, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_marked_and_long_texts_cut() {
        let words = ["export".to_owned()];
        assert_eq!(
            highlight("Exports, and more", &words),
            "@@@hl@@@Exports@@@endhl@@@, and more"
        );
        assert_eq!(shorten(&"ä ".repeat(300)).chars().count(), EXCERPT + 1);
    }
}
