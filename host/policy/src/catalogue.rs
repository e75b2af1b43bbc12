//! The route catalogue: every Atlassian operation that can exist here, from the one route table.
//!
//! Answers what a request *means*. Never says whether it is allowed.

#[cfg(test)]
mod table;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::Serialize;

use crate::template::Template;
use crate::vocabulary::{Class, Deployment, Method, Product};

include!(concat!(env!("OUT_DIR"), "/routes.rs"));

/// `jira.issue.get`, or `own.RULE` for a route that the policy file itself adds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RouteId(Cow<'static, str>);

/// One operation on one deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub id: RouteId,
    pub product: Product,
    /// `None`: an own route, which holds wherever its rule's sites are.
    pub deployment: Option<Deployment>,
    pub method: Method,
    pub template: Template,
    /// Query names that may be sent; each at most once.
    pub query: Vec<String>,
    pub class: Class,
    /// OAuth scopes that the operation needs on Cloud.
    pub scopes: Vec<String>,
    pub slots: Vec<Slot>,
}

/// Where a project, issue, space or page is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub place: Place,
    pub at: &'static str,
    pub kind: SlotKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    Body,
    Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    Project,
    Issue,
    Space,
    /// A space by the number that only Cloud knows it by.
    SpaceId,
    Page,
    Jql,
    Cql,
    /// The route is about no project and no space at all: it passes for every rule.
    Nothing,
}

/// What a request means: the route, and what stands in its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteMatch<'a> {
    pub route: &'a Route,
    /// `(kind, value)` in the order of the path.
    pub params: Vec<(String, String)>,
}

#[derive(Debug)]
pub struct Catalogue {
    routes: Vec<Route>,
    by_request: BTreeMap<(Product, Deployment, Method), Vec<usize>>,
}

struct Row {
    id: &'static str,
    product: Product,
    deployment: Deployment,
    method: Method,
    path: &'static str,
    query: &'static [&'static str],
    class: Class,
    scopes: &'static [&'static str],
    slots: &'static [Slot],
}

/// The catalogue that was built in.
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::from_table);
    &CATALOGUE
}

impl Catalogue {
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The rows of one id: at most one for each deployment.
    pub fn by_id<'a, 'i>(&'a self, id: &'i str) -> impl Iterator<Item = &'a Route> + use<'a, 'i> {
        self.routes
            .iter()
            .filter(move |route| route.id.as_str() == id)
    }

    /// No two rows of one product, deployment and method overlap, so there is at most one answer.
    pub fn find<S: AsRef<str>>(
        &self,
        product: Product,
        deployment: Deployment,
        method: Method,
        segments: &[S],
    ) -> Option<RouteMatch<'_>> {
        self.candidates(product, deployment, method)
            .find_map(|route| {
                route
                    .template
                    .captures(segments)
                    .map(|params| RouteMatch { route, params })
            })
    }

    pub(crate) fn candidates(
        &self,
        product: Product,
        deployment: Deployment,
        method: Method,
    ) -> impl Iterator<Item = &Route> {
        let indices = self.by_request.get(&(product, deployment, method));
        indices
            .into_iter()
            .flatten()
            .map(|index| &self.routes[*index])
    }

    fn from_table() -> Self {
        let mut by_request: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        let mut routes = Vec::with_capacity(ROWS.len());
        for (index, row) in ROWS.iter().enumerate() {
            by_request
                .entry((row.product, row.deployment, row.method))
                .or_default()
                .push(index);
            routes.push(Route {
                id: RouteId(Cow::Borrowed(row.id)),
                product: row.product,
                deployment: Some(row.deployment),
                method: row.method,
                template: Template::parse(row.path)
                    .expect("the build script accepts no path that is not a template"),
                query: row.query.iter().map(|name| (*name).to_owned()).collect(),
                class: row.class,
                scopes: row.scopes.iter().map(|scope| (*scope).to_owned()).collect(),
                slots: row.slots.to_vec(),
            });
        }
        Self { routes, by_request }
    }
}

impl RouteId {
    /// The id of the route that the rule of this name adds.
    pub(crate) fn own(rule: &str) -> Self {
        Self(Cow::Owned(format!("own.{rule}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_own(&self) -> bool {
        self.0.starts_with("own.")
    }
}

impl fmt::Display for RouteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_means_one_thing() {
        let routes = catalogue().routes();
        for (index, a) in routes.iter().enumerate() {
            for b in &routes[index + 1..] {
                let same_door =
                    (a.product, a.deployment, a.method) == (b.product, b.deployment, b.method);
                assert!(
                    !(same_door && a.template.overlaps(&b.template)),
                    "{} and {} both mean {}",
                    a.id,
                    b.id,
                    a.template
                );
            }
        }
    }

    #[test]
    fn every_row_finds_itself() {
        for route in catalogue().routes() {
            let deployment = route
                .deployment
                .expect("rows of the table name their deployment");
            let found = catalogue().find(
                route.product,
                deployment,
                route.method,
                &route.template.sample(),
            );
            assert_eq!(
                found.map(|found| &found.route.id),
                Some(&route.id),
                "{}",
                route.template
            );
        }
    }

    #[test]
    fn what_stands_in_no_row_has_no_meaning() {
        let find = |method, path: &[&str]| {
            catalogue()
                .find(Product::Jira, Deployment::Cloud, method, path)
                .is_some()
        };
        assert!(find(Method::Get, &["rest", "api", "3", "issue", "PROJ-1"]));
        let nothing: [(Method, &[&str]); 8] = [
            (Method::Head, &["rest", "api", "3", "issue", "PROJ-1"]),
            (Method::Get, &["rest", "api", "2", "issue", "PROJ-1"]),
            (Method::Get, &["rest", "api", "3", "Issue", "PROJ-1"]),
            (Method::Get, &["rest", "api", "3", "issue"]),
            (Method::Get, &["rest", "api", "3", "issue", "PROJ-1", ""]),
            (
                Method::Get,
                &["rest", "api", "3", "issue", "PROJ-1", "..", "PROJ-2"],
            ),
            (Method::Get, &["rest", "api", "3", "issue", "10001"]),
            (Method::Get, &[]),
        ];
        for (method, path) in nothing {
            assert!(!find(method, path), "{method} {path:?}");
        }
    }
}
