//! How Jira Cloud (REST v3) and Jira Data Center (REST v2) say the same things.

use markup::Format;
use serde_json::{Value, json};

use crate::error::ToolError;
use crate::gateway::Deployment;
use crate::ids::{IssueKey, NumericId, ProjectKey};
use crate::paging::Position;
use crate::reading;
use crate::route::{Request, RouteInfo, routes};
use crate::text::{self, RichText};

/// Routes that stand in for one operation, one for each deployment.
pub(crate) const PROJECTS: [&RouteInfo; 2] = [
    routes::JIRA_PROJECT_LIST.info(),
    routes::JIRA_PROJECT_SEARCH.info(),
];

#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect(Deployment);

/// A part of a list and where the rest begins.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: Vec<Value>,
    pub(crate) next: Option<Position>,
    pub(crate) total: Option<u64>,
}

impl Dialect {
    pub(crate) const fn of(deployment: Deployment) -> Self {
        Self(deployment)
    }

    pub(crate) fn read_issue(self, key: &IssueKey, fields: &str) -> Request {
        routes::JIRA_ISSUE_GET
            .request(self.0, [key])
            .query("fields", fields)
    }

    /// Cloud pages by token and gives no total (`/search/jql` replaced `/search`, CHANGE-2046);
    /// Data Center by offset.
    pub(crate) fn search(
        self,
        jql: &str,
        fields: &[String],
        limit: u32,
        from: Option<&Position>,
    ) -> Result<Request, ToolError> {
        let mut body = json!({ "jql": jql, "fields": fields, "maxResults": limit });
        match (self.0, from) {
            (Deployment::Cloud, Some(Position::Token(token))) => {
                body["nextPageToken"] = json!(token)
            }
            (Deployment::DataCenter, Some(Position::Offset(offset))) => {
                body["startAt"] = json!(offset)
            }
            (_, None) => {}
            (_, Some(_)) => return Err(foreign_cursor()),
        }
        Ok(routes::JIRA_ISSUE_SEARCH.request(self.0, []).json(body))
    }

    pub(crate) fn found(self, answer: &Value, from: Option<&Position>) -> Page {
        let items = reading::list(answer, "issues").to_vec();
        match self.0 {
            Deployment::Cloud => {
                let last = reading::flag(answer, "isLast") == Some(true);
                let token = answer["nextPageToken"]
                    .as_str()
                    .filter(|token| !token.is_empty() && !last);
                Page {
                    next: token.map(|token| Position::Token(token.to_owned())),
                    items,
                    total: None,
                }
            }
            Deployment::DataCenter => by_offset(items, from, reading::number(answer, "total")),
        }
    }

    pub(crate) fn create_issue(self, fields: &Value) -> Request {
        routes::JIRA_ISSUE_CREATE
            .request(self.0, [])
            .json(json!({ "fields": fields }))
    }

    /// On Data Center only sub-tasks have a parent; an epic is tied by a custom field. Cloud has
    /// `parent` for both.
    pub(crate) fn has_epic_links(self) -> bool {
        self.0 == Deployment::DataCenter
    }

    pub(crate) fn update_issue(self, key: &IssueKey, fields: &Value) -> Request {
        routes::JIRA_ISSUE_UPDATE
            .request(self.0, [key])
            .json(json!({ "fields": fields }))
    }

    pub(crate) fn editable_fields(self, key: &IssueKey) -> Request {
        routes::JIRA_ISSUE_EDITMETA.request(self.0, [key])
    }

    pub(crate) fn transitions(self, key: &IssueKey) -> Request {
        routes::JIRA_ISSUE_TRANSITIONS
            .request(self.0, [key])
            .query("expand", "transitions.fields")
    }

    pub(crate) fn transition(
        self,
        key: &IssueKey,
        id: &str,
        fields: &Value,
        comment: Option<&Value>,
    ) -> Request {
        let mut body = json!({ "transition": { "id": id } });
        if fields.as_object().is_some_and(|fields| !fields.is_empty()) {
            body["fields"] = fields.clone();
        }
        if let Some(comment) = comment {
            body["update"] = json!({ "comment": [{ "add": { "body": comment } }] });
        }
        routes::JIRA_ISSUE_TRANSITION
            .request(self.0, [key])
            .json(body)
    }

    pub(crate) fn add_comment(self, key: &IssueKey, comment: &Value) -> Request {
        routes::JIRA_COMMENT_ADD
            .request(self.0, [key])
            .json(json!({ "body": comment }))
    }

    /// Cloud filters and pages projects itself; Data Center lists them all.
    pub(crate) fn projects(
        self,
        words: Option<&str>,
        limit: u32,
        from: Option<&Position>,
    ) -> Result<Request, ToolError> {
        let offset = match from {
            None => 0,
            Some(Position::Offset(offset)) => *offset,
            Some(Position::Token(_)) => return Err(foreign_cursor()),
        };
        Ok(match self.0 {
            Deployment::Cloud => {
                let request = routes::JIRA_PROJECT_SEARCH
                    .request([])
                    .query("startAt", offset.to_string())
                    .query("maxResults", limit.to_string())
                    .query("orderBy", "key")
                    .query("expand", "lead");
                match words {
                    Some(words) => request.query("query", words),
                    None => request,
                }
            }
            Deployment::DataCenter => routes::JIRA_PROJECT_LIST
                .request([])
                .query("expand", "lead"),
        })
    }

