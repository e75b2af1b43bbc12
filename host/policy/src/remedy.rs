//! What would have to stand in the policy file for a refused request to pass.
//!
//! Gives exact TOML to append, or a comment where no addition helps. A suggestion is never made for an endpoint
//! that hands out credentials, fetches URLs or administers the site.

use crate::Policy;
use crate::decide::RefusalCode;
use crate::evaluate::{Meaning, Request, path_text};
use crate::hazard;
use crate::manifest::Manifest;
use crate::rule::{PathSelector, Rule, Selector};
use crate::site::{quoted, quoted_list};
use crate::template::Kind;

pub(crate) fn would_allow(
    policy: &Policy,
    manifest: &Manifest,
    tool: &str,
    request: &Request<'_>,
    meanings: &[Meaning],
    code: RefusalCode,
    deny: Option<&Rule>,
) -> String {
    let site = request.site;
    match code {
        RefusalCode::DeniedByRule => {
            let (id, line) = deny.map_or(("", 0), |deny| (deny.id.as_str(), deny.line));
            format!("# no rule can allow this while [[deny]] `{id}` stands in line {line}")
        }
        RefusalCode::UnknownSite => format!("# there is no [site.{site}]; sites are added by hand, with their origin"),
        RefusalCode::WrongProduct => format!("# [site.{site}] would have to list {} in `products`", quoted(request.product.as_str())),
        RefusalCode::WrongDeployment => format!("# [site.{site}] is configured as another deployment"),
        RefusalCode::UnknownTool => format!("# no line allows this: the component has no tool {}", quoted(tool)),
        RefusalCode::Path => "# no line allows this: the path is not canonical".to_owned(),
        RefusalCode::NoRoute => own_route(policy, tool, request),
        RefusalCode::NotDeclared => format!("# no line allows this: {tool} does not declare the route, so only another tool can use it"),
        RefusalCode::Query | RefusalCode::NoRule | RefusalCode::BodyTooLarge => match meanings.first() {
            Some(meaning) if meaning.route.is_own() => own_route(policy, tool, request),
            Some(meaning) if is_route_enough(manifest, tool, request, meaning) => catalogue_rule(policy, tool, request, meaning),
            _ => "# no line allows this: the request holds query names that the route does not have, or twice, or control characters".to_owned(),
        },
    }
}

fn is_route_enough(
    manifest: &Manifest,
    tool: &str,
    request: &Request<'_>,
    meaning: &Meaning,
) -> bool {
    let names = meaning.query.as_deref().unwrap_or_default();
    manifest.declares(tool, meaning.route.as_str())
        && request
            .query
            .iter()
            .all(|(name, value)| names.contains(name) && is_clean(name, value))
        && is_unique(request)
}

fn catalogue_rule(policy: &Policy, tool: &str, request: &Request<'_>, meaning: &Meaning) -> String {
    let id = fresh_id(
        policy,
        &format!("allow-{}", meaning.route.as_str().replace('.', "-")),
    );
    format!(
        "[[rule]]\nid = {}\nsite = {}\nroutes = {}\ntools = {}\n",
        quoted(&id),
        quoted(request.site.as_str()),
        quoted_list([meaning.route.as_str()].into_iter()),
        quoted_list([tool].into_iter()),
    )
}

/// A rule that adds a route for exactly this path, with the obvious keys and numbers left open.
fn own_route(policy: &Policy, tool: &str, request: &Request<'_>) -> String {
    if let Some(hazard) = hazard::of_path(request.segments) {
        return format!(
            "# no line is suggested: {} {}",
            path_text(request.segments),
            hazard.explanation()
        );
    }
    if !is_unique(request)
        || !request
            .query
            .iter()
            .all(|(name, value)| is_clean(name, value) && is_query_name(name))
    {
        return "# no line allows this: the query holds a name twice or characters that no query needs".to_owned();
    }
    let path: String = request
        .segments
        .iter()
        .flat_map(|segment| ["/".to_owned(), open_up(segment)])
        .collect();
    let by_class = own_class_denied(policy, tool, request);
    if let Some(deny) = by_class {
        return format!(
            "# no rule can allow this while [[deny]] `{}` stands in line {}",
            deny.id, deny.line
        );
    }
    let mut lines = vec![
        "[[rule]]".to_owned(),
        format!("id = {}", quoted(&fresh_id(policy, "allow-own"))),
        format!("site = {}", quoted(request.site.as_str())),
        format!("product = {}", quoted(request.product.as_str())),
        format!(
            "methods = {}",
            quoted_list([request.method.as_str()].into_iter())
        ),
        format!("path = {}", quoted(&path)),
    ];
    if !request.query.is_empty() {
        lines.push(format!(
            "query = {}",
            quoted_list(request.query.iter().map(|(name, _)| name))
        ));
    }
    lines.push(format!("tools = {}", quoted_list([tool].into_iter())));
    lines.join("\n") + "\n"
}

/// The `[[deny]]` that would catch the own route by what its method does.
fn own_class_denied<'p>(policy: &'p Policy, tool: &str, request: &Request<'_>) -> Option<&'p Rule> {
    let plain = |template| PathSelector {
        methods: [request.method].into(),
        template,
        query: Vec::new(),
        class: None,
        product: None,
    };
    let class = crate::template::Template::parse("/own")
        .ok()
        .map(|template| plain(template).own_class(request.method))?;
    policy.denies().find(|deny| {
        let selects =
            matches!(&deny.selector, Selector::Classes(classes) if classes.contains(&class));
        selects && deny.site.covers(request.site) && deny.covers_tool(tool)
    })
}

fn open_up(segment: &str) -> String {
    let kind = [Kind::IssueKey, Kind::Id]
        .into_iter()
        .find(|kind| kind.matches(segment));
    kind.map_or_else(
        || segment.to_owned(),
        |kind| format!("{{{}}}", kind.as_str()),
    )
}

fn fresh_id(policy: &Policy, wanted: &str) -> String {
    let wanted: String = wanted.chars().take(56).collect();
    let is_taken = |id: &str| {
        policy
            .rules()
            .chain(policy.denies())
            .any(|rule| rule.id == id)
    };
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    std::iter::once(wanted.clone())
        .chain(numbered)
        .find(|id| !is_taken(id))
        .unwrap_or(wanted)
}

fn is_unique(request: &Request<'_>) -> bool {
    let names: std::collections::BTreeSet<&String> =
        request.query.iter().map(|(name, _)| name).collect();
    names.len() == request.query.len()
}

fn is_clean(name: &str, value: &str) -> bool {
    !name.is_empty() && !name.chars().chain(value.chars()).any(char::is_control)
}

/// What a `query` list of a rule may hold.
pub(crate) fn is_query_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}
