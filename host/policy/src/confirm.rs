//! When a person is asked although the request's own rule does not say so: before the first write of a tool that may
//! come to one which does. Asked in the middle, the tool would have to run again, and its first write with it.
//!
//! Who asks, and what a yes is worth, is not decided here.

use crate::Policy;
use crate::decide::{By, Confirm, Permit};
use crate::evaluate::{Request, Verdict};
use crate::manifest::Manifest;
use crate::vocabulary::Class;

impl Policy {
    /// Does any rule ask?
    pub fn asks(&self) -> bool {
        self.rules().any(|rule| rule.confirm)
    }

    /// The weighing, and whom it takes.
    pub(crate) fn judge(&self, manifest: &Manifest, by: By<'_>, request: Request<'_>) -> Verdict {
        self.asked(manifest, by, self.evaluate(manifest, by, request))
    }

    /// A yes of the weighing, with the question that it may need.
    pub(crate) fn asked(&self, manifest: &Manifest, by: By<'_>, mut verdict: Verdict) -> Verdict {
        if let Verdict::Allow(permit) = &mut verdict
            && permit.confirm.is_none()
        {
            permit.confirm = self.confirm_elsewhere(manifest, by, permit);
        }
        verdict
    }

    /// For a write that no rule asks about: the rule that asks about another writing route which the tool may use on
    /// the same site.
    fn confirm_elsewhere(
        &self,
        manifest: &Manifest,
        by: By<'_>,
        permit: &Permit,
    ) -> Option<Confirm> {
        if permit.class == Class::Read || !self.asks() {
            return None;
        }
        let probes = self.probes(manifest, by.tool);
        let here = probes.iter().filter(|probe| probe.site.name == permit.site);
        here.flat_map(|probe| probe.verdicts(self, manifest, by))
            .find_map(|verdict| match verdict {
                Verdict::Allow(other) if other.route != permit.route => other.confirm,
                Verdict::Allow(_) | Verdict::Deny(_) => None,
            })
    }
}
