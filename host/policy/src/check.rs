//! `policy check`: what a careful reviewer would say about a policy that parses.
//!
//! Each finding has a code, a line and a way out. Statements about coverage are exact, since the grammar has nothing
//! that can't be compared segment by segment; a finding is never a reason to refuse a request.

mod coverage;
mod render;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::Policy;
use crate::diagnostic::Diagnostics;
use crate::hazard::{self, Hazard};
use crate::manifest::Manifest;
use crate::net::AddressRules;
use crate::rule::{PathSelector, Rule, Selector};
use crate::template::{Kind, Part};
use crate::vocabulary::Class;
use coverage::{Atom, atoms};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub code: &'static str,
    pub level: Level,
    pub line: usize,
    pub message: String,
    pub help: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The file is not a policy; nothing runs with it.
    Error,
    /// It is one, and someone should look at this.
    Warning,
}

/// All findings of one file, by line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Findings {
    pub file_name: String,
    pub list: Vec<Finding>,
}

/// What each code means, in one line.
pub const CODES: &[(&str, &str)] = &[
    ("P000", "the file is not a policy"),
    ("P001", "the path is over-broad"),
    ("P002", "a path parameter narrows nothing"),
    ("P003", "the rule has no effect"),
    ("P004", "everything the rule allows is denied"),
    ("P005", "the denial denies nothing that is allowed"),
    ("P006", "the rule is open to every tool"),
    ("P007", "no rule is about the site"),
    ("P008", "a tool that a rule names still does not exist"),
    (
        "P010",
        "the rule opens an endpoint that hands out credentials",
    ),
    ("P011", "the rule opens an endpoint that fetches URLs"),
    ("P012", "the rule opens administration"),
    ("P013", "the address range is wide"),
    ("P014", "the credential travels in clear text"),
    ("P018", "the component has no tool of that name"),
    ("P019", "an origin is not in canonical form"),
    ("P020", "the site's address is one that it may not have"),
    ("P021", "a line does not read as it looks"),
];

/// Without a manifest, what concerns tools is left out.
pub fn check(policy: &Policy, manifest: Option<&Manifest>) -> Findings {
    let mut list = policy.remarks.clone();
    check_text(policy, &mut list);
    check_sites(policy, &mut list);
    for rule in policy.rules() {
        check_hazards(rule, &mut list);
        if let Selector::Path(path) = &rule.selector {
            check_path(policy, rule, path, &mut list);
        }
    }
    check_coverage(policy, &mut list);
    if let Some(manifest) = manifest {
        check_tools(policy, manifest, &mut list);
    }
    list.sort_by(|a, b| (a.line, a.code, &a.message).cmp(&(b.line, b.code, &b.message)));
    Findings {
        file_name: policy.file_name().to_owned(),
        list,
    }
}

impl Findings {
    /// What keeps a file from being a policy, in the same shape.
    pub fn of_errors(diagnostics: &Diagnostics) -> Self {
        let list = diagnostics.list.iter().map(|problem| Finding {
            code: "P000",
            level: Level::Error,
            line: problem.line,
            message: problem.message.clone(),
            help: problem.help.clone().unwrap_or_default(),
        });
        Self {
            file_name: diagnostics.file_name.clone(),
            list: list.collect(),
        }
    }

    /// 0: nothing to say; 1: findings; 2: not a policy.
    pub fn exit_code(&self) -> u8 {
        match self.list.iter().map(|finding| finding.level).next() {
            None => 0,
            Some(_)
                if self
                    .list
                    .iter()
                    .any(|finding| finding.level == Level::Error) =>
            {
                2
            }
            Some(_) => 1,
        }
    }
}

fn warn(list: &mut Vec<Finding>, code: &'static str, line: usize, message: String, help: &str) {
    list.push(Finding {
        code,
        level: Level::Warning,
        line,
        message,
        help: help.to_owned(),
    });
}

/// Characters that turn the direction of a line or take no room can show a reviewer another policy than the
/// parser sees (CVE-2021-42574).
fn check_text(policy: &Policy, list: &mut Vec<Finding>) {
    let is_hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}' | '\u{e0000}'..='\u{e007f}');
    for (index, line) in policy.text().lines().enumerate() {
        if let Some(hidden) = line.chars().find(|c| is_hidden(*c)) {
            let message = format!(
                "the line holds the invisible character U+{:04X}",
                u32::from(hidden)
            );
            warn(list, "P021", index + 1, message, "type the line anew");
        }
    }
}

fn check_sites(policy: &Policy, list: &mut Vec<Finding>) {
    for site in policy.sites() {
        let line = policy.site_lines.get(&site.name).copied().unwrap_or(1);
        if !policy.rules().any(|rule| rule.site.covers(&site.name)) {
            let message = format!(
                "no rule is about site `{}`, so nothing can be done there",
                site.name
            );
            warn(
                list,
                "P007",
                line,
                message,
                "add a [[rule]], or remove the site",
            );
        }
        if site.plaintext && site.needs_plaintext() {
            let message = format!(
                "the credential of site `{}` travels in clear text",
                site.name
            );
            warn(list, "P014", line, message, "use https");
        }
        if let Err(error) = AddressRules::for_site(site).check_literal(&site.dial_origin()) {
            let message = format!("site `{}` can't be reached: {error}", site.name);
            warn(
                list,
                "P020",
                line,
                message,
                "name the address in `addresses`, like \"10.0.0.1/32\"",
            );
        }
    }
}

