//! Reads `[[rule]]` and `[[deny]]`: one selector each, and nothing that would not be enforced.

use std::collections::BTreeSet;
use std::ops::Range;

use super::accept::{self, Accepted};
use super::path;
use super::principal;
use super::reader::{Reader, Table};
use super::site::Sites;
use crate::acceptance::About;
use crate::audit_mode::AUDIT_MODE;
use crate::bounds::{Bounds, container};
use crate::catalogue::catalogue;
use crate::decide::DEFAULT_DENY;
use crate::diagnostic::Problem;
use crate::rule::{Effect, Rule, Selector, SiteSelector};
use crate::site::Site;
use crate::template::Kind;
use crate::vocabulary::{Class, Product, SiteName, is_name};

/// A rule with its place in the text.
pub(super) struct Read {
    pub(super) rule: Rule,
    pub(super) start: usize,
    pub(super) id_span: Range<usize>,
    pub(super) accepted: Vec<Accepted>,
}

const RULE_KEYS: &[&str] = &[
    "id",
    "site",
    "classes",
    "routes",
    "methods",
    "path",
    "query",
    "class",
    "product",
    "tools",
    "principals",
    "projects",
    "spaces",
    "confirm",
    "request-max-bytes",
    "response-max-bytes",
    "per-minute",
    "redirect",
    "accept",
];
const DENY_KEYS: &[&str] = &[
    "id",
    "site",
    "classes",
    "routes",
    "methods",
    "path",
    "product",
    "tools",
    "principals",
    "accept",
];
const LATER: &[(&str, &str)] = &[
    // These four only reach a [[deny]].
    (
        "projects",
        "a denial holds for all projects; the `projects` of a [[rule]] say which are open",
    ),
    (
        "spaces",
        "a denial holds for all spaces; the `spaces` of a [[rule]] say which are open",
    ),
    (
        "confirm",
        "nobody is asked about what is denied; `confirm` stands in a [[rule]]",
    ),
    (
        "per-minute",
        "what is denied has no rate; `per-minute` stands in a [[rule]]",
    ),
    (
        "limits",
        "there are `request-max-bytes`, `response-max-bytes` and `per-minute`",
    ),
    (
        "params",
        "a parameter is a kind in the path, like {issue-key}, or a set, like {a|b}",
    ),
    (
        "mode",
        "`mode` stands at the top of the file and is one for all rules",
    ),
];

pub(super) fn read(
    reader: &mut Reader,
    table: &Table<'_>,
    effect: Effect,
    sites: &Sites,
) -> Option<Read> {
    let known = match effect {
        Effect::Allow => RULE_KEYS,
        Effect::Deny => DENY_KEYS,
    };
    reader.refuse_unknown_keys(table, known, LATER);
    for (key, help) in [
        (
            "id",
            "every refusal and audit record names its rule by this id",
        ),
        ("site", "name a site, or write  site = \"*\""),
    ] {
        if !table.has(key) {
            reader.missing(table, key, help);
        }
    }
    let id = read_id(reader, table);
    let site = read_site(reader, table, sites);
    let tools = read_tools(reader, table);
    let principals = principal::read_list(reader, table);
    let request_max_bytes = reader.number(table, "request-max-bytes", ANY_SIZE);
    let response_max_bytes = reader.number(table, "response-max-bytes", ANY_SIZE);
    let per_minute = reader.number(table, "per-minute", MOST_A_MINUTE);
    let site = site?;
    let covered: Vec<&Site> = sites
        .by_name
        .values()
        .filter(|known| site.covers(&known.name))
        .collect();
    let bounds = Bounds {
        projects: read_keys(reader, table, Product::Jira, &covered),
        spaces: read_keys(reader, table, Product::Confluence, &covered),
    };
    let selector = read_selector(reader, table, effect, &covered)?;
    let redirect = read_redirect(reader, table, &selector, &covered);
    let confirm = read_confirm(reader, table, &selector);
    let (id, id_span) = id?;
    let accepted = accept::read(reader, table, &About::Rule(id.clone()));
    let rule = Rule {
        id,
        effect,
        site,
        selector,
        tools,
        principals,
        bounds,
        confirm,
        request_max_bytes,
        response_max_bytes,
        per_minute,
        redirect,
        line: 0,
    };
    Some(Read {
        rule,
        start: table.span.start,
        id_span,
        accepted,
    })
}

