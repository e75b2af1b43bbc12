//! What each field takes: reads one value, checks it against the world, and puts it into the
//! issue; or says in Jira's words what is wrong with it.

use serde_json::{Value, json};

use super::comments::LONGEST_TEXT;
use super::document::check_document;
use super::issues::filled;
use super::render::is_subtask;
use crate::dates;
use crate::world::{Field, Issue, Kind, PRIORITIES, Project, User, World, issue_type};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Set,
    Add,
    Remove,
}

impl Verb {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "set" => Some(Self::Set),
            "add" => Some(Self::Add),
            "remove" => Some(Self::Remove),
            _ => None,
        }
    }
}

type Checked<T> = Result<T, String>;

pub(super) fn set_field(
    world: &World,
    issue: &mut Issue,
    field: &Field,
    verb: Verb,
    value: &Value,
) -> Checked<()> {
    let project = world.projects.get(&issue.project);
    let is_list = matches!(
        field.id,
        "labels" | "components" | "fixVersions" | "versions"
    ) || matches!(field.kind, Kind::MultiSelect(_) | Kind::Users);
    if verb != Verb::Set && !is_list {
        return Err(format!(
            "Field '{}' does not support this operation. Supported operation(s) are: 'set'",
            field.id
        ));
    }
    match field.id {
        "summary" => issue.summary = summary(value)?,
        "description" => issue.description = rich_text(world, value)?,
        "environment" => issue.environment = rich_text(world, value)?,
        "priority" => issue.priority = priority_id(value)?,
        "assignee" => issue.assignee = person(world, value, true)?,
        "reporter" => issue.reporter = person(world, value, false)?,
        "issuetype" => issue.issue_type = type_id(world, project, value)?,
        "project" => {}
        "parent" => issue.parent = parent(world, issue, value)?,
        "duedate" => issue.due = day(value)?,
        "labels" => change(&mut issue.labels, verb, value, |label| {
            label_text(world, label)
        })?,
        "components" => change(&mut issue.components, verb, value, |v| {
            named(
                v,
                "Component",
                project
                    .iter()
                    .flat_map(|p| &p.components)
                    .map(|c| (c.id.as_str(), c.name)),
            )
        })?,
        "fixVersions" => change(&mut issue.fix_versions, verb, value, |v| {
            version(project, v)
        })?,
        "versions" => change(&mut issue.versions, verb, value, |v| version(project, v))?,
        "customfield_10016" => issue.story_points = number(value)?,
        _ => set_custom(world, issue, field, verb, value)?,
    }
    Ok(())
}

fn set_custom(
    world: &World,
    issue: &mut Issue,
    field: &Field,
    verb: Verb,
    value: &Value,
) -> Checked<()> {
    let stored = match field.kind {
        Kind::Sprint => {
            issue.sprints = sprint(world, value)?.into_iter().collect();
            return Ok(());
        }
        Kind::EpicLink => {
            issue.parent = epic(world, value)?;
            return Ok(());
        }
        Kind::Number => number(value)?.map(Value::from),
        Kind::TextLine | Kind::EpicName => {
            match value {
                Value::Null => None,
                Value::String(text) if text.chars().count() > 255 => {
                    return Err("The entered text is too long. It exceeds the allowed limit of 255 characters.".into());
                }
                Value::String(_) => Some(value.clone()),
                _ => return Err("Operation value must be a string".into()),
            }
        }
        Kind::TextArea => rich_text(world, value)?,
        Kind::Date => day(value)?.map(|date| dates::day(date).into()),
        Kind::Select(options) => match value {
            Value::Null => None,
            _ => Some(option(options, value)?),
        },
        Kind::User => person(world, value, false)?.map(|name| user_value(world, &name)),
        Kind::MultiSelect(options) => list(issue.custom.get(field.id), verb, value, |v| {
            option(options, v)
        })?,
        Kind::Users => list(issue.custom.get(field.id), verb, value, |v| {
            let name = person(world, v, false)?.ok_or("Specify a user")?;
            Ok(user_value(world, &name))
        })?,
        Kind::Rank | Kind::System(_) => return Err("Operation is not supported".into()),
    };
    match stored {
        Some(value) => issue.custom.insert(field.id.to_owned(), value),
        None => issue.custom.remove(field.id),
    };
    Ok(())
}

fn user_value(world: &World, name: &str) -> Value {
    super::shapes::user_named(world, Some(&name.to_owned()))
}

