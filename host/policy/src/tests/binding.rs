//! A rule held to somebody's projects and spaces: never more than it was, in each product what is left of it.

use std::collections::BTreeSet;

use super::*;
use crate::bind::bound_to;
use crate::{Bounds, NarrowError, Narrowed, Rule, Selector};

const SITE: &str = "version = 1\n[site.acme]\norigin = \"https://acme.atlassian.net\"\nproducts = [\"jira\", \"confluence\"]\n";

fn keys(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn bounds(projects: &[&str], spaces: &[&str]) -> Bounds {
    let some = |names: &[&str]| (!names.is_empty()).then(|| keys(names));
    Bounds {
        projects: some(projects),
        spaces: some(spaces),
    }
}

fn file(rule: &str) -> Policy {
    parse(&format!(
        "{SITE}[[rule]]\nid = \"r\"\nsite = \"acme\"\n{rule}\n"
    ))
}

fn parts(rule: &str, bounds: &Bounds, products: &[Product]) -> Vec<Rule> {
    let policy = file(rule);
    let rule = policy.rules().next().expect("there is one");
    bound_to(rule, bounds, &products.iter().copied().collect())
}

const BOTH: [Product; 2] = [Product::Jira, Product::Confluence];

#[test]
fn a_free_rule_takes_the_bounds_of_the_products_that_are_there() {
    let read = "classes = [\"read\"]";
    let whole = bounds(&["PROJ"], &["DOCS"]);
    let [one] = &parts(read, &whole, &BOTH)[..] else {
        panic!("one rule says it")
    };
    assert_eq!(one.bounds, whole);
    assert!(matches!(one.selector, Selector::Classes(_)));
    let [one] = &parts(read, &whole, &[Product::Jira])[..] else {
        panic!("one rule says it")
    };
    assert_eq!(one.bounds, bounds(&["PROJ"], &[]));
}

#[test]
fn a_bound_rule_keeps_what_both_lists_have() {
    let own = "classes = [\"read\"]\nprojects = [\"PROJ\", \"OPS\"]";
    let [one] = &parts(own, &bounds(&["OPS", "HR"], &["DOCS"]), &BOTH)[..] else {
        panic!("nothing is left of Confluence")
    };
    assert_eq!(one.bounds, bounds(&["OPS"], &[]));
    let left = parts(own, &bounds(&["HR"], &[]), &BOTH);
    assert!(left.is_empty(), "{left:?}");
    // Of a product for which nothing is said the rule's own list stays.
    let [one] = &parts(own, &bounds(&[], &["DOCS"]), &BOTH)[..] else {
        panic!("the rule opens nothing in Confluence")
    };
    assert_eq!(one.bounds, bounds(&["PROJ", "OPS"], &[]));
}

#[test]
fn a_rule_of_one_product_falls_away_in_the_other() {
    let routes = "routes = [\"jira.issue.get\", \"confluence.page.get\"]";
    let of = |rule: &str| {
        parts(rule, &bounds(&["PROJ"], &[]), &BOTH)
            .into_iter()
            .map(|rule| (rule.selector, rule.bounds))
            .collect::<Vec<_>>()
    };
    let named = |id: &str| Selector::Routes(keys(&[id]));
    assert_eq!(
        of(routes),
        [
            (named("jira.issue.get"), bounds(&["PROJ"], &[])),
            (named("confluence.page.get"), Bounds::default())
        ]
    );
    assert_eq!(
        of("routes = [\"jira.issue.get\"]"),
        [(named("jira.issue.get"), bounds(&["PROJ"], &[]))]
    );
    let path = "methods = [\"GET\"]\nproduct = \"jira\"\npath = \"/rest/api/3/issue/{issue-key}\"\ntools = [\"a\"]";
    let [(Selector::Path(_), held)] = &of(path)[..] else {
        panic!("a path is of one product")
    };
    assert_eq!(*held, bounds(&["PROJ"], &[]));
}

#[test]
fn a_narrowing_that_leaves_nothing_is_told() {
    let carol = principal("carol");
    let narrowed = |policy: &Policy, bounds: Bounds| {
        let all = Narrowed {
            principal: &carol,
            sites: None,
            profile: None,
            bounds,
        };
        all.lines(policy)
    };
    let of_others = file("classes = [\"read\"]\nprincipals = [\"alice\"]");
    assert!(matches!(
        narrowed(&of_others, Bounds::default()),
        Err(NarrowError::NoRule { .. })
    ));
    let other = file("classes = [\"read\"]\nprojects = [\"HR\"]");
    assert!(matches!(
        narrowed(&other, bounds(&["PROJ"], &[])),
        Err(NarrowError::NothingLeft { .. })
    ));
    // What is written for one is for nobody else, whoever had the rule before.
    let shared = file("classes = [\"read\"]\nprincipals = [\"alice\", \"carol\"]");
    let lines = narrowed(&shared, bounds(&["PROJ"], &["DOCS"])).expect("carol has it");
    let after = parse(&format!("{}\n{lines}", shared.text()));
    let copy = after.rules().find(|rule| rule.id == "carol-1");
    let copy = copy.expect("her own rule");
    assert_eq!(copy.principals, Some(BTreeSet::from([carol.clone()])));
    assert_eq!(copy.bounds, bounds(&["PROJ"], &["DOCS"]));
}
