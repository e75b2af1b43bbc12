//! What a rule reaches, as a finite list of shapes, and when one rule reaches all or some of what another does.

use crate::Policy;
use crate::catalogue::{Route, catalogue};
use crate::rule::{Rule, Selector};
use crate::site::Site;
use crate::template::Template;
use crate::vocabulary::{Class, Deployment, Method, Product};

/// One path shape on one site, with what a request of it would be.
pub(super) struct Atom<'a> {
    site: &'a Site,
    product: Product,
    method: Method,
    template: &'a Template,
    query: &'a [String],
    class: Class,
    /// `None`: a route that the rule itself adds.
    pub(super) route: Option<&'static Route>,
}

pub(super) fn atoms<'a>(policy: &'a Policy, rule: &'a Rule) -> Vec<Atom<'a>> {
    let mut list = Vec::new();
    for site in policy
        .sites()
        .iter()
        .filter(|site| rule.site.covers(&site.name))
    {
        for deployment in site.possible_deployments() {
            push_atoms(&mut list, rule, site, deployment);
        }
    }
    list
}

fn push_atoms<'a>(
    list: &mut Vec<Atom<'a>>,
    rule: &'a Rule,
    site: &'a Site,
    deployment: Deployment,
) {
    let here = |route: &&Route| {
        route.deployment == Some(deployment) && site.products.contains(&route.product)
    };
    match &rule.selector {
        Selector::Path(path) => {
            let products = site
                .products
                .iter()
                .filter(|product| path.product.is_none_or(|own| own == **product));
            for product in products {
                list.extend(path.methods.iter().map(|method| {
                    let mut known = catalogue().candidates(*product, deployment, *method);
                    let route = known.find(|route| route.template.covers(&path.template));
                    Atom {
                        site,
                        product: *product,
                        method: *method,
                        template: &path.template,
                        query: &path.query,
                        class: route.map_or_else(|| path.own_class(*method), |route| route.class),
                        route,
                    }
                }));
            }
        }
        Selector::Classes(_) | Selector::Routes(_) => {
            let rows =
                catalogue()
                    .routes()
                    .iter()
                    .filter(here)
                    .filter(|route| match &rule.selector {
                        Selector::Classes(classes) => classes.contains(&route.class),
                        Selector::Routes(routes) => routes.contains(route.id.as_str()),
                        Selector::Path(_) => false,
                    });
            list.extend(rows.map(|route| Atom {
                site,
                product: route.product,
                method: route.method,
                template: &route.template,
                query: &route.query,
                class: route.class,
                route: Some(route),
            }));
        }
    }
}

/// Does `wide` allow everything that `narrow` allows, and as much of it?
pub(super) fn allows_all(wide: &Rule, narrow: &Rule, atoms: &[Atom<'_>]) -> bool {
    let is_as_large = |wide: Option<u64>, narrow: Option<u64>| {
        wide.is_none_or(|wide| narrow.is_some_and(|n| n <= wide))
    };
    !atoms.is_empty()
        && has_all_tools(wide, narrow)
        && is_as_large(wide.request_max_bytes, narrow.request_max_bytes)
        && is_as_large(wide.response_max_bytes, narrow.response_max_bytes)
        && (narrow.redirect.is_none() || narrow.redirect == wide.redirect)
        && atoms.iter().all(|atom| allows(wide, atom))
}

/// Does `deny` catch everything that `rule` allows?
pub(super) fn denies_all(deny: &Rule, rule: &Rule, atoms: &[Atom<'_>]) -> bool {
    let catches = |atom: &Atom<'_>| {
        deny.site.covers(&atom.site.name)
            && match &deny.selector {
                Selector::Path(path) => {
                    path.product.is_none_or(|product| product == atom.product)
                        && path.methods.contains(&atom.method)
                        && path.template.covers(atom.template)
                }
                selector => selects_known(selector, atom),
            }
    };
    has_all_tools(deny, rule) && atoms.iter().all(catches)
}

/// Does `deny` catch anything that `rule` allows?
pub(super) fn denies_any(deny: &Rule, rule: &Rule, atoms: &[Atom<'_>]) -> bool {
    let share_tools = match (&deny.tools, &rule.tools) {
        (Some(denied), Some(allowed)) => !denied.is_disjoint(allowed),
        _ => true,
    };
    let catches = |atom: &Atom<'_>| {
        deny.site.covers(&atom.site.name)
            && match &deny.selector {
                Selector::Path(path) => {
                    path.product.is_none_or(|product| product == atom.product)
                        && path.methods.contains(&atom.method)
                        && path.template.overlaps(atom.template)
                }
                selector => selects_known(selector, atom),
            }
    };
    share_tools && atoms.iter().any(catches)
}

fn allows(rule: &Rule, atom: &Atom<'_>) -> bool {
    rule.site.covers(&atom.site.name)
        && match &rule.selector {
            Selector::Path(path) => {
                // An own route is open to the tools that its rule names, and to no others.
                let is_named = atom.route.is_some() || rule.tools.is_some();
                is_named
                    && path.product == Some(atom.product)
                    && path.methods.contains(&atom.method)
                    && path.template.covers(atom.template)
                    && atom.query.iter().all(|name| path.query.contains(name))
            }
            selector => atom.route.is_some() && selects_known(selector, atom),
        }
}

fn selects_known(selector: &Selector, atom: &Atom<'_>) -> bool {
    match selector {
        Selector::Classes(classes) => classes.contains(&atom.class),
        Selector::Routes(routes) => atom
            .route
            .is_some_and(|route| routes.contains(route.id.as_str())),
        Selector::Path(_) => false,
    }
}

fn has_all_tools(wide: &Rule, narrow: &Rule) -> bool {
    match (&wide.tools, &narrow.tools) {
        (None, _) => true,
        (Some(wide), Some(narrow)) => wide.is_superset(narrow),
        (Some(_), None) => false,
    }
}
