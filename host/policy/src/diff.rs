//! `policy diff`: what a new policy allows that the old one did not, and the other way round.
//!
//! Exact, by differences of sets: what is not listed did not change. Each entry carries a request that shows it,
//! and the decision function confirms that request before it is shown.

mod compare;
mod render;
mod sites;

use serde::Serialize;

use crate::Policy;
use crate::date::Day;
use crate::manifest::Manifest;
use crate::set::{Door, Shape, TooTangled};
use crate::vocabulary::{Class, Deployment, Method, Principal, Product, SiteName};
use crate::witness::Witness;
pub use sites::SiteChange;

#[derive(Clone, Debug, Serialize)]
pub struct Diff {
    pub old: Side,
    pub new: Side,
    /// Refused by the old policy, allowed by the new one.
    pub newly_allowed: Vec<Change>,
    pub newly_denied: Vec<Change>,
    /// Allowed by both, and the answer may now be larger or come from another origin.
    pub looser: Vec<Change>,
    pub tighter: Vec<Change>,
    /// Where the same access now leads.
    pub sites: Vec<SiteChange>,
    /// Whether what no rule speaks of passes for a while. All the rest compares the files as they enforce.
    pub mode: Option<ModeChange>,
}

/// The last day of each side's audit mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ModeChange {
    pub old: Option<Day>,
    pub new: Option<Day>,
}

impl ModeChange {
    fn between(old: &Policy, new: &Policy) -> Option<Self> {
        let (old, new) = (old.audit_until(), new.audit_until());
        (old != new).then_some(Self { old, new })
    }

    /// None at all is shorter than any.
    fn is_new_access(self) -> bool {
        self.new > self.old
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    pub file_name: String,
    pub digest: String,
}

/// One set of requests that changed sides.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    pub site: SiteName,
    pub product: Product,
    pub deployments: Vec<Deployment>,
    pub method: Method,
    pub path: String,
    /// `None`: no route of the catalogue.
    pub route: Option<String>,
    pub class: Class,
    pub tools: Vec<String>,
    /// Empty where it is everybody.
    pub principals: Vec<Principal>,
    /// What else the requests have in common: query names, lengths of bodies. Empty where it is all of them.
    pub only: Vec<String>,
    /// The rules that allow it on the side that does, as `id (file:line)`.
    pub allowed_by: Vec<String>,
    /// What the other side says.
    pub otherwise: String,
    pub witness: Witness,
    /// Where the allowing rule stands, in the file that allows.
    #[serde(skip)]
    pub(crate) line: usize,
    #[serde(skip)]
    pub(crate) sets: Vec<(Door, Shape)>,
}

/// Both policies are read with the same component, since a component is not part of either file.
pub fn diff(old: &Policy, new: &Policy, manifest: &Manifest) -> Result<Diff, TooTangled> {
    let access = compare::compare(old, new, manifest)?;
    Ok(Diff {
        old: Side::of(old),
        new: Side::of(new),
        newly_allowed: access.gained,
        newly_denied: access.lost,
        looser: access.looser,
        tighter: access.tighter,
        sites: sites::compare(old, new),
        mode: ModeChange::between(old, new),
    })
}

impl Diff {
    pub fn has_new_access(&self) -> bool {
        !self.newly_allowed.is_empty()
            || !self.looser.is_empty()
            || self.sites.iter().any(|change| change.is_new_access)
            || self.mode.is_some_and(ModeChange::is_new_access)
    }

    pub fn has_lost_access(&self) -> bool {
        !self.newly_denied.is_empty()
            || !self.tighter.is_empty()
            || self.sites.iter().any(|change| !change.is_new_access)
            || self.mode.is_some_and(|mode| !mode.is_new_access())
    }

    /// 1 for new access; for lost access too, where that was asked for.
    pub fn exit_code(&self, fail_on_removed: bool) -> u8 {
        u8::from(self.has_new_access() || (fail_on_removed && self.has_lost_access()))
    }
}

impl Side {
    fn of(policy: &Policy) -> Self {
        Self {
            file_name: policy.file_name().to_owned(),
            digest: policy.digest(),
        }
    }
}
