//! The route table against Atlassian's interface descriptions: each route is an operation that
//! exists, and each query name one that it takes.

use tests::contracts::{Deployment, Product, operations};

/// Names in the table that the descriptions lack, with the reason why they stay.
const EXCEPTIONS: &[(&str, &str)] = &[];

#[test]
fn every_route_is_an_operation_that_atlassian_describes() {
    let mut problems = Vec::new();
    let table = include_str!("../../wit/routes.tsv");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
        .collect();
    assert!(rows.len() > 30, "the table was read");
    for row in &rows {
        let [id, product, deployment, method, path, query, ..] = row.as_slice() else {
            panic!("a row without its columns: {row:?}");
        };
        let product = if *product == "jira" {
            Product::Jira
        } else {
            Product::Confluence
        };
        let kind = if *deployment == "cloud" {
            Deployment::Cloud
        } else {
            Deployment::DataCenter
        };
        let described = operations(product, kind);
        let Some((_, _, names)) = described
            .iter()
            .find(|(verb, template, _)| verb == method && same_shape(template, path))
        else {
            problems.push(format!("{id} ({deployment}): no operation {method} {path}"));
            continue;
        };
        for name in query.split(',').filter(|name| !name.is_empty()) {
            let is_exception = EXCEPTIONS
                .iter()
                .any(|(place, _)| *place == format!("{id} {deployment} {name}"));
            if !names.iter().any(|known| known == name) && !is_exception {
                problems.push(format!(
                    "{id} ({deployment}): query name `{name}` is not described"
                ));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn same_shape(template: &str, path: &str) -> bool {
    let shape = |text: &str| -> Vec<String> {
        text.split('/')
            .map(|segment| {
                if segment.starts_with('{') {
                    "{}".to_owned()
                } else {
                    segment.to_owned()
                }
            })
            .collect()
    };
    shape(template) == shape(path)
}
