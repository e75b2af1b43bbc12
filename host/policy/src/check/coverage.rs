//! Rules and denials without effect. Proved by differences of sets; shown, where there is one, by a request.

use std::collections::BTreeSet;

use super::Notes;
use crate::Policy;
use crate::manifest::Manifest;
use crate::rule::{Rule, Selector};
use crate::set::{Budget, Door, Entrance, Grant, Reach, Shape, TooTangled, ToolView};
use crate::witness::Witness;

pub(super) fn check(policy: &Policy, manifest: Option<&Manifest>, notes: &mut Notes) {
    // Whatever a component may declare: a rule is judged by the file, not by the tools of the day.
    let reach = Reach::of_every_site(policy, ToolView::Any);
    let mut coverage = Coverage {
        policy,
        reach: &reach,
        budget: Budget::new(),
    };
    if let Err(error) = coverage.check(notes) {
        let about = crate::About::File;
        notes.warn(
            "P025",
            about,
            1,
            error.to_string(),
            "until then P003 to P005 are not looked for",
        );
    }
    if let Some(manifest) = manifest {
        check_use(policy, manifest, &reach, notes);
    }
}

struct Coverage<'p, 'r> {
    policy: &'p Policy,
    reach: &'r Reach<'p>,
    budget: Budget,
}

impl<'p> Coverage<'p, '_> {
    fn check(&mut self, notes: &mut Notes) -> Result<(), TooTangled> {
        // Of two rules that say the same, the later one is superfluous; so the last is judged first, and what was
        // found superfluous no longer counts for the others.
        let mut superfluous = BTreeSet::new();
        let mut rules: Vec<&Rule> = self.policy.rules().collect();
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.line));
        for rule in rules {
            if !self.check_rule(rule, &superfluous, notes)? {
                superfluous.insert(rule.id.as_str());
            }
        }
        let mut denies: Vec<&Rule> = self.policy.denies().collect();
        denies.sort_by_key(|deny| std::cmp::Reverse(deny.line));
        for deny in denies {
            // A denial of classes is there for the rules and routes that come later.
            let is_for_later = matches!(deny.selector, Selector::Classes(_));
            if !is_for_later && !self.check_deny(deny, &superfluous, notes)? {
                superfluous.insert(deny.id.as_str());
            }
        }
        Ok(())
    }

    /// Says whether the rule has an effect.
    fn check_rule(
        &mut self,
        rule: &'p Rule,
        superfluous: &BTreeSet<&str>,
        notes: &mut Notes,
    ) -> Result<bool, TooTangled> {
        let (mut reached, mut open, mut needed) = (None, false, false);
        let mut denials = BTreeSet::new();
        let mut covering = BTreeSet::new();
        for (door, entrance) in &self.reach.doors {
            let Some(grant) = entrance
                .grants
                .iter()
                .find(|grant| grant.rule.id == rule.id)
            else {
                continue;
            };
            reached = reached.or_else(|| Some((door, grant.shapes.first()?)));
            let vetoes = entrance.vetoes.iter().flat_map(|(_, shapes)| shapes);
            let left = Shape::minus_all(grant.shapes.clone(), vetoes, &mut self.budget)?;
            if left.is_empty() {
                let stopping = entrance
                    .vetoes
                    .iter()
                    .filter(|(_, shapes)| meet(shapes, &grant.shapes));
                denials.extend(stopping.map(|(deny, _)| deny.id.as_str()));
                continue;
            }
            open = true;
            let asks = self.asks_alone(entrance, rule, &left, superfluous)?;
            match self.without(entrance, rule, left, superfluous)? {
                Some(others) if !asks => covering.extend(others),
                _ => needed = true,
            }
        }
        let Some((door, shape)) = reached else {
            // A route of the file's own without tools is P006, a rule without anybody P027.
            let is_told = matches!(rule.selector, Selector::Path(_)) && rule.tools.is_none();
            if is_told || self.policy.is_of_nobody(rule) {
                return Ok(false);
            }
            let message = format!("rule `{}` matches nothing that its sites have", rule.id);
            notes.about_rule(
                "P003",
                rule,
                message,
                "look at its site's products and deployment",
            );
            return Ok(false);
        };
        let example = self.example(door, shape);
        if !open {
            let message = format!(
                "everything that rule `{}` allows is denied by {}",
                rule.id,
                quoted(&denials)
            );
            notes.about_rule("P004", rule, message, "remove the rule or the denial");
            notes.example(example);
            return Ok(false);
        }
        if !needed {
            let (verb, other) = if covering.len() == 1 {
                ("allows", "the other one")
            } else {
                ("together allow", "the others")
            };
            let message = format!(
                "rule `{}` adds nothing: {} {verb} all of it",
                rule.id,
                quoted(&covering)
            );
            let help = format!("remove it, or narrow {other}");
            notes.about_rule("P003", rule, message, &help);
            notes.example(example);
        }
        Ok(needed)
    }

    /// Which rules make this one superfluous at a door; `None` where it is needed, be it for its limits.
    fn without(
        &mut self,
        entrance: &Entrance<'p>,
        rule: &Rule,
        left: Vec<Shape>,
        superfluous: &BTreeSet<&str>,
    ) -> Result<Option<BTreeSet<&'p str>>, TooTangled> {
        let mut covering = BTreeSet::new();
        let mut left = left;
        let mut is_decided = false;
        for grant in &entrance.grants {
            if grant.rule.id == rule.id {
                is_decided = true;
                continue;
            }
            if superfluous.contains(grant.rule.id.as_str()) || !meet(&grant.shapes, &left) {
                continue;
            }
            // Before this rule's turn another's limits hold anyway; after it they would be new.
            if is_decided && !says_the_same_of_limits(grant.rule, rule) {
                return Ok(None);
            }
            left = Shape::minus_all(left, &grant.shapes, &mut self.budget)?;
            covering.insert(grant.rule.id.as_str());
        }
        Ok(left.is_empty().then_some(covering))
    }

    /// Would nobody be asked about a part of what is left, if the rule went?
    fn asks_alone(
        &mut self,
        entrance: &Entrance<'p>,
        rule: &Rule,
        left: &[Shape],
        superfluous: &BTreeSet<&str>,
    ) -> Result<bool, TooTangled> {
        let (own, others): (Vec<&Grant<'_>>, Vec<&Grant<'_>>) =
            (entrance.asks.iter()).partition(|ask| ask.rule.id == rule.id);
        let asked = own.iter().flat_map(|ask| &ask.shapes);
        let asked = asked.flat_map(|ask| left.iter().filter_map(|shape| shape.meet(ask)));
        let others = others.iter();
        let others = others.filter(|ask| !superfluous.contains(ask.rule.id.as_str()));
        let others = others.flat_map(|ask| &ask.shapes);
        Ok(!Shape::minus_all(asked.collect(), others, &mut self.budget)?.is_empty())
    }

    fn check_deny(
        &mut self,
        deny: &'p Rule,
        superfluous: &BTreeSet<&str>,
        notes: &mut Notes,
    ) -> Result<bool, TooTangled> {
        let mut stopped = None;
        let mut others = BTreeSet::new();
        let mut is_needed = false;
        for (door, entrance) in &self.reach.doors {
            let own = entrance
                .vetoes
                .iter()
                .filter(|(rule, _)| rule.id == deny.id);
            let own: Vec<&Shape> = own.flat_map(|(_, shapes)| shapes).collect();
            let granted = entrance.grants.iter().flat_map(|grant| &grant.shapes);
            let hit: Vec<Shape> = granted
                .flat_map(|shape| own.iter().filter_map(|veto| shape.meet(veto)))
                .collect();
            let Some(first) = hit.first().cloned() else {
                continue;
            };
            stopped = stopped.or(Some((door, first)));
            let rest = entrance.vetoes.iter().filter(|(rule, shapes)| {
                rule.id != deny.id && !superfluous.contains(rule.id.as_str()) && meet(shapes, &hit)
            });
            let rest: Vec<&(&Rule, Vec<Shape>)> = rest.collect();
            let vetoes = rest.iter().flat_map(|(_, shapes)| shapes);
            if Shape::minus_all(hit, vetoes, &mut self.budget)?.is_empty() {
                others.extend(rest.iter().map(|(rule, _)| rule.id.as_str()));
            } else {
                is_needed = true;
            }
        }
        let Some((door, shape)) = stopped else {
            let message = format!(
                "the denial `{}` matches nothing that a rule allows",
                deny.id
            );
            notes.about_rule(
                "P005",
                deny,
                message,
                "look for a slip in its path, or remove it",
            );
            return Ok(false);
        };
        if !is_needed {
            let message = format!(
                "the denial `{}` denies nothing that {} does not deny already",
                deny.id,
                quoted(&others)
            );
            notes.about_rule("P005", deny, message, "remove it");
            notes.example(self.example(door, &shape));
        }
        Ok(is_needed)
    }

    fn example(&self, door: &Door, shape: &Shape) -> Option<String> {
        let witness = Witness::of(self.policy, door, shape)?;
        Some(format!("{} {}", witness.method, witness.url))
    }
}