fn read_id(reader: &mut Reader, table: &Table<'_>) -> Option<(String, Range<usize>)> {
    let id = reader.string(table, "id")?;
    if !is_name(id.value) || [DEFAULT_DENY, AUDIT_MODE].contains(&id.value) {
        let help = "1 to 64 of a-z, A-Z, 0-9, `-`, `_`, beginning with a letter or digit; `default-deny` and `audit-mode` are taken";
        reader.complain(
            Problem::new(id.span, format!("{:?} is no id for a rule", id.value)).help(help),
        );
        return None;
    }
    Some((id.value.to_owned(), id.span))
}

fn read_site(reader: &mut Reader, table: &Table<'_>, sites: &Sites) -> Option<SiteSelector> {
    let site = reader.string(table, "site")?;
    if site.value == "*" {
        return Some(SiteSelector::Any);
    }
    match SiteName::parse(site.value) {
        Ok(name) if sites.by_name.contains_key(&name) => Some(SiteSelector::Named(name)),
        _ => {
            let known: Vec<&str> = sites.by_name.keys().map(SiteName::as_str).collect();
            if !sites.declared.contains(site.value) {
                reader.unknown_word("site", &site, &known);
            }
            None
        }
    }
}

fn read_tools(reader: &mut Reader, table: &Table<'_>) -> Option<BTreeSet<String>> {
    let tools = reader.strings(table, "tools")?;
    for tool in &tools {
        if !is_name(tool.value) {
            reader.complain(
                Problem::new(
                    tool.span.clone(),
                    format!("{:?} is no name of a tool", tool.value),
                )
                .help("tools are named one by one; there is no wildcard"),
            );
        }
    }
    Some(
        tools
            .into_iter()
            .map(|tool| tool.value.to_owned())
            .collect(),
    )
}

/// `projects` or `spaces`: keys as the product writes them, one by one.
fn read_keys(
    reader: &mut Reader,
    table: &Table<'_>,
    product: Product,
    covered: &[&Site],
) -> Option<BTreeSet<String>> {
    let (name, kind, how) = match product {
        Product::Jira => (
            "projects",
            Kind::ProjectKey,
            "a key is what stands before the dash of PROJ-1: 2 to 32 of A-Z, 0-9 and _, beginning with a letter",
        ),
        Product::Confluence => (
            "spaces",
            Kind::SpaceKey,
            "a key is what stands in the address of the space: letters and digits, or ~ and an account",
        ),
    };
    let keys = reader.strings(table, name)?;
    let has_product = covered.iter().any(|site| site.products.contains(&product));
    if !has_product && !covered.is_empty() {
        let message = format!("no site of this rule has {product}, so there are no {name}");
        reader
            .complain(Problem::new(table.key_span(name), message).help(format!("remove `{name}`")));
    }
    if keys.len() > MOST_KEYS {
        let message = format!("{} {name}; at most {MOST_KEYS} are read", keys.len());
        reader.complain(
            Problem::new(keys[MOST_KEYS].span.clone(), message)
                .help("every search is sent with all of them; write a rule for a part of them"),
        );
    }
    for key in keys.iter().filter(|key| !kind.matches(key.value)) {
        let message = format!("{:?} is no key of a {}", key.value, container(product));
        reader.complain(Problem::new(key.span.clone(), message).help(how));
    }
    Some(keys.into_iter().map(|key| key.value.to_owned()).collect())
}

/// TOML has no larger number.
const ANY_SIZE: (u64, &str) = (i64::MAX.unsigned_abs(), "a positive whole number of bytes");

