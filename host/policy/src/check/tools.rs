//! Findings about tools that rules name: not there, or there and still able to do nothing.

use std::collections::BTreeSet;

use super::Notes;
use crate::Policy;
use crate::manifest::Manifest;

pub(super) fn check(policy: &Policy, manifest: &Manifest, notes: &mut Notes) {
    for rule in policy.rules().chain(policy.denies()) {
        for tool in rule.tools.iter().flatten() {
            if !manifest.tools.contains_key(tool) {
                let known = manifest.tools.keys().map(String::as_str);
                let help = crate::diagnostic::nearest(tool, known).map_or_else(
                    || "see `mcp-airlock tools`".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!(
                    "`{}` names `{tool}`, which the component does not have",
                    rule.id
                );
                notes.about_rule("P018", rule, message, &help);
            }
        }
    }
    let mut told = BTreeSet::new();
    for rule in policy.rules() {
        let named = rule.tools.iter().flatten();
        for tool in named.filter(|tool| manifest.tools.contains_key(*tool)) {
            let principals = policy.principals();
            let mut principals = principals.iter();
            let is_offered = principals.any(|principal| policy.offers(manifest, principal, tool));
            if !is_offered && told.insert(tool) {
                let message = format!(
                    "rule `{}` names `{tool}`, and still the tool has nothing that it could do",
                    rule.id
                );
                let help = "allow the routes that it declares; `policy explain --tool` lists them";
                notes.about_rule("P008", rule, message, help);
            }
        }
    }
}
