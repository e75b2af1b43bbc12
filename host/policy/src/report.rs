//! `policy report`: who can reach what, today, with whose credential. For auditors; nothing has to run for it.
//!
//! Every row is what is left of a rule after all denials. A row that is not there is refused.

mod html;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::Policy;
use crate::acceptance::Acceptance;
use crate::bounds::{Bound, container};
use crate::hold::Lookup;
use crate::log::Log;
use crate::manifest::Manifest;
use crate::principal::listed;
use crate::rule::Rule;
use crate::set::{Budget, Door, Grant, Reach, Shape, TooTangled, ToolView};
use crate::site::Site;
use crate::vocabulary::{Class, Deployment, Method, Principal, Product, SiteName};
use crate::writing::joined;

/// What the report says beside the policy.
#[derive(Clone, Debug, Default)]
pub struct ReportInputs<'a> {
    /// References by site: `env:JIRA_API_TOKEN`. Never a secret. `None`: not looked up.
    pub credentials: Option<&'a BTreeMap<SiteName, String>>,
    /// For the column of last use.
    pub log: Option<&'a Log>,
    /// Only what this principal can reach.
    pub principal: Option<&'a Principal>,
    /// What the host asks for itself, under rules that no file can change.
    pub host_requests: &'a [HostRequest],
}

/// A built-in rule of the host.
#[derive(Clone, Copy, Debug)]
pub struct HostRequest {
    pub rule: &'static str,
    /// `None`: not of one product.
    pub product: Option<Product>,
    /// `None`: asked only where the deployment is not configured, to find it out.
    pub deployment: Option<Deployment>,
    pub method: Method,
    pub path: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub policy: String,
    pub policy_digest: String,
    pub component_digest: String,
    /// What passes beside the rows, where the file is in audit mode.
    pub audit_mode: Option<String>,
    pub sites: Vec<SiteRow>,
    /// `[principal.NAME]` blocks, in words.
    pub principals: Vec<String>,
    pub rows: Vec<Row>,
    /// `[[deny]]` blocks, in words.
    pub denials: Vec<String>,
    pub accepted: Vec<Acceptance>,
    /// Since when the log has been kept that last use was read from.
    pub log_since: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct SiteRow {
    pub name: SiteName,
    pub origin: String,
    /// Where requests are really sent, product by product.
    pub sent_to: Vec<String>,
    pub deployment: Option<Deployment>,
    pub addresses: Vec<String>,
    pub proxy: Option<String>,
    pub redirects: Vec<String>,
    pub credential: String,
}

/// One shape of request that one tool may make.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub tool: String,
    /// Who may; empty for everybody.
    pub principals: Vec<Principal>,
    pub site: SiteName,
    pub product: Product,
    pub deployments: Vec<Deployment>,
    pub method: Method,
    pub path: String,
    pub query: Vec<String>,
    pub route: Option<String>,
    pub class: Class,
    pub credential: String,
    /// `id (file:line)`; the first is the one that is named in audit records.
    pub rules: Vec<String>,
    /// Limits and redirects, in words.
    pub limits: Vec<String>,
    pub last_used: Option<String>,
}

/// The tool of rows that are the host's own.
const HOST: &str = "(the host itself)";

pub fn report(
    policy: &Policy,
    manifest: &Manifest,
    inputs: &ReportInputs<'_>,
) -> Result<Report, TooTangled> {
    let mut rows = Rows::default();
    let principals = inputs.principal.map_or_else(
        || policy.principals(),
        |principal| BTreeSet::from([principal.clone()]),
    );
    let reach = Reach::of(policy, ToolView::Declared(manifest), &principals);
    let mut budget = Budget::new();
    for door in reach.doors.keys() {
        let asks = reach.asks(door);
        for grant in reach.open(door, &mut budget)? {
            for shape in &grant.shapes {
                let principals = listed(&shape.principals, &principals);
                rows.add(policy, inputs, door, (&grant, shape), &asks, principals);
            }
        }
    }
    let mut rows: Vec<Row> = rows.by_key.into_values().collect();
    rows.extend(host_rows(policy, inputs));
    let used = inputs.log.map(last_uses);
    for row in &mut rows {
        row.last_used = used
            .as_ref()
            .and_then(|used| used.get(&use_key(row)))
            .cloned();
    }
    Ok(Report {
        policy: policy.file_name().to_owned(),
        policy_digest: policy.digest(),
        component_digest: manifest.digest.clone(),
        audit_mode: policy.audit_banner(),
        sites: policy
            .sites()
            .iter()
            .map(|site| site_row(site, inputs))
            .collect(),
        principals: principal_lines(policy, inputs.principal),
        rows,
        denials: policy.denies().map(|deny| denial(policy, deny)).collect(),
        accepted: policy.acceptances.clone(),
        log_since: inputs.log.and_then(Log::begins).map(str::to_owned),
    })
}

