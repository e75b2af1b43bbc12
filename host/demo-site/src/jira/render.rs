//! One issue as JSON: every field in the deployment's shape, unset ones as null, as Jira does it.

use serde_json::{Map, Value, json};

use super::comments::comment_value;
use super::selection::Selection;
use super::shapes::{
    api, category_value, component_value, issue_reference, priority_value, project_reference,
    resolution_value, sprint_value, status_value, type_value, user_named, version_value,
};
use crate::dates;
use crate::world::{FIELDS, Field, Issue, Kind, World, link_type};

/// What `expand` says the issue could show more of.
const EXPANDABLE: &str = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations,customfield_10010.requestTypePractice";

pub(super) fn issue_value(
    world: &World,
    issue: &Issue,
    wanted: &Selection,
    expand: &[&str],
) -> Value {
    if wanted.is_id() {
        return json!({"id": issue.id.to_string()});
    }
    let mut out = json!({
        "expand": EXPANDABLE,
        "id": issue.id.to_string(),
        "self": format!("{}/issue/{}", api(world), issue.id),
        "key": issue.key(),
    });
    if !wanted.is_identity() {
        let fields: Map<String, Value> = selected(wanted)
            .map(|field| (field.id.to_owned(), field_value(world, issue, field)))
            .collect();
        out["fields"] = Value::Object(fields);
    }
    if expand.contains(&"changelog") {
        out["changelog"] = changelog(world, issue);
    }
    out
}

/// The display names of the selected fields, for `expand=names`.
pub(super) fn names(wanted: &Selection) -> Value {
    selected(wanted)
        .map(|field| (field.id.to_owned(), Value::from(field.name)))
        .collect::<Map<_, _>>()
        .into()
}

pub(super) fn schemas(wanted: &Selection) -> Value {
    selected(wanted)
        .map(|field| (field.id.to_owned(), field.schema()))
        .collect::<Map<_, _>>()
        .into()
}

fn selected(wanted: &Selection) -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(|field| wanted.contains(field.id))
}

fn field_value(world: &World, issue: &Issue, field: &Field) -> Value {
    let moment = |at: Option<time::OffsetDateTime>| at.map(dates::jira).into();
    let project = world.projects.get(&issue.project);
    match field.id {
        "summary" => issue.summary.clone().into(),
        "issuetype" => type_value(world, issue.issue_type),
        "project" => project.map_or(Value::Null, |project| project_reference(world, project)),
        "parent" => parent(world, issue),
        "description" => issue.description.clone().into(),
        "environment" => issue.environment.clone().into(),
        "priority" => priority_value(world, issue.priority),
        "assignee" => user_named(world, issue.assignee.as_ref()),
        "reporter" => user_named(world, issue.reporter.as_ref()),
        "creator" => user_named(world, Some(&issue.creator)),
        "labels" => issue.labels.clone().into(),
        "components" => project
            .iter()
            .flat_map(|project| &project.components)
            .filter(|component| issue.components.contains(&component.id))
            .map(|component| component_value(world, component))
            .collect(),
        "fixVersions" => versions(world, issue, &issue.fix_versions),
        "versions" => versions(world, issue, &issue.versions),
        "duedate" => issue.due.map(dates::day).into(),
        "status" => status_value(world, issue.status),
        "statusCategory" => category_value(world, issue.status),
        "statuscategorychangedate" => moment(Some(issue.status_changed)),
        "resolution" => issue
            .resolution
            .map_or(Value::Null, |id| resolution_value(world, id)),
        "resolutiondate" => moment(issue.resolved),
        "created" => moment(Some(issue.created)),
        "updated" => moment(Some(issue.updated)),
        "subtasks" => world
            .visible_issues()
            .filter(|child| child.parent == Some(issue.id) && is_subtask(child))
            .map(|child| issue_reference(world, child))
            .collect(),
        "issuelinks" => links(world, issue),
        "comment" => {
            let all: Vec<Value> = issue
                .comments
                .iter()
                .map(|c| comment_value(world, issue, c))
                .collect();
            let total = all.len();
            json!({
                "comments": all,
                "self": format!("{}/issue/{}/comment", api(world), issue.id),
                "maxResults": total,
                "total": total,
                "startAt": 0,
            })
        }
        "worklog" => json!({"startAt": 0, "maxResults": 20, "total": 0, "worklogs": []}),
        "attachment" => json!([]),
        "watches" => json!({
            "self": format!("{}/issue/{}/watchers", api(world), issue.key()),
            "watchCount": 1 + issue.comments.len(),
            "isWatching": issue.reporter.as_deref() == Some("ada"),
        }),
        "votes" => json!({
            "self": format!("{}/issue/{}/votes", api(world), issue.key()),
            "votes": 0,
            "hasVoted": false,
        }),
        "timetracking" => json!({}),
        "workratio" => (-1).into(),
        "progress" | "aggregateprogress" => json!({"progress": 0, "total": 0}),
        _ => custom_value(world, issue, field),
    }
}

