//! Reading and changing one issue.

use serde_json::Value;

use super::edit;
use super::render::{issue_value, names, schemas};
use super::selection::Selection;
use super::transitions;
use crate::reply::{Outcome, Reply};
use crate::request::Request;
use crate::site::Visit;
use crate::world::Issue;

/// The issue behind a key or id; what may not be seen does not exist.
pub(super) fn find<'v>(visit: &'v Visit<'_>, key: &str) -> Result<&'v Issue, Reply> {
    visit.world.issue(key).ok_or_else(|| {
        let message = if visit.is_cloud() {
            "Issue does not exist or you do not have permission to see it."
        } else {
            "Issue Does Not Exist"
        };
        Reply::jira_message(404, message)
    })
}

pub(super) fn read(visit: &Visit<'_>, request: &Request, key: &str) -> Outcome {
    let issue = find(visit, key)?;
    let fields = request.list("fields");
    let wanted = Selection::parse(fields.into_iter(), &Selection::everything());
    let expand = request.list("expand");
    let mut out = issue_value(visit.world, issue, &wanted, &expand);
    if expand.contains(&"names") {
        out["names"] = names(&wanted);
    }
    if expand.contains(&"schema") {
        out["schema"] = schemas(&wanted);
    }
    if expand.contains(&"transitions") {
        out["transitions"] = transitions::available(visit.world, issue, false);
    }
    Ok(Reply::ok(out))
}

/// The team keeps deleting to its administrators, as most do, and nobody here is one.
pub(super) fn delete(visit: &Visit<'_>, key: &str) -> Outcome {
    find(visit, key)?;
    Err(Reply::jira_message(
        403,
        "You do not have permission to delete issues in this project.",
    ))
}

pub(super) fn update(visit: &mut Visit<'_>, request: &Request, key: &str) -> Outcome {
    let input = request.json_body()?;
    let mut changed = find(visit, key)?.clone();
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
    edit::apply(visit, &mut changed, &input, edit::Screen::Edit)?;
    edit::save(visit, changed);
    Ok(match request.param("returnIssue") {
        Some("true") => {
            let issue = find(visit, key)?;
            Reply::ok(issue_value(
                visit.world,
                issue,
                &Selection::everything(),
                &[],
            ))
        }
        _ => Reply::no_content(),
    })
}

/// Text that is there and not blank.
pub(super) fn filled(value: &Value) -> Option<&str> {
    value
        .as_str()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}