fn check_hazards(rule: &Rule, list: &mut Vec<Finding>) {
    if matches!(&rule.selector, Selector::Classes(classes) if classes.contains(&Class::Admin)) {
        let message = format!(
            "rule `{}` allows all administration that the catalogue has",
            rule.id
        );
        warn(
            list,
            "P012",
            rule.line,
            message,
            "name the routes that are needed with `routes`",
        );
    }
    let Selector::Path(path) = &rule.selector else {
        return;
    };
    let segments: Vec<String> = path
        .template
        .parts()
        .iter()
        .map(ToString::to_string)
        .collect();
    if let Some(hazard) = hazard::of_path(&segments) {
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
        warn(list, code, rule.line, message, "remove the rule");
    }
    for name in path
        .query
        .iter()
        .filter(|name| hazard::is_query_name_hazardous(name))
    {
        let message = format!(
            "rule `{}` allows the query name `{name}`, which carries or changes credentials",
            rule.id
        );
        warn(
            list,
            "P010",
            rule.line,
            message,
            "remove the name; the host sends the credential",
        );
    }
}

fn check_path(policy: &Policy, rule: &Rule, path: &PathSelector, list: &mut Vec<Finding>) {
    if rule.tools.is_none() {
        let message = format!("rule `{}` is open to every tool", rule.id);
        warn(
            list,
            "P006",
            rule.line,
            message,
            "name the tools:  tools = [\"…\"]",
        );
    }
    let is_own = atoms(policy, rule).iter().any(|atom| atom.route.is_none());
    if !is_own {
        return;
    }
    let is_free = |part: &Part| matches!(part, Part::Kind(Kind::Segment));
    let free = path
        .template
        .parts()
        .iter()
        .filter(|part| is_free(part))
        .count();
    let begins_open = path
        .template
        .parts()
        .iter()
        .take(2)
        .any(|part| !matches!(part, Part::Literal(_)));
    let message = format!("rule `{}`: {} ", rule.id, path.template);
    if begins_open || free > 1 {
        let help = "spell the path out; only what is an id or a key should be a parameter";
        warn(
            list,
            "P001",
            rule.line,
            message + "matches unrelated endpoints",
            help,
        );
    } else if free == 1 {
        let help = "use {issue-key}, {id}, {project-key}, {space-key} or a set like {a|b}";
        warn(
            list,
            "P002",
            rule.line,
            message + "has a parameter that narrows nothing",
            help,
        );
    }
}

fn check_coverage(policy: &Policy, list: &mut Vec<Finding>) {
    let rules: Vec<(&Rule, Vec<Atom<'_>>)> = policy
        .rules()
        .map(|rule| (rule, atoms(policy, rule)))
        .collect();
    for (rule, own) in &rules {
        if own.is_empty() {
            let message = format!("rule `{}` matches nothing that its sites have", rule.id);
            warn(
                list,
                "P003",
                rule.line,
                message,
                "look at its site's products and deployment",
            );
            continue;
        }
        if let Some(deny) = policy
            .denies()
            .find(|deny| coverage::denies_all(deny, rule, own))
        {
            let message = format!(
                "everything that rule `{}` allows is denied by `{}`",
                rule.id, deny.id
            );
            warn(list, "P004", rule.line, message, "remove one of the two");
            continue;
        }
        let wider = rules.iter().find(|(other, theirs)| {
            let is_other = other.id != rule.id;
            let is_mutual = coverage::allows_all(rule, other, theirs);
            is_other
                && coverage::allows_all(other, rule, own)
                && (!is_mutual || other.line < rule.line)
        });
        if let Some((other, _)) = wider {
            let message = format!(
                "rule `{}` adds nothing: `{}` allows all of it",
                rule.id, other.id
            );
            warn(
                list,
                "P003",
                rule.line,
                message,
                "remove it, or narrow the other one",
            );
        }
    }
    for deny in policy.denies() {
        // A denial of classes is there for the rules and routes that come later.
        let is_for_later = matches!(deny.selector, Selector::Classes(_));
        if !is_for_later
            && !rules
                .iter()
                .any(|(rule, own)| coverage::denies_any(deny, rule, own))
        {
            let message = format!(
                "the denial `{}` matches nothing that a rule allows",
                deny.id
            );
            warn(
                list,
                "P005",
                deny.line,
                message,
                "look for a slip in its path, or remove it",
            );
        }
    }
}

fn check_tools(policy: &Policy, manifest: &Manifest, list: &mut Vec<Finding>) {
    let mut told = BTreeSet::new();
    for rule in policy.rules().chain(policy.denies()) {
        for tool in rule.tools.iter().flatten() {
            if !manifest.tools.contains_key(tool) {
                let known = manifest.tools.keys().map(String::as_str);
                let help = crate::diagnostic::nearest(tool, known).map_or_else(
                    || "see `mcp-airlock tools`".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!(
                    "`{}` names `{tool}`, which the component does not have",
                    rule.id
                );
                warn(list, "P018", rule.line, message, &help);
            }
        }
    }
    for rule in policy.rules() {
        for tool in rule
            .tools
            .iter()
            .flatten()
            .filter(|tool| manifest.tools.contains_key(*tool))
        {
            if !policy.offers(manifest, tool) && told.insert(tool) {
                let message = format!(
                    "rule `{}` names `{tool}`, and still the tool has nothing that it could do",
                    rule.id
                );
                warn(
                    list,
                    "P008",
                    rule.line,
                    message,
                    "allow the routes that it declares; `policy explain --tool` lists them",
                );
            }
        }
    }
}
