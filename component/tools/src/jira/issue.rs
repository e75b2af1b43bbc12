//! Reading one issue: everything a person sees on its page, from one request.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::client::Jira;
use super::fields::{Catalogue, heading};
use super::render::{self, Shown};
use crate::arguments::Alias;
use crate::error::ToolError;
use crate::gateway::Product;
use crate::ids::IssueKey;
use crate::paging::Question;
use crate::reading::{at, day, line, list, moment, number};
use crate::route::{RouteInfo, routes};
use crate::text;
use crate::tool::{Access, Context, Output, Tool, ToolDef};
use crate::{answer, dialect::jira::Dialect};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::of::<GetIssue>()];

const DEFAULT_FIELDS: &[&str] = &[
    "summary",
    "status",
    "issuetype",
    "priority",
    "resolution",
    "assignee",
    "reporter",
    "created",
    "updated",
    "duedate",
    "labels",
    "components",
    "fixVersions",
    "parent",
    "subtasks",
    "issuelinks",
    "attachment",
    "description",
    "comment",
];

/// What has a place of its own in the answer; every other field gets a line by its name.
const PLACED: &[&str] = &[
    "summary",
    "subtasks",
    "issuelinks",
    "attachment",
    "description",
    "comment",
];

/// Reads a Jira issue: fields, description, sub-tasks, links, attachments and newest comments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GetIssue {
    /// PROJ-123 or its browser address
    issue_key: IssueKey,
    /// Names or ids instead of the usual fields; `*all` for every one
    fields: Option<Vec<String>>,
    /// Rich text as it is stored, not as Markdown
    #[serde(default)]
    raw: bool,
    /// Newest comments; default 10
    #[schemars(range(max = 100))]
    comment_limit: Option<u32>,
    /// From a cut answer
    cursor: Option<String>,
}

impl Tool for GetIssue {
    const NAME: &'static str = "jira_get_issue";
    const TITLE: &'static str = "Read a Jira issue";
    const TOOLSET: &'static str = "jira";
    const PRODUCT: Option<Product> = Some(Product::Jira);
    const ACCESS: Access = Access::READ;
    const ROUTES: &'static [&'static RouteInfo] = &[
        routes::JIRA_ISSUE_GET.info(),
        routes::JIRA_FIELD_LIST.info(),
    ];
    const ALIASES: &'static [Alias] = &[("issue", "issue_key"), ("key", "issue_key")];

    fn run(self, cx: &Context<'_>) -> Result<Output, ToolError> {
        let jira = Jira::with_issue(cx, &self.issue_key)?;
        let wanted = match &self.fields {
            None => Wanted {
                fields: DEFAULT_FIELDS
                    .iter()
                    .map(|field| (*field).to_owned())
                    .collect(),
                with_names: false,
            },
            Some(names) => Wanted::resolve(names, self.comment_limit, cx, &jira)?,
        };
        let issue =
            jira.read_issue(&self.issue_key, &wanted.fields.join(","), wanted.with_names)?;
        let whole = write(
            &issue,
            &jira,
            &self.issue_key,
            self.comment_limit.unwrap_or(10),
            self.raw,
        );
        let question = Question::new(&[Self::NAME, &jira.site.info().id, &whole]);
        answer::part_of(&whole, question, self.cursor.as_deref())
    }
}

struct Wanted {
    fields: Vec<String>,
    /// Ids of custom fields say nothing to people.
    with_names: bool,
}

impl Wanted {
    fn resolve(
        names: &[String],
        comment_limit: Option<u32>,
        cx: &Context<'_>,
        jira: &Jira<'_>,
    ) -> Result<Self, ToolError> {
        if names
            .iter()
            .any(|name| matches!(name.trim(), "*all" | "all" | "*"))
        {
            return Ok(Self {
                fields: vec!["*all".to_owned()],
                with_names: true,
            });
        }
        let mut fields: Vec<String> = Catalogue::resolve(names, cx, jira)?
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        if !fields.iter().any(|field| field == "summary") {
            fields.push("summary".to_owned());
        }
        if comment_limit.is_some_and(|limit| limit > 0)
            && !fields.iter().any(|field| field == "comment")
        {
            fields.push("comment".to_owned());
        }
        let with_names = fields.iter().any(|field| field.starts_with("customfield_"));
        Ok(Self { fields, with_names })
    }
}

fn write(
    issue: &Value,
    jira: &Jira<'_>,
    asked: &IssueKey,
    comment_limit: u32,
    raw: bool,
) -> String {
    // A moved issue answers under its new key.
    let key = line(issue, "key").unwrap_or_else(|| asked.to_string());
    let summary = line(issue, "fields/summary").unwrap_or_else(|| "(no summary)".to_owned());
    let mut page = format!("# {key}: {summary}\n{}\n", jira.browse(&key));
    let (lines, blocks) = fields(issue, jira.dialect, raw);
    if !lines.is_empty() {
        page.push_str(&lines.join(" · "));
        page.push('\n');
    }
    if let Some(description) =
        at(issue, "fields/description").and_then(|value| jira.dialect.rich_text(value))
    {
        section(
            &mut page,
            "Description",
            &text::foreign(&description.read(raw)),
        );
    }
    for (name, block) in blocks {
        section(&mut page, &name, &block);
    }
    bullets(
        &mut page,
        "Sub-tasks",
        list(issue, "fields/subtasks")
            .iter()
            .filter_map(render::reference),
    );
    bullets(
        &mut page,
        "Links",
        list(issue, "fields/issuelinks").iter().filter_map(link),
    );
    bullets(
        &mut page,
        "Attachments",
        list(issue, "fields/attachment")
            .iter()
            .filter_map(attachment),
    );
    comments(&mut page, issue, jira.dialect, comment_limit, raw);
    page
}

