//! What the rules of a policy reach, door by door, as sets. Says the same as the decision function, for all requests
//! at once; a property test holds the two together.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::KeySet;
use super::names::NameRange;
use super::segments::SegmentSet;
use super::shape::{Budget, Shape, TooTangled, meet_paths};
use crate::Policy;
use crate::bounds::{self, Bound};
use crate::catalogue::{Route, Slot, catalogue};
use crate::manifest::Manifest;
use crate::net::AddressRules;
use crate::rule::{PathSelector, Rule, Selector};
use crate::site::Site;
use crate::template::Template;
use crate::vocabulary::{Class, Deployment, Method, Principal, Product, SiteName};

/// Requests of one door are compared with each other and with no others: no request stands at two doors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Door {
    pub(crate) site: SiteName,
    pub(crate) product: Product,
    pub(crate) deployment: Deployment,
    pub(crate) method: Method,
    /// The catalogue's route; `None` for all that the catalogue does not know.
    pub(crate) route: Option<&'static str>,
}

/// Which tools there are, and which of them a rule may speak for.
#[derive(Clone, Copy)]
pub(crate) enum ToolView<'a> {
    /// As this component declares them.
    Declared(&'a Manifest),
    /// Whatever a component may declare: every tool that the file names, and one that it does not.
    Any,
}

/// What one rule says at one door, before any denial.
#[derive(Clone, Debug)]
pub(crate) struct Grant<'p> {
    pub(crate) rule: &'p Rule,
    pub(crate) class: Class,
    pub(crate) shapes: Vec<Shape>,
}

impl Grant<'_> {
    /// Something of this shape, by this tool of its tools.
    pub(crate) fn speaks_of(&self, tool: &str, shape: &Shape) -> bool {
        let meets = |own: &Shape| own.tools.contains(tool) && own.meet(shape).is_some();
        self.shapes.iter().any(meets)
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Entrance<'p> {
    /// The one whose limits and redirect hold comes first.
    pub(crate) grants: Vec<Grant<'p>>,
    pub(crate) vetoes: Vec<(&'p Rule, Vec<Shape>)>,
    /// Where a person is asked first, whichever grant it is that allows.
    pub(crate) asks: Vec<Grant<'p>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Reach<'p> {
    pub(crate) doors: BTreeMap<Door, Entrance<'p>>,
}

/// Stands for every tool that no rule names; no real name has a space in it.
const ANY_OTHER_TOOL: &str = "any other tool";

impl<'p> Reach<'p> {
    /// Of every site that can be dialled at all, for these principals.
    pub(crate) fn of(
        policy: &'p Policy,
        tools: ToolView<'_>,
        principals: &BTreeSet<Principal>,
    ) -> Self {
        let is_dialled = |site: &&Site| {
            AddressRules::for_site(site)
                .check_literal(&site.dial_origin())
                .is_ok()
        };
        let sites = policy.sites().iter().filter(is_dialled);
        Self::of_sites(&Askers::new(policy, tools, principals), policy, sites)
    }

    /// Of all sites and for everybody, also of those that have an address which they may not have.
    pub(crate) fn of_every_site(policy: &'p Policy, tools: ToolView<'_>) -> Self {
        let askers = Askers::new(policy, tools, &policy.principals());
        Self::of_sites(&askers, policy, policy.sites().iter())
    }

    fn of_sites(
        askers: &Askers<'_>,
        policy: &'p Policy,
        sites: impl Iterator<Item = &'p Site>,
    ) -> Self {
        let mut doors = BTreeMap::new();
        for site in sites {
            for deployment in site.possible_deployments() {
                for product in &site.products {
                    for method in Method::ALL {
                        let place = Place {
                            policy,
                            askers,
                            site,
                            product: *product,
                            deployment,
                            method: *method,
                        };
                        place.open(&mut doors);
                    }
                }
            }
        }
        Self { doors }
    }

    pub(crate) fn asks(&self, door: &Door) -> Vec<Grant<'p>> {
        self.doors
            .get(door)
            .map_or_else(Vec::new, |entrance| entrance.asks.clone())
    }

    /// What a door lets through when its denials are taken away, rule by rule.
    pub(crate) fn open(
        &self,
        door: &Door,
        budget: &mut Budget,
    ) -> Result<Vec<Grant<'p>>, TooTangled> {
        let Some(entrance) = self.doors.get(door) else {
            return Ok(Vec::new());
        };
        let vetoes: Vec<&Shape> = entrance
            .vetoes
            .iter()
            .flat_map(|(_, shapes)| shapes)
            .collect();
        let mut open = Vec::new();
        for grant in &entrance.grants {
            let shapes = Shape::minus_all(grant.shapes.clone(), vetoes.iter().copied(), budget)?;
            if !shapes.is_empty() {
                open.push(Grant {
                    shapes,
                    ..grant.clone()
                });
            }
        }
        Ok(open)
    }
}

