//! Steps 2 and 3, route and decide: the policy says what the target means and whether this
//! caller may have it. Both are one question to the policy crate, the only maker of a
//! `Permitted<Target>`: a permit rests on the meaning that it names.

use policy::{Caller, Decision, Manifest, Policy, Refusal, Refused};

use crate::ask::Denial;
use crate::target::Target;

pub(crate) fn decide<'a>(
    policy: &Policy,
    manifest: &Manifest,
    caller: &Caller,
    target: Target<'a>,
) -> Result<Decision<Target<'a>>, Box<Refusal>> {
    policy
        .decide(manifest, caller, target)
        .map_err(|Refused { refusal }| refusal)
}

impl From<&Refusal> for Denial {
    fn from(refusal: &Refusal) -> Self {
        Self {
            rule: refusal.rule.clone(),
            reason: refusal.reason.clone(),
            would_allow: Some(refusal.would_allow.clone()),
        }
    }
}
