//! Reads `[[rule]]` and `[[deny]]`: one selector each, and nothing that would not be enforced.

use std::collections::BTreeSet;
use std::ops::Range;

use super::reader::{Reader, Table};
use super::site::Sites;
use crate::catalogue::{Route, catalogue};
use crate::decide::DEFAULT_DENY;
use crate::diagnostic::Problem;
use crate::remedy::is_query_name;
use crate::rule::{Effect, PathSelector, Rule, Selector, SiteSelector};
use crate::site::Site;
use crate::template::Template;
use crate::vocabulary::{Class, Deployment, Method, Product, SiteName, is_name};

/// A rule with its place in the text.
pub(super) struct Read {
    pub(super) rule: Rule,
    pub(super) start: usize,
    pub(super) id_span: Range<usize>,
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
    "request-max-bytes",
    "response-max-bytes",
    "redirect",
];
const DENY_KEYS: &[&str] = &[
    "id", "site", "classes", "routes", "methods", "path", "product", "tools",
];
const LATER: &[(&str, &str)] = &[
    ("projects", "rules hold for all projects of the site"),
    ("spaces", "rules hold for all spaces of the site"),
    ("confirm", "nobody is asked before a write"),
    ("principals", "rules hold for everybody who may call"),
    (
        "limits",
        "there are `request-max-bytes` and `response-max-bytes`",
    ),
    ("per-minute", "rates are not limited by rule"),
    (
        "params",
        "a parameter is a kind in the path, like {issue-key}, or a set, like {a|b}",
    ),
    ("mode", "every rule is enforced"),
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
    let request_max_bytes = reader.size(table, "request-max-bytes");
    let response_max_bytes = reader.size(table, "response-max-bytes");
    let site = site?;
    let covered: Vec<&Site> = sites
        .by_name
        .values()
        .filter(|known| site.covers(&known.name))
        .collect();
    let selector = read_selector(reader, table, effect, &covered)?;
    let redirect = read_redirect(reader, table, &selector, &covered);
    let (id, id_span) = id?;
    let rule = Rule {
        id,
        effect,
        site,
        selector,
        tools,
        request_max_bytes,
        response_max_bytes,
        redirect,
        line: 0,
    };
    Some(Read {
        rule,
        start: table.span.start,
        id_span,
    })
}