/// Rules that allow something, but nothing that the tools of this component would ever ask for.
fn check_use(policy: &Policy, manifest: &Manifest, any: &Reach<'_>, notes: &mut Notes) {
    let declared = Reach::of_every_site(policy, ToolView::Declared(manifest));
    let rules_of = |reach: &Reach<'_>| -> BTreeSet<String> {
        let grants = reach.doors.values().flat_map(|entrance| &entrance.grants);
        grants.map(|grant| grant.rule.id.clone()).collect()
    };
    let (any, declared) = (rules_of(any), rules_of(&declared));
    for rule in policy.rules() {
        let names_a_known_tool = rule
            .tools
            .as_ref()
            .is_none_or(|tools| tools.iter().any(|tool| manifest.tools.contains_key(tool)));
        if names_a_known_tool && any.contains(&rule.id) && !declared.contains(&rule.id) {
            let message = format!(
                "no tool that rule `{}` speaks for uses what it allows",
                rule.id
            );
            let help = "see with `policy explain --tool` what a tool uses; name another tool, or remove the rule";
            notes.about_rule("P026", rule, message, help);
        }
    }
}

fn meet(some: &[Shape], others: &[Shape]) -> bool {
    some.iter()
        .any(|shape| others.iter().any(|other| shape.meet(other).is_some()))
}

fn says_the_same_of_limits(one: &Rule, other: &Rule) -> bool {
    let said = |rule: &Rule| {
        (
            rule.response_max_bytes,
            rule.per_minute,
            rule.redirect.clone(),
        )
    };
    said(one) == said(other)
}

fn quoted(ids: &BTreeSet<&str>) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
    ids.join(" and ")
}
