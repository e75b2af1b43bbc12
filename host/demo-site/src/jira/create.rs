//! Making an issue: project and type first, then every field, then what the screen requires.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::edit::{self, Complaints, Screen};
use super::issues::filled;
use super::render::is_subtask;
use super::shapes::api;
use super::values::type_id;
use crate::reply::{Outcome, Reply};
use crate::request::Request;
use crate::site::Visit;
use crate::world::{Issue, Project};

pub(super) fn create(visit: &mut Visit<'_>, request: &Request) -> Outcome {
    let input = request.json_body()?;
    edit::check_members(
        &input,
        &[
            "fields",
            "update",
            "historyMetadata",
            "properties",
            "transition",
        ],
    )?;
    let fields = &input["fields"];
    let mut complaints = Complaints::default();
    let (project, issue_type) = place(visit, fields)?;
    let mut issue = blank(visit, &project, issue_type);
    if fields["summary"].is_null() {
        complaints.add("summary", "You must specify a summary of the issue.");
    }
    if is_subtask(&issue) && fields["parent"].is_null() {
        complaints.add(
            "parent",
            "Issue type is a sub-task but parent issue key or id not specified.",
        );
    }
    let is_epic = issue.issue_type == "10000";
    if is_epic && !visit.is_cloud() && filled(&fields["customfield_10011"]).is_none() {
        complaints.add("customfield_10011", "Epic Name is required.");
    }
    edit::collect(visit, &mut issue, &input, Screen::Create, &mut complaints)?;
    complaints.into_result()?;

    let world = &mut *visit.world;
    if let Some(project) = world.projects.get_mut(&issue.project) {
        project.last_number += 1;
        issue.number = project.last_number;
    }
    let made = json!({
        "id": issue.id.to_string(),
        "key": issue.key(),
        "self": format!("{}/issue/{}", api(world), issue.id),
    });
    world.insert_issue(issue);
    Ok(Reply::json(201, made))
}

/// The project and the type, without which no other field has a meaning.
fn place(visit: &Visit<'_>, fields: &Value) -> Result<(Project, &'static str), Reply> {
    let mut complaints = Complaints::default();
    let world = &visit.world;
    let wanted = filled(&fields["project"]["key"]).or_else(|| filled(&fields["project"]["id"]));
    let project = wanted.and_then(|wanted| world.project(wanted));
    if project.is_none() {
        let message = match (visit.is_cloud(), wanted) {
            (true, _) => "Specify a valid project ID or key",
            (false, None) => "project is required",
            (false, Some(_)) => "valid project is required",
        };
        complaints.add("project", message);
    }
    let issue_type = match (&fields["issuetype"], project) {
        (Value::Null, _) => {
            let message = if visit.is_cloud() {
                "Specify an issue type"
            } else {
                "issue type is required"
            };
            complaints.add("issuetype", message);
            None
        }
        (_, None) => None,
        (value, Some(project)) => match type_id(world, Some(project), value) {
            Ok(id) => Some(id),
            Err(message) => {
                complaints.add("issuetype", message);
                None
            }
        },
    };
    complaints.into_result()?;
    match (project, issue_type) {
        (Some(project), Some(issue_type)) => Ok((project.clone(), issue_type)),
        _ => Err(Reply::jira_message(
            400,
            "project and issue type are required",
        )),
    }
}

fn blank(visit: &mut Visit<'_>, project: &Project, issue_type: &'static str) -> Issue {
    let now = visit.world.now();
    Issue {
        id: visit.world.fresh_id(),
        project: project.key.clone(),
        number: 0,
        issue_type,
        summary: String::new(),
        description: None,
        environment: None,
        status: project.workflow.initial,
        status_changed: now,
        priority: "3",
        resolution: None,
        resolved: None,
        assignee: None,
        reporter: Some(visit.actor.to_owned()),
        creator: visit.actor.to_owned(),
        labels: Vec::new(),
        components: Vec::new(),
        fix_versions: Vec::new(),
        versions: Vec::new(),
        parent: None,
        links: Vec::new(),
        comments: Vec::new(),
        created: now,
        updated: now,
        due: None,
        sprints: Vec::new(),
        story_points: None,
        custom: BTreeMap::new(),
        history: Vec::new(),
    }
}
