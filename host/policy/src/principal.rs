//! Who may use which rule. A rule's `principals` and the `rules` of a `[principal.NAME]` both take away; neither gives
//! anything that the other does not.

use std::collections::{BTreeMap, BTreeSet};

use crate::Policy;
use crate::rule::Rule;
use crate::vocabulary::Principal;

/// Everybody whom a file does not name has the same rights, so one name can stand for all of them. A file may not use
/// it; a caller who has it is one of them.
pub(crate) const ANYONE_ELSE: &str = "anyone-else";

/// A `[principal.NAME]`: the only rules that this principal has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub rules: BTreeSet<String>,
    pub line: usize,
}

/// Why a rule is not for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotFor<'p> {
    /// The rule is for others.
    Others,
    /// Their section does not list the rule.
    Unlisted(&'p Section),
}

impl Principal {
    pub(crate) fn anyone_else() -> Self {
        Self::parse(ANYONE_ELSE).expect("the constant is a name")
    }

    pub(crate) fn is_anyone_else(&self) -> bool {
        self.as_str() == ANYONE_ELSE
    }
}

impl Policy {
    /// The one place where a rule and a principal meet. A principal without a section has every rule that names no
    /// principals, and those that name this one.
    pub(crate) fn may_use(&self, principal: &Principal, rule: &Rule) -> Result<(), NotFor<'_>> {
        if !rule.covers_principal(principal) {
            return Err(NotFor::Others);
        }
        match self.sections.get(principal) {
            Some(section) if !section.rules.contains(&rule.id) => Err(NotFor::Unlisted(section)),
            _ => Ok(()),
        }
    }

    /// A rule that names principals, none of whom may use it.
    pub(crate) fn is_of_nobody(&self, rule: &Rule) -> bool {
        let mut named = rule.principals.iter().flatten();
        rule.principals.is_some() && named.all(|name| self.may_use(name, rule).is_err())
    }

    /// By name.
    pub fn sections(&self) -> &BTreeMap<Principal, Section> {
        &self.sections
    }

    /// Whether the file treats any two callers differently.
    pub fn names_principals(&self) -> bool {
        self.named_principals().next().is_some()
    }

    /// One who has the same rights: the caller where the file names them, else the one who stands for everybody else.
    pub fn stand_in(&self, principal: &Principal) -> Principal {
        if self.named_principals().any(|named| named == principal) {
            principal.clone()
        } else {
            Principal::anyone_else()
        }
    }

    /// Those whom the file names, and one who stands for everybody else.
    pub(crate) fn principals(&self) -> BTreeSet<Principal> {
        let named = self.named_principals().cloned();
        named.chain([Principal::anyone_else()]).collect()
    }

    fn named_principals(&self) -> impl Iterator<Item = &Principal> {
        let rules = self.rules().chain(self.denies());
        let by_rules = rules.flat_map(|rule| rule.principals.iter().flatten());
        self.sections.keys().chain(by_rules)
    }
}

/// For people: those of all, and none where it is everybody.
pub(crate) fn listed(some: &BTreeSet<Principal>, all: &BTreeSet<Principal>) -> Vec<Principal> {
    if some == all {
        return Vec::new();
    }
    some.iter().cloned().collect()
}