/// The tools of the view and the principals, worked out once.
struct Askers<'a> {
    tools: BTreeSet<String>,
    manifest: Option<&'a Manifest>,
    principals: BTreeSet<Principal>,
}

impl<'a> Askers<'a> {
    fn new(policy: &Policy, view: ToolView<'a>, principals: &BTreeSet<Principal>) -> Self {
        let principals = principals.clone();
        match view {
            ToolView::Declared(manifest) => Self {
                tools: manifest.tools.keys().cloned().collect(),
                manifest: Some(manifest),
                principals,
            },
            ToolView::Any => {
                let rules = policy.rules().chain(policy.denies());
                let named = rules.flat_map(|rule| rule.tools.iter().flatten().cloned());
                Self {
                    tools: named.chain([ANY_OTHER_TOOL.to_owned()]).collect(),
                    manifest: None,
                    principals,
                }
            }
        }
    }

    /// An allowing rule's.
    fn principals_of(&self, policy: &Policy, rule: &Rule) -> BTreeSet<Principal> {
        let may_use = |principal: &&Principal| policy.may_use(principal, rule).is_ok();
        self.principals.iter().filter(may_use).cloned().collect()
    }

    fn tools_of(&self, rule: &Rule) -> BTreeSet<String> {
        match &rule.tools {
            None => self.tools.clone(),
            Some(tools) => self.tools.intersection(tools).cloned().collect(),
        }
    }

    fn tools_of_rule_for_route(&self, rule: &Rule, route: &str) -> BTreeSet<String> {
        let mut tools = self.tools_of(rule);
        if let Some(manifest) = self.manifest {
            tools.retain(|tool| manifest.declares(tool, route));
        }
        tools
    }
}

/// One method of one product of one site, as one deployment.
struct Place<'p, 't> {
    policy: &'p Policy,
    askers: &'t Askers<'t>,
    site: &'p Site,
    product: Product,
    deployment: Deployment,
    method: Method,
}

