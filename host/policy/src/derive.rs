//! `policy derive`: the least that the requests of a log needed, as a policy for people to read.
//!
//! Starts from the policy in force and narrows it: a rule is written only for a request that was allowed and that
//! this policy allows still, with no more than that rule's own path, limits and redirect. So nothing that the log was
//! tricked into can become a rule, and `diff` finds no new access. Nothing is written anywhere; the text is printed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::Policy;
use crate::audit_mode::AUDIT_MODE;
use crate::catalogue::RouteId;
use crate::evaluate::Request;
use crate::hazard;
use crate::log::{Log, Record};
use crate::manifest::Manifest;
use crate::rule::{PathSelector, Rule, Selector, SiteSelector};
use crate::set::{Door, Entrance, Grant, Reach, ToolView};
use crate::vocabulary::{Class, Method, Principal, SiteName};
use crate::writing::{Seen, WRITING, shown, times};

#[derive(Clone, Debug)]
pub struct Derived {
    /// A whole policy file, with comments; `None` where no request is left that a rule could be made of.
    pub text: Option<String>,
    /// Requests that no rule was made for, each kind with the reason.
    pub left_out: Vec<String>,
}

/// What one rule of the policy in force was used for on one site, by one principal where the policy tells them apart.
#[derive(Default)]
struct Needs {
    /// By route, or by the path of the rule, and by tool.
    uses: BTreeMap<(Need, String), Seen>,
    query: BTreeSet<String>,
    methods: BTreeSet<Method>,
    redirect: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Route(String),
    OwnPath,
}

type Use<'p> = (&'p str, SiteName, Option<Principal>);

pub fn derive(log: &Log, policy: &Policy, manifest: &Manifest) -> Derived {
    let tells_apart = policy.names_principals();
    let mut needs: BTreeMap<Use<'_>, Needs> = BTreeMap::new();
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    for record in log.records.iter().filter(|record| record.is_allowed) {
        match rule_for(record, policy, manifest) {
            Ok((rule, route)) => {
                let whose = tells_apart.then(|| record.principal.clone());
                let needs = needs
                    .entry((rule.id.as_str(), record.site.clone(), whose))
                    .or_default();
                needs.add(record, rule, &route);
            }
            Err(why) => {
                let what = format!(
                    "{} {} {} on {}: {why}",
                    shown(&record.tool),
                    record.method,
                    shown(&record.path),
                    record.site
                );
                *left_out.entry(what).or_default() += 1;
            }
        }
    }
    let mut left_out: Vec<String> = left_out
        .into_iter()
        .map(|(what, count)| format!("{}: {what}", times(count)))
        .collect();
    let rules = rules_of(policy, manifest, &needs, &mut left_out);
    let text = (!rules.is_empty()).then(|| write(log, policy, &needs, &rules, &left_out));
    Derived { text, left_out }
}

/// The rule in force that allows what the record did.
fn rule_for<'p>(
    record: &Record,
    policy: &'p Policy,
    manifest: &Manifest,
) -> Result<(&'p Rule, RouteId), String> {
    let requests = record.requests(policy);
    if requests.is_empty() {
        return Err("the log has cut it".to_owned());
    }
    let mut permits = requests
        .iter()
        .filter_map(|request| policy.permit(manifest, record.by(), Request::of(request)));
    let permit = permits.next().ok_or_else(|| match record.rule.as_str() {
        AUDIT_MODE => {
            "it passed in audit mode; somebody has to decide and write the rule".to_owned()
        }
        _ => format!("{} does not allow it any more", policy.file_name()),
    })?;
    let rule = policy
        .rules()
        .find(|rule| rule.id == permit.rule)
        .expect("a permit names a rule of its policy");
    if permit.class == Class::Admin {
        return Err("it administers the site; such a rule is written by hand".to_owned());
    }
    if let Selector::Path(path) = &rule.selector {
        if let Some(hazard) = hazard::of_parts(path.template.parts()) {
            return Err(format!(
                "the endpoint {}; such a rule is written by hand",
                hazard.explanation()
            ));
        }
        let mut names = record.query_names.iter();
        if let Some(name) = names.find(|name| hazard::is_query_name_hazardous(name)) {
            return Err(format!(
                "the query name `{}` carries or changes credentials",
                shown(name)
            ));
        }
    }
    Ok((rule, permit.route))
}

impl Needs {
    fn add(&mut self, record: &Record, rule: &Rule, route: &RouteId) {
        let need = match rule.selector {
            Selector::Path(_) => Need::OwnPath,
            Selector::Classes(_) | Selector::Routes(_) => Need::Route(route.to_string()),
        };
        let known = self
            .uses
            .entry((need, record.tool.clone()))
            .or_insert_with(|| Seen::none_like(record));
        known.add(record);
        self.query.extend(record.query_names.iter().cloned());
        self.methods.insert(record.method);
        if self.redirect.is_none() {
            self.redirect.clone_from(&record.redirect);
        }
    }

