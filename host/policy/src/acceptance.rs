//! A finding that somebody looked at and lets stand: which one, where, why, and until when.

use serde::Serialize;

use crate::date::Day;

/// One entry of an `accept` list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Acceptance {
    pub about: About,
    pub code: String,
    pub reason: String,
    /// The last day on which it holds.
    pub until: Day,
    pub line: usize,
}

/// What a finding is about: the table in which its acceptance would stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "name")]
pub enum About {
    File,
    Site(String),
    /// A `[[rule]]` or a `[[deny]]`; ids are unique among both.
    Rule(String),
    Principal(String),
}
