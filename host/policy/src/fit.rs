//! One rule against one request: does it fit, and if not, what is the first thing about it that does not.

use crate::catalogue::RouteId;
use crate::evaluate::{Case, Meaning};
use crate::rule::{PathSelector, Rule, Selector};

/// The key of the rule that did not fit, and how far the comparison came before.
pub(crate) struct Miss {
    pub(crate) progress: usize,
    pub(crate) field: &'static str,
    pub(crate) detail: String,
}

/// Audit logs keep this sentence, and with it the one length that they have of a request that was not sent.
pub(crate) const BODY_HAS: &str = "the body has ";

/// What a request is about says more about nearness than where it goes and who asks for it.
const SELECTED: usize = 10_000;

impl Case<'_> {
    /// As what the rule allows the request.
    pub(crate) fn fit(&self, rule: &Rule) -> Result<&Meaning, Miss> {
        let (request, tool) = (&self.request, self.tool);
        let selected = self.select(rule);
        if !rule.site.covers(request.site) {
            let progress = selected
                .as_ref()
                .map_or_else(|miss| miss.progress, |_| SELECTED);
            return miss(
                progress,
                "site",
                format!(
                    "the rule is for site `{}`, the request goes to `{}`",
                    rule.site, request.site
                ),
            );
        }
        let meaning = selected?;
        if !rule.covers_tool(tool) {
            return miss(
                SELECTED + 1,
                "tools",
                format!("the rule does not name {tool:?}"),
            );
        }
        // The component can't declare a route that it does not know, so for an own route the operator does.
        let is_own = meaning.route.is_own();
        let is_declared = self.manifest.declares(tool, meaning.route.as_str())
            || (is_own && rule.names_tool(tool));
        if !is_declared {
            let detail = if is_own {
                format!(
                    "{} is an own route: the rule has to name the tools that may use it",
                    meaning.route
                )
            } else {
                format!("tool `{tool}` does not declare the route {}", meaning.route)
            };
            return miss(SELECTED + 2, "tools", detail);
        }
        if let Some((name, _)) = request
            .query
            .iter()
            .find(|(name, _)| !allows_query_name(rule, meaning, name))
        {
            let detail = format!(
                "the query name {name:?} is not in the list of rule `{}`",
                rule.id
            );
            return miss(SELECTED + 3, "query", detail);
        }
        if let Some(limit) = rule
            .request_max_bytes
            .filter(|limit| request.body_len > *limit)
        {
            let detail = format!(
                "{BODY_HAS}{} bytes, rule `{}` allows {limit}",
                request.body_len, rule.id
            );
            return miss(SELECTED + 4, "request-max-bytes", detail);
        }
        Ok(meaning)
    }

    pub(crate) fn is_denied_by(&self, deny: &Rule) -> bool {
        let request = &self.request;
        let selects = match &deny.selector {
            Selector::Classes(classes) => self
                .meanings
                .iter()
                .any(|meaning| classes.contains(&meaning.class)),
            Selector::Routes(routes) => self
                .meanings
                .iter()
                .any(|meaning| routes.contains(meaning.route.as_str())),
            Selector::Path(path) => path.matches(request.product, request.method, request.segments),
        };
        selects && deny.site.covers(request.site) && deny.covers_tool(self.tool)
    }

    /// Is the rule about this request? Classes and routes speak of the catalogue alone: a route that another rule
    /// of the file adds is open to that rule only.
    fn select(&self, rule: &Rule) -> Result<&Meaning, Miss> {
        let known = self
            .meanings
            .first()
            .filter(|meaning| !meaning.route.is_own());
        match (&rule.selector, known) {
            (Selector::Path(path), Some(meaning)) if self.matches(path) => Ok(meaning),
            (Selector::Path(path), _) => {
                let own = RouteId::own(&rule.id);
                match self.meanings.iter().find(|meaning| meaning.route == own) {
                    Some(meaning) => Ok(meaning),
                    None => self.miss_of_path(path),
                }
            }
            (Selector::Classes(classes), Some(meaning)) if classes.contains(&meaning.class) => {
                Ok(meaning)
            }
            (Selector::Routes(routes), Some(meaning))
                if routes.contains(meaning.route.as_str()) =>
            {
                Ok(meaning)
            }
            (Selector::Classes(_), Some(meaning)) => miss(
                100,
                "classes",
                format!("the request is of class {}", meaning.class),
            ),
            (Selector::Routes(_), Some(meaning)) => {
                miss(100, "routes", format!("the request is {}", meaning.route))
            }
            (Selector::Classes(_), None) => miss(0, "classes", NOT_KNOWN.to_owned()),
            (Selector::Routes(_), None) => miss(0, "routes", NOT_KNOWN.to_owned()),
        }
    }

    fn matches(&self, path: &PathSelector) -> bool {
        path.matches(
            self.request.product,
            self.request.method,
            self.request.segments,
        )
    }

    fn miss_of_path(&self, path: &PathSelector) -> Result<&Meaning, Miss> {
        let request = &self.request;
        if !path.template.matches(request.segments) {
            let prefix = path.template.matching_prefix(request.segments);
            let detail = format!(
                "{} differs from the request at segment {}",
                path.template,
                prefix + 1
            );
            return miss(prefix * 10, "path", detail);
        }
        if !path.methods.contains(&request.method) {
            return miss(1000, "methods", format!("the method is {}", request.method));
        }
        miss(
            1000,
            "product",
            format!("the request goes to {}", request.product),
        )
    }
}

const NOT_KNOWN: &str = "the request is no route of the catalogue";

fn miss<T>(progress: usize, field: &'static str, detail: String) -> Result<T, Miss> {
    Err(Miss {
        progress,
        field,
        detail,
    })
}

/// The route's list bounds the rule's: a rule narrows what the catalogue allows and never widens it.
fn allows_query_name(rule: &Rule, meaning: &Meaning, name: &String) -> bool {
    let by_route = meaning
        .query
        .as_ref()
        .is_none_or(|names| names.contains(name));
    let by_rule = match &rule.selector {
        Selector::Path(path) => path.query.contains(name),
        Selector::Classes(_) | Selector::Routes(_) => true,
    };
    by_route && by_rule
}