    pub(crate) fn listed_projects(
        self,
        answer: &Value,
        words: Option<&str>,
        limit: u32,
        from: Option<&Position>,
    ) -> Page {
        match self.0 {
            Deployment::Cloud => {
                let items = reading::list(answer, "values").to_vec();
                let mut page = by_offset(items, from, reading::number(answer, "total"));
                if reading::flag(answer, "isLast") == Some(true) {
                    page.next = None;
                }
                page
            }
            Deployment::DataCenter => {
                let words = words.map(str::to_lowercase);
                let mut matching: Vec<Value> = reading::list(answer, "")
                    .iter()
                    .filter(|project| {
                        let shown = |path| {
                            reading::line(project, path)
                                .unwrap_or_default()
                                .to_lowercase()
                        };
                        words.as_deref().is_none_or(|words| {
                            shown("key").contains(words) || shown("name").contains(words)
                        })
                    })
                    .cloned()
                    .collect();
                matching.sort_by_key(|project| reading::line(project, "key"));
                let total = u64::try_from(matching.len()).ok();
                let start = offset_of(from);
                let items = matching
                    .into_iter()
                    .skip(usize::try_from(start).unwrap_or(usize::MAX))
                    .take(limit as usize)
                    .collect();
                by_offset(items, from, total)
            }
        }
    }

    pub(crate) fn fields(self) -> Request {
        routes::JIRA_FIELD_LIST.request(self.0, [])
    }

    pub(crate) fn issue_types(self, project: &ProjectKey) -> Request {
        routes::JIRA_CREATEMETA_TYPES
            .request(self.0, [project])
            .query("maxResults", "200")
    }

    pub(crate) fn create_fields(self, project: &ProjectKey, issue_type: &NumericId) -> Request {
        routes::JIRA_CREATEMETA_FIELDS
            .request(self.0, [project, issue_type])
            .query("maxResults", "200")
    }

    /// Create metadata: Cloud names its lists, Data Center calls each `values`.
    pub(crate) fn metadata(self, answer: &Value) -> &[Value] {
        let names: &[&str] = match self.0 {
            Deployment::Cloud => &["issueTypes", "fields", "results"],
            Deployment::DataCenter => &["values"],
        };
        names
            .iter()
            .map(|name| reading::list(answer, name))
            .find(|list| !list.is_empty())
            .unwrap_or(&[])
    }

    pub(crate) fn myself(self) -> Request {
        routes::JIRA_USER_MYSELF.request(self.0, [])
    }

    /// Data Center matches user names, display names and e-mails under the name `username`.
    pub(crate) fn search_users(self, words: &str) -> Request {
        let name = match self.0 {
            Deployment::Cloud => "query",
            Deployment::DataCenter => "username",
        };
        routes::JIRA_USER_SEARCH
            .request(self.0, [])
            .query(name, words)
            .query("maxResults", "20")
    }

    /// What names a person in a request.
    pub(crate) fn user_id(self, user: &Value) -> Option<String> {
        match self.0 {
            Deployment::Cloud => reading::line(user, "accountId"),
            Deployment::DataCenter => reading::line(user, "name"),
        }
    }

    pub(crate) fn user_reference(self, id: &str) -> Value {
        match self.0 {
            Deployment::Cloud => json!({ "accountId": id }),
            Deployment::DataCenter => json!({ "name": id }),
        }
    }

    /// An account id can be used as it is; it has no spaces and is no word or address.
    pub(crate) fn is_user_id(self, given: &str) -> bool {
        let hexadecimal =
            |text: &str| text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let prefixed = |text: &str| {
            text.split_once(':').is_some_and(|(prefix, rest)| {
                prefix.bytes().all(|byte| byte.is_ascii_alphanumeric())
                    && rest.len() >= 30
                    && !rest.contains(' ')
            })
        };
        match self.0 {
            Deployment::Cloud => hexadecimal(given) || prefixed(given),
            Deployment::DataCenter => false,
        }
    }

    /// Descriptions, comments and text-area fields: a document tree on Cloud, wiki markup on Data Center.
    pub(crate) fn rich_text(self, value: &Value) -> Option<RichText> {
        RichText::new(self.format(), value)
    }

    pub(crate) fn write_text(self, markdown: &str) -> Result<Value, ToolError> {
        self.wire_value(text::write(self.format(), markdown).map_err(ToolError::arguments)?)
    }

    /// Also says what of the present text would be lost.
    pub(crate) fn write_text_over(
        self,
        base: &RichText,
        markdown: &str,
    ) -> Result<(Value, Vec<String>), ToolError> {
        let (source, lost) =
            text::write_over(base, self.format(), markdown).map_err(ToolError::arguments)?;
        Ok((self.wire_value(source)?, lost))
    }

    fn format(self) -> Format {
        match self.0 {
            Deployment::Cloud => Format::Adf,
            Deployment::DataCenter => Format::Wiki,
        }
    }

    fn wire_value(self, source: String) -> Result<Value, ToolError> {
        match self.0 {
            Deployment::Cloud => serde_json::from_str(&source).map_err(|error| {
                ToolError::new(
                    crate::error::Kind::Internal,
                    format!("the text was not written as JSON: {error}"),
                )
            }),
            Deployment::DataCenter => Ok(Value::String(source)),
        }
    }
}

fn by_offset(items: Vec<Value>, from: Option<&Position>, total: Option<u64>) -> Page {
    let end = offset_of(from) + items.len() as u64;
    let more = !items.is_empty() && total.is_some_and(|total| end < total);
    Page {
        items,
        next: more.then_some(Position::Offset(end)),
        total,
    }
}

fn offset_of(from: Option<&Position>) -> u64 {
    match from {
        Some(Position::Offset(offset)) => *offset,
        _ => 0,
    }
}

/// The binding of cursors includes the site, so this takes a made-up cursor.
fn foreign_cursor() -> ToolError {
    ToolError::arguments(
        "this `cursor` is not of this site; leave it out to start from the beginning",
    )
}