    /// One rule for the rule's own path; else one for each set of tools that used the same routes.
    fn rules(&self, rule: &Rule) -> Vec<(Selector, BTreeSet<String>)> {
        if let Selector::Path(path) = &rule.selector {
            let selector = Selector::Path(PathSelector {
                methods: self.methods.clone(),
                query: self.query.iter().cloned().collect(),
                ..path.clone()
            });
            let tools = self.uses.keys().map(|(_, tool)| tool.clone()).collect();
            return vec![(selector, tools)];
        }
        let mut tools_of: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (need, tool) in self.uses.keys() {
            if let Need::Route(route) = need {
                tools_of.entry(route).or_default().insert(tool.clone());
            }
        }
        let mut routes_of: BTreeMap<BTreeSet<String>, BTreeSet<String>> = BTreeMap::new();
        for (route, tools) in tools_of {
            routes_of.entry(tools).or_default().insert(route.to_owned());
        }
        routes_of
            .into_iter()
            .map(|(tools, routes)| (Selector::Routes(routes), tools))
            .collect()
    }
}

/// With comments, and an empty line before each.
fn rules_of(
    policy: &Policy,
    manifest: &Manifest,
    needs: &BTreeMap<Use<'_>, Needs>,
    left_out: &mut Vec<String>,
) -> String {
    let mut rules: Vec<(Vec<String>, Rule)> = Vec::new();
    let reach = Reach::of(policy, ToolView::Declared(manifest), &policy.principals());
    for ((id, site, whose), needs) in needs {
        let rule = policy
            .rules()
            .find(|rule| rule.id == *id)
            .expect("needs are kept by rules of this policy");
        for (selector, tools) in needs.rules(rule) {
            // A path may hold more than the catalogue knows, and that is open to tools that a rule names: naming them
            // where the rule in force does not would open it.
            let keeps_tools_open = rule.tools.is_none() && matches!(selector, Selector::Path(_));
            let asking = Asking {
                rule,
                site,
                tools: (!keeps_tools_open).then_some(&tools),
                principal: whose.as_ref(),
            };
            let confirm = asking.is_confirmed(&reach);
            if confirm && selector.only_reads() {
                let uses = needs.uses_of(&selector, &tools);
                let count = uses.map(|(_, seen)| seen.times).sum();
                left_out.push(format!(
                    "{}: what rule `{id}` allows on {site}: another rule asks a person about a part of it, and a rule that only reads can't",
                    times(count)
                ));
                continue;
            }
            let comments = needs.comments(&selector, &tools);
            let products = policy.site(site).map_or(&[][..], |site| &site.products);
            let derived = Rule {
                response_max_bytes: asking.least(&reach, |rule| rule.response_max_bytes),
                per_minute: asking.least(&reach, |rule| rule.per_minute),
                confirm,
                bounds: rule.bounds.among(products),
                site: SiteSelector::Named(site.clone()),
                redirect: needs.redirect.clone().filter(|_| selector.may_redirect()),
                selector,
                tools: asking.tools.cloned(),
                principals: whose.clone().map(|whose| BTreeSet::from([whose])),
                ..rule.clone()
            };
            add(&mut rules, comments, derived);
        }
    }
    let mut text = String::new();
    let mut taken: BTreeSet<String> = policy.denies().map(|deny| deny.id.clone()).collect();
    for (comments, mut rule) in rules {
        rule.id = fresh(&mut taken, &rule.id);
        text.push('\n');
        for line in comments {
            writeln!(text, "# {line}").expect(WRITING);
        }
        text.push_str(&rule.to_toml());
    }
    text
}

/// Principals who needed the same share one rule.
fn add(rules: &mut Vec<(Vec<String>, Rule)>, comments: Vec<String>, rule: Rule) {
    let is_alike = |other: &Rule| {
        let principals = rule.principals.clone();
        Rule {
            principals,
            ..other.clone()
        } == rule
    };
    match rules.iter_mut().find(|(_, other)| is_alike(other)) {
        Some((known, other)) => {
            known.extend(comments);
            if let (Some(all), Some(more)) = (&mut other.principals, rule.principals) {
                all.extend(more);
            }
        }
        None => rules.push((comments, rule)),
    }
}