fn read_id(reader: &mut Reader, table: &Table<'_>) -> Option<(String, Range<usize>)> {
    let id = reader.string(table, "id")?;
    if !is_name(id.value) || id.value == DEFAULT_DENY {
        let help = "1 to 64 of a-z, A-Z, 0-9, `-`, `_`, beginning with a letter or digit; `default-deny` is taken";
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
        _ => read_path(reader, table, effect, covered).map(Selector::Path),
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

fn read_path(
    reader: &mut Reader,
    table: &Table<'_>,
    effect: Effect,
    covered: &[&Site],
) -> Option<PathSelector> {
    let methods = reader.words(
        table,
        "methods",
        &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        Method::parse,
    );
    let methods = match (methods, effect) {
        (Some(methods), _) => methods,
        (None, Effect::Deny) if !table.has("methods") => Method::ALL.iter().copied().collect(),
        (None, _) => {
            if !table.has("methods") {
                reader.missing(
                    table,
                    "methods",
                    "write  methods = [\"GET\"]; each is named, HEAD is not implied",
                );
            }
            return None;
        }
    };
    let text = reader.string(table, "path")?;
    let template =
        match Template::parse(text.value) {
            Ok(template) => template,
            Err(error) => {
                reader.complain(Problem::new(text.span, error.to_string()).help(
                    "write it like \"/rest/api/3/issue/{issue-key}\", without the context path",
                ));
                return None;
            }
        };
    let query = reader.strings(table, "query").unwrap_or_default();
    for name in query.iter().filter(|name| !is_query_name(name.value)) {
        reader.complain(Problem::new(
            name.span.clone(),
            format!("{:?} is no query name", name.value),
        ));
    }
    let class = reader.string(table, "class").and_then(|word| {
        let parsed = Class::parse(word.value);
        if parsed.is_none() {
            reader.unknown_word("class", &word, &["read", "write", "delete", "admin"]);
        }
        parsed
    });
    let product = read_product(reader, table, effect, &methods, &template, covered);
    let selector = PathSelector {
        methods,
        template,
        query: query.iter().map(|name| name.value.to_owned()).collect(),
        class,
        product,
    };
    if effect == Effect::Allow {
        compare_with_catalogue(reader, table, &selector, covered);
        compare_class_with_methods(reader, table, &selector);
    }
    Some(selector)
}

/// Which product's paths are meant. Told by the key, the catalogue, the sites or `/wiki`; else it has to be said.
fn read_product(
    reader: &mut Reader,
    table: &Table<'_>,
    effect: Effect,
    methods: &BTreeSet<Method>,
    template: &Template,
    covered: &[&Site],
) -> Option<Product> {
    if let Some(word) = reader.string(table, "product") {
        let parsed = Product::parse(word.value);
        if parsed.is_none() {
            reader.unknown_word("product", &word, &["jira", "confluence"]);
        }
        return parsed;
    }
    if effect == Effect::Deny {
        return None;
    }
    let by_sites: BTreeSet<Product> = covered
        .iter()
        .flat_map(|site| site.products.iter().copied())
        .collect();
    let by_catalogue: BTreeSet<Product> = same_routes(methods, template, None, covered)
        .map(|route| route.product)
        .collect();
    for only in [&by_catalogue, &by_sites] {
        if let [product] = only.iter().copied().collect::<Vec<_>>()[..] {
            return Some(product);
        }
    }
    if covered.iter().all(|site| site.is_known_cloud()) {
        let is_wiki = template.to_string().starts_with("/wiki/");
        return Some(if is_wiki {
            Product::Confluence
        } else {
            Product::Jira
        });
    }
    reader.complain(
        Problem::new(
            table.key_span("path"),
            "the sites have both products, and the path does not say which is meant",
        )
        .help("add  product = \"jira\"  or  product = \"confluence\""),
    );
    None
}

/// A path that the catalogue has stays the catalogue's: it can be narrowed, not widened or renamed.
fn compare_with_catalogue(
    reader: &mut Reader,
    table: &Table<'_>,
    selector: &PathSelector,
    covered: &[&Site],
) {
    let routes: Vec<&Route> = same_routes(
        &selector.methods,
        &selector.template,
        selector.product,
        covered,
    )
    .collect();
    let Some(route) = routes.first() else { return };
    if let Some(class) = selector.class
        && class != route.class
    {
        reader.complain(
            Problem::new(
                table.key_span("class"),
                format!(
                    "the path is the route {}, whose class is {}",
                    route.id, route.class
                ),
            )
            .help("remove `class`"),
        );
    }
    for name in selector
        .query
        .iter()
        .filter(|name| !routes.iter().any(|route| route.query.contains(name)))
    {
        let span = table
            .value("query")
            .map_or_else(|| table.key_span("query"), |value| value.span);
        let there_are = if route.query.is_empty() {
            "it has none".to_owned()
        } else {
            format!("it has {}", route.query.join(", "))
        };
        reader.complain(
            Problem::new(
                span,
                format!(
                    "the path is the route {}, which has no query name `{name}`",
                    route.id
                ),
            )
            .help(there_are),
        );
    }
}

/// A class that the method contradicts would take an own route out of reach of `[[deny]] classes = …`.
fn compare_class_with_methods(reader: &mut Reader, table: &Table<'_>, selector: &PathSelector) {
    let Some(class) = selector.class else { return };
    let least = selector.methods.iter().map(|method| match method {
        Method::Get | Method::Head | Method::Post => Class::Read,
        Method::Put | Method::Patch => Class::Write,
        Method::Delete => Class::Delete,
    });
    if least.max().is_some_and(|least| class < least) {
        reader.complain(
            Problem::new(table.key_span("class"), format!("a {} is never just {class}", join(&selector.methods)))
                .help("`class` may say that a POST only reads, or that a request does more than its method says"),
        );
    }
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
    let is_get_only = match selector {
        Selector::Path(path) => path.methods.iter().all(|method| *method == Method::Get),
        Selector::Routes(routes) => routes.iter().all(|id| {
            catalogue()
                .by_id(id)
                .all(|route| route.method == Method::Get)
        }),
        Selector::Classes(classes) => classes.iter().all(|class| *class == Class::Read),
    };
    if !is_get_only {
        reader.complain(
            Problem::new(redirect.span, "only a GET is ever redirected")
                .help("give the reading requests a rule of their own"),
        );
        return None;
    }
    Some(redirect.value.to_owned())
}

/// The catalogue's routes that are exactly this path, on the deployments that the sites may have.
fn same_routes<'a>(
    methods: &'a BTreeSet<Method>,
    template: &'a Template,
    product: Option<Product>,
    covered: &[&Site],
) -> impl Iterator<Item = &'static Route> + use<'a> {
    let deployments: BTreeSet<Deployment> = covered
        .iter()
        .flat_map(|site| site.possible_deployments())
        .collect();
    catalogue().routes().iter().filter(move |route| {
        let is_here = route
            .deployment
            .is_some_and(|deployment| deployments.contains(&deployment));
        is_here
            && methods.contains(&route.method)
            && product.is_none_or(|product| product == route.product)
            && route.template == *template
    })
}

fn join(methods: &BTreeSet<Method>) -> String {
    methods
        .iter()
        .map(|method| method.as_str())
        .collect::<Vec<_>>()
        .join(" or ")
}
