//! The sets of requests and the decision function say the same, request by request.

use std::collections::BTreeSet;

use super::generate::{Dice, everybody, manifest_of_many, policy, request};
use super::*;
use crate::catalogue::catalogue;
use crate::set::{Budget, Door, Reach, ToolView};

pub(crate) fn door_of(ask: &Ask) -> Door {
    let route = catalogue().find(ask.product, ask.deployment, ask.method, &ask.segments);
    Door {
        site: ask.site.clone(),
        product: ask.product,
        deployment: ask.deployment,
        method: ask.method,
        route: route.map(|found| found.route.id.as_str()),
    }
}

pub(crate) fn names_of(ask: &Ask) -> BTreeSet<String> {
    ask.query.iter().map(|(name, _)| name.clone()).collect()
}

#[test]
fn what_the_sets_hold_is_what_the_decision_allows() {
    let manifest = manifest_of_many();
    let mut dice = Dice::new(5);
    let mut allowed = 0;
    for round in 0..1_000 {
        let policy = policy(&mut dice);
        let reach = Reach::of(&policy, ToolView::Declared(&manifest), &everybody());
        for _ in 0..40 {
            let (tool, ask) = request(&mut dice, &policy);
            let mut budget = Budget::new();
            let open = reach
                .open(&door_of(&ask), &mut budget)
                .expect("a small policy is within the bound");
            let names = names_of(&ask);
            let caller = ask.caller(tool);
            let by = caller.by();
            let has = |key: Option<&str>| {
                open.iter().find(|grant| {
                    let mut shapes = grant.shapes.iter();
                    shapes.any(|shape| shape.contains(by, &ask.segments, &names, ask.body_len, key))
                })
            };
            // The first grant is the one that holds, whatever the request names; that only has to be in one of them.
            let by_sets = has(ask.names.as_deref()).and(has(None));
            let by_sets = by_sets.map(|grant| (grant.rule.id.clone(), grant.class));
            let caller = ask.caller(tool);
            let decided = policy.decide(&manifest, &caller, ask.clone());
            let decided = decided
                .ok()
                .map(|permitted| (permitted.permit().rule.clone(), permitted.permit().class));
            assert_eq!(
                by_sets,
                decided,
                "round {round}: {tool} {ask:?}\n{}",
                policy.text()
            );
            allowed += usize::from(decided.is_some());
        }
    }
    assert!(
        allowed > 3_000,
        "only {allowed} requests were allowed at all"
    );
}