fn write(
    log: &Log,
    policy: &Policy,
    needs: &BTreeMap<Use<'_>, Needs>,
    rules: &str,
    left_out: &[String],
) -> String {
    let mut text = format!(
        "# Derived from {} decisions since {}, within {} ({}).\n# What was not used is not in it. Read it before you use it, and compare:  mcp-airlock policy diff OLD NEW\n",
        log.records.len(),
        shown(log.begins().unwrap_or("the beginning")),
        policy.file_name(),
        policy.digest()
    );
    for line in left_out {
        writeln!(text, "# left out: {line}").expect(WRITING);
    }
    text.push_str("version = 1\n");
    if let Some(digest) = policy.component_sha256() {
        writeln!(text, "component.sha256 = \"{digest}\"").expect(WRITING);
    }
    let used: BTreeSet<&SiteName> = needs.keys().map(|(_, site, _)| site).collect();
    for site in policy
        .sites()
        .iter()
        .filter(|site| used.contains(&site.name))
    {
        write!(text, "\n{}", site.to_toml()).expect(WRITING);
    }
    text.push_str(rules);
    let denies: Vec<&Rule> = policy
        .denies()
        .filter(|deny| used.iter().any(|site| deny.site.covers(site)))
        .collect();
    if !denies.is_empty() {
        text.push_str("\n# As in the policy that this was derived from.\n");
    }
    let denies: Vec<String> = denies.into_iter().map(Rule::to_toml).collect();
    text + &denies.join("\n")
}

impl Needs {
    /// Those that one rule is made for.
    fn uses_of<'a>(
        &'a self,
        selector: &'a Selector,
        tools: &'a BTreeSet<String>,
    ) -> impl Iterator<Item = (&'a (Need, String), &'a Seen)> {
        let belongs = move |need: &Need| match (need, selector) {
            (Need::Route(route), Selector::Routes(routes)) => routes.contains(route),
            (Need::OwnPath, Selector::Path(_)) => true,
            _ => false,
        };
        let uses = self.uses.iter();
        uses.filter(move |((need, tool), _)| belongs(need) && tools.contains(tool))
    }

    fn comments(&self, selector: &Selector, tools: &BTreeSet<String>) -> Vec<String> {
        let uses = self.uses_of(selector, tools);
        uses.map(|((need, tool), seen)| {
            let what = match need {
                Need::Route(route) => format!("{route} by {}", shown(tool)),
                Need::OwnPath => format!("by {}", shown(tool)),
            };
            format!(
                "{what}: {}, {} to {}, first in {}",
                times(seen.times),
                shown(&seen.first),
                shown(&seen.last),
                seen.place
            )
        })
        .collect()
    }
}

/// Who asks under a rule.
struct Asking<'a> {
    rule: &'a Rule,
    site: &'a SiteName,
    /// `None`: any.
    tools: Option<&'a BTreeSet<String>>,
    principal: Option<&'a Principal>,
}

impl Asking<'_> {
    /// Where a more precise rule held for a part of what this one allows, its limit held; without that rule this one's
    /// would be new.
    fn least(&self, reach: &Reach<'_>, limit: fn(&Rule) -> Option<u64>) -> Option<u64> {
        let limits = self.entrances(reach).flat_map(|entrance| {
            let own = entrance
                .grants
                .iter()
                .find(|grant| grant.rule.id == self.rule.id);
            let before = entrance
                .grants
                .iter()
                .take_while(|grant| grant.rule.id != self.rule.id);
            let meeting = before.filter(move |grant| own.is_some_and(|own| self.meets(own, grant)));
            meeting.filter_map(move |grant| limit(grant.rule))
        });
        limits.chain(limit(self.rule)).min()
    }

    /// Where any rule asked about a part of what this one allows, the question stays.
    fn is_confirmed(&self, reach: &Reach<'_>) -> bool {
        let mut entrances = self.entrances(reach);
        entrances.any(|entrance| {
            let mut grants = entrance.grants.iter();
            let own = grants.find(|grant| grant.rule.id == self.rule.id);
            let asks = |ask: &Grant<'_>| own.is_some_and(|own| self.meets(own, ask));
            entrance.asks.iter().any(asks)
        })
    }

    fn entrances<'r, 'p>(&self, reach: &'r Reach<'p>) -> impl Iterator<Item = &'r Entrance<'p>> {
        let here = |door: &Door| door.site == *self.site;
        let entrances = reach.doors.iter();
        entrances.filter_map(move |(door, entrance)| here(door).then_some(entrance))
    }

    fn meets(&self, own: &Grant<'_>, other: &Grant<'_>) -> bool {
        let mut both = own
            .shapes
            .iter()
            .flat_map(|shape| other.shapes.iter().filter_map(|other| shape.meet(other)));
        both.any(|both| {
            let by_tool = self
                .tools
                .is_none_or(|tools| !both.tools.is_disjoint(tools));
            // One whom the file does not name is like anyone else.
            let is_here = |principal: &Principal| {
                let stands_in = |one: &Principal| one.is_anyone_else();
                both.principals.contains(principal) || both.principals.iter().any(stands_in)
            };
            by_tool && self.principal.is_none_or(is_here)
        })
    }
}

/// The id of the rule that it narrows, with a number where that is taken.
fn fresh(taken: &mut BTreeSet<String>, wanted: &str) -> String {
    let stem: String = wanted.chars().take(56).collect();
    let numbered = (2..).map(|number| format!("{stem}-{number}"));
    let id = std::iter::once(wanted.to_owned())
        .chain(numbered)
        .find(|id| !taken.contains(id))
        .unwrap_or(stem);
    taken.insert(id.clone());
    id
}
