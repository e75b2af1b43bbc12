//! How Confluence writes people, spaces, pages and comments, in both API versions.

use serde_json::{Value, json};

use super::storage::plain_text;
use super::writing::ancestors;
use crate::dates;
use crate::reply::Reply;
use crate::site::Visit;
use crate::world::{Page, PageComment, Revision, Space, World};

pub(super) fn current_user(visit: &Visit<'_>) -> Reply {
    let mut out = user(visit.world, visit.actor);
    if let Some(email) = visit
        .world
        .users
        .get(visit.actor)
        .and_then(|user| user.email.as_ref())
        && visit.is_cloud()
    {
        out["email"] = email.clone().into();
    }
    Reply::ok(out)
}

/// A person as version 1 shows one.
pub(super) fn user(world: &World, name: &str) -> Value {
    let Some(user) = world.users.get(name) else {
        return Value::Null;
    };
    let mut out = json!({
        "type": "known",
        "profilePicture": {
            "path": format!("/{}/aa-avatar/{}", if world.is_cloud() { "wiki" } else { "confluence" }, user.key),
            "width": 48,
            "height": 48,
            "isDefault": false,
        },
        "displayName": user.display_name,
        "_expandable": {"operations": "", "personalSpace": ""},
    });
    if world.is_cloud() {
        out["accountId"] = user.account_id.clone().into();
        out["accountType"] = if user.is_app { "app" } else { "atlassian" }.into();
        out["publicName"] = user.display_name.clone().into();
        out["email"] = "".into();
        out["_links"] = json!({"self": format!("{}/rest/api/user?accountId={}", world.confluence, user.account_id)});
    } else {
        out["username"] = user.name.clone().into();
        out["userKey"] = user.key.clone().into();
        out["_links"] =
            json!({"self": format!("{}/rest/api/user?key={}", world.confluence, user.key)});
    }
    out
}

/// The identifier by which version 2 names a person.
pub(super) fn account(world: &World, name: &str) -> Value {
    world
        .users
        .get(name)
        .map(|user| user.account_id.clone())
        .into()
}

pub(super) fn space_v1(world: &World, space: &Space) -> Value {
    json!({
        "id": space.id,
        "key": space.key,
        "name": space.name,
        "type": space.kind,
        "status": "current",
        "_expandable": {"settings": format!("/rest/api/space/{}/settings", space.key), "metadata": "", "homepage": format!("/rest/api/content/{}", space.homepage)},
        "_links": {"webui": web_space(world, space), "self": format!("{}/rest/api/space/{}", world.confluence, space.key)},
    })
}

pub(super) fn space_v2(world: &World, space: &Space) -> Value {
    json!({
        "id": space.id.to_string(),
        "key": space.key,
        "name": space.name,
        "type": space.kind,
        "status": "current",
        "authorId": account(world, &space.author),
        "spaceOwnerId": account(world, &space.author),
        "currentActiveAlias": space.key,
        "createdAt": dates::utc(space.created),
        "homepageId": space.homepage.to_string(),
        "description": null,
        "icon": null,
        "_links": {"webui": web_space(world, space)},
    })
}

pub(super) fn web_page(world: &World, page: &Page) -> String {
    if world.is_cloud() {
        let title: String = page
            .title()
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '+' })
            .collect();
        return format!("/spaces/{}/pages/{}/{title}", page.space, page.id);
    }
    format!("/pages/viewpage.action?pageId={}", page.id)
}

fn web_space(world: &World, space: &Space) -> String {
    if world.is_cloud() {
        format!("/spaces/{}", space.key)
    } else {
        format!("/display/{}", space.key)
    }
}

pub(super) fn version_v2(world: &World, page: &Page, number: usize) -> Value {
    let revision = &page.revisions[number - 1];
    json!({
        "number": number,
        "message": revision.message,
        "minorEdit": false,
        "authorId": account(world, &revision.author),
        "createdAt": dates::utc(revision.at),
        "ncsStepVersion": null,
    })
}

/// A page as version 2 shows it; `body` is the asked-for format, if one was.
pub(super) fn page_v2(world: &World, page: &Page, number: usize, body: Option<&str>) -> Value {
    let revision = &page.revisions[number - 1];
    let space = world.space(&page.space);
    json!({
        "id": page.id.to_string(),
        "status": if number == page.version() { "current" } else { "historical" },
        "title": revision.title,
        "spaceId": space.map(|space| space.id.to_string()),
        "parentId": page.parent.map(|id| id.to_string()),
        "parentType": page.parent.map(|_| "page"),
        "position": page.id % 1000,
        "authorId": account(world, &page.author),
        "ownerId": account(world, &page.author),
        "lastOwnerId": null,
        "subtype": null,
        "createdAt": dates::utc(page.created),
        "version": version_v2(world, page, number),
        "body": body_v2(revision, body),
        "_links": {
            "webui": web_page(world, page),
            "editui": format!("/pages/resumedraft.action?draftId={}", page.id),
            "edituiv2": format!("/spaces/{}/pages/edit-v2/{}", page.space, page.id),
            "tinyui": format!("/x/{:x}", page.id),
        },
    })
}

fn body_v2(revision: &Revision, format: Option<&str>) -> Value {
    match format {
        None => json!({}),
        Some("view") => {
            json!({"view": {"representation": "view", "value": rendered(&revision.storage)}})
        }
        Some(_) => json!({"storage": {"representation": "storage", "value": revision.storage}}),
    }
}

