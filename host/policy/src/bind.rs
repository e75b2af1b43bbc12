//! A rule held to projects and spaces: the rules that open no more than it does, and of a product for which keys are
//! named nothing beyond them. Only takes away.

use std::collections::BTreeSet;

use crate::bounds::{Bound, Bounds};
use crate::catalogue::catalogue;
use crate::rule::{Rule, Selector};
use crate::vocabulary::Product;

/// `products` are those of the rule's sites. None where nothing is left of it; several where one rule can't say it, since
/// a rule that is bound in one product opens nothing in the other. Ids are for the caller to make different.
pub(crate) fn bound_to(rule: &Rule, bounds: &Bounds, products: &BTreeSet<Product>) -> Vec<Rule> {
    let is_bound = |product: &Product| matches!(bounds.of(*product), Bound::Only(_));
    if rule.bounds == Bounds::default() && products.iter().all(is_bound) {
        let products: Vec<Product> = products.iter().copied().collect();
        return vec![Rule {
            bounds: bounds.among(&products),
            ..rule.clone()
        }];
    }
    let parts = products.iter().filter_map(|product| {
        let selector = match products.len() {
            1 => rule.selector.clone(),
            _ => of_product(&rule.selector, *product)?,
        };
        let keys = match (rule.bounds.of(*product), bounds.of(*product)) {
            (Bound::Elsewhere, _) => return None,
            (Bound::Only(own), Bound::Only(keys)) => Some(own & keys),
            (Bound::Only(keys), _) | (Bound::Free, Bound::Only(keys)) => Some(keys.clone()),
            (Bound::Free, _) => None,
        };
        if keys.as_ref().is_some_and(BTreeSet::is_empty) {
            return None;
        }
        let mut bounds = Bounds::default();
        match product {
            Product::Jira => bounds.projects = keys,
            Product::Confluence => bounds.spaces = keys,
        }
        Some(Rule {
            selector,
            bounds,
            ..rule.clone()
        })
    });
    parts.collect()
}

/// What a selector says of one product; classes become the routes that they are today.
fn of_product(selector: &Selector, product: Product) -> Option<Selector> {
    let routes = catalogue().routes().iter();
    let routes = routes.filter(|route| route.product == product);
    let ids: BTreeSet<String> = match selector {
        Selector::Path(path) => {
            let is_here = path.product.is_none_or(|own| own == product);
            return is_here.then(|| selector.clone());
        }
        Selector::Classes(classes) => routes
            .filter(|route| classes.contains(&route.class))
            .map(|route| route.id.to_string())
            .collect(),
        Selector::Routes(named) => routes
            .map(|route| route.id.to_string())
            .filter(|id| named.contains(id))
            .collect(),
    };
    (!ids.is_empty()).then_some(Selector::Routes(ids))
}
