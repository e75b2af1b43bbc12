//! How Jira writes the small things inside an answer: people, statuses, types, priorities,
//! projects, versions, sprints. Full size, with links and pictures, as real answers are.

use serde_json::{Map, Value, json};

use crate::dates;
use crate::options::Deployment;
use crate::world::{
    Component, Issue, Project, Sprint, User, Version, World, issue_type, priority, resolution,
    status,
};

/// The address prefix of links inside answers.
pub(super) fn api(world: &World) -> String {
    let version = if world.is_cloud() { 3 } else { 2 };
    format!("{}/rest/api/{version}", world.jira)
}

pub(super) fn user(world: &World, user: &User) -> Value {
    let mut out = Map::new();
    match world.deployment {
        Deployment::Cloud => {
            let address = format!("{}/user?accountId={}", api(world), user.account_id);
            out.insert("self".into(), address.into());
            out.insert("accountId".into(), user.account_id.clone().into());
            if let Some(email) = &user.email {
                out.insert("emailAddress".into(), email.clone().into());
            }
            let kind = if user.is_app { "app" } else { "atlassian" };
            out.insert("accountType".into(), kind.into());
        }
        Deployment::DataCenter => {
            let address = format!("{}/user?username={}", api(world), user.name);
            out.insert("self".into(), address.into());
            out.insert("name".into(), user.name.clone().into());
            out.insert("key".into(), user.key.clone().into());
            out.insert("emailAddress".into(), user.email.clone().into());
        }
    }
    out.insert("avatarUrls".into(), avatars(world, &user.account_id));
    out.insert("displayName".into(), user.display_name.clone().into());
    out.insert("active".into(), user.active.into());
    out.insert("timeZone".into(), user.time_zone.into());
    Value::Object(out)
}

pub(super) fn user_named(world: &World, name: Option<&String>) -> Value {
    name.and_then(|name| world.users.get(name))
        .map_or(Value::Null, |found| user(world, found))
}

pub(super) fn avatars(world: &World, of: &str) -> Value {
    let address = |size: u32| format!("{}/secure/useravatar?ownerId={of}&size={size}", world.jira);
    json!({"48x48": address(48), "24x24": address(24), "16x16": address(16), "32x32": address(32)})
}

pub(super) fn status_value(world: &World, id: &str) -> Value {
    let status = status(id);
    json!({
        "self": format!("{}/status/{id}", api(world)),
        "description": "",
        "iconUrl": format!("{}/images/icons/statuses/generic.png", world.jira),
        "name": status.name,
        "id": id,
        "statusCategory": category_value(world, id),
    })
}

pub(super) fn category_value(world: &World, status_id: &str) -> Value {
    let category = status(status_id).category;
    json!({
        "self": format!("{}/statuscategory/{}", api(world), category.id()),
        "id": category.id(),
        "key": category.key(),
        "colorName": category.colour(),
        "name": category.name(),
    })
}

pub(super) fn type_value(world: &World, id: &str) -> Value {
    let found = issue_type(id);
    let mut out = json!({
        "self": format!("{}/issuetype/{id}", api(world)),
        "id": id,
        "description": found.description,
        "iconUrl": format!("{}/secure/viewavatar?size=medium&avatarType=issuetype&avatarId={id}", world.jira),
        "name": found.name,
        "subtask": found.subtask,
        "avatarId": 10_300,
    });
    if world.is_cloud() {
        out["hierarchyLevel"] = found.level.into();
    }
    out
}

pub(super) fn priority_value(world: &World, id: &str) -> Value {
    let found = priority(id);
    json!({
        "self": format!("{}/priority/{id}", api(world)),
        "iconUrl": format!("{}/images/icons/priorities/{}.svg", world.jira, found.name.to_lowercase()),
        "name": found.name,
        "id": id,
    })
}

pub(super) fn resolution_value(world: &World, id: &str) -> Value {
    json!({
        "self": format!("{}/resolution/{id}", api(world)),
        "id": id,
        "description": "",
        "name": resolution(id).name,
    })
}

/// A project as it stands inside an issue.
pub(super) fn project_reference(world: &World, project: &Project) -> Value {
    let mut out = json!({
        "self": format!("{}/project/{}", api(world), project.id),
        "id": project.id,
        "key": project.key,
        "name": project.name,
        "projectTypeKey": project.kind,
        "avatarUrls": avatars(world, &project.key),
    });
    if world.is_cloud() {
        out["simplified"] = false.into();
    }
    if let Some(name) = project.category {
        out["projectCategory"] = json!({
            "self": format!("{}/projectCategory/10000", api(world)),
            "id": "10000",
            "description": "",
            "name": name,
        });
    }
    out
}

pub(super) fn component_value(world: &World, component: &Component) -> Value {
    json!({
        "self": format!("{}/component/{}", api(world), component.id),
        "id": component.id,
        "name": component.name,
    })
}

pub(super) fn version_value(world: &World, version: &Version) -> Value {
    let mut out = json!({
        "self": format!("{}/version/{}", api(world), version.id),
        "id": version.id,
        "name": version.name,
        "archived": version.archived,
        "released": version.released,
    });
    if let Some(description) = version.description {
        out["description"] = description.into();
    }
    if let Some(date) = version.release_date {
        out["releaseDate"] = dates::day(date).into();
    }
    out
}

/// Cloud answers sprints as objects; Data Center prints the Java object, and readers must cope.
pub(super) fn sprint_value(world: &World, sprint: &Sprint) -> Value {
    let moment = |at: Option<time::OffsetDateTime>| at.map(dates::utc);
    if world.is_cloud() {
        let mut out = json!({
            "id": sprint.id,
            "name": sprint.name,
            "state": sprint.state.as_str(),
            "boardId": sprint.board,
            "goal": sprint.goal,
        });
        if let Some(start) = moment(sprint.start) {
            out["startDate"] = start.into();
        }
        if let Some(end) = moment(sprint.end) {
            out["endDate"] = end.into();
        }
        return out;
    }
    let or_null = |text: Option<String>| text.unwrap_or_else(|| "<null>".into());
    format!(
        "com.atlassian.greenhopper.service.sprint.Sprint@5b1f{:x}[id={},rapidViewId={},state={},name={},startDate={},\
         endDate={},completeDate=<null>,activatedDate=<null>,sequence={},goal={}]",
        sprint.id,
        sprint.id,
        sprint.board,
        sprint.state.as_str().to_uppercase(),
        sprint.name,
        or_null(moment(sprint.start)),
        or_null(moment(sprint.end)),
        sprint.id,
        sprint.goal,
    )
    .into()
}

/// An issue as it stands inside another: as parent, sub-task or the other end of a link.
pub(super) fn issue_reference(world: &World, issue: &Issue) -> Value {
    json!({
        "id": issue.id.to_string(),
        "key": issue.key(),
        "self": format!("{}/issue/{}", api(world), issue.id),
        "fields": {
            "summary": issue.summary,
            "status": status_value(world, issue.status),
            "priority": priority_value(world, issue.priority),
            "issuetype": type_value(world, issue.issue_type),
        },
    })
}