fn custom_value(world: &World, issue: &Issue, field: &Field) -> Value {
    match field.kind {
        Kind::Number if field.id == "customfield_10016" => issue.story_points.into(),
        Kind::Sprint if issue.sprints.is_empty() => Value::Null,
        Kind::Sprint => world
            .sprints
            .iter()
            .filter(|sprint| issue.sprints.contains(&sprint.id))
            .map(|sprint| sprint_value(world, sprint))
            .collect(),
        // Data Center links stories to epics by this field and keeps `parent` for sub-tasks.
        Kind::EpicLink if world.is_cloud() || is_subtask(issue) => Value::Null,
        Kind::EpicLink => parent_issue(world, issue).map(Issue::key).into(),
        Kind::Rank => format!("0|i{:05x}:", issue.id % 0xf_ffff).into(),
        _ => issue.custom.get(field.id).cloned().unwrap_or(Value::Null),
    }
}

pub(super) fn is_subtask(issue: &Issue) -> bool {
    crate::world::issue_type(issue.issue_type).subtask
}

fn parent_issue<'w>(world: &'w World, issue: &Issue) -> Option<&'w Issue> {
    let parent = world.issues.get(&issue.parent?)?;
    world.is_visible(parent).then_some(parent)
}

fn parent(world: &World, issue: &Issue) -> Value {
    match parent_issue(world, issue) {
        Some(parent) if world.is_cloud() || is_subtask(issue) => issue_reference(world, parent),
        _ => Value::Null,
    }
}

fn versions(world: &World, issue: &Issue, ids: &[String]) -> Value {
    world
        .projects
        .get(&issue.project)
        .iter()
        .flat_map(|project| &project.versions)
        .filter(|version| ids.contains(&version.id))
        .map(|version| version_value(world, version))
        .collect()
}

/// A link to an issue that may not be seen is not shown at all.
fn links(world: &World, issue: &Issue) -> Value {
    let shown = issue.links.iter().filter_map(|link| {
        let other = world
            .issues
            .get(&link.other)
            .filter(|other| world.is_visible(other))?;
        let kind = link_type(link.link_type);
        let mut out = json!({
            "id": link.id.to_string(),
            "self": format!("{}/issueLink/{}", api(world), link.id),
            "type": {
                "id": kind.id,
                "name": kind.name,
                "inward": kind.inward,
                "outward": kind.outward,
                "self": format!("{}/issueLinkType/{}", api(world), kind.id),
            },
        });
        let end = if link.outward {
            "outwardIssue"
        } else {
            "inwardIssue"
        };
        out[end] = issue_reference(world, other);
        Some(out)
    });
    shown.collect()
}

fn changelog(world: &World, issue: &Issue) -> Value {
    let histories: Vec<Value> = issue
        .history
        .iter()
        .rev()
        .map(|change| {
            json!({
                "id": change.id.to_string(),
                "author": user_named(world, Some(&change.author)),
                "created": dates::jira(change.at),
                "items": [{
                    "field": change.field,
                    "fieldtype": "jira",
                    "fieldId": change.field,
                    "from": null,
                    "fromString": change.from,
                    "to": null,
                    "toString": change.to,
                }],
            })
        })
        .collect();
    json!({"startAt": 0, "maxResults": histories.len(), "total": histories.len(), "histories": histories})
}
