//! The lines that give one principal less than the file gives to everybody: a `[principal.NAME]` with the rules of today,
//! and denials for what is left over. Only takes away; nothing is written here.

use std::collections::BTreeSet;

use crate::Policy;
use crate::bind::bound_to;
use crate::bounds::Bounds;
use crate::profile::Profile;
use crate::rule::{Effect, Rule, Selector, SiteSelector};
use crate::site::quoted_list;
use crate::vocabulary::{Class, Principal, SiteName};

/// What somebody is to have at most.
#[derive(Clone, Debug)]
pub struct Narrowed<'a> {
    pub principal: &'a Principal,
    /// `None`: all that the file has.
    pub sites: Option<&'a BTreeSet<SiteName>>,
    /// `None`: whatever the file's rules do.
    pub profile: Option<Profile>,
    /// Nothing beyond these projects and spaces; a product of which nothing is said stays as it is.
    pub bounds: Bounds,
}

/// Why there are no such lines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NarrowError {
    #[error(
        "[principal.{name}] stands in line {line} of {file} already; change it there, or leave the restriction out here"
    )]
    Taken {
        name: Principal,
        file: String,
        line: usize,
    },
    #[error("{file} has no site `{name}`; it has {}", .known.join(", "))]
    UnknownSite {
        name: SiteName,
        file: String,
        known: Vec<String>,
    },
    #[error("{file} has no rule that `{name}` could have there; add one first")]
    NoRule { name: Principal, file: String },
    #[error(
        "no rule of {file} that `{name}` has opens anything of these projects and spaces; name others, or change the rules"
    )]
    NothingLeft { name: Principal, file: String },
}

impl Narrowed<'_> {
    /// To be put at the end of the policy's own text.
    pub fn lines(&self, policy: &Policy) -> Result<String, NarrowError> {
        let (name, file) = (self.principal.clone(), policy.file_name().to_owned());
        if let Some(section) = policy.sections().get(self.principal) {
            let line = section.line;
            return Err(NarrowError::Taken { name, file, line });
        }
        let known = || policy.sites().iter().map(|site| &site.name);
        let unknown = self
            .sites
            .into_iter()
            .flatten()
            .find(|site| policy.site(site).is_none());
        if let Some(unknown) = unknown {
            return Err(NarrowError::UnknownSite {
                name: unknown.clone(),
                file,
                known: known().map(ToString::to_string).collect(),
            });
        }
        let (inside, outside): (Vec<&SiteName>, Vec<&SiteName>) =
            known().partition(|site| self.sites.is_none_or(|sites| sites.contains(*site)));
        let is_here = |rule: &&Rule| inside.iter().any(|site| rule.site.covers(site));
        let rules: Vec<&Rule> = policy
            .rules()
            .filter(|rule| policy.may_use(self.principal, rule).is_ok())
            .filter(is_here)
            .collect();
        if rules.is_empty() {
            return Err(NarrowError::NoRule { name, file });
        }
        let (ids, copies) = self.held(policy, &rules);
        if ids.is_empty() {
            return Err(NarrowError::NothingLeft { name, file });
        }
        let ids = quoted_list(ids.iter());
        let mut blocks = vec![format!("[principal.{name}]\nrules = {ids}\n")];
        blocks.extend(copies.iter().map(Rule::to_toml));
        let mut deny = |site: SiteSelector, classes: &[Class]| {
            let id = policy.fresh_id(&format!("narrow-{name}-{}", blocks.len() - copies.len()));
            blocks.push(self.denial(id, site, classes).to_toml());
        };
        let beyond = self.profile.map_or(&[][..], Profile::beyond);
        if !beyond.is_empty() {
            deny(SiteSelector::Any, beyond);
        }
        // Only a rule for every site reaches the ones that were not chosen.
        if rules.iter().any(|rule| rule.site == SiteSelector::Any) {
            for site in outside {
                deny(SiteSelector::Named(site.clone()), Class::ALL);
            }
        }
        Ok(blocks.join("\n"))
    }

    /// The ids that the section lists, and the bound copies that have to be written for them.
    fn held(&self, policy: &Policy, rules: &[&Rule]) -> (Vec<String>, Vec<Rule>) {
        if self.bounds == Bounds::default() {
            let ids = rules.iter().map(|rule| rule.id.clone());
            return (ids.collect(), Vec::new());
        }
        let mut copies: Vec<Rule> = Vec::new();
        for rule in rules {
            let sites = policy.sites().iter();
            let sites = sites.filter(|site| rule.site.covers(&site.name));
            let products = sites.flat_map(|site| site.products.iter().copied());
            for part in bound_to(rule, &self.bounds, &products.collect()) {
                // No two copies of one call may have one id either.
                let number = copies.len() + 1;
                let id = policy.fresh_id(&format!("{}-{number}", self.principal));
                copies.push(Rule {
                    id,
                    principals: Some(BTreeSet::from([self.principal.clone()])),
                    ..part
                });
            }
        }
        (copies.iter().map(|copy| copy.id.clone()).collect(), copies)
    }

    fn denial(&self, id: String, site: SiteSelector, classes: &[Class]) -> Rule {
        Rule {
            id,
            effect: Effect::Deny,
            site,
            selector: Selector::Classes(classes.iter().copied().collect()),
            tools: None,
            principals: Some(BTreeSet::from([self.principal.clone()])),
            bounds: Bounds::default(),
            confirm: false,
            request_max_bytes: None,
            response_max_bytes: None,
            per_minute: None,
            redirect: None,
            line: 0,
        }
    }
}
