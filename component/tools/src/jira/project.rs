//! Listing projects: keys and names, by words.

use schemars::JsonSchema;
use serde::Deserialize;

use super::client::Jira;
use super::render;
use crate::answer::Table;
use crate::arguments::Alias;
use crate::dialect::jira::PROJECTS;
use crate::error::ToolError;
use crate::gateway::Product;
use crate::paging::Question;
use crate::reading::{at, line};
use crate::route::RouteInfo;
use crate::tool::{Access, Context, Output, Tool, ToolDef};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::of::<ListProjects>()];

/// Lists Jira projects with key, name, type and lead.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListProjects {
    /// Part of the key or name
    query: Option<String>,
    /// Default 50
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    cursor: Option<String>,
}

impl Tool for ListProjects {
    const NAME: &'static str = "jira_list_projects";
    const TITLE: &'static str = "List Jira projects";
    const TOOLSET: &'static str = "jira";
    const PRODUCT: Option<Product> = Some(Product::Jira);
    const ACCESS: Access = Access::READ;
    const ROUTES: &'static [&'static RouteInfo] = &PROJECTS;
    const ALIASES: &'static [Alias] = &[("max_results", "limit")];

    fn run(self, cx: &Context<'_>) -> Result<Output, ToolError> {
        let jira = Jira::of(cx)?;
        let words = self
            .query
            .as_deref()
            .map(str::trim)
            .filter(|words| !words.is_empty());
        let limit = self.limit.unwrap_or(50);
        let question =
            Question::new(&[Self::NAME, &jira.site.info().id, words.unwrap_or_default()]);
        let from = question.position(self.cursor.as_deref())?;
        let request = jira.dialect.projects(words, limit, from.as_ref())?;
        let answer = jira.site.send("list projects", &request)?.json()?;
        let page = jira
            .dialect
            .listed_projects(&answer, words, limit, from.as_ref());
        if page.items.is_empty() {
            return Ok(Output::from(
                "No project matches, or this account may see none.\n".to_owned(),
            ));
        }
        let mut table = Table::new(["key", "name", "type", "lead"].map(str::to_owned));
        for project in &page.items {
            let cell = |path| line(project, path).unwrap_or_default();
            let lead = at(project, "lead")
                .filter(|lead| !lead.is_null())
                .map(render::person)
                .unwrap_or_default();
            table.row([cell("key"), cell("name"), cell("projectTypeKey"), lead]);
        }
        Ok(table.finish(page.total, page.next.map(|next| question.cursor(&next))))
    }
}
