//! Takes out the findings that the file accepts, and reports the acceptances that have expired or fit nothing.

use serde::Serialize;

use super::{Finding, Level};
use crate::Policy;
use crate::date::Day;

/// A finding that stands, by somebody's decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accepted {
    pub finding: Finding,
    pub reason: String,
    pub until: Day,
}

pub(super) fn apply(
    policy: &Policy,
    today: Option<Day>,
    findings: Vec<Finding>,
) -> (Vec<Finding>, Vec<Accepted>) {
    let mut open = findings;
    let mut accepted = Vec::new();
    let mut complaints = Vec::new();
    for acceptance in &policy.acceptances {
        let fits = |finding: &Finding| {
            finding.about == acceptance.about && finding.code == acceptance.code
        };
        let mut complain = |code, message: String, help: &str| {
            complaints.push(Finding {
                code,
                level: Level::Warning,
                about: acceptance.about.clone(),
                line: acceptance.line,
                message,
                help: help.to_owned(),
                example: None,
            });
        };
        if !open.iter().any(fits) {
            let message = format!("{} is accepted here and is not found here", acceptance.code);
            complain("P024", message, "remove the acceptance");
        } else if today.is_none_or(|today| today > acceptance.until) {
            let message = format!(
                "the acceptance of {} ended on {}",
                acceptance.code, acceptance.until
            );
            complain("P023", message, "mend the finding, or decide anew");
        } else {
            let (fitting, others) = open.into_iter().partition(fits);
            open = others;
            let fitting: Vec<Finding> = fitting;
            accepted.extend(fitting.into_iter().map(|finding| Accepted {
                finding,
                reason: acceptance.reason.clone(),
                until: acceptance.until,
            }));
        }
    }
    open.extend(complaints);
    (open, accepted)
}
