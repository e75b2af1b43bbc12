//! The functions of JQL that stand for things: people, sprints, versions, types, linked issues.

use super::field::Field;
use crate::world::{ISSUE_TYPES, Project, SprintState, Version, World, link_type};

/// The identities a function stands for in a field, or what is wrong with it.
pub(super) fn things(
    world: &World,
    actor: &str,
    field: Field,
    name: &str,
    arguments: &[String],
) -> Result<Vec<String>, String> {
    let sprints = |state: SprintState| {
        let found = world.sprints.iter().filter(|sprint| sprint.state == state);
        found.map(|sprint| sprint.id.to_string()).collect()
    };
    let types = |subtask: bool| {
        let found = ISSUE_TYPES.iter().filter(|kind| kind.subtask == subtask);
        found.map(|kind| kind.id.to_owned()).collect()
    };
    let is_version = matches!(field, Field::FixVersion | Field::AffectedVersion);
    match name.to_ascii_lowercase().as_str() {
        "currentuser" if field.is_person() => Ok(vec![actor.to_owned()]),
        "membersof" if field.is_person() => Ok(world
            .users
            .values()
            .filter(|u| u.active && !u.is_app)
            .map(|u| u.name.clone())
            .collect()),
        "opensprints" if field == Field::Sprint => Ok(sprints(SprintState::Active)),
        "closedsprints" if field == Field::Sprint => Ok(sprints(SprintState::Closed)),
        "futuresprints" if field == Field::Sprint => Ok(sprints(SprintState::Future)),
        "releasedversions" if is_version => versions(world, arguments, |version| version.released),
        "unreleasedversions" if is_version => {
            versions(world, arguments, |version| !version.released)
        }
        "standardissuetypes" if field == Field::Type => Ok(types(false)),
        "subtaskissuetypes" if field == Field::Type => Ok(types(true)),
        "linkedissues" if field == Field::Key => linked(world, arguments),
        "projectsleadbyuser" if field == Field::Project => {
            let lead = arguments.first().map_or(actor, String::as_str);
            Ok(world
                .visible_projects()
                .filter(|project| project.lead == lead)
                .map(|project| project.key.clone())
                .collect())
        }
        known if KNOWN.contains(&known) => Err(format!(
            "A value provided by the function '{name}' is invalid for the field."
        )),
        _ => Err(format!(
            "Unable to find JQL function '{name}({})'.",
            arguments.join(", ")
        )),
    }
}

const KNOWN: &[&str] = &[
    "currentuser",
    "membersof",
    "opensprints",
    "closedsprints",
    "futuresprints",
    "releasedversions",
    "unreleasedversions",
    "standardissuetypes",
    "subtaskissuetypes",
    "linkedissues",
    "projectsleadbyuser",
    "now",
    "startofday",
    "startofweek",
    "startofmonth",
    "startofyear",
    "endofday",
    "endofweek",
    "endofmonth",
    "endofyear",
];

fn versions(
    world: &World,
    projects: &[String],
    wanted: impl Fn(&Version) -> bool,
) -> Result<Vec<String>, String> {
    if let Some(unknown) = projects.iter().find(|key| world.project(key).is_none()) {
        return Err(format!(
            "Could not resolve the project '{unknown}' provided to the function."
        ));
    }
    let asked = |project: &Project| {
        projects.is_empty()
            || projects
                .iter()
                .any(|key| project.key.eq_ignore_ascii_case(key))
    };
    Ok(world
        .visible_projects()
        .filter(|project| asked(project))
        .flat_map(|project| &project.versions)
        .filter(|version| wanted(version))
        .map(|version| version.id.clone())
        .collect())
}

fn linked(world: &World, arguments: &[String]) -> Result<Vec<String>, String> {
    let key = arguments
        .first()
        .ok_or("Function 'linkedIssues' expects an issue key.")?;
    let issue = world
        .issue(key)
        .ok_or_else(|| format!("Issue '{key}' could not be found in function 'linkedIssues'."))?;
    let named = |link: &&crate::world::Link| {
        let kind = link_type(link.link_type);
        let words = if link.outward {
            kind.outward
        } else {
            kind.inward
        };
        arguments
            .get(1)
            .is_none_or(|wanted| words.eq_ignore_ascii_case(wanted))
    };
    Ok(issue
        .links
        .iter()
        .filter(named)
        .map(|link| link.other.to_string())
        .collect())
}