impl<'p> Place<'p, '_> {
    fn open(&self, doors: &mut BTreeMap<Door, Entrance<'p>>) {
        let routes: Vec<&'static Route> = catalogue()
            .candidates(self.product, self.deployment, self.method)
            .collect();
        for route in &routes {
            self.add(doors, Some(route.id.as_str()), self.known(route));
        }
        self.add(doors, None, self.unknown(&routes));
    }

    fn add(
        &self,
        doors: &mut BTreeMap<Door, Entrance<'p>>,
        route: Option<&'static str>,
        mut entrance: Entrance<'p>,
    ) {
        entrance.grants.retain(|grant| !grant.shapes.is_empty());
        // A rule's limits leave the allowing to others, and the question stays.
        let asking = |grant: &&Grant<'_>| grant.rule.confirm && grant.class != Class::Read;
        let asks = entrance.grants.iter().filter(asking).map(|grant| Grant {
            shapes: grant
                .shapes
                .iter()
                .map(Shape::whatever_its_limits)
                .collect(),
            ..grant.clone()
        });
        entrance.asks = asks.collect();
        entrance
            .grants
            .sort_by(|a, b| a.rule.precedence().cmp(&b.rule.precedence()));
        if entrance.grants.is_empty() {
            return;
        }
        let door = Door {
            site: self.site.name.clone(),
            product: self.product,
            deployment: self.deployment,
            method: self.method,
            route,
        };
        doors.insert(door, entrance);
    }

    fn rules_here<'r>(
        &self,
        rules: impl Iterator<Item = &'r Rule>,
    ) -> impl Iterator<Item = &'r Rule> {
        let site = &self.site.name;
        rules.filter(move |rule| rule.site.covers(site))
    }

    fn is_about(&self, path: &PathSelector) -> bool {
        path.product.is_none_or(|product| product == self.product)
            && path.methods.contains(&self.method)
    }

    /// A route of the catalogue: what each rule and each denial has of it.
    fn known(&self, route: &'static Route) -> Entrance<'p> {
        let id = route.id.as_str();
        let path = route.template.sets();
        let part_of = |selector: &Selector| match selector {
            Selector::Classes(classes) => classes.contains(&route.class).then(|| path.to_vec()),
            Selector::Routes(routes) => routes.contains(id).then(|| path.to_vec()),
            Selector::Path(own) if self.is_about(own) => meet_paths(path, own.template.sets()),
            Selector::Path(_) => None,
        };
        let mut entrance = Entrance::default();
        for rule in self.rules_here(self.policy.rules()) {
            let Some(path) = part_of(&rule.selector) else {
                continue;
            };
            let tools = self.askers.tools_of_rule_for_route(rule, id);
            let principals = self.askers.principals_of(self.policy, rule);
            let held = self.held(rule, &route.slots, &route.template, path);
            let is_asked = !tools.is_empty() && !principals.is_empty();
            let Some((path, keys)) = held.filter(|_| is_asked) else {
                continue;
            };
            let by_rule = |name: &&String| match &rule.selector {
                Selector::Path(own) => own.query.contains(name),
                Selector::Classes(_) | Selector::Routes(_) => true,
            };
            let names = route.query.iter().filter(by_rule).cloned();
            entrance.grants.push(Grant {
                rule,
                class: route.class,
                shapes: vec![Shape {
                    principals,
                    tools,
                    path,
                    query: NameRange::up_to(names),
                    body: (0, rule.request_max_bytes.unwrap_or(u64::MAX)),
                    keys,
                }],
            });
        }
        if entrance.grants.is_empty() {
            return entrance;
        }
        for deny in self.rules_here(self.policy.denies()) {
            let shapes: Vec<Shape> = part_of(&deny.selector)
                .map(|path| self.veto(deny, path))
                .into_iter()
                .collect();
            if !shapes.is_empty() {
                entrance.vetoes.push((deny, shapes));
            }
        }
        entrance
    }

    /// Everything that no route of the catalogue is: what the paths of the file make of it.
    fn unknown(&self, known: &[&'static Route]) -> Entrance<'p> {
        let mut entrance = Entrance::default();
        let mut by_class: Vec<(Class, Vec<Vec<SegmentSet>>)> = Vec::new();
        for rule in self.rules_here(self.policy.rules()) {
            let Selector::Path(own) = &rule.selector else {
                continue;
            };
            if !self.is_about(own) {
                continue;
            }
            let paths = outside_of(own.template.sets(), known);
            let class = own.own_class(self.method);
            by_class.push((class, paths.clone()));
            // The component can't declare a route that it does not know; only a rule that names its tools opens one.
            if rule.tools.is_none() {
                continue;
            }
            let tools = self.askers.tools_of(rule);
            let principals = self.askers.principals_of(self.policy, rule);
            if tools.is_empty() || principals.is_empty() {
                continue;
            }
            let slots = bounds::slots_of_path(self.product, &own.template);
            let held = paths
                .into_iter()
                .filter_map(|path| self.held(rule, &slots, &own.template, path));
            let shapes = held.map(|(path, keys)| Shape {
                principals: principals.clone(),
                tools: tools.clone(),
                path,
                query: NameRange::up_to(own.query.iter().cloned()),
                body: (0, rule.request_max_bytes.unwrap_or(u64::MAX)),
                keys,
            });
            entrance.grants.push(Grant {
                rule,
                class,
                shapes: shapes.collect(),
            });
        }
        if entrance.grants.is_empty() {
            return entrance;
        }
        for deny in self.rules_here(self.policy.denies()) {
            let paths: Vec<Vec<SegmentSet>> = match &deny.selector {
                Selector::Path(path) if self.is_about(path) => vec![path.template.sets().to_vec()],
                Selector::Classes(classes) => by_class
                    .iter()
                    .filter(|(class, _)| classes.contains(class))
                    .flat_map(|(_, paths)| paths.iter().cloned())
                    .collect(),
                Selector::Path(_) | Selector::Routes(_) => Vec::new(),
            };
            if !paths.is_empty() {
                let shapes = paths.into_iter().map(|path| self.veto(deny, path));
                entrance.vetoes.push((deny, shapes.collect()));
            }
        }
        entrance
    }

    /// What a rule's projects or spaces leave of a path, and which of them the rest of the request may name.
    fn held(
        &self,
        rule: &Rule,
        slots: &[Slot],
        template: &Template,
        path: Vec<SegmentSet>,
    ) -> Option<(Vec<SegmentSet>, KeySet)> {
        match rule.bounds.of(self.product) {
            Bound::Free => Some((path, KeySet::any())),
            Bound::Elsewhere => None,
            Bound::Only(keys) => {
                let path = bounds::narrow_path(slots, template, path, keys)?;
                Some((path, KeySet::at_most(keys.iter().cloned())))
            }
        }
    }

    fn veto(&self, deny: &Rule, path: Vec<SegmentSet>) -> Shape {
        let covered = |principal: &&Principal| deny.covers_principal(principal);
        let principals = self.askers.principals.iter().filter(covered);
        Shape {
            principals: principals.cloned().collect(),
            tools: self.askers.tools_of(deny),
            path,
            query: NameRange::any(),
            body: (0, u64::MAX),
            keys: KeySet::any(),
        }
    }
}

/// The part of a path that no route of the catalogue has, in pieces.
fn outside_of(path: &[SegmentSet], known: &[&'static Route]) -> Vec<Vec<SegmentSet>> {
    let whole = |path: &[SegmentSet]| Shape {
        principals: BTreeSet::from([Principal::anyone_else()]),
        tools: BTreeSet::from([String::new()]),
        path: path.to_vec(),
        query: NameRange::any(),
        body: (0, 0),
        keys: KeySet::any(),
    };
    let mut left = vec![whole(path)];
    let overlapping = known
        .iter()
        .map(|route| route.template.sets())
        .filter(|route| meet_paths(path, route).is_some());
    for route in overlapping {
        let route = whole(route);
        left = left.iter().flat_map(|shape| shape.minus(&route)).collect();
    }
    left.into_iter().map(|shape| shape.path).collect()
}
