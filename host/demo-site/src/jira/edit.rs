//! Setting fields: walks `fields` and `update` of a request, collects every complaint as Jira does,
//! and saves with a changelog. What a single value must look like is decided in `values`.

use serde_json::{Map, Value};

use super::comments::new_comment;
use super::createmeta::is_offered;
use super::values::{Verb, set_field};
use crate::reply::Reply;
use crate::site::Visit;
use crate::world::{Change, Issue, World, field, issue_type, priority, status};

/// Where a field is set; some can only be chosen once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Screen {
    Create,
    Edit,
    /// The screens of this site's transitions hold at most a resolution, which is no field of an edit.
    Transition,
}

/// Collected complaints, by field.
#[derive(Default)]
pub(super) struct Complaints(Map<String, Value>);

impl Complaints {
    pub(super) fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0
            .entry(field.to_owned())
            .or_insert_with(|| Value::String(message.into()));
    }

    pub(super) fn into_result(self) -> Result<(), Reply> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Reply::jira_fields(self.0))
    }
}

/// Refuses members that Jira's body parser does not know.
pub(super) fn check_members(input: &Value, known: &[&str]) -> Result<(), Reply> {
    let members = input.as_object().into_iter().flat_map(Map::keys);
    match members
        .into_iter()
        .find(|member| !known.contains(&member.as_str()))
    {
        None => Ok(()),
        Some(_) => Err(Reply::jira_message(
            400,
            "Invalid request payload. Refer to the REST API documentation and try again.",
        )),
    }
}

/// Applies everything the input asks for, or nothing.
pub(super) fn apply(
    visit: &mut Visit<'_>,
    issue: &mut Issue,
    input: &Value,
    screen: Screen,
) -> Result<(), Reply> {
    let mut complaints = Complaints::default();
    collect(visit, issue, input, screen, &mut complaints)?;
    complaints.into_result()
}

/// The same, for callers that have complaints of their own to add.
pub(super) fn collect(
    visit: &mut Visit<'_>,
    issue: &mut Issue,
    input: &Value,
    screen: Screen,
    complaints: &mut Complaints,
) -> Result<(), Reply> {
    let fields = object(&input["fields"], "fields")?;
    let updates = object(&input["update"], "update")?;
    if let Some(name) = fields.keys().find(|name| updates.contains_key(*name)) {
        complaints.add(
            name,
            format!(
                "Field '{name}' cannot be set both in 'fields' and in 'update'. Choose one of them."
            ),
        );
    }
    for (name, value) in fields {
        set(
            visit.world,
            issue,
            (name, Verb::Set, value),
            screen,
            complaints,
        );
    }
    for (name, operations) in updates {
        let Some(operations) = operations.as_array() else {
            complaints.add(name, "data was not an array");
            continue;
        };
        for (verb, value) in operations.iter().filter_map(Value::as_object).flatten() {
            if name == "comment" && verb == "add" {
                let comment = new_comment(visit, value)?;
                issue.comments.push(comment);
                continue;
            }
            match Verb::parse(verb) {
                Some(verb) => set(visit.world, issue, (name, verb, value), screen, complaints),
                None => complaints.add(
                    name,
                    format!("Field '{name}' does not support operation '{verb}' Supported operation(s) are: 'add,remove,set'"),
                ),
            }
        }
    }
    Ok(())
}

/// Puts a changed issue in the place of what it was, with new dates and a changelog.
pub(super) fn save(visit: &mut Visit<'_>, mut changed: Issue) {
    let Some(before) = visit.world.issues.get(&changed.id).cloned() else {
        return;
    };
    let now = visit.world.now();
    for (field, from, to) in differences(visit.world, &before, &changed) {
        let id = visit.world.fresh_id();
        changed.history.push(Change {
            id,
            author: visit.actor.to_owned(),
            at: now,
            field,
            from,
            to,
        });
    }
    if before.status != changed.status {
        changed.status_changed = now;
    }
    changed.updated = now;
    visit.world.insert_issue(changed);
}

fn set(
    world: &World,
    issue: &mut Issue,
    (name, verb, value): (&str, Verb, &Value),
    screen: Screen,
    complaints: &mut Complaints,
) {
    let settable = field(name).filter(|field| {
        // The screens: type and project are chosen when an issue is made; the type may change later.
        field.on_screen
            && screen != Screen::Transition
            && (screen == Screen::Create || field.id != "project")
            && is_offered(world, field, issue_type(issue.issue_type))
    });
    let Some(field) = settable else {
        complaints.add(
            name,
            format!(
                "Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
            ),
        );
        return;
    };
    if let Err(message) = set_field(world, issue, field, verb, value) {
        complaints.add(name, message);
    }
}

fn object<'a>(value: &'a Value, name: &str) -> Result<&'a Map<String, Value>, Reply> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    match value {
        Value::Null => Ok(&NONE),
        Value::Object(object) => Ok(object),
        _ => Err(Reply::jira_message(
            400,
            format!("Can not construct instance of '{name}' from this value"),
        )),
    }
}

type Difference = (&'static str, Option<String>, Option<String>);

fn differences(world: &World, before: &Issue, after: &Issue) -> Vec<Difference> {
    let person = |name: &Option<String>| {
        name.as_ref()
            .and_then(|name| world.users.get(name))
            .map(|user| user.display_name.clone())
    };
    let text = |text: &str| Some(text.to_owned());
    let plain = |value: &Option<Value>| value.as_ref().map(crate::world::plain);
    let all = [
        ("summary", text(&before.summary), text(&after.summary)),
        (
            "status",
            text(status(before.status).name),
            text(status(after.status).name),
        ),
        (
            "priority",
            text(priority(before.priority).name),
            text(priority(after.priority).name),
        ),
        (
            "assignee",
            person(&before.assignee),
            person(&after.assignee),
        ),
        (
            "description",
            plain(&before.description),
            plain(&after.description),
        ),
        (
            "labels",
            text(&before.labels.join(" ")),
            text(&after.labels.join(" ")),
        ),
    ];
    all.into_iter().filter(|(_, from, to)| from != to).collect()
}