/// Each counted request is remembered for a minute.
pub(crate) const MOST_A_MINUTE: (u64, &str) = (
    10_000,
    "a whole number of requests from 1 to 10000; to allow none, leave the rule out",
);

/// They are written into each search, and a search has to fit into an address.
const MOST_KEYS: usize = 100;

fn read_selector(
    reader: &mut Reader,
    table: &Table<'_>,
    effect: Effect,
    covered: &[&Site],
) -> Option<Selector> {
    let present: Vec<&str> = ["classes", "routes", "path"]
        .into_iter()
        .filter(|key| table.has(key))
        .collect();
    let [only] = present[..] else {
        let message = format!(
            "{} has {} of `classes`, `routes` and `path`; it needs exactly one",
            table.name,
            present.len()
        );
        let span = present
            .get(1)
            .map_or_else(|| table.span.clone(), |key| table.key_span(key));
        reader.complain(Problem::new(span, message).help("`classes` for kinds of access, `routes` for named operations, `methods` with `path` for a route of your own"));
        return None;
    };
    if only != "path" {
        for key in ["methods", "query", "class", "product"]
            .into_iter()
            .filter(|key| table.has(key))
        {
            reader.complain(
                Problem::new(
                    table.key_span(key),
                    format!("`{key}` goes with `path` only"),
                )
                .help("it would not be enforced here; remove it"),
            );
        }
    }
    match only {
        "classes" => reader
            .words(
                table,
                "classes",
                &["read", "write", "delete", "admin"],
                Class::parse,
            )
            .map(Selector::Classes),
        "routes" => read_routes(reader, table).map(Selector::Routes),
        _ => path::read(reader, table, effect, covered).map(Selector::Path),
    }
}

fn read_routes(reader: &mut Reader, table: &Table<'_>) -> Option<BTreeSet<String>> {
    let known: Vec<&str> = catalogue()
        .routes()
        .iter()
        .map(|route| route.id.as_str())
        .collect();
    let words = reader.strings(table, "routes")?;
    for word in &words {
        if word.value.starts_with("own.") {
            let help = "an own route belongs to the rule that adds it; name its tools there";
            reader.complain(
                Problem::new(
                    word.span.clone(),
                    format!("`{}` is not in the catalogue", word.value),
                )
                .help(help),
            );
        } else if !known.contains(&word.value) {
            reader.unknown_word("routes", word, &known);
        }
    }
    Some(
        words
            .into_iter()
            .map(|word| word.value.to_owned())
            .collect(),
    )
}

fn read_confirm(reader: &mut Reader, table: &Table<'_>, selector: &Selector) -> bool {
    let confirm = reader.flag(table, "confirm").unwrap_or(false);
    if confirm && selector.only_reads() {
        let span = table.key_span("confirm");
        reader.complain(
            Problem::new(
                span,
                "a person is asked before writes, and this rule only reads",
            )
            .help("remove `confirm`, or put it into the rule that allows the writes"),
        );
    }
    confirm
}

fn read_redirect(
    reader: &mut Reader,
    table: &Table<'_>,
    selector: &Selector,
    covered: &[&Site],
) -> Option<String> {
    let redirect = reader.string(table, "redirect")?;
    let known: BTreeSet<&str> = covered
        .iter()
        .flat_map(|site| site.redirects.keys().map(String::as_str))
        .collect();
    if !known.contains(redirect.value) {
        let message = format!(
            "no site of this rule has a redirect origin called {:?}",
            redirect.value
        );
        reader.complain(
            Problem::new(redirect.span, message)
                .help("name it in the site:  redirect.media = \"https://…\""),
        );
        return None;
    }
    if !selector.may_redirect() {
        reader.complain(
            Problem::new(redirect.span, "only a GET is ever redirected")
                .help("give the reading requests a rule of their own"),
        );
        return None;
    }
    Some(redirect.value.to_owned())
}