/// What a reader would see, without the looks: a paragraph for each line.
fn rendered(storage: &str) -> String {
    plain_text(storage)
        .lines()
        .map(|line| format!("<p>{}</p>", line.replace('&', "&amp;").replace('<', "&lt;")))
        .collect()
}

pub(super) fn comment_v2(world: &World, page: &Page, comment: &PageComment) -> Value {
    json!({
        "id": comment.id.to_string(),
        "status": "current",
        "title": format!("Re: {}", page.title()),
        "pageId": page.id.to_string(),
        "parentCommentId": comment.parent.map(|id| id.to_string()),
        "version": {
            "number": 1,
            "message": "",
            "minorEdit": false,
            "authorId": account(world, &comment.author),
            "createdAt": dates::utc(comment.at),
        },
        "body": {"storage": {"representation": "storage", "value": comment.storage}},
        "_links": {"webui": format!("{}?focusedCommentId={}", web_page(world, page), comment.id)},
    })
}

/// A page as version 1 shows it, with what `expand` asks for.
pub(super) fn content_v1(world: &World, page: &Page, number: usize, expand: &[&str]) -> Value {
    let revision = &page.revisions[number - 1];
    let when = |at| {
        if world.is_cloud() {
            dates::utc(at)
        } else {
            dates::server(at)
        }
    };
    let self_link = format!("{}/rest/api/content/{}", world.confluence, page.id);
    let mut out = json!({
        "id": page.id.to_string(),
        "type": "page",
        "status": if number == page.version() { "current" } else { "historical" },
        "title": revision.title,
        "position": page.id % 1000,
        "extensions": {"position": page.id % 1000},
        "_links": {
            "webui": web_page(world, page),
            "edit": format!("/pages/resumedraft.action?draftId={}", page.id),
            "tinyui": format!("/x/{:x}", page.id),
            "self": self_link,
        },
        "_expandable": {
            "container": format!("/rest/api/space/{}", page.space),
            "operations": "", "children": format!("/rest/api/content/{}/child", page.id), "restrictions": "", "descendants": "",
        },
    });
    // `body.storage` also opens `body`, `metadata.labels` also opens `metadata`.
    let asks = |name: &str| {
        expand
            .iter()
            .any(|asked| *asked == name || asked.starts_with(&format!("{name}.")))
    };
    if asks("space") {
        out["space"] = world
            .space(&page.space)
            .map_or(Value::Null, |space| space_v1(world, space));
    }
    if asks("version") {
        out["version"] = json!({
            "by": user(world, &revision.author),
            "when": when(revision.at),
            "message": revision.message,
            "number": number,
            "minorEdit": false,
            "hidden": false,
        });
    }
    if asks("history") {
        out["history"] = json!({
            "latest": number == page.version(),
            "createdBy": user(world, &page.author),
            "createdDate": when(page.created),
            "lastUpdated": {"by": user(world, &page.latest().author), "when": when(page.latest().at), "number": page.version()},
        });
    }
    if asks("ancestors") {
        out["ancestors"] = ancestors(world, page)
            .into_iter()
            .map(|above| content_v1(world, above, above.version(), &[]))
            .collect();
    }
    if asks("body.storage") {
        out["body"]["storage"] = json!({"value": revision.storage, "representation": "storage"});
    }
    if asks("body.view") {
        out["body"]["view"] =
            json!({"value": rendered(&revision.storage), "representation": "view"});
    }
    if asks("metadata.labels") {
        out["metadata"]["labels"] = labels(page);
    }
    out
}

pub(super) fn labels(page: &Page) -> Value {
    let found: Vec<Value> = page
        .labels
        .iter()
        .enumerate()
        .map(|(index, name)| json!({"prefix": "global", "name": name, "id": (70_000 + index).to_string(), "label": name}))
        .collect();
    json!({"results": found, "start": 0, "limit": 200, "size": found.len()})
}

pub(super) fn comment_v1(
    world: &World,
    page: &Page,
    comment: &PageComment,
    expand: &[&str],
) -> Value {
    let mut out = json!({
        "id": comment.id.to_string(),
        "type": "comment",
        "status": "current",
        "title": format!("Re: {}", page.title()),
        "extensions": {"location": "footer"},
        "_links": {
            "webui": format!("{}&focusedCommentId={}", web_page(world, page), comment.id),
            "self": format!("{}/rest/api/content/{}", world.confluence, comment.id),
        },
        "_expandable": {"container": format!("/rest/api/content/{}", page.id)},
    });
    if expand.iter().any(|asked| asked.starts_with("body")) {
        out["body"]["storage"] = json!({"value": comment.storage, "representation": "storage"});
        out["body"]["view"] =
            json!({"value": rendered(&comment.storage), "representation": "view"});
    }
    if expand
        .iter()
        .any(|asked| asked.starts_with("version") || asked.starts_with("history"))
    {
        let when = if world.is_cloud() {
            dates::utc(comment.at)
        } else {
            dates::server(comment.at)
        };
        out["version"] = json!({"by": user(world, &comment.author), "when": when, "message": "", "number": 1, "minorEdit": false});
        out["history"] =
            json!({"latest": true, "createdBy": user(world, &comment.author), "createdDate": when});
    }
    out
}
