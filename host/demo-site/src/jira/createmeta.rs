//! What a form needs to know: all fields, the types of a project, the fields of a type with the
//! values they take.

use serde_json::{Value, json};

use super::projects::find;
use super::shapes::{
    api, component_value, issue_reference, priority_value, project_reference, type_value,
    version_value,
};
use crate::reply::{Outcome, Reply};
use crate::request::Request;
use crate::site::Visit;
use crate::world::{FIELDS, Field, IssueType, Kind, PRIORITIES, Project, World, issue_type};

pub(super) fn all_fields(visit: &Visit<'_>) -> Reply {
    let fields: Value = FIELDS
        .iter()
        .map(|field| {
            let mut out = json!({
                "id": field.id,
                "name": field.name,
                "custom": field.is_custom(),
                "orderable": field.on_screen,
                "navigable": true,
                "searchable": !field.clause_names().is_empty(),
                "clauseNames": field.clause_names(),
                "schema": field.schema(),
            });
            if visit.is_cloud() {
                out["key"] = field.id.into();
                if field.is_custom() {
                    out["untranslatedName"] = field.name.into();
                }
            }
            out
        })
        .collect();
    Reply::ok(fields)
}

pub(super) fn types(visit: &Visit<'_>, request: &Request, project: &str) -> Outcome {
    let world = &visit.world;
    let types = find(visit, project)?.types;
    let values = types.iter().map(|id| {
        let mut out = type_value(world, id);
        out["untranslatedName"] = issue_type(id).name.into();
        out
    });
    Ok(page(visit, request, values.collect(), "issueTypes"))
}

pub(super) fn fields(
    visit: &Visit<'_>,
    request: &Request,
    project: &str,
    type_id: &str,
) -> Outcome {
    let world = &visit.world;
    let project = find(visit, project)?;
    let Some(id) = project.types.iter().find(|id| **id == type_id) else {
        return Err(Reply::jira_message(
            404,
            "Issue type with this id does not exist in the project.",
        ));
    };
    let kind = issue_type(id);
    let values = FIELDS
        .iter()
        .filter(|field| field.on_screen && is_offered(world, field, kind))
        .map(|field| field_value(world, project, field, kind));
    Ok(page(visit, request, values.collect(), "fields"))
}

/// What may be changed on one issue.
pub(super) fn of_issue(visit: &Visit<'_>, key: &str) -> Outcome {
    let world = &visit.world;
    let issue = super::issues::find(visit, key)?;
    let project = find(visit, &issue.project)?;
    let kind = issue_type(issue.issue_type);
    let fields: serde_json::Map<String, Value> = FIELDS
        .iter()
        .filter(|field| field.on_screen && field.id != "project" && is_offered(world, field, kind))
        .map(|field| {
            (
                field.id.to_owned(),
                field_value(world, project, field, kind),
            )
        })
        .collect();
    Ok(Reply::ok(json!({"fields": fields})))
}

/// Cloud and Data Center page the same lists under different names.
fn page(visit: &Visit<'_>, request: &Request, all: Vec<Value>, name: &str) -> Reply {
    let start = request.count("startAt", 0, usize::MAX);
    let most = request.count("maxResults", 50, 200);
    let total = all.len();
    let shown: Vec<Value> = all.into_iter().skip(start).take(most).collect();
    let mut out = json!({"maxResults": most, "startAt": start, "total": total});
    if visit.is_cloud() {
        out[name] = shown.into();
    } else {
        out["isLast"] = (start + shown.len() >= total).into();
        out["values"] = shown.into();
    }
    Reply::ok(out)
}

/// Is the field on the screens of this type?
pub(super) fn is_offered(world: &World, field: &Field, kind: &IssueType) -> bool {
    match field.id {
        "parent" => kind.subtask || (world.is_cloud() && kind.level == 0),
        "customfield_10011" => kind.level == 1,
        "customfield_10014" => kind.level == 0,
        "environment" | "versions" | "customfield_10032" => kind.name == "Bug",
        _ => true,
    }
}

fn is_required(world: &World, field: &Field, kind: &IssueType) -> bool {
    match field.id {
        "summary" | "issuetype" | "project" => true,
        "parent" => kind.subtask,
        "customfield_10011" => !world.is_cloud(),
        _ => false,
    }
}

fn field_value(world: &World, project: &Project, field: &Field, kind: &IssueType) -> Value {
    let is_list = field.schema()["type"] == "array";
    let mut out = json!({
        "required": is_required(world, field, kind),
        "schema": field.schema(),
        "name": field.name,
        "key": field.id,
        "fieldId": field.id,
        "hasDefaultValue": field.id == "priority",
        "operations": if is_list { json!(["add", "set", "remove"]) } else { json!(["set"]) },
    });
    if let Some(values) = allowed(world, project, field, kind) {
        out["allowedValues"] = values;
    }
    if field.id == "priority" {
        out["defaultValue"] = priority_value(world, "3");
    }
    if field.schema()["type"] == "user" {
        out["autoCompleteUrl"] = format!(
            "{}/user/assignable/search?project={}&query=",
            api(world),
            project.key
        )
        .into();
    }
    out
}

fn allowed(world: &World, project: &Project, field: &Field, kind: &IssueType) -> Option<Value> {
    let options = |names: &[&str]| -> Value {
        names
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let id = 10_200 + index;
                json!({"self": format!("{}/customFieldOption/{id}", api(world)), "value": name, "id": id.to_string()})
            })
            .collect()
    };
    Some(match (field.id, field.kind) {
        ("issuetype", _) => json!([type_value(world, kind.id)]),
        ("project", _) => json!([project_reference(world, project)]),
        ("priority", _) => PRIORITIES
            .iter()
            .map(|p| priority_value(world, p.id))
            .collect(),
        ("components", _) => project
            .components
            .iter()
            .map(|c| component_value(world, c))
            .collect(),
        ("fixVersions" | "versions", _) => project
            .versions
            .iter()
            .filter(|version| !version.archived)
            .map(|v| version_value(world, v))
            .collect(),
        ("parent", _) if kind.level == 0 => world
            .visible_issues()
            .filter(|issue| issue.project == project.key && issue_type(issue.issue_type).level == 1)
            .map(|issue| issue_reference(world, issue))
            .collect(),
        (_, Kind::Select(names) | Kind::MultiSelect(names)) => options(names),
        _ => return None,
    })
}
