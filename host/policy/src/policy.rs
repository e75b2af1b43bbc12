//! The parsed policy: sites, rules and denials. Immutable; a change is a new file and a new digest.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::acceptance::Acceptance;
use crate::audit_mode::AuditMode;
use crate::check::Finding;
use crate::diagnostic::Diagnostics;
use crate::principal::Section;
use crate::rule::Rule;
use crate::site::Site;
use crate::vocabulary::{Principal, Product, SiteName};

#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) file_name: String,
    pub(crate) text: String,
    /// Sorted by name.
    pub(crate) sites: Vec<Site>,
    pub(crate) site_lines: BTreeMap<SiteName, usize>,
    /// Sorted by id: the order in the file means nothing.
    pub(crate) rules: Vec<Rule>,
    pub(crate) denies: Vec<Rule>,
    /// For each site the rules that are about it, as places in `rules`.
    pub(crate) rules_of_site: BTreeMap<SiteName, Vec<usize>>,
    pub(crate) sections: BTreeMap<Principal, Section>,
    pub(crate) component: Option<String>,
    pub(crate) audit_mode: Option<AuditMode>,
    /// The day of the decision lies within the audit mode. A file that was only read enforces.
    pub(crate) audits: bool,
    /// What the parser let pass, but `check` has to say.
    pub(crate) remarks: Vec<Finding>,
    pub(crate) acceptances: Vec<Acceptance>,
}

impl Policy {
    pub fn parse(text: &str, file_name: &str) -> Result<Self, Diagnostics> {
        crate::file::parse(text, file_name)
    }

    /// As people know the file: for messages.
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// The text that was parsed, without a byte order mark and with plain line ends.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `sha256:…` of [`Policy::text`], so that a copy with other line ends is the same policy.
    pub fn digest(&self) -> String {
        let hash = Sha256::digest(self.text.as_bytes());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{hex}")
    }

    /// By name.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    pub fn site(&self, name: &SiteName) -> Option<&Site> {
        self.sites.iter().find(|site| site.name == *name)
    }

    /// Those of all sites.
    pub(crate) fn products(&self) -> BTreeSet<Product> {
        let sites = self.sites.iter();
        sites
            .flat_map(|site| site.products.iter().copied())
            .collect()
    }

    /// The allowing rules, by id.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// Those that are about a site, by id.
    pub(crate) fn rules_at(&self, site: &SiteName) -> impl Iterator<Item = &Rule> {
        let places = self.rules_of_site.get(site).into_iter().flatten();
        places.map(|place| &self.rules[*place])
    }

    /// The rules of each site, to be kept beside them.
    pub(crate) fn index(sites: &[Site], rules: &[Rule]) -> BTreeMap<SiteName, Vec<usize>> {
        let covering = |site: &Site| {
            let rules = rules.iter().enumerate();
            let covering = rules.filter(|(_, rule)| rule.site.covers(&site.name));
            covering.map(|(place, _)| place).collect()
        };
        sites
            .iter()
            .map(|site| (site.name.clone(), covering(site)))
            .collect()
    }

    /// The denials, by id.
    pub fn denies(&self) -> impl Iterator<Item = &Rule> {
        self.denies.iter()
    }

    /// An id that no rule and no denial has.
    pub(crate) fn fresh_id(&self, wanted: &str) -> String {
        let wanted: String = wanted.chars().take(56).collect();
        let is_taken = |id: &str| self.rules().chain(self.denies()).any(|rule| rule.id == id);
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        std::iter::once(wanted.clone())
            .chain(numbered)
            .find(|id| !is_taken(id))
            .unwrap_or(wanted)
    }

    /// `work (policy.toml:12)`, for people.
    pub(crate) fn place_of(&self, rule: &Rule) -> String {
        format!("{} ({}:{})", rule.id, self.file_name, rule.line)
    }

    /// The sha256 (hex) of the one foreign component that may run instead of the built-in one.
    pub fn component_sha256(&self) -> Option<&str> {
        self.component.as_deref()
    }
}