fn summary(value: &Value) -> Checked<String> {
    let Value::String(text) = value else {
        return Err(if value.is_null() {
            "You must specify a summary of the issue.".into()
        } else {
            "Operation value must be a string".into()
        });
    };
    if text.trim().is_empty() {
        return Err("You must specify a summary of the issue.".into());
    }
    if text.contains(['\n', '\r']) {
        return Err("The summary is invalid because it contains newline characters.".into());
    }
    if text.chars().count() > 255 {
        return Err("Summary can't exceed 255 characters.".into());
    }
    Ok(text.clone())
}

fn rich_text(world: &World, value: &Value) -> Checked<Option<Value>> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if !world.is_cloud() => {
            if text.chars().count() > LONGEST_TEXT {
                return Err("The entered text is too long. It exceeds the allowed limit of 32,767 characters.".into());
            }
            Ok((!text.is_empty()).then(|| value.clone()))
        }
        Value::Object(_) if world.is_cloud() => match check_document(value) {
            Ok(()) => Ok(Some(value.clone())),
            Err(_) => Err("INVALID_INPUT".into()),
        },
        _ if world.is_cloud() => Err(
            "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
                .into(),
        ),
        _ => Err("Operation value must be a string".into()),
    }
}

fn priority_id(value: &Value) -> Checked<&'static str> {
    let wanted = value["id"]
        .as_str()
        .or_else(|| value["name"].as_str())
        .unwrap_or("");
    PRIORITIES
        .iter()
        .find(|priority| priority.id == wanted || priority.name == wanted)
        .map(|priority| priority.id)
        .ok_or_else(|| "The priority selected is invalid.".into())
}

/// A user name for what the wire calls a person; only active people get work.
fn person(world: &World, value: &Value, assignable: bool) -> Checked<Option<String>> {
    if value.is_null() {
        return Ok(None);
    }
    let identifier = if world.is_cloud() {
        if value["name"].is_string() || value["key"].is_string() {
            return Err("'accountId' must be the only user identifying query parameter in GDPR strict mode.".into());
        }
        value["accountId"].as_str().or_else(|| value["id"].as_str())
    } else {
        value["name"].as_str().or_else(|| value["key"].as_str())
    };
    let Some(identifier) = identifier else {
        return Err("expected Object containing a user identifier".into());
    };
    if assignable && identifier == "-1" {
        return Ok(None);
    }
    let user: &User = world
        .user_on_wire(identifier)
        .ok_or_else(|| format!("User '{identifier}' does not exist."))?;
    if assignable && !user.active {
        return Err(format!("User '{identifier}' cannot be assigned issues."));
    }
    Ok(Some(user.name.clone()))
}

/// The type an issue of the project may have, by id or name.
pub(super) fn type_id(
    world: &World,
    project: Option<&Project>,
    value: &Value,
) -> Checked<&'static str> {
    let wanted = filled(&value["id"]).or_else(|| filled(&value["name"]));
    let types = project.map_or(&[][..], |project| project.types);
    types
        .iter()
        .copied()
        .find(|id| {
            wanted.is_some_and(|wanted| {
                wanted == *id || wanted.eq_ignore_ascii_case(issue_type(id).name)
            })
        })
        .ok_or_else(|| {
            let message = if world.is_cloud() {
                "Specify a valid issue type"
            } else {
                "valid issue type is required"
            };
            message.into()
        })
}

fn parent(world: &World, issue: &Issue, value: &Value) -> Checked<Option<u64>> {
    let nothing = value.is_null() || value["none"] == true;
    if nothing && is_subtask(issue) {
        return Err("Issue type is a sub-task but parent issue key or id not specified.".into());
    }
    if nothing {
        return Ok(None);
    }
    let wanted = filled(&value["key"])
        .or_else(|| filled(&value["id"]))
        .ok_or("data was not an object with a key or an id")?;
    let parent = world
        .issue(wanted)
        .ok_or("Could not find issue by id or key.")?;
    let level = issue_type(issue.issue_type).level;
    if !is_subtask(issue) && !world.is_cloud() {
        return Err(
            "Field 'parent' cannot be set. It is not on the appropriate screen, or unknown.".into(),
        );
    }
    let fits = issue_type(parent.issue_type).level == level + 1
        && (!is_subtask(issue) || parent.project == issue.project)
        && parent.id != issue.id;
    if !fits {
        return Err("Given parent work item does not belong to appropriate hierarchy.".into());
    }
    Ok(Some(parent.id))
}

fn epic(world: &World, value: &Value) -> Checked<Option<u64>> {
    if value.is_null() {
        return Ok(None);
    }
    let key = value.as_str().ok_or("Operation value must be a string")?;
    let found = world.issue(key).ok_or_else(|| {
        format!("Issue '{key}' does not exist or you do not have permission to see it.")
    })?;
    if issue_type(found.issue_type).level != 1 {
        return Err(format!("Issue '{key}' is not a valid epic."));
    }
    Ok(Some(found.id))
}

