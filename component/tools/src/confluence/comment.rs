//! Adding a comment below a page.

use schemars::JsonSchema;
use serde::Deserialize;

use super::client::Confluence;
use crate::arguments::Alias;
use crate::dialect::confluence::{CREATE_COMMENT, write_text};
use crate::error::ToolError;
use crate::gateway::Product;
use crate::ids::PageId;
use crate::reading::line;
use crate::route::RouteInfo;
use crate::tool::{Access, Context, Output, Tool, ToolDef};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::of::<AddComment>()];

/// Adds a comment below a Confluence page.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AddComment {
    page_id: PageId,
    /// Markdown
    content: String,
}

impl Tool for AddComment {
    const NAME: &'static str = "confluence_add_comment";
    const TITLE: &'static str = "Comment on a Confluence page";
    const TOOLSET: &'static str = "confluence";
    const PRODUCT: Option<Product> = Some(Product::Confluence);
    const ACCESS: Access = Access::ADD;
    const ROUTES: &'static [&'static RouteInfo] = &CREATE_COMMENT;
    const ALIASES: &'static [Alias] = &[
        ("body", "content"),
        ("comment", "content"),
        ("id", "page_id"),
    ];

    fn run(self, cx: &Context<'_>) -> Result<Output, ToolError> {
        let confluence = Confluence::with_page(cx, &self.page_id)?;
        if self.content.trim().is_empty() {
            return Err(ToolError::arguments("`content` is empty"));
        }
        let storage = write_text(&self.content)?;
        let page = self.page_id.as_str();
        let request = confluence.dialect.add_comment(&self.page_id, &storage);
        let answer = confluence
            .site
            .send(&format!("comment on page {page}"), &request)?
            .json()?;
        Ok(Output::from(match line(&answer, "id") {
            Some(id) => format!("Added comment {id} to page {page}\n"),
            None => format!("Added a comment to page {page}\n"),
        }))
    }
}
