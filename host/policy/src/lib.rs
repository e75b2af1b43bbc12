//! What may leave: the policy file, the route catalogue, and the decision on each request.
//!
//! Pure. No file, clock, network or environment is touched here; texts and addresses come in, decisions go out.
//!
//! ```
//! # use policy::{Manifest, Policy, Principal};
//! let text = r#"
//! version = 1
//!
//! [site.acme]
//! origin = "https://acme.atlassian.net"
//! products = ["jira"]
//!
//! [[rule]]
//! id = "read"
//! site = "acme"
//! classes = ["read"]
//! "#;
//! let policy = Policy::parse(text, "policy.toml").expect("the text is a policy");
//! let manifest = Manifest::from_json(br#"{"tools":[
//!     {"name":"jira_get_issue","routes":["jira.issue.get"]},
//!     {"name":"jira_update_issue","routes":["jira.issue.get","jira.issue.update"]}]}"#, "sha256:…")?;
//! let alice = Principal::parse("alice").expect("a name");
//! assert!(policy.offers(&manifest, &alice, "jira_get_issue"));
//! assert!(!policy.offers(&manifest, &alice, "jira_update_issue"));
//! # Ok::<(), policy::ManifestError>(())
//! ```
//!
//! A request passes where three things meet: the catalogue (or the file) knows the route, the component's manifest
//! gives the route to the calling tool, and a rule that the caller has allows it while no `[[deny]]` matches. [`Policy::decide`] is the
//! only maker of [`Permitted`], and whoever sends takes nothing else.

#![forbid(unsafe_code)]

mod absolute;
mod acceptance;
mod assertion;
mod audit_mode;
mod bind;
mod bounds;
mod catalogue;
mod check;
mod confirm;
mod date;
mod decide;
mod derive;
mod diagnostic;
mod diff;
mod edge;
mod evaluate;
mod explain;
mod export;
mod extra_header;
mod file;
mod fit;
mod hazard;
mod hold;
mod imports;
mod log;
mod manifest;
#[cfg(feature = "mutants")]
pub mod mutant;
#[cfg(not(feature = "mutants"))]
#[expect(unreachable_pub, reason = "public with the feature `mutants` only")]
mod mutant;
mod narrow;
pub mod net;
mod offers;
pub mod origin;
mod policy;
mod principal;
mod profile;
mod rate;
mod remedy;
mod replay;
mod report;
mod rule;
mod sarif;
mod schema;
pub mod segment;
mod set;
mod site;
mod template;
mod vocabulary;
mod witness;
mod writing;

pub use absolute::{AbsoluteUrl, UrlError};
pub use acceptance::{About, Acceptance};
pub use assertion::{Asserted, AssertionError, Assertions, assert_policy};
pub use audit_mode::AUDIT_MODE;
pub use bounds::Bounds;
pub use catalogue::{Catalogue, Place, Route, RouteId, RouteMatch, Slot, SlotKind, catalogue};
pub use check::{
    Accepted, CODES, FileFacts, Finding, Findings, Level, Surroundings, UsedRules, check,
};
pub use date::Day;
pub use decide::{
    Asking, Caller, Confirm, DEFAULT_DENY, Decision, NearMiss, Pending, Permit, Permitted, Refusal,
    RefusalCode, Refused, Subject,
};
pub use derive::{Derived, derive};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use diff::{Change, Diff, ModeChange, SiteChange, diff};
pub use edge::{EdgeParts, EdgePartsError};
pub use explain::{Explanation, Question, explain};
pub use export::{Runtime, export};
pub use extra_header::{ExtraHeader, ExtraHeaderError};
pub use hold::{BodyView, Lookup};
pub use imports::may_import;
pub use log::{BrokenLine, BrokenLog, Log, Record, fill_template};
pub use manifest::{Manifest, ManifestError, ToolEntry};
pub use narrow::{NarrowError, Narrowed};
pub use origin::{Host, Origin, OriginError, Scheme};
pub use policy::Policy;
pub use principal::Section;
pub use profile::Profile;
pub use rate::{Rates, UsedUp};
pub use replay::{Changed, Replay, replay};
pub use report::{HostRequest, Report, ReportInputs, Row, SiteRow, report};
pub use rule::{Effect, PathSelector, Rule, Selector, SiteSelector};
pub use schema::schema;
pub use set::TooTangled;
pub use site::Site;
pub use template::{Kind, Part, Template, TemplateError};
pub use vocabulary::{Class, Deployment, Method, NameError, Principal, Product, SiteName};
pub use witness::Witness;
pub use writing::Seen;

/// Reads a policy file; the same as [`Policy::parse`].
pub fn parse(text: &str, file_name: &str) -> Result<Policy, Diagnostics> {
    Policy::parse(text, file_name)
}

#[cfg(test)]
mod tests;
