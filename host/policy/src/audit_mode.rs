//! `mode = "audit"`: until a day that the file names, reads and writes that no rule speaks of pass and are recorded, so
//! that the rules which are still missing can be seen before they are missed.
//!
//! It never lets through what a rule or a denial speaks of and refuses, what a person has to agree to, what lies outside
//! of the projects and spaces that the site's rules list, what the catalogue or the tool's manifest does not know, or
//! what deletes or administers. A parsed file enforces; only [`Policy::as_of`] a day within the time it audits.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::Policy;
use crate::bounds::{self, Bound};
use crate::date::Day;
use crate::decide::Permit;
use crate::evaluate::{Case, Source};
use crate::fit::Why;
use crate::rule::Rule;
use crate::vocabulary::Class;

/// The rule that is named where audit mode let something pass.
pub const AUDIT_MODE: &str = "audit-mode";

/// What the file says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AuditMode {
    /// The last day.
    pub(crate) until: Day,
    pub(crate) line: usize,
}

impl Policy {
    /// The last day on which the file wants to audit, whatever day it is.
    pub fn audit_until(&self) -> Option<Day> {
        self.audit_mode.map(|mode| mode.until)
    }

    /// As it decides on that day: after its last day a file in audit mode is enforced like any other. For whoever
    /// decides, offers and explains; comparisons take a file as it enforces.
    pub fn as_of(&self, today: Day) -> Cow<'_, Self> {
        if self.audit_until().is_none_or(|until| today > until) {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self {
            audits: true,
            ..self.clone()
        })
    }

    /// For people, wherever they look; `None` where everything is enforced.
    pub fn audit_banner(&self) -> Option<String> {
        let until = self.audit_until().filter(|_| self.audits)?;
        Some(format!(
            "AUDIT MODE until {until}: reads and writes that no rule speaks of pass too, and are recorded under the rule `{AUDIT_MODE}`"
        ))
    }
}

impl Case<'_> {
    /// The permit of what lacks nothing but a rule.
    pub(crate) fn pass_unlisted(&self) -> Option<Permit> {
        if !self.policy.audits || self.policy.sections().contains_key(self.by.principal) {
            return None;
        }
        let meaning = self.meanings.first()?;
        let Source::Catalogue(route) = meaning.source else {
            return None;
        };
        let is_declared = self.manifest.declares(self.by.tool, route.id.as_str());
        let mut names = self.request.query.iter().map(|(name, _)| name);
        if !matches!(meaning.class, Class::Read | Class::Write)
            || !is_declared
            || !names.all(|name| meaning.has_query_name(name))
        {
            return None;
        }
        let mut rules = self.policy.rules_at(self.request.site);
        if rules.any(|rule| self.refuses(rule)) {
            return None;
        }
        let mut permit = self.bare_permit(AUDIT_MODE, meaning);
        let keys = self.listed_keys();
        if !keys.is_empty() {
            let (slots, template) = meaning.places();
            bounds::check_path(&slots, template, self.request.segments, &keys).ok()?;
            self.hold(&mut permit, meaning, keys).ok()?;
        }
        Some(permit)
    }

    /// Is the rule about this very request, and does it not let it pass? One that is for other tools says nothing of
    /// this one, unless it wants a person to be asked.
    fn refuses(&self, rule: &Rule) -> bool {
        match self.fit(rule) {
            Ok(_) => false,
            Err(
                Why::NotKnown
                | Why::OtherClass
                | Why::OtherRoute
                | Why::OtherPath(_)
                | Why::OtherMethod
                | Why::OtherProduct
                | Why::OtherSite,
            ) => false,
            Err(Why::UnnamedTool) => rule.confirm,
            Err(_) => true,
        }
    }

    /// The projects or spaces that any rule of the site is bound to.
    fn listed_keys(&self) -> BTreeSet<String> {
        let rules = self.policy.rules_at(self.request.site);
        let bounds = rules.map(|rule| rule.bounds.of(self.request.product));
        let lists = bounds.filter_map(|bound| match bound {
            Bound::Only(keys) => Some(keys),
            Bound::Free | Bound::Elsewhere => None,
        });
        lists.flatten().cloned().collect()
    }
}