fn principal_lines(policy: &Policy, only: Option<&Principal>) -> Vec<String> {
    let sections = policy.sections().iter();
    let wanted = sections.filter(|(name, _)| only.is_none_or(|only| only == *name));
    wanted
        .map(|(name, section)| {
            let place = format!("{}:{}", policy.file_name(), section.line);
            format!("{name} ({place}): {}", joined(&section.rules))
        })
        .collect()
}

fn denial(policy: &Policy, deny: &Rule) -> String {
    let tools = deny.tools.as_ref();
    let tools = tools.map(|tools| format!(", for {}", joined(tools)));
    let principals = deny.principals.as_ref();
    let principals = principals.map(|names| format!(", to {}", joined(names)));
    format!(
        "{}: {} on {}{}{}",
        policy.place_of(deny),
        deny.selector,
        deny.site,
        tools.unwrap_or_default(),
        principals.unwrap_or_default()
    )
}

impl Report {
    /// How many rows of each class.
    fn count(&self, class: Class) -> usize {
        self.rows.iter().filter(|row| row.class == class).count()
    }

    fn tools(&self) -> BTreeSet<&str> {
        self.rows.iter().map(|row| row.tool.as_str()).collect()
    }
}

type RowKey = (String, SiteName, Method, String, Class, Vec<Principal>);

#[derive(Default)]
struct Rows {
    by_key: BTreeMap<RowKey, Row>,
}

