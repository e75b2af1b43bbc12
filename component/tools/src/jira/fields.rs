//! From the names that people give to fields, to ids. The site's list is read only for names that
//! are not Jira's own, and remembered for a while.

use serde_json::Value;

use super::client::Jira;
use crate::error::ToolError;
use crate::reading::line;
use crate::text;
use crate::tool::Context;

/// Jira's own fields: id, and the English name where it differs in more than case.
const OWN: &[(&str, &str)] = &[
    ("summary", "summary"),
    ("description", "description"),
    ("status", "status"),
    ("statuscategorychangedate", "status category changed"),
    ("issuetype", "issue type"),
    ("issuetype", "type"),
    ("priority", "priority"),
    ("resolution", "resolution"),
    ("resolutiondate", "resolved"),
    ("assignee", "assignee"),
    ("reporter", "reporter"),
    ("creator", "creator"),
    ("created", "created"),
    ("updated", "updated"),
    ("duedate", "due date"),
    ("duedate", "due"),
    ("labels", "labels"),
    ("components", "components"),
    ("fixVersions", "fix versions"),
    ("fixVersions", "fix version/s"),
    ("versions", "affects versions"),
    ("parent", "parent"),
    ("subtasks", "sub-tasks"),
    ("issuelinks", "links"),
    ("issuelinks", "linked issues"),
    ("attachment", "attachments"),
    ("comment", "comments"),
    ("environment", "environment"),
    ("project", "project"),
    ("timetracking", "time tracking"),
    ("timespent", "time spent"),
    ("worklog", "work log"),
    ("watches", "watchers"),
    ("votes", "votes"),
    ("security", "security level"),
];

const TEN_MINUTES_MS: u32 = 600_000;

/// The id of one of Jira's own fields, or of a custom field that is given by id.
pub(crate) fn own_id(name: &str) -> Option<String> {
    let name = name.trim();
    let known = OWN
        .iter()
        .find(|(id, english)| id.eq_ignore_ascii_case(name) || english.eq_ignore_ascii_case(name));
    let custom = name
        .strip_prefix("customfield_")
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty());
    known
        .map(|(id, _)| (*id).to_owned())
        .or_else(|| custom.map(|_| name.to_owned()))
}

/// Short names for what is often shown.
pub(crate) fn heading(id: &str) -> String {
    match id {
        "issuetype" => "type".to_owned(),
        "duedate" => "due".to_owned(),
        "fixVersions" => "fix versions".to_owned(),
        _ => text::one_line(id),
    }
}

/// The site's fields by id and display name.
pub(crate) struct Catalogue(Vec<(String, String)>);

impl Catalogue {
    /// Id and heading for each of `names`, in their order.
    pub(crate) fn resolve(
        names: &[String],
        cx: &Context<'_>,
        jira: &Jira<'_>,
    ) -> Result<Vec<(String, String)>, ToolError> {
        let mut catalogue = None;
        let mut fields: Vec<(String, String)> = Vec::new();
        for name in names {
            let field = match own_id(name) {
                Some(id) => (id.clone(), heading(&id)),
                None => {
                    let loaded = match catalogue.take() {
                        Some(loaded) => loaded,
                        None => Self::load(cx, jira)?,
                    };
                    catalogue.insert(loaded).find(name)?
                }
            };
            if !fields.iter().any(|(id, _)| *id == field.0) {
                fields.push(field);
            }
        }
        Ok(fields)
    }

    fn load(cx: &Context<'_>, jira: &Jira<'_>) -> Result<Self, ToolError> {
        let key = format!("jira.fields/{}", jira.site.info().id);
        let remembered = cx
            .gateway()
            .recall(&key)
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if let Some(fields) = remembered {
            return Ok(Self(fields));
        }
        let answer = jira
            .site
            .send("list the fields", &jira.dialect.fields())?
            .json()?;
        let fields: Vec<(String, String)> = answer
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|field| {
                let id = line(field, "id").or_else(|| line(field, "key"))?;
                let name = line(field, "name").unwrap_or_else(|| id.clone());
                Some((id, name))
            })
            .collect();
        cx.gateway().remember(
            &key,
            Value::from_iter(
                fields
                    .iter()
                    .map(|(id, name)| vec![id.clone(), name.clone()]),
            )
            .to_string()
            .as_bytes(),
            TEN_MINUTES_MS,
        );
        Ok(Self(fields))
    }

    fn find(&self, name: &str) -> Result<(String, String), ToolError> {
        let wanted = name.trim();
        if let Some(field) = self
            .0
            .iter()
            .find(|(id, _)| id.eq_ignore_ascii_case(wanted))
        {
            return Ok(field.clone());
        }
        let named: Vec<&(String, String)> = self
            .0
            .iter()
            .filter(|(_, known)| known.to_lowercase() == wanted.to_lowercase())
            .collect();
        match named.as_slice() {
            [field] => Ok((*field).clone()),
            [] => Err(ToolError::arguments(format!(
                "this site has no field named `{}`{}",
                text::one_line(wanted),
                self.nearest(wanted)
            ))),
            several => {
                let ids: Vec<&str> = several.iter().map(|(id, _)| id.as_str()).collect();
                Err(ToolError::arguments(format!(
                    "several fields are named `{}`; give one by id: {}",
                    text::one_line(wanted),
                    ids.join(", ")
                )))
            }
        }
    }

    fn nearest(&self, wanted: &str) -> String {
        nearest(wanted, self.0.iter().map(|(_, name)| name.as_str()))
    }
}

/// `; like it: A, B` from the names that share a word or a part with `wanted`.
pub(crate) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    let wanted = wanted.to_lowercase();
    let words: Vec<&str> = wanted
        .split_whitespace()
        .filter(|word| word.len() > 2)
        .collect();
    let mut like: Vec<&str> = names
        .filter(|name| {
            let name = name.to_lowercase();
            wanted.contains(&name) || words.iter().any(|word| name.contains(word))
        })
        .collect();
    like.sort_unstable();
    like.dedup();
    like.truncate(10);
    if like.is_empty() {
        String::new()
    } else {
        format!("; like it: {}", like.join(", "))
    }
}
