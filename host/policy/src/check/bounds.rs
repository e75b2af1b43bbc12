//! Findings about rules that are bound to projects or spaces: what they leave shut that a reader may take for open.

use super::Notes;
use crate::Policy;
use crate::bounds::{Bound, can_hold, container, slots_of_path};
use crate::catalogue::{Slot, catalogue};
use crate::rule::{Rule, Selector};
use crate::vocabulary::Product;

pub(super) fn check(policy: &Policy, notes: &mut Notes) {
    for rule in policy.rules() {
        for product in Product::ALL {
            check_product(policy, rule, *product, notes);
        }
    }
}

fn check_product(policy: &Policy, rule: &Rule, product: Product, notes: &mut Notes) {
    let mut sites = policy.sites().iter();
    let is_there =
        sites.any(|site| rule.site.covers(&site.name) && site.products.contains(&product));
    let selected = selected(rule, product);
    if !is_there || selected.is_empty() {
        return;
    }
    match rule.bounds.of(product) {
        Bound::Free => {}
        Bound::Elsewhere => {
            let message = format!(
                "rule `{}` is bound, and names no {} of {product}, so it opens nothing there",
                rule.id,
                container(product)
            );
            let help = format!(
                "add `{0}s = [\"…\"]`, or give {product} a rule of its own",
                container(product)
            );
            notes.about_rule("P030", rule, message, &help);
        }
        Bound::Only(_) => {
            let loose: Vec<String> = selected
                .into_iter()
                .filter(|(_, slots)| !can_hold(slots))
                .map(|(route, _)| route)
                .collect();
            if !loose.is_empty() {
                let message = format!(
                    "rule `{}` does not open {}: nothing there says which {} it is about",
                    rule.id,
                    loose.join(", "),
                    container(product)
                );
                let help = "give it a rule without bounds if it may be open to all of them";
                notes.about_rule("P031", rule, message, help);
            }
        }
    }
}

/// What the rule is about in this product, with the places where projects and spaces stand in it.
fn selected(rule: &Rule, product: Product) -> Vec<(String, Vec<Slot>)> {
    let of_catalogue = |is_meant: &dyn Fn(&crate::Route) -> bool| {
        let routes = catalogue().routes().iter();
        let routes = routes.filter(|route| route.product == product && is_meant(route));
        let mut routes: Vec<(String, Vec<Slot>)> = routes
            .map(|route| (route.id.to_string(), route.slots.clone()))
            .collect();
        routes.dedup_by(|a, b| a.0 == b.0);
        routes
    };
    match &rule.selector {
        Selector::Classes(classes) => of_catalogue(&|route| classes.contains(&route.class)),
        Selector::Routes(ids) => of_catalogue(&|route| ids.contains(route.id.as_str())),
        Selector::Path(path) if path.product == Some(product) => {
            // Where the path is a route of the catalogue, that knows more.
            let known = of_catalogue(&|route| route.template.overlaps(&path.template));
            if known.is_empty() {
                let slots = slots_of_path(product, &path.template);
                vec![(path.template.to_string(), slots)]
            } else {
                known
            }
        }
        Selector::Path(_) => Vec::new(),
    }
}
