//! Decides what becomes of restrictions that do not stand in the rules of a policy file: the filters of the Python
//! server's variables, and an audit mode that takes restrictions away for a while. None is lost in silence.

use std::collections::BTreeSet;

use gateway::Clock;
use policy::{Bounds, Day, Policy};

use super::environment::{self, Variable, parse_list};
use super::{Finding, Loader, PolicyText};
use crate::clock::SystemClock;

impl Loader<'_> {
    /// The only projects and spaces, where no policy file says it.
    pub(super) fn filters(&mut self) -> Bounds {
        Bounds {
            projects: self.filter(environment::JIRA_PROJECTS_FILTER),
            spaces: self.filter(environment::CONFLUENCE_SPACES_FILTER),
        }
    }

    fn filter(&mut self, variable: Variable) -> Option<BTreeSet<String>> {
        let value = self.environment.value(variable)?;
        let keys = parse_list(&value);
        if keys.is_none() {
            self.mistakes.push(Finding::new(
                variable.name,
                "is set and names no key",
                "Write the keys with commas between them, or unset it.",
            ));
        }
        Some(keys?.into_iter().collect())
    }

    /// Rights come from the policy file alone, and a filter that it does not have must not be lost.
    pub(super) fn refuse_filters(&mut self, text: &PolicyText) {
        let Bounds { projects, spaces } = self.filters();
        let filters = [
            (environment::JIRA_PROJECTS_FILTER, "projects", projects),
            (environment::CONFLUENCE_SPACES_FILTER, "spaces", spaces),
        ];
        for (variable, key, keys) in filters {
            let Some(keys) = keys else { continue };
            let keys: Vec<String> = keys.iter().map(|each| format!("{each:?}")).collect();
            self.mistakes.push(Finding::new(
                variable.name,
                format!(
                    "restricts what may be reached, and only {} says that",
                    text.path().display()
                ),
                format!(
                    "Write `{key} = [{}]` into its rules, and unset {}.",
                    keys.join(", "),
                    variable.name
                ),
            ));
        }
    }

    pub(super) fn warn_of_audit_mode(&mut self, policy: &Policy, text: &PolicyText) {
        let Some(until) = policy.audit_until() else {
            return;
        };
        let today = Day::of_unix_ms(SystemClock::new().now_ms());
        let name = text.path().display().to_string();
        self.warnings
            .push(match policy.as_of(today).audit_banner() {
                Some(banner) => Finding::new(
                    name,
                    format!("is in {banner}"),
                    "See with `mcp-airlock audit show` what passed, write the rules that are missing, and remove `mode`.",
                ),
                None => Finding::new(
                    name,
                    format!("was in audit mode until {until}, and is enforced since"),
                    "Remove `mode` and `audit-until`.",
                ),
            });
    }
}
