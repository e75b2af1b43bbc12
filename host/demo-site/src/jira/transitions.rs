//! Moving issues through their project's workflow.

use serde_json::{Value, json};

use super::edit;
use super::issues::find;
use super::shapes::{resolution_value, status_value};
use crate::reply::{Outcome, Reply};
use crate::request::Request;
use crate::site::Visit;
use crate::world::{Category, Issue, RESOLUTIONS, Transition, World, status};

pub(super) fn list(visit: &Visit<'_>, request: &Request, key: &str) -> Outcome {
    let issue = find(visit, key)?;
    let with_fields = request.list("expand").contains(&"transitions.fields");
    Ok(Reply::ok(json!({
        "expand": "transitions",
        "transitions": available(visit.world, issue, with_fields),
    })))
}

pub(super) fn available(world: &World, issue: &Issue, with_fields: bool) -> Value {
    leaving(world, issue)
        .map(|transition| transition_value(world, transition, with_fields))
        .collect()
}

pub(super) fn perform(visit: &mut Visit<'_>, request: &Request, key: &str) -> Outcome {
    let mut input = request.json_body()?;
    edit::check_members(
        &input,
        &[
            "transition",
            "fields",
            "update",
            "historyMetadata",
            "properties",
        ],
    )?;
    let issue = find(visit, key)?;
    let wanted = match &input["transition"]["id"] {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return Err(Reply::jira_message(400, "Missing 'transition' identifier")),
    };
    if wanted.parse::<u32>().is_err() {
        return Err(Reply::jira_message(
            400,
            format!("'transition' identifier must be an integer, it was '{wanted}'"),
        ));
    }
    let Some(transition) = leaving(visit.world, issue).find(|transition| transition.id == wanted)
    else {
        return Err(refuse(visit, issue, &wanted));
    };
    let (target, asks) = (transition.to, transition.asks_resolution);
    let mut changed = issue.clone();
    let resolution = take_resolution(&mut input, asks)?;
    edit::apply(visit, &mut changed, &input, edit::Screen::Transition)?;
    let done = status(target).category == Category::Done;
    changed.status = target;
    changed.resolution = done.then_some(resolution);
    changed.resolved = match (done, changed.resolved) {
        (true, None) => Some(visit.world.now()),
        (true, kept) => kept,
        (false, _) => None,
    };
    edit::save(visit, changed);
    Ok(Reply::no_content())
}

fn leaving<'w>(
    world: &'w World,
    issue: &Issue,
) -> impl Iterator<Item = &'static Transition> + use<'w> {
    let state = issue.status;
    world
        .projects
        .get(&issue.project)
        .into_iter()
        .flat_map(|project| project.workflow.transitions)
        .filter(move |transition| transition.from.is_empty() || transition.from.contains(&state))
}

/// The resolution to close with. It is a field of the transition's screen alone, so it is taken
/// out before the other fields are set.
fn take_resolution(input: &mut Value, asks: bool) -> Result<&'static str, Reply> {
    let given = input["fields"]
        .as_object_mut()
        .and_then(|fields| fields.remove("resolution"));
    let refuse = |message: &str| {
        let errors = [("resolution".to_owned(), Value::from(message))]
            .into_iter()
            .collect();
        Err(Reply::jira_fields(errors))
    };
    let Some(given) = given.filter(|given| !given.is_null()) else {
        return if asks {
            refuse("Resolution is required.")
        } else {
            Ok("10000")
        };
    };
    if !asks {
        return refuse(
            "Field 'resolution' cannot be set. It is not on the appropriate screen, or unknown.",
        );
    }
    let wanted = given["id"]
        .as_str()
        .or_else(|| given["name"].as_str())
        .unwrap_or("");
    match RESOLUTIONS
        .iter()
        .find(|known| known.id == wanted || known.name == wanted)
    {
        Some(known) => Ok(known.id),
        None => refuse(&format!("Resolution name '{wanted}' is not valid")),
    }
}

fn refuse(visit: &Visit<'_>, issue: &Issue, wanted: &str) -> Reply {
    let workflow = visit.world.projects[&issue.project].workflow;
    let known = workflow
        .transitions
        .iter()
        .find(|transition| transition.id == wanted);
    let message = match known {
        Some(transition) => format!(
            "It seems that you have tried to perform a workflow operation ({}) that is not valid for the current state of this \
             issue ({}). The likely cause is that somebody has changed the issue recently, please look at the issue history for details.",
            transition.name,
            issue.key(),
        ),
        None => format!("Transition id '{wanted}' is not valid for this issue."),
    };
    Reply::jira_message(400, message)
}

fn transition_value(world: &World, transition: &Transition, with_fields: bool) -> Value {
    let mut out = json!({
        "id": transition.id,
        "name": transition.name,
        "to": status_value(world, transition.to),
        "hasScreen": transition.asks_resolution,
        "isGlobal": transition.from.is_empty(),
        "isInitial": false,
        "isAvailable": true,
        "isConditional": false,
        "isLooped": false,
    });
    if with_fields {
        out["fields"] = json!({});
        if transition.asks_resolution {
            let allowed: Vec<Value> = RESOLUTIONS
                .iter()
                .map(|r| resolution_value(world, r.id))
                .collect();
            out["fields"]["resolution"] = json!({
                "required": true,
                "schema": {"type": "resolution", "system": "resolution"},
                "name": "Resolution",
                "key": "resolution",
                "operations": ["set"],
                "allowedValues": allowed,
            });
        }
    }
    out
}
