//! Moving an issue through its workflow, by the name of a transition or of the status it leads to.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::client::Jira;
use super::metadata::Fields;
use crate::arguments::Alias;
use crate::error::{Kind, ToolError};
use crate::gateway::Product;
use crate::ids::IssueKey;
use crate::reading::{line, list};
use crate::route::{RouteInfo, routes};
use crate::text;
use crate::tool::{Access, Context, Output, Tool, ToolDef};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::of::<TransitionIssue>()];

/// Moves a Jira issue to another status.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TransitionIssue {
    issue_key: IssueKey,
    /// Name or id of the transition, or name of the target status
    transition: String,
    /// Markdown
    comment: Option<String>,
    /// What the transition asks for, like {"resolution": "Done"}
    fields: Option<Map<String, Value>>,
}

impl Tool for TransitionIssue {
    const NAME: &'static str = "jira_transition_issue";
    const TITLE: &'static str = "Change a Jira issue's status";
    const TOOLSET: &'static str = "jira";
    const PRODUCT: Option<Product> = Some(Product::Jira);
    const ACCESS: Access = Access::CHANGE;
    const ROUTES: &'static [&'static RouteInfo] = &[
        routes::JIRA_ISSUE_TRANSITIONS.info(),
        routes::JIRA_ISSUE_TRANSITION.info(),
        routes::JIRA_USER_SEARCH.info(),
        routes::JIRA_USER_MYSELF.info(),
    ];
    const ALIASES: &'static [Alias] = &[
        ("transition_id", "transition"),
        ("transition_name", "transition"),
        ("status", "transition"),
    ];

    fn run(self, cx: &Context<'_>) -> Result<Output, ToolError> {
        let jira = Jira::with_issue(cx, &self.issue_key)?;
        let key = &self.issue_key;
        let answer = jira
            .site
            .send(
                &format!("read the transitions of {key}"),
                &jira.dialect.transitions(key),
            )?
            .json()?;
        let possible: Vec<Transition> = list(&answer, "transitions")
            .iter()
            .filter_map(Transition::read)
            .collect();
        let chosen = choose(&possible, &self.transition, key)?;
        let mut values = Map::new();
        for (name, given) in self.fields.unwrap_or_default() {
            let field = chosen.fields.find(&name)?;
            let value = jira.value(field, &given)?;
            if values.insert(field.id.clone(), value).is_some() {
                return Err(ToolError::arguments(format!(
                    "`{}` is given twice",
                    field.name
                )));
            }
        }
        let values = Value::Object(values);
        let comment = self
            .comment
            .as_deref()
            .map(|markdown| jira.dialect.write_text(markdown))
            .transpose()?;
        let request = jira
            .dialect
            .transition(key, &chosen.id, &values, comment.as_ref());
        jira.site
            .send(&format!("move {key} to {}", chosen.to), &request)
            .map_err(|error| match error.kind() {
                Kind::Rejected => chosen.fields.explain(error, &values),
                _ => error,
            })?;
        let commented = if comment.is_some() {
            ", with the comment"
        } else {
            ""
        };
        Ok(Output::from(format!(
            "{key} is now {} (by {}{commented}): {}\n",
            chosen.to,
            chosen.name,
            jira.browse(key.as_str())
        )))
    }
}

struct Transition {
    id: String,
    name: String,
    to: String,
    fields: Fields,
}

impl Transition {
    fn read(transition: &Value) -> Option<Self> {
        let id = line(transition, "id")?;
        let name = line(transition, "name").unwrap_or_else(|| id.clone());
        Some(Self {
            to: line(transition, "to/name").unwrap_or_else(|| name.clone()),
            fields: Fields::by_id(&transition["fields"]),
            id,
            name,
        })
    }

    fn describe(&self) -> String {
        let required = self.fields.required();
        let needs = if required.is_empty() {
            String::new()
        } else {
            format!(", needs {}", required.join(", "))
        };
        format!("- {} → {} (id {}{needs})", self.name, self.to, self.id)
    }
}

/// The transition's own name wins over the status it leads to; between equals the model must choose.
fn choose<'a>(
    possible: &'a [Transition],
    wanted: &str,
    key: &IssueKey,
) -> Result<&'a Transition, ToolError> {
    let wanted = wanted.trim();
    if let Some(by_id) = possible.iter().find(|transition| transition.id == wanted) {
        return Ok(by_id);
    }
    let folded = wanted.to_lowercase();
    let by_name: Vec<&Transition> = possible
        .iter()
        .filter(|transition| transition.name.to_lowercase() == folded)
        .collect();
    let by_status: Vec<&Transition> = possible
        .iter()
        .filter(|transition| transition.to.to_lowercase() == folded)
        .collect();
    let named = if by_name.is_empty() {
        by_status
    } else {
        by_name
    };
    let listed = |transitions: &mut dyn Iterator<Item = &Transition>| {
        transitions
            .map(Transition::describe)
            .collect::<Vec<_>>()
            .join("\n")
    };
    match named.as_slice() {
        [one] => Ok(one),
        [] if possible.is_empty() => Err(ToolError::new(
            Kind::Forbidden,
            format!("{key} has no transition that this account may make now"),
        )
        .advise("Tell the user; a permission or a workflow condition prevents it.")),
        [] => Err(ToolError::arguments(format!(
            "{key} cannot go to `{}` from its present status; possible now:\n{}",
            text::one_line(wanted),
            listed(&mut possible.iter())
        ))),
        several => Err(ToolError::arguments(format!(
            "several transitions fit `{}`; give one by id:\n{}",
            text::one_line(wanted),
            listed(&mut several.iter().copied())
        ))),
    }
}