impl Rows {
    fn add(
        &mut self,
        policy: &Policy,
        inputs: &ReportInputs<'_>,
        door: &Door,
        (grant, shape): (&Grant<'_>, &Shape),
        asks: &[Grant<'_>],
        principals: Vec<Principal>,
    ) {
        let path = shape.path_text();
        for tool in &shape.tools {
            let key = (
                tool.clone(),
                door.site.clone(),
                door.method,
                path.clone(),
                grant.class,
                principals.clone(),
            );
            let row = self.by_key.entry(key).or_insert_with(|| Row {
                tool: tool.clone(),
                principals: principals.clone(),
                site: door.site.clone(),
                product: door.product,
                deployments: Vec::new(),
                method: door.method,
                path: path.clone(),
                query: Vec::new(),
                route: door
                    .route
                    .map_or_else(|| own_route(grant), |route| Some(route.to_owned())),
                class: grant.class,
                credential: policy
                    .site(&door.site)
                    .map_or_else(String::new, |site| credential(site, inputs)),
                rules: Vec::new(),
                limits: Vec::new(),
                last_used: None,
            });
            push_new(&mut row.deployments, door.deployment);
            push_new(&mut row.rules, policy.place_of(grant.rule));
            for name in shape.query.may.iter().flatten() {
                push_new(&mut row.query, name.clone());
            }
            for limit in limits(policy, door, grant) {
                push_new(&mut row.limits, limit);
            }
            for ask in asks.iter().filter(|ask| ask.speaks_of(tool, shape)) {
                let question = format!("a person is asked first, by {}", policy.place_of(ask.rule));
                push_new(&mut row.limits, question);
            }
        }
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

fn own_route(grant: &Grant<'_>) -> Option<String> {
    Some(crate::RouteId::own(&grant.rule.id).to_string())
}

fn limits(policy: &Policy, door: &Door, grant: &Grant<'_>) -> Vec<String> {
    let rule = grant.rule;
    let bytes =
        |what: &str, limit: Option<u64>| limit.map(|limit| format!("{what} up to {limit} bytes"));
    let origin = rule.redirect.as_ref().and_then(|name| {
        let origin = policy.site(&door.site)?.redirects.get(name)?;
        Some(format!("answers may redirect to {origin}"))
    });
    let keys = match rule.bounds.of(door.product) {
        Bound::Only(keys) => Some(format!(
            "{}s {}",
            container(door.product),
            keys.iter().cloned().collect::<Vec<_>>().join(", ")
        )),
        Bound::Free | Bound::Elsewhere => None,
    };
    [
        keys,
        bytes("bodies", rule.request_max_bytes),
        bytes("answers", rule.response_max_bytes),
        rule.per_minute
            .map(|most| format!("{most} a minute for each caller")),
        origin,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Everything that shows to the site who asks.
fn credential(site: &Site, inputs: &ReportInputs<'_>) -> String {
    let name = &site.name;
    let reference = match inputs.credentials {
        None => format!("that of site {name}"),
        Some(known) => known
            .get(name)
            .cloned()
            .unwrap_or_else(|| "not configured".to_owned()),
    };
    let certificate = site
        .client_cert
        .iter()
        .map(|file| format!("client certificate {file}"));
    let headers = site.headers.iter().map(|name| format!("header {name}"));
    std::iter::once(reference)
        .chain(certificate)
        .chain(headers)
        .collect::<Vec<_>>()
        .join(" + ")
}

fn site_row(site: &Site, inputs: &ReportInputs<'_>) -> SiteRow {
    let sent_to = site
        .products
        .iter()
        .map(|product| format!("{product}: {}", site.url(*product, &[], &[])));
    SiteRow {
        name: site.name.clone(),
        origin: site.origin.to_string(),
        sent_to: sent_to.collect(),
        deployment: site.known_deployment(),
        addresses: site
            .addresses
            .iter()
            .flatten()
            .map(ToString::to_string)
            .collect(),
        proxy: site.proxy.as_ref().map(ToString::to_string),
        redirects: site
            .redirects
            .iter()
            .map(|(name, origin)| format!("{name}: {origin}"))
            .collect(),
        credential: credential(site, inputs),
    }
}

/// What the host asks of a site on its own account, and of the login server that belongs to it.
fn host_rows(policy: &Policy, inputs: &ReportInputs<'_>) -> Vec<Row> {
    let fits =
        |site: &Site, request: &HostRequest| match (request.deployment, site.known_deployment()) {
            (None, known) => known.is_none(),
            (Some(wanted), known) => known.is_none_or(|known| known == wanted),
        };
    let row = |site: &Site, product: Product, request: &HostRequest| Row {
        tool: HOST.to_owned(),
        principals: Vec::new(),
        site: site.name.clone(),
        product,
        deployments: request
            .deployment
            .map_or_else(|| Deployment::ALL.to_vec(), |one| vec![one]),
        method: request.method,
        path: request.path.to_owned(),
        query: Vec::new(),
        route: None,
        class: match request.method {
            Method::Get | Method::Head => Class::Read,
            _ => Class::Write,
        },
        credential: credential(site, inputs),
        rules: vec![format!("{} (built in)", request.rule)],
        limits: Vec::new(),
        last_used: None,
    };
    let asked = |site: &Site, request: &HostRequest| {
        let first = site.products.first().copied();
        let product = match request.product {
            None => first,
            some => some.filter(|product| site.products.contains(product)),
        };
        product
            .filter(|_| fits(site, request))
            .map(|product| row(site, product, request))
    };
    let mut rows = Vec::new();
    for site in policy.sites() {
        let lookups = lookups_at(policy, site);
        let requests = inputs.host_requests.iter().chain(&lookups);
        rows.extend(requests.filter_map(|request| asked(site, request)));
    }
    rows
}

/// What the host reads before the requests of bound rules: nothing where no rule of the site is bound.
fn lookups_at(policy: &Policy, site: &Site) -> Vec<HostRequest> {
    let is_bound = |product| {
        let mut rules = policy.rules_at(&site.name);
        rules.any(|rule| matches!(rule.bounds.of(product), Bound::Only(_)))
    };
    let of_rule = |(rule, product)| {
        let deployments = Deployment::ALL.iter().copied();
        deployments.filter_map(move |deployment| {
            Some(HostRequest {
                rule,
                product: Some(product),
                deployment: Some(deployment),
                method: Method::Get,
                path: Lookup::path_of_rule(rule, deployment)?,
            })
        })
    };
    let rules = Lookup::RULES.into_iter();
    rules
        .filter(|(_, product)| is_bound(*product))
        .flat_map(of_rule)
        .collect()
}

type UseKey = (String, SiteName, Method, String);

/// By route, which a log names for routes of the catalogue and of the file alike.
fn last_uses(log: &Log) -> BTreeMap<UseKey, String> {
    let mut uses: BTreeMap<UseKey, String> = BTreeMap::new();
    for record in log.records.iter().filter(|record| record.is_allowed) {
        let Some(route) = &record.route else { continue };
        let key = (
            record.tool.clone(),
            record.site.clone(),
            record.method,
            route.clone(),
        );
        let last = uses.entry(key).or_default();
        if *last < record.ts {
            last.clone_from(&record.ts);
        }
    }
    uses
}

fn use_key(row: &Row) -> UseKey {
    (
        row.tool.clone(),
        row.site.clone(),
        row.method,
        row.route.clone().unwrap_or_default(),
    )
}
