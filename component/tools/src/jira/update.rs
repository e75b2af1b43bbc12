//! Changing fields of an issue: by name, set or cleared. A text that Markdown cannot hold whole is
//! written over the present one, so that what it cannot say survives.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::client::Jira;
use super::metadata::{Field, Fields};
use crate::error::{Kind, ToolError};
use crate::gateway::Product;
use crate::ids::IssueKey;
use crate::reading::at;
use crate::route::{RouteInfo, routes};
use crate::text;
use crate::tool::{Access, Context, Output, Tool, ToolDef};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::of::<UpdateIssue>()];

/// Sets or clears fields of a Jira issue. Status: jira_transition_issue; comments: jira_add_comment.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UpdateIssue {
    issue_key: IssueKey,
    /// By name, like {"summary": "…", "description": "Markdown", "assignee": "me", "Story Points": 3}; lists replace, null clears
    fields: Map<String, Value>,
    /// Drop what the new text leaves out of the present one
    #[serde(default)]
    allow_loss: bool,
}

impl Tool for UpdateIssue {
    const NAME: &'static str = "jira_update_issue";
    const TITLE: &'static str = "Change a Jira issue";
    const TOOLSET: &'static str = "jira";
    const PRODUCT: Option<Product> = Some(Product::Jira);
    const ACCESS: Access = Access::SET;
    const ROUTES: &'static [&'static RouteInfo] = &[
        routes::JIRA_ISSUE_UPDATE.info(),
        routes::JIRA_ISSUE_GET.info(),
        routes::JIRA_ISSUE_EDITMETA.info(),
        routes::JIRA_USER_SEARCH.info(),
        routes::JIRA_USER_MYSELF.info(),
    ];

    fn run(self, cx: &Context<'_>) -> Result<Output, ToolError> {
        let jira = Jira::with_issue(cx, &self.issue_key)?;
        if self.fields.is_empty() {
            return Err(ToolError::arguments("`fields` names nothing to change"));
        }
        let mut change = Change {
            jira: &jira,
            key: &self.issue_key,
            screen: None,
            allow_loss: self.allow_loss,
        };
        let mut values = Map::new();
        let mut names = Vec::new();
        for (name, given) in &self.fields {
            let field = change.field(name)?;
            let value = change.value(&field, given)?;
            if values.insert(field.id.clone(), value).is_some() {
                return Err(ToolError::arguments(format!(
                    "`{}` is given twice",
                    field.name
                )));
            }
            names.push(match given {
                Value::Null => format!("{} (cleared)", field.name),
                _ => field.name,
            });
        }
        let values = Value::Object(values);
        let request = jira.dialect.update_issue(&self.issue_key, &values);
        jira.site
            .send(&format!("update issue {}", self.issue_key), &request)
            .map_err(|error| change.explain(error))?;
        Ok(Output::from(format!(
            "Updated {}: {}\n{}\n",
            self.issue_key,
            names.join(", "),
            jira.browse(self.issue_key.as_str())
        )))
    }
}

struct Change<'a> {
    jira: &'a Jira<'a>,
    key: &'a IssueKey,
    screen: Option<Fields>,
    allow_loss: bool,
}

impl Change<'_> {
    fn field(&mut self, name: &str) -> Result<Field, ToolError> {
        match name.trim().to_lowercase().as_str() {
            "status" => {
                return Err(ToolError::arguments("a status is not set as a field")
                    .advise("Use jira_transition_issue."));
            }
            "comment" | "comments" => {
                return Err(ToolError::arguments("a comment is not set as a field")
                    .advise("Use jira_add_comment."));
            }
            _ => {}
        }
        match Field::own(name) {
            Some(parent) if parent.id == "parent" && self.jira.dialect.has_epic_links() => {
                // A sub-task's screen has no epic link; its parent is its parent.
                let epic = self.screen()?.0.iter().find(|field| field.is_epic_link());
                Ok(epic.cloned().unwrap_or(parent))
            }
            Some(field) => Ok(field),
            None => self.screen()?.find(name).cloned(),
        }
    }

    fn value(&self, field: &Field, given: &Value) -> Result<Value, ToolError> {
        match given {
            Value::String(markdown) if field.is_rich() => self.over_present(field, markdown),
            _ => self.jira.value(field, given),
        }
    }

    fn over_present(&self, field: &Field, markdown: &str) -> Result<Value, ToolError> {
        let issue = self.jira.read_issue(self.key, &field.id, false)?;
        let present = at(&issue, "fields")
            .and_then(|fields| fields.get(&field.id))
            .and_then(|value| self.jira.dialect.rich_text(value));
        let Some(present) = present else {
            return self.jira.dialect.write_text(markdown);
        };
        let (value, lost) = self.jira.dialect.write_text_over(&present, markdown)?;
        match self.allow_loss || lost.is_empty() {
            true => Ok(value),
            false => Err(text::refused_loss(&field.name, &lost)),
        }
    }

    fn screen(&mut self) -> Result<&Fields, ToolError> {
        let screen = match self.screen.take() {
            Some(screen) => screen,
            None => self.jira.editable_fields(self.key)?,
        };
        Ok(self.screen.insert(screen))
    }

    fn explain(&mut self, error: ToolError) -> ToolError {
        if error.kind() != Kind::Rejected {
            return error;
        }
        match self.screen() {
            Ok(screen) => screen.explain_named(error),
            Err(_) => error,
        }
    }
}