fn day(value: &Value) -> Checked<Option<time::Date>> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) => dates::parse_day(text)
            .map(Some)
            .ok_or_else(|| format!("Error parsing date string: {text}")),
        _ => Err("Operation value must be a string".into()),
    }
}

fn number(value: &Value) -> Checked<Option<f64>> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => Ok(number.as_f64()),
        _ => Err("Operation value must be a number".into()),
    }
}

fn sprint(world: &World, value: &Value) -> Checked<Option<u32>> {
    if value.is_null() {
        return Ok(None);
    }
    let id = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let id = id.ok_or("Number value expected as the Sprint id.")?;
    world
        .sprints
        .iter()
        .find(|sprint| u64::from(sprint.id) == id)
        .map(|sprint| Some(sprint.id))
        .ok_or_else(|| {
            format!("Sprint with id {id} does not exist or you do not have permission to view it.")
        })
}

fn option(options: &[&str], value: &Value) -> Checked<Value> {
    let wanted = value["value"].as_str().or_else(|| value["id"].as_str());
    let Some(wanted) = wanted else {
        return Err("Specify a valid 'id' or 'name' for the option".into());
    };
    let number = |index: usize| (10_200 + index).to_string();
    options
        .iter()
        .enumerate()
        .find(|(index, name)| **name == wanted || number(*index) == wanted)
        .map(|(index, name)| json!({"value": name, "id": number(index)}))
        .ok_or_else(|| format!("Option value '{wanted}' is not valid"))
}

fn label_text(world: &World, value: &Value) -> Checked<String> {
    let label = value.as_str().ok_or("string expected at index 0")?;
    if label.contains(char::is_whitespace) {
        return Err(if world.is_cloud() {
            format!("The label '{label}' can't contain spaces.")
        } else {
            format!("The label '{label}' contains spaces which is invalid.")
        });
    }
    Ok(label.to_owned())
}

fn version(project: Option<&Project>, value: &Value) -> Checked<String> {
    named(
        value,
        "Version",
        project
            .iter()
            .flat_map(|p| &p.versions)
            .map(|v| (v.id.as_str(), v.name)),
    )
}

fn named<'a>(
    value: &Value,
    what: &str,
    mut known: impl Iterator<Item = (&'a str, &'a str)>,
) -> Checked<String> {
    let (kind, wanted) = match (value["id"].as_str(), value["name"].as_str()) {
        (Some(id), _) => ("id", id),
        (None, Some(name)) => ("name", name),
        (None, None) => return Err("expected an object with a name or an id".into()),
    };
    known
        .find(|(id, name)| {
            if kind == "id" {
                *id == wanted
            } else {
                *name == wanted
            }
        })
        .map(|(id, _)| id.to_owned())
        .ok_or_else(|| format!("{what} {kind} '{wanted}' is not valid"))
}

/// Sets, adds to or removes from a list of texts.
fn change(
    list: &mut Vec<String>,
    verb: Verb,
    value: &Value,
    read: impl Fn(&Value) -> Checked<String>,
) -> Checked<()> {
    match verb {
        Verb::Set => {
            let values: &[Value] = match value {
                Value::Null => &[],
                Value::Array(values) => values,
                _ => return Err("data was not an array".into()),
            };
            let mut read_all = values.iter().map(read).collect::<Checked<Vec<_>>>()?;
            let mut seen = std::collections::BTreeSet::new();
            read_all.retain(|item| seen.insert(item.clone()));
            *list = read_all;
        }
        Verb::Add => {
            let item = read(value)?;
            if !list.contains(&item) {
                list.push(item);
            }
        }
        Verb::Remove => {
            let item = read(value)?;
            list.retain(|kept| *kept != item);
        }
    }
    Ok(())
}

/// The same for a list of objects in a custom field; an empty list is an unset field.
fn list(
    now: Option<&Value>,
    verb: Verb,
    value: &Value,
    read: impl Fn(&Value) -> Checked<Value>,
) -> Checked<Option<Value>> {
    let mut items = now.and_then(Value::as_array).cloned().unwrap_or_default();
    match (verb, value) {
        (Verb::Set, Value::Null) => items.clear(),
        (Verb::Set, Value::Array(values)) => {
            items = values.iter().map(read).collect::<Checked<_>>()?
        }
        (Verb::Set, _) => return Err("data was not an array".into()),
        (Verb::Add, value) => items.push(read(value)?),
        (Verb::Remove, value) => {
            let item = read(value)?;
            items.retain(|kept| *kept != item);
        }
    }
    Ok((!items.is_empty()).then_some(Value::Array(items)))
}
