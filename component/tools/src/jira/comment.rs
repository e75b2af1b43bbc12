//! Adding a comment to an issue.

use schemars::JsonSchema;
use serde::Deserialize;

use super::client::Jira;
use crate::arguments::Alias;
use crate::error::ToolError;
use crate::gateway::Product;
use crate::ids::IssueKey;
use crate::reading::line;
use crate::route::{RouteInfo, routes};
use crate::tool::{Access, Context, Output, Tool, ToolDef};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::of::<AddComment>()];

/// Adds a comment to a Jira issue.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AddComment {
    issue_key: IssueKey,
    /// Markdown
    body: String,
}

impl Tool for AddComment {
    const NAME: &'static str = "jira_add_comment";
    const TITLE: &'static str = "Comment on a Jira issue";
    const TOOLSET: &'static str = "jira";
    const PRODUCT: Option<Product> = Some(Product::Jira);
    const ACCESS: Access = Access::ADD;
    const ROUTES: &'static [&'static RouteInfo] = &[routes::JIRA_COMMENT_ADD.info()];
    const ALIASES: &'static [Alias] = &[("comment", "body"), ("content", "body")];

    fn run(self, cx: &Context<'_>) -> Result<Output, ToolError> {
        let jira = Jira::with_issue(cx, &self.issue_key)?;
        let key = &self.issue_key;
        if self.body.trim().is_empty() {
            return Err(ToolError::arguments("`body` is empty"));
        }
        let text = jira.dialect.write_text(&self.body)?;
        let answer = jira
            .site
            .send(
                &format!("comment on {key}"),
                &jira.dialect.add_comment(key, &text),
            )?
            .json()?;
        let address = jira.browse(key.as_str());
        Ok(Output::from(match line(&answer, "id") {
            Some(id) => format!("Added comment {id} to {key}: {address}?focusedCommentId={id}\n"),
            None => format!("Added a comment to {key}: {address}\n"),
        }))
    }
}
