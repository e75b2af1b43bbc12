//! Which projects there are, as far as they may be seen.

use serde_json::{Value, json};

use super::shapes::{
    api, component_value, project_reference, type_value, user_named, version_value,
};
use crate::reply::{Outcome, Reply};
use crate::request::Request;
use crate::site::Visit;
use crate::world::{Project, World};

pub(super) fn search(visit: &Visit<'_>, request: &Request) -> Outcome {
    let world = &visit.world;
    let start = request.count("startAt", 0, usize::MAX);
    let most = request.count("maxResults", 50, 100);
    let query = request.param("query").unwrap_or("").to_lowercase();
    let kind = request.param("typeKey");
    let keys: Vec<&str> = request.params("keys");
    let mut found: Vec<&Project> = world
        .visible_projects()
        .filter(|project| {
            project.key.to_lowercase().contains(&query)
                || project.name.to_lowercase().contains(&query)
        })
        .filter(|project| {
            kind.is_none_or(|kinds| kinds.split(',').any(|kind| kind == project.kind))
        })
        .filter(|project| keys.is_empty() || keys.contains(&project.key.as_str()))
        .collect();
    order(&mut found, request.param("orderBy").unwrap_or("key"))?;
    let expand = request.list("expand");
    let total = found.len();
    let values: Vec<Value> = found
        .into_iter()
        .skip(start)
        .take(most)
        .map(|project| expanded(world, project, &expand))
        .collect();
    let address = |from: usize| {
        format!(
            "{}/project/search?startAt={from}&maxResults={most}",
            api(world)
        )
    };
    let mut out = json!({
        "self": address(start),
        "maxResults": most,
        "startAt": start,
        "total": total,
        "isLast": start + values.len() >= total,
        "values": values,
    });
    if out["isLast"] == false {
        out["nextPage"] = address(start + most).into();
    }
    Ok(Reply::ok(out))
}

pub(super) fn list(visit: &Visit<'_>, request: &Request) -> Outcome {
    let world = &visit.world;
    let expand = request.list("expand");
    let all: Value = world
        .visible_projects()
        .map(|project| expanded(world, project, &expand))
        .collect();
    Ok(Reply::ok(all))
}

pub(super) fn read(visit: &Visit<'_>, key: &str) -> Outcome {
    let world = &visit.world;
    let project = find(visit, key)?;
    let mut out = expanded(world, project, &["description", "lead", "issueTypes"]);
    out["components"] = project
        .components
        .iter()
        .map(|c| component_value(world, c))
        .collect();
    out["versions"] = project
        .versions
        .iter()
        .map(|v| version_value(world, v))
        .collect();
    Ok(Reply::ok(out))
}

pub(super) fn find<'v>(visit: &'v Visit<'_>, key: &str) -> Result<&'v Project, Reply> {
    visit.world.project(key).ok_or_else(|| {
        Reply::jira_message(404, format!("No project could be found with key '{key}'."))
    })
}

fn order(projects: &mut [&Project], by: &str) -> Result<(), Reply> {
    let (name, backwards) = match by.strip_prefix('-') {
        Some(name) => (name, true),
        None => (by.trim_start_matches(['+', ' ']), false),
    };
    match name {
        "key" => projects.sort_by(|a, b| a.key.cmp(&b.key)),
        "name" => projects.sort_by(|a, b| a.name.cmp(b.name)),
        "owner" => projects.sort_by(|a, b| a.lead.cmp(b.lead)),
        "category" => projects.sort_by(|a, b| a.category.cmp(&b.category)),
        "issueCount" => projects.sort_by_key(|project| project.last_number),
        _ => {
            return Err(Reply::jira_message(
                400,
                format!("The order by field '{name}' is not supported."),
            ));
        }
    }
    if backwards {
        projects.reverse();
    }
    Ok(())
}

fn expanded(world: &World, project: &Project, expand: &[&str]) -> Value {
    let mut out = project_reference(world, project);
    out["expand"] = "description,lead,issueTypes,url,projectKeys,permissions,insight".into();
    if world.is_cloud() {
        out["style"] = "classic".into();
        out["isPrivate"] = false.into();
        out["properties"] = json!({});
        out["entityId"] = format!("7c3f4b1e-0000-4000-8000-{:012}", project.id).into();
    }
    if expand.contains(&"description") {
        out["description"] = project.description.into();
    }
    if expand.contains(&"lead") {
        out["lead"] = user_named(world, Some(&project.lead.to_owned()));
    }
    if expand.contains(&"issueTypes") {
        out["issueTypes"] = project
            .types
            .iter()
            .map(|id| type_value(world, id))
            .collect();
    }
    out
}
