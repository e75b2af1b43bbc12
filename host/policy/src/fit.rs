//! One rule against one request: does it fit, and if not, what is the first thing about it that does not.

use crate::bounds::{self, Bound, Loose, container};
use crate::evaluate::{Case, Meaning, Source};
use crate::principal::NotFor;
use crate::rule::{PathSelector, Rule, Selector};
use crate::vocabulary::Product;

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

/// Why a rule does not fit, without the words: most rules of a file don't, and nobody asks why.
#[derive(Clone, Debug)]
pub(crate) enum Why<'a> {
    /// The request is no route of the catalogue, and classes and routes speak of nothing else.
    NotKnown,
    OtherClass,
    OtherRoute,
    /// How many segments match before the first that does not.
    OtherPath(usize),
    OtherMethod,
    OtherProduct,
    OtherSite,
    NotFor(NotFor<'a>),
    UnnamedTool,
    OwnRouteUnnamed,
    NotDeclared,
    /// The rule is bound to the other product's projects or spaces.
    BoundElsewhere,
    Loose(Loose<'a>),
    QueryName(&'a str),
    TooLong(u64),
}

impl Case<'_> {
    /// As what the rule allows the request.
    pub(crate) fn fit(&self, rule: &Rule) -> Result<&Meaning<'_>, Why<'_>> {
        let meaning = self.speaks_of(rule)?;
        let mut names = self.request.query.iter().map(|(name, _)| name);
        if let Some(name) = names.find(|name| !allows_query_name(rule, meaning, name)) {
            return Err(Why::QueryName(name));
        }
        match rule.request_max_bytes {
            Some(limit) if self.request.body_len > limit => Err(Why::TooLong(limit)),
            _ => Ok(meaning),
        }
    }

    /// As what the rule is about the request, whatever limits it sets.
    pub(crate) fn speaks_of(&self, rule: &Rule) -> Result<&Meaning<'_>, Why<'_>> {
        if !rule.site.covers(self.request.site) {
            return Err(Why::OtherSite);
        }
        let meaning = self.select(rule)?;
        let may_use = self.policy.may_use(self.by.principal, rule);
        may_use.map_err(Why::NotFor)?;
        if !rule.covers_tool(self.by.tool) {
            return Err(Why::UnnamedTool);
        }
        // The component can't declare a route that it does not know, so for an own route the operator does.
        let is_own = matches!(meaning.source, Source::Rule(..));
        let is_declared = (is_own && rule.names_tool(self.by.tool))
            || self.manifest.declares(self.by.tool, meaning.route.as_str());
        if !is_declared {
            return Err(if is_own {
                Why::OwnRouteUnnamed
            } else {
                Why::NotDeclared
            });
        }
        self.check_bounds(rule, meaning)?;
        Ok(meaning)
    }

    /// Does the path stay within the rule's projects or spaces?
    fn check_bounds(&self, rule: &Rule, meaning: &Meaning<'_>) -> Result<(), Why<'_>> {
        match rule.bounds.of(self.request.product) {
            Bound::Free => Ok(()),
            Bound::Elsewhere => Err(Why::BoundElsewhere),
            Bound::Only(keys) => {
                let (slots, template) = meaning.places();
                bounds::check_path(&slots, template, self.request.segments, keys)
                    .map_err(Why::Loose)
            }
        }
    }

    /// The first thing about the rule that does not fit, in words.
    pub(crate) fn miss(&self, rule: &Rule) -> Option<Miss> {
        let why = self.fit(rule).err()?;
        let site = self.request.site;
        let meaning = self.meanings.first();
        let route = meaning.map_or("", |meaning| meaning.route.as_str());
        let product = self.request.product;
        let field_of_bounds = match product {
            Product::Jira => "projects",
            Product::Confluence => "spaces",
        };
        let (progress, field, detail) = match why {
            Why::OtherSite => {
                let selected = self.select(rule).err();
                let detail = format!(
                    "the rule is for site `{}`, the request goes to `{site}`",
                    rule.site
                );
                let progress = selected.as_ref().map_or(SELECTED, progress_of);
                (progress, "site", detail)
            }
            Why::NotKnown => {
                let field = match rule.selector {
                    Selector::Classes(_) => "classes",
                    _ => "routes",
                };
                (progress_of(&why), field, NOT_KNOWN.to_owned())
            }
            Why::OtherClass => {
                let class = meaning.map_or("", |meaning| meaning.class.as_str());
                let detail = format!("the request is of class {class}");
                (progress_of(&why), "classes", detail)
            }
            Why::OtherRoute => (
                progress_of(&why),
                "routes",
                format!("the request is {route}"),
            ),
            Why::OtherPath(prefix) => {
                let template = match &rule.selector {
                    Selector::Path(path) => path.template.to_string(),
                    _ => String::new(),
                };
                let detail = format!(
                    "{template} differs from the request at segment {}",
                    prefix + 1
                );
                (progress_of(&why), "path", detail)
            }
            Why::OtherMethod => {
                let detail = format!("the method is {}", self.request.method);
                (progress_of(&why), "methods", detail)
            }
            Why::OtherProduct => {
                let detail = format!("the request goes to {}", self.request.product);
                (progress_of(&why), "product", detail)
            }
            Why::NotFor(NotFor::Others) => {
                let detail = format!("the rule is not for `{}`", self.by.principal);
                (SELECTED + 1, "principals", detail)
            }
            Why::NotFor(NotFor::Unlisted(section)) => {
                let detail = format!(
                    "[principal.{}] in line {} does not list the rule",
                    self.by.principal, section.line
                );
                (SELECTED + 1, "principal", detail)
            }
            Why::UnnamedTool => {
                let detail = format!("the rule does not name {:?}", self.by.tool);
                (SELECTED + 2, "tools", detail)
            }
            Why::OwnRouteUnnamed => {
                let detail = format!(
                    "own.{} is an own route: the rule has to name the tools that may use it",
                    rule.id
                );
                (SELECTED + 3, "tools", detail)
            }
            Why::NotDeclared => {
                let detail = format!("tool `{}` does not declare the route {route}", self.by.tool);
                (SELECTED + 3, "tools", detail)
            }
            Why::BoundElsewhere => {
                let other = match product {
                    Product::Jira => "spaces",
                    Product::Confluence => "projects",
                };
                let detail = format!(
                    "rule `{}` is bound to {other}, the request goes to {product}; without `{field_of_bounds}` it opens nothing there",
                    rule.id
                );
                (SELECTED + 4, field_of_bounds, detail)
            }
            Why::Loose(Loose::NoPlace) => {
                let detail = format!(
                    "nothing in {route} says where a {} stands, so rule `{}` can't hold it to its {field_of_bounds}",
                    container(product),
                    rule.id
                );
                (SELECTED + 4, field_of_bounds, detail)
            }
            Why::Loose(Loose::Names(key)) => {
                let detail = format!(
                    "the path names {key}, which is not in the {field_of_bounds} of rule `{}`",
                    rule.id
                );
                (SELECTED + 5, field_of_bounds, detail)
            }
            Why::QueryName(name) => {
                let detail = format!(
                    "the query name {name:?} is not in the list of rule `{}`",
                    rule.id
                );
                (SELECTED + 6, "query", detail)
            }
            Why::TooLong(limit) => {
                let detail = format!(
                    "{BODY_HAS}{} bytes, rule `{}` allows {limit}",
                    self.request.body_len, rule.id
                );
                (SELECTED + 7, "request-max-bytes", detail)
            }
        };
        Some(Miss {
            progress,
            field,
            detail,
        })
    }

    pub(crate) fn is_denied_by(&self, deny: &Rule) -> bool {
        let request = &self.request;
        if !deny.site.covers(request.site)
            || !deny.covers_tool(self.by.tool)
            || !deny.covers_principal(self.by.principal)
        {
            return false;
        }
        match &deny.selector {
            Selector::Classes(classes) => self
                .meanings
                .iter()
                .any(|meaning| classes.contains(&meaning.class)),
            Selector::Routes(routes) => self
                .meanings
                .iter()
                .any(|meaning| routes.contains(meaning.route.as_str())),
            Selector::Path(path) => path.matches(request.product, request.method, request.segments),
        }
    }

    /// Is the rule about this request? Classes and routes speak of the catalogue alone: a route that another rule
    /// of the file adds is open to that rule only.
    fn select(&self, rule: &Rule) -> Result<&Meaning<'_>, Why<'_>> {
        let known = self
            .meanings
            .first()
            .filter(|meaning| matches!(meaning.source, Source::Catalogue(_)));
        match (&rule.selector, known) {
            (Selector::Path(path), Some(meaning)) if self.matches(path) => Ok(meaning),
            (Selector::Path(path), _) => {
                let is_own = |meaning: &&Meaning<'_>| matches!(meaning.source, Source::Rule(own, _) if own.id == rule.id);
                let own = self.meanings.iter().find(is_own);
                own.ok_or_else(|| self.miss_of_path(path))
            }
            (Selector::Classes(classes), Some(meaning)) if classes.contains(&meaning.class) => {
                Ok(meaning)
            }
            (Selector::Routes(routes), Some(meaning))
                if routes.contains(meaning.route.as_str()) =>
            {
                Ok(meaning)
            }
            (Selector::Classes(_), Some(_)) => Err(Why::OtherClass),
            (Selector::Routes(_), Some(_)) => Err(Why::OtherRoute),
            (Selector::Classes(_) | Selector::Routes(_), None) => Err(Why::NotKnown),
        }
    }

    fn matches(&self, path: &PathSelector) -> bool {
        path.matches(
            self.request.product,
            self.request.method,
            self.request.segments,
        )
    }

    fn miss_of_path(&self, path: &PathSelector) -> Why<'static> {
        let request = &self.request;
        if !path.template.matches(request.segments) {
            Why::OtherPath(path.template.matching_prefix(request.segments))
        } else if !path.methods.contains(&request.method) {
            Why::OtherMethod
        } else {
            Why::OtherProduct
        }
    }
}

/// How near a rule came that is not about the request.
const fn progress_of(why: &Why<'_>) -> usize {
    match why {
        Why::NotKnown => 0,
        Why::OtherClass | Why::OtherRoute => 100,
        Why::OtherPath(prefix) => *prefix * 10,
        Why::OtherMethod | Why::OtherProduct => 1000,
        _ => SELECTED,
    }
}

const NOT_KNOWN: &str = "the request is no route of the catalogue";

/// The route's list bounds the rule's: a rule narrows what the catalogue allows and never widens it.
fn allows_query_name(rule: &Rule, meaning: &Meaning<'_>, name: &String) -> bool {
    let by_rule = match &rule.selector {
        Selector::Path(path) => path.query.contains(name),
        Selector::Classes(_) | Selector::Routes(_) => true,
    };
    by_rule && meaning.has_query_name(name)
}
