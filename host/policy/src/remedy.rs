//! What would have to stand in the policy file for a refused request to pass.
//!
//! Gives exact TOML to append, or a comment where no addition helps. Nothing is suggested for an endpoint that hands
//! out credentials, fetches URLs or administers the site.

use std::collections::BTreeSet;

use crate::bounds::{self, container};
use crate::decide::{By, RefusalCode};
use crate::evaluate::{Case, Meaning, path_text};
use crate::hazard;
use crate::rule::{Rule, Selector, class_of_method};
use crate::site::{quoted, quoted_list};
use crate::template::Kind;
use crate::vocabulary::is_name;

pub(crate) fn would_allow(case: &Case<'_>, code: RefusalCode, deny: Option<&Rule>) -> String {
    let Case {
        by: By { tool, .. },
        request,
        meanings,
        ..
    } = case;
    let (site, product) = (request.site, request.product);
    let comment = match code {
        RefusalCode::DeniedByRule => return deny.map(stands_against).unwrap_or_default(),
        RefusalCode::NoRoute => return own_route(case),
        RefusalCode::Outside => return outside(case),
        RefusalCode::Query | RefusalCode::NoRule | RefusalCode::BodyTooLarge => {
            return match meanings.first() {
                Some(meaning) if meaning.route.is_own() => own_route(case),
                Some(meaning) if has_query_of(case, meaning) => catalogue_rule(case, meaning, &[]),
                _ => NO_SUCH_QUERY.to_owned(),
            };
        }
        RefusalCode::UnknownSite => {
            format!("there is no [site.{site}]; sites are added by hand, with their origin")
        }
        RefusalCode::WrongProduct => {
            format!("[site.{site}] would have to list \"{product}\" in `products`")
        }
        RefusalCode::WrongDeployment => {
            format!("[site.{site}] is configured as another deployment")
        }
        RefusalCode::Address => {
            format!(
                "[site.{site}] would have to name its range in `addresses`, where that is allowed at all"
            )
        }
        RefusalCode::UnknownTool => {
            format!("no line allows this: the component has no tool {tool:?}")
        }
        RefusalCode::Path => "no line allows this: the path is not canonical".to_owned(),
        RefusalCode::NotDeclared => format!(
            "no line allows this: {tool} does not declare the route, so a tool that does has to be used"
        ),
    };
    format!("# {comment}")
}

const NO_SUCH_QUERY: &str = "# no line allows this: the query holds a name that the route does not have, a name twice, or a control character";

/// A rule for the project or space of the path; what a body names is left to whoever knows why.
fn outside(case: &Case<'_>) -> String {
    let container = container(case.request.product);
    let mut rules = case.policy.rules_at(case.request.site);
    if let Some(rule) = rules.find(|rule| case.fit(rule).is_ok()) {
        return format!(
            "# what it names would have to stand in `{container}s` of rule `{}` in line {}",
            rule.id, rule.line
        );
    }
    match case.meanings.first() {
        Some(meaning) if !meaning.route.is_own() && has_query_of(case, meaning) => {
            let (slots, template) = meaning.places();
            let keys = bounds::keys_in_path(&slots, template, case.request.segments);
            catalogue_rule(case, meaning, &keys.collect::<Vec<_>>())
        }
        _ => format!("# a rule for this path would have to list its {container}"),
    }
}

fn stands_against(deny: &Rule) -> String {
    format!(
        "# no rule can allow this while [[deny]] `{}` stands in line {}",
        deny.id, deny.line
    )
}

/// A rule for one route of the catalogue and one tool.
fn catalogue_rule(case: &Case<'_>, meaning: &Meaning<'_>, keys: &[&str]) -> String {
    let route = meaning.route.as_str();
    let mut lines = vec![
        "[[rule]]".to_owned(),
        format!(
            "id = {}",
            quoted(
                &case
                    .policy
                    .fresh_id(&format!("allow-{}", route.replace('.', "-")))
            )
        ),
        format!("site = {}", quoted(case.request.site.as_str())),
        format!("routes = {}", quoted_list([route].into_iter())),
    ];
    if !keys.is_empty() {
        let container = container(case.request.product);
        lines.push(format!("{container}s = {}", quoted_list(keys.iter())));
    }
    for_whom(case, lines)
}

/// The rule with the tool and, where the file tells principals apart, the principal that asked. One who has a section
/// of their own has to have the rule there too, and no line that is added does that.
fn for_whom(case: &Case<'_>, mut lines: Vec<String>) -> String {
    let By { principal, tool } = case.by;
    lines.push(format!("tools = {}", quoted_list([tool].into_iter())));
    if case.policy.names_principals() && !principal.is_anyone_else() {
        let names = quoted_list([principal.as_str()].into_iter());
        lines.push(format!("principals = {names}"));
    }
    let text = lines.join("\n") + "\n";
    match case.policy.sections().get(principal) {
        Some(section) => format!(
            "# besides this rule its id has to stand in `rules` of [principal.{principal}] in line {}\n{text}",
            section.line
        ),
        None => text,
    }
}

/// A rule that adds a route for exactly this path, with issue keys and numbers left open.
fn own_route(case: &Case<'_>) -> String {
    let request = &case.request;
    if let Some(hazard) = hazard::of_path(request.segments) {
        return format!(
            "# nothing is suggested: {} {}",
            path_text(request.segments),
            hazard.explanation()
        );
    }
    let has_plain_query =
        is_clean_query(case) && request.query.iter().all(|(name, _)| is_query_name(name));
    if !has_plain_query {
        return NO_SUCH_QUERY.to_owned();
    }
    if !is_name(case.by.tool) {
        return format!(
            "# no line allows this: {:?} is no name that a rule can hold",
            case.by.tool
        );
    }
    let class = class_of_method(request.method);
    let deny = case.policy.denies().find(|deny| {
        let selects =
            matches!(&deny.selector, Selector::Classes(classes) if classes.contains(&class));
        selects
            && deny.site.covers(request.site)
            && deny.covers_tool(case.by.tool)
            && deny.covers_principal(case.by.principal)
    });
    if let Some(deny) = deny {
        return stands_against(deny);
    }
    let path: String = request
        .segments
        .iter()
        .flat_map(|segment| ["/".to_owned(), open_up(segment)])
        .collect();
    let mut lines = vec![
        "[[rule]]".to_owned(),
        format!("id = {}", quoted(&case.policy.fresh_id("allow-own"))),
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
    for_whom(case, lines)
}

/// A lone digit is more likely a version of the interface than somebody's id.
fn open_up(segment: &str) -> String {
    let is_version = segment.len() == 1;
    let kind = [Kind::IssueKey, Kind::Id]
        .into_iter()
        .find(|kind| !is_version && kind.matches(segment));
    kind.map_or_else(
        || segment.to_owned(),
        |kind| format!("{{{}}}", kind.as_str()),
    )
}

fn has_query_of(case: &Case<'_>, meaning: &Meaning<'_>) -> bool {
    let mut names = case.request.query.iter().map(|(name, _)| name);
    is_clean_query(case) && names.all(|name| meaning.has_query_name(name))
}

fn is_clean_query(case: &Case<'_>) -> bool {
    let query = case.request.query;
    let names: BTreeSet<&String> = query.iter().map(|(name, _)| name).collect();
    let has_control = query
        .iter()
        .any(|(name, value)| name.chars().chain(value.chars()).any(char::is_control));
    names.len() == query.len() && !has_control
}

/// What a `query` list of a rule may hold.
pub(crate) fn is_query_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}
