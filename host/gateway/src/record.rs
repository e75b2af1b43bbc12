//! Step 7, record: the line that every decision leaves.
//!
//! Order: a refusal is written at once. Before anything is sent the sink must say that it is
//! ready, and a request that can change something leaves an `intent` line first, so that even
//! a killed process has named it. The `decision` line follows the exchange. A line that cannot
//! be written stops the call. Bodies, header values and query values are never part of a line.

use std::collections::BTreeMap;

use serde::Serialize;

/// Fixed keys in a fixed order. The sink adds `seq`, `prev` and `mac`.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct AuditLine {
    pub v: u32,
    /// RFC 3339, UTC, milliseconds.
    pub ts: String,
    pub kind: LineKind,
    pub principal: String,
    pub call: String,
    pub tool: String,
    pub site: String,
    pub product: &'static str,
    pub method: &'static str,
    /// Of the route; absent when the path means nothing to the policy.
    pub template: Option<String>,
    pub params: BTreeMap<String, String>,
    /// What was asked where no template stands for it; cut to a length with a hash.
    pub path: Option<String>,
    pub query_keys: Vec<String>,
    pub verdict: Verdict,
    pub rule: String,
    pub route: Option<String>,
    pub class: Option<&'static str>,
    /// Why it was refused, or how the exchange failed.
    pub reason: Option<String>,
    /// The credential's name.
    pub secret: Option<String>,
    pub policy: String,
    pub component: String,
    pub addr: Option<String>,
    pub status: Option<u16>,
    pub req_bytes: u64,
    pub resp_bytes: u64,
    pub ms: u64,
    pub tries: u32,
    pub redactions: u64,
    pub operation: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    /// A request that can change something is about to be sent.
    Intent,
    Decision,
    /// The one hop to a redirect origin that belongs to the decision before it.
    Redirect,
}

#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Allow,
    Deny,
}
