//! Findings about who has which rule: rules without an owner, rules listed for nothing, names that nobody has.

use std::collections::BTreeSet;

use super::{Notes, Surroundings};
use crate::Policy;
use crate::acceptance::About;
use crate::vocabulary::Principal;
use crate::writing::joined;

pub(super) fn check(policy: &Policy, around: &Surroundings<'_>, notes: &mut Notes) {
    for rule in policy.rules() {
        if policy.is_of_nobody(rule) {
            let message = format!(
                "rule `{}` is for {} only, and nobody of them lists it under [principal.NAME]",
                rule.id,
                joined(rule.principals.iter().flatten())
            );
            let help = "add its id to the `rules` of whoever is to have it, or remove the rule";
            notes.about_rule("P027", rule, message, help);
        }
    }
    for (principal, section) in policy.sections() {
        let listed = policy
            .rules()
            .filter(|rule| section.rules.contains(&rule.id));
        for rule in listed.filter(|rule| !rule.covers_principal(principal)) {
            let message = format!(
                "[principal.{principal}] lists the rule `{}`, which is for {} only",
                rule.id,
                joined(rule.principals.iter().flatten())
            );
            let about = About::Principal(principal.to_string());
            let help = "add the name to the rule's `principals`, or take the rule off the list";
            notes.warn("P028", about, section.line, message, help);
        }
    }
    if let Some(callers) = around.callers {
        check_names(policy, callers, notes);
    }
}

fn check_names(policy: &Policy, callers: &BTreeSet<Principal>, notes: &mut Notes) {
    let help = "look for a slip in the name, or make a key with `mcp-airlock key add`";
    for (principal, section) in policy.sections() {
        if !callers.contains(principal) {
            let message = format!("there is no key for `{principal}`");
            let about = About::Principal(principal.to_string());
            notes.warn("P029", about, section.line, message, help);
        }
    }
    for rule in policy.rules().chain(policy.denies()) {
        let named = rule.principals.iter().flatten();
        // Whoever has a section was told of there.
        let unknown =
            named.filter(|name| !callers.contains(*name) && !policy.sections().contains_key(*name));
        for principal in unknown {
            let message = format!(
                "`{}` names `{principal}`, for whom there is no key",
                rule.id
            );
            notes.about_rule("P029", rule, message, help);
        }
    }
}
