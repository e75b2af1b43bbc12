//! Searching issues by JQL: one row an issue, a cursor for more.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::client::Jira;
use super::fields::{self, Catalogue};
use super::render;
use crate::answer::Table;
use crate::arguments::Alias;
use crate::error::{Kind, ToolError};
use crate::gateway::Product;
use crate::paging::Question;
use crate::reading::{at, day, line};
use crate::route::{RouteInfo, routes};
use crate::text;
use crate::tool::{Access, Context, Output, Tool, ToolDef};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::of::<Search>()];

/// The summary comes last: it is the longest.
const COLUMNS: &[&str] = &[
    "issuetype",
    "status",
    "priority",
    "assignee",
    "updated",
    "summary",
];

/// Longer cells hide the table.
const CELL: usize = 120;

/// Finds Jira issues by JQL, for example `project = PROJ AND assignee = currentUser() AND sprint in openSprints() ORDER BY updated DESC`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Search {
    jql: String,
    /// Columns by name or id, instead of the usual ones
    fields: Option<Vec<String>>,
    /// Default 20
    #[schemars(range(min = 1, max = 50))]
    limit: Option<u32>,
    cursor: Option<String>,
}

impl Tool for Search {
    const NAME: &'static str = "jira_search";
    const TITLE: &'static str = "Search Jira issues";
    const TOOLSET: &'static str = "jira";
    const PRODUCT: Option<Product> = Some(Product::Jira);
    const ACCESS: Access = Access::READ;
    const ROUTES: &'static [&'static RouteInfo] = &[
        routes::JIRA_ISSUE_SEARCH.info(),
        routes::JIRA_FIELD_LIST.info(),
    ];
    const ALIASES: &'static [Alias] = &[
        ("query", "jql"),
        ("page_token", "cursor"),
        ("max_results", "limit"),
    ];

    fn run(self, cx: &Context<'_>) -> Result<Output, ToolError> {
        let jira = Jira::of(cx)?;
        let columns = match &self.fields {
            None => COLUMNS
                .iter()
                .map(|id| ((*id).to_owned(), fields::heading(id)))
                .collect(),
            Some(names) => Catalogue::resolve(names, cx, &jira)?,
        };
        search(&self, &jira, columns)
    }
}

fn search(
    asked: &Search,
    jira: &Jira<'_>,
    columns: Vec<(String, String)>,
) -> Result<Output, ToolError> {
    let (ids, headings): (Vec<String>, Vec<String>) = columns.into_iter().unzip();
    let question = Question::new(&[
        Search::NAME,
        &jira.site.info().id,
        &asked.jql,
        &ids.join(","),
    ]);
    let from = question.position(asked.cursor.as_deref())?;
    let request =
        jira.dialect
            .search(&asked.jql, &ids, asked.limit.unwrap_or(20), from.as_ref())?;
    let answer = jira
        .site
        .send("search", &request)
        .map_err(explain)?
        .json()?;
    let page = jira.dialect.found(&answer, from.as_ref());
    if page.items.is_empty() {
        return Ok(Output::from("No issue matches.\n".to_owned()));
    }
    let mut table = Table::new(std::iter::once("key".to_owned()).chain(headings));
    for issue in &page.items {
        let key = line(issue, "key")
            .or_else(|| line(issue, "id"))
            .unwrap_or_default();
        table.row(std::iter::once(key).chain(ids.iter().map(|id| cell(issue, id, jira))));
    }
    Ok(table.finish(page.total, page.next.map(|next| question.cursor(&next))))
}

fn cell(issue: &Value, id: &str, jira: &Jira<'_>) -> String {
    let Some(value) = at(issue, "fields").and_then(|fields| fields.get(id)) else {
        return String::new();
    };
    let shown = match id {
        "created" | "updated" | "duedate" | "resolutiondate" => day(value, ""),
        "parent" => line(value, "key"),
        _ => render::short(value, jira.dialect),
    };
    let shown = shown.unwrap_or_default();
    text::cut(&shown, CELL)
}

fn explain(error: ToolError) -> ToolError {
    let unbounded = error.message().to_lowercase().contains("unbounded");
    match error.kind() {
        Kind::Rejected if unbounded => {
            error.advise("This site searches only with a restriction: add one, such as `project = PROJ` or `updated >= -30d`, before ORDER BY.")
        }
        Kind::Rejected => error.advise("Mend the JQL: names with spaces or reserved words stand in double quotes, text is searched with `~`."),
        _ => error,
    }
}
