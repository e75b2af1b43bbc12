//! One issue and what hangs on it. Values are ids of the catalogue and user names; each product
//! shape is made elsewhere.

use std::collections::BTreeMap;

use serde_json::Value;
use time::{Date, OffsetDateTime};

#[derive(Debug, Clone)]
pub(crate) struct Issue {
    pub(crate) id: u64,
    pub(crate) project: String,
    pub(crate) number: u32,
    pub(crate) issue_type: &'static str,
    pub(crate) summary: String,
    /// A document on Cloud, wiki markup on Data Center.
    pub(crate) description: Option<Value>,
    pub(crate) environment: Option<Value>,
    pub(crate) status: &'static str,
    pub(crate) status_changed: OffsetDateTime,
    pub(crate) priority: &'static str,
    pub(crate) resolution: Option<&'static str>,
    pub(crate) resolved: Option<OffsetDateTime>,
    pub(crate) assignee: Option<String>,
    pub(crate) reporter: Option<String>,
    pub(crate) creator: String,
    pub(crate) labels: Vec<String>,
    /// Ids inside the project.
    pub(crate) components: Vec<String>,
    pub(crate) fix_versions: Vec<String>,
    pub(crate) versions: Vec<String>,
    /// The epic of a story, the story of a sub-task.
    pub(crate) parent: Option<u64>,
    pub(crate) links: Vec<Link>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) created: OffsetDateTime,
    pub(crate) updated: OffsetDateTime,
    pub(crate) due: Option<Date>,
    pub(crate) sprints: Vec<u32>,
    pub(crate) story_points: Option<f64>,
    /// Values of the other custom fields, in the shape they are answered in.
    pub(crate) custom: BTreeMap<String, Value>,
    pub(crate) history: Vec<Change>,
}

impl Issue {
    pub(crate) fn key(&self) -> String {
        format!("{}-{}", self.project, self.number)
    }
}

/// A link as seen from the issue that holds it; the other issue holds its twin.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) id: u64,
    pub(crate) link_type: &'static str,
    pub(crate) outward: bool,
    pub(crate) other: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) body: Value,
    pub(crate) created: OffsetDateTime,
    pub(crate) updated: OffsetDateTime,
    /// `(kind, name)` of the role or group that alone may read it.
    pub(crate) visibility: Option<(String, String)>,
}

/// One field of one edit, as the changelog tells it.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) at: OffsetDateTime,
    pub(crate) field: &'static str,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
}