fn section(page: &mut String, title: &str, body: &str) {
    page.push_str(&format!("\n## {title}\n{body}\n"));
}

fn bullets(page: &mut String, title: &str, items: impl Iterator<Item = String>) {
    let lines: Vec<String> = items.map(|item| format!("- {item}")).collect();
    if !lines.is_empty() {
        section(page, title, &lines.join("\n"));
    }
}

/// Every field that has no place of its own: short ones for a line, long ones as named blocks.
fn fields(issue: &Value, dialect: Dialect, raw: bool) -> (Vec<String>, Vec<(String, String)>) {
    let mut lines = Vec::new();
    let mut blocks = Vec::new();
    let Some(Value::Object(present)) = at(issue, "fields") else {
        return (lines, blocks);
    };
    let usual = DEFAULT_FIELDS
        .iter()
        .copied()
        .filter(|field| present.contains_key(*field));
    let others = present
        .keys()
        .map(String::as_str)
        .filter(|field| !DEFAULT_FIELDS.contains(field));
    for id in usual.chain(others).filter(|field| !PLACED.contains(field)) {
        let value = &present[id];
        let name = label(id, issue);
        let shown = match id {
            "assignee" if value.is_null() => Some(Shown::Line("nobody".to_owned())),
            "created" | "updated" | "duedate" => day(value, "").map(Shown::Line),
            "parent" => render::reference(value).map(Shown::Line),
            _ => render::field(value, dialect, raw),
        };
        match shown {
            Some(Shown::Line(text)) => lines.push(format!("{name}: {text}")),
            Some(Shown::Block(text)) => blocks.push((name, text)),
            None => {}
        }
    }
    (lines, blocks)
}

fn label(id: &str, issue: &Value) -> String {
    let named = issue["names"].get(id).and_then(|name| line(name, ""));
    match named {
        Some(name) if id.starts_with("customfield_") => name,
        _ => heading(id),
    }
}

/// `blocks PROJ-3 [Done] Summary`.
fn link(link: &Value) -> Option<String> {
    [
        ("outwardIssue", "type/outward"),
        ("inwardIssue", "type/inward"),
    ]
    .into_iter()
    .find_map(|(side, phrase)| {
        let issue = render::reference(at(link, side)?)?;
        let phrase = line(link, phrase)
            .or_else(|| line(link, "type/name"))
            .unwrap_or_else(|| "linked to".to_owned());
        Some(format!("{phrase} {issue}"))
    })
}

fn attachment(attachment: &Value) -> Option<String> {
    let name = line(attachment, "filename")?;
    let size = number(attachment, "size").map_or_else(String::new, |bytes| {
        format!(", {} kB", bytes.div_ceil(1000))
    });
    let id = line(attachment, "id").map_or_else(String::new, |id| format!(", id {id}"));
    let kind = line(attachment, "mimeType").unwrap_or_else(|| "unknown type".to_owned());
    Some(format!("{name} ({kind}{size}{id})"))
}

fn comments(page: &mut String, issue: &Value, dialect: Dialect, limit: u32, raw: bool) {
    let Some(field) = at(issue, "fields/comment").filter(|field| !field.is_null()) else {
        return;
    };
    let sent = list(field, "comments");
    let total = number(field, "total")
        .map_or(sent.len(), |total| {
            usize::try_from(total).unwrap_or(usize::MAX)
        })
        .max(sent.len());
    if total == 0 {
        return;
    }
    let mut newest: Vec<&Value> = sent.iter().collect();
    newest.sort_by_key(|comment| std::cmp::Reverse(line(comment, "created")));
    newest.truncate(limit as usize);
    let mut heading = format!("Comments ({} of {total}", newest.len());
    if newest.len() < total {
        heading.push_str(", newest first");
        if sent.len() < total {
            let _ = write!(heading, "; Jira sent only {}", sent.len());
        }
        if newest.len() < sent.len() && limit < 100 {
            let _ = write!(
                heading,
                "; comment_limit {} shows more",
                sent.len().min(100)
            );
        }
    } else if total > 1 {
        heading.push_str(", newest first");
    }
    heading.push(')');
    let body: Vec<String> = newest
        .into_iter()
        .map(|entry| comment(entry, dialect, raw))
        .collect();
    section(page, &heading, &body.join("\n"));
}

fn comment(comment: &Value, dialect: Dialect, raw: bool) -> String {
    let author = at(comment, "author").map_or_else(|| "unknown".to_owned(), render::person);
    let when = moment(comment, "created").map_or_else(String::new, |when| format!(" {when}"));
    let edited = match (line(comment, "created"), line(comment, "updated")) {
        (Some(created), Some(updated)) if created != updated => ", edited",
        _ => "",
    };
    let limited = line(comment, "visibility/value")
        .map_or_else(String::new, |group| format!(", only for {group}"));
    let body = at(comment, "body")
        .and_then(|body| dialect.rich_text(body))
        .map_or_else(String::new, |body| body.read(raw));
    format!(
        "**{author}**{when}{edited}{limited}\n{}",
        text::quoted(&body)
    )
}
