//! Reads `methods` with `path`: a shape of request, checked against what the catalogue already says of it.

use std::collections::BTreeSet;

use super::reader::{Reader, Table};
use crate::catalogue::{Route, catalogue};
use crate::diagnostic::Problem;
use crate::remedy::is_query_name;
use crate::rule::{Effect, PathSelector};
use crate::site::Site;
use crate::template::Template;
use crate::vocabulary::{Class, Deployment, Method, Product};

pub(super) fn read(
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
