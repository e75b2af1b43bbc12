//! Findings about single rules: what they open that should stay shut, how wide they are, and whether they are used.

use super::{Notes, Surroundings};
use crate::Policy;
use crate::hazard::{self, Hazard};
use crate::rule::{PathSelector, Rule, Selector};
use crate::set::{Reach, ToolView};
use crate::template::{Kind, Part};
use crate::vocabulary::Class;
use crate::witness::Witness;

pub(super) fn check(policy: &Policy, around: &Surroundings<'_>, notes: &mut Notes) {
    let reach = Reach::of_every_site(policy, ToolView::Any);
    for rule in policy.rules() {
        match &rule.selector {
            Selector::Path(path) => {
                check_hazards(rule, path, notes);
                check_width(policy, &reach, rule, path, notes);
            }
            Selector::Classes(classes) if classes.contains(&Class::Admin) => {
                let message = format!(
                    "rule `{}` allows all administration that the catalogue has",
                    rule.id
                );
                let help = "name the routes that are needed with `routes`";
                notes.about_rule("P012", rule, message, help);
            }
            Selector::Classes(_) | Selector::Routes(_) => {}
        }
        if let Some(used) = around.used.filter(|used| !used.rules.contains(&rule.id)) {
            let message = format!(
                "rule `{}` allowed nothing in the log, which begins {}",
                rule.id, used.since
            );
            let help = "remove it; `policy derive` writes the rules that were used";
            notes.about_rule("P016", rule, message, help);
        }
    }
}

fn check_hazards(rule: &Rule, path: &PathSelector, notes: &mut Notes) {
    if let Some(hazard) = hazard::of_parts(path.template.parts()) {
        let code = match hazard {
            Hazard::MintsCredentials => "P010",
            Hazard::FetchesUrls => "P011",
            Hazard::Administers => "P012",
        };
        let message = format!(
            "rule `{}` opens {}, which {}",
            rule.id,
            path.template,
            hazard.explanation()
        );
        notes.about_rule(code, rule, message, "remove the rule");
    }
    let is_hazardous = |name: &&String| hazard::is_query_name_hazardous(name);
    for name in path.query.iter().filter(is_hazardous) {
        let message = format!(
            "rule `{}` allows the query name `{name}`, which carries or changes credentials",
            rule.id
        );
        let help = "remove the name; the host sends the credential";
        notes.about_rule("P010", rule, message, help);
    }
}

fn check_width(
    policy: &Policy,
    reach: &Reach<'_>,
    rule: &Rule,
    path: &PathSelector,
    notes: &mut Notes,
) {
    let of_rule = |is_own: bool| {
        let doors = reach.doors.iter();
        let doors = doors.filter(move |(door, _)| door.route.is_none() == is_own);
        doors.flat_map(|(door, entrance)| {
            let grants = entrance.grants.iter();
            let grants = grants.filter(|grant| grant.rule.id == rule.id);
            grants.flat_map(move |grant| grant.shapes.iter().map(move |shape| (door, shape)))
        })
    };
    // A path inside a route of the catalogue is as narrow as that route, and what the route is, is known.
    let is_known = of_rule(false).next().is_some();
    if rule.tools.is_none() {
        let message = if is_known {
            format!("rule `{}` is open to every tool", rule.id)
        } else {
            format!(
                "rule `{}` names no tool, and a route of the file's own is open to the tools that its rule names",
                rule.id
            )
        };
        notes.about_rule("P006", rule, message, "name the tools:  tools = [\"…\"]");
    }
    let example = of_rule(true)
        .next()
        .and_then(|(door, shape)| Witness::of(policy, door, shape));
    if is_known && example.is_none() {
        return;
    }
    let example = example.map(|witness| format!("{} {}", witness.method, witness.url));
    let parts = path.template.parts();
    let is_free = |part: &&Part| matches!(part, Part::Kind(Kind::Segment));
    let free = parts.iter().filter(is_free).count();
    let is_open = |part: &Part| !matches!(part, Part::Literal(_));
    let begins_open = parts.iter().take(2).any(is_open);
    let message = format!("rule `{}`: {} ", rule.id, path.template);
    if begins_open || free > 1 {
        let help = "spell the path out; only what is an id or a key should be a parameter";
        notes.about_rule("P001", rule, message + "matches unrelated endpoints", help);
        notes.example(example);
    } else if free == 1 {
        let help = "use {issue-key}, {id}, {project-key}, {space-key} or a set like {a|b}";
        let message = message + "has a parameter that narrows nothing";
        notes.about_rule("P002", rule, message, help);
        notes.example(example);
    }
}
