//! Judges one outgoing request by Atlassian's own interface descriptions.
//!
//! The descriptions under `contracts/` are cut down to the operations of `wit/routes.tsv`. A
//! request is wrong when no operation has its path and method, when a query name is unknown or a
//! required one missing, or when the body is not what the operation takes. Answers are never
//! judged: real ones contradict the descriptions.

mod adf;
mod schema;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

pub use adf::check_document;

/// Which Atlassian product a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Product {
    Jira,
    Confluence,
}

/// Which kind of installation a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deployment {
    Cloud,
    DataCenter,
}

/// Checks one request. `path` is as sent (a Data Center context path may stand before `/rest`),
/// `query` is decoded, `body` is the raw body.
///
/// # Errors
/// Every violation in words, so that a test can show all of them at once.
pub fn check_request(
    product: Product,
    deployment: Deployment,
    method: &str,
    path: &str,
    query: &[(String, String)],
    body: &[u8],
) -> Result<(), Vec<String>> {
    let contract = contract(product, deployment);
    let path = without_context(deployment, path);
    let same_path: Vec<&Operation> = contract
        .operations
        .iter()
        .filter(|operation| operation.matches_path(path))
        .collect();
    if same_path.is_empty() {
        return Err(vec![format!("no operation has the path {path}")]);
    }
    let Some(operation) = same_path
        .iter()
        .find(|operation| operation.method == method)
    else {
        return Err(vec![format!("{path} exists, but not for {method}")]);
    };
    let mut violations = operation.check_query(query);
    violations.extend(operation.check_body(contract, product, deployment, body));
    if violations.is_empty() {
        Ok(())
    } else {
        Err(violations)
    }
}

/// Every operation as `METHOD path template`, for tests that compare them with the route table.
pub fn operations(product: Product, deployment: Deployment) -> Vec<(String, String, Vec<String>)> {
    contract(product, deployment)
        .operations
        .iter()
        .map(|operation| {
            (
                operation.method.clone(),
                operation.path.clone(),
                operation.query.keys().cloned().collect(),
            )
        })
        .collect()
}

#[derive(Deserialize)]
struct Contract {
    operations: Vec<Operation>,
    schemas: Value,
}

#[derive(Deserialize)]
struct Operation {
    method: String,
    path: String,
    query: BTreeMap<String, Value>,
    #[serde(default)]
    body: Option<Value>,
}

impl Operation {
    fn matches_path(&self, path: &str) -> bool {
        let template: Vec<&str> = self.path.split('/').collect();
        let actual: Vec<&str> = path.split('/').collect();
        template.len() == actual.len()
            && template.iter().zip(&actual).all(|(expected, given)| {
                if expected.starts_with('{') {
                    !given.is_empty()
                } else {
                    expected == given
                }
            })
    }

    fn check_query(&self, query: &[(String, String)]) -> Vec<String> {
        let mut violations = Vec::new();
        for (name, value) in query {
            let Some(declared) = self.query.get(name) else {
                violations.push(format!("query name `{name}` is unknown to {}", self.path));
                continue;
            };
            if let Some(problem) = query_value_problem(declared, value) {
                violations.push(format!("query `{name}`: {problem}"));
            }
        }
        for (name, declared) in &self.query {
            let required = declared.get("required") == Some(&Value::Bool(true));
            if required && !query.iter().any(|(given, _)| given == name) {
                violations.push(format!("required query name `{name}` is missing"));
            }
        }
        violations
    }

    fn check_body(
        &self,
        contract: &Contract,
        product: Product,
        deployment: Deployment,
        body: &[u8],
    ) -> Vec<String> {
        let Some(expected) = &self.body else {
            return if body.is_empty() {
                Vec::new()
            } else {
                vec![format!("{} {} takes no body", self.method, self.path)]
            };
        };
        let value: Value = match serde_json::from_slice(body) {
            Ok(value) => value,
            Err(error) => return vec![format!("the body is not JSON: {error}")],
        };
        let mut violations = schema::check(expected, &contract.schemas, &value);
        violations.extend(check_rich_text(product, deployment, &value));
        violations
    }
}

/// The rich text that the descriptions leave untyped: Jira Cloud takes ADF in place, Confluence
/// Cloud takes it as a string inside a body.
fn check_rich_text(product: Product, deployment: Deployment, body: &Value) -> Vec<String> {
    if deployment == Deployment::DataCenter {
        return Vec::new();
    }
    let mut documents = Vec::new();
    match product {
        Product::Jira => collect_documents(body, "body", &mut documents),
        Product::Confluence => collect_quoted_documents(body, &mut documents),
    }
    documents
        .into_iter()
        .flat_map(|(place, document)| match document {
            Ok(document) => check_document(&document)
                .into_iter()
                .map(|problem| format!("{place}: {problem}"))
                .collect(),
            Err(problem) => vec![format!("{place}: {problem}")],
        })
        .collect()
}

type FoundDocument = (String, Result<Value, String>);

fn collect_documents(value: &Value, place: &str, found: &mut Vec<FoundDocument>) {
    match value {
        Value::Object(map) if map.get("type") == Some(&Value::from("doc")) => {
            found.push((place.to_owned(), Ok(value.clone())));
        }
        Value::Object(map) => {
            for (name, inner) in map {
                collect_documents(inner, &format!("{place}.{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                collect_documents(inner, &format!("{place}[{index}]"), found);
            }
        }
        _ => {}
    }
}

fn collect_quoted_documents(body: &Value, found: &mut Vec<FoundDocument>) {
    let Some(body) = body.get("body") else { return };
    if body.get("representation") != Some(&Value::from("atlas_doc_format")) {
        return;
    }
    let text = body
        .get("value")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let parsed = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"));
    found.push(("body.value".to_owned(), parsed));
}

fn query_value_problem(declared: &Value, value: &str) -> Option<String> {
    match declared.get("type").and_then(Value::as_str) {
        Some("integer") => value
            .parse::<i64>()
            .is_err()
            .then(|| format!("`{value}` is not an integer")),
        Some("boolean") => {
            (!matches!(value, "true" | "false")).then(|| format!("`{value}` is not a boolean"))
        }
        Some("string") => {
            let allowed = declared.get("enum")?.as_array()?;
            (!allowed.iter().any(|one| one == value))
                .then(|| format!("`{value}` is none of {allowed:?}"))
        }
        _ => None,
    }
}

/// Data Center installations may live below a context path of their own choice.
fn without_context(deployment: Deployment, path: &str) -> &str {
    match (deployment, path.find("/rest/")) {
        (Deployment::DataCenter, Some(start)) => &path[start..],
        _ => path,
    }
}

fn contract(product: Product, deployment: Deployment) -> &'static Contract {
    static CONTRACTS: OnceLock<BTreeMap<(Product, Deployment), Contract>> = OnceLock::new();
    let all = CONTRACTS.get_or_init(|| {
        let read = |text: &str| {
            serde_json::from_str(text).expect("the contract files are ours and well-formed")
        };
        BTreeMap::from([
            (
                (Product::Jira, Deployment::Cloud),
                read(include_str!("../contracts/jira-cloud.json")),
            ),
            (
                (Product::Jira, Deployment::DataCenter),
                read(include_str!("../contracts/jira-data-center.json")),
            ),
            (
                (Product::Confluence, Deployment::Cloud),
                read(include_str!("../contracts/confluence-cloud.json")),
            ),
            (
                (Product::Confluence, Deployment::DataCenter),
                read(include_str!("../contracts/confluence-data-center.json")),
            ),
        ])
    });
    &all[&(product, deployment)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(
        product: Product,
        deployment: Deployment,
        method: &str,
        path: &str,
        query: &[(&str, &str)],
        body: &str,
    ) -> Vec<String> {
        let query: Vec<(String, String)> = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        check_request(product, deployment, method, path, &query, body.as_bytes())
            .err()
            .unwrap_or_default()
    }

    #[test]
    fn good_requests_pass() {
        let comment = r#"{"body":{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"hi"}]}]}}"#;
        let page = r#"{"spaceId":"1","status":"current","title":"t","body":{"representation":"storage","value":"<p/>"}}"#;
        type Good<'a> = (
            Product,
            Deployment,
            &'a str,
            &'a str,
            &'a [(&'a str, &'a str)],
            &'a str,
        );
        let cases: [Good<'_>; 5] = [
            (
                Product::Jira,
                Deployment::Cloud,
                "GET",
                "/rest/api/3/issue/P-1",
                &[("fields", "summary")],
                "",
            ),
            (
                Product::Jira,
                Deployment::Cloud,
                "POST",
                "/rest/api/3/issue/P-1/comment",
                &[],
                comment,
            ),
            (
                Product::Jira,
                Deployment::DataCenter,
                "POST",
                "/jira/rest/api/2/issue",
                &[],
                r#"{"fields":{"summary":"s","project":{"key":"P"}}}"#,
            ),
            (
                Product::Confluence,
                Deployment::Cloud,
                "POST",
                "/wiki/api/v2/pages",
                &[],
                page,
            ),
            (
                Product::Confluence,
                Deployment::DataCenter,
                "GET",
                "/confluence/rest/api/content/12",
                &[("expand", "body.storage")],
                "",
            ),
        ];
        for (product, deployment, method, path, query, body) in cases {
            assert_eq!(
                verdict(product, deployment, method, path, query, body),
                Vec::<String>::new(),
                "{method} {path}"
            );
        }
    }

    #[test]
    fn bad_requests_are_named() {
        let cloud = |method, path, query: &[(&str, &str)], body| {
            verdict(Product::Jira, Deployment::Cloud, method, path, query, body).join("; ")
        };
        insta::assert_snapshot!(
            [
                cloud("GET", "/rest/api/3/isue/P-1", &[], ""),
                cloud("PATCH", "/rest/api/3/issue/P-1", &[], ""),
                cloud("GET", "/rest/api/3/issue/P-1", &[("feilds", "x"), ("updateHistory", "maybe")], ""),
                cloud("GET", "/rest/api/3/issue/P-1", &[], "{}"),
                cloud("POST", "/rest/api/3/search/jql", &[], r#"{"jql":"x","startAt":0}"#),
                cloud("POST", "/rest/api/3/search/jql", &[], r#"{"jql":7}"#),
                cloud("POST", "/rest/api/3/issue/P-1/comment", &[], r#"{"body":"plain text"}"#),
                cloud("POST", "/rest/api/3/issue/P-1/comment", &[], r#"{"body":{"type":"doc","version":1,"content":[{"type":"text","text":"x"}]}}"#),
                verdict(Product::Confluence, Deployment::Cloud, "GET", "/wiki/rest/api/search", &[], "").join("; "),
                verdict(Product::Confluence, Deployment::Cloud, "PUT", "/wiki/api/v2/pages/7", &[], r#"{"id":"7","status":"current","title":"t","version":{"number":2},"body":{"representation":"html","value":""}}"#).join("; "),
                verdict(Product::Confluence, Deployment::DataCenter, "POST", "/rest/api/content", &[], r#"{"type":"page","title":"t"}"#).join("; "),
            ]
            .join("\n"),
            @r#"
no operation has the path /rest/api/3/isue/P-1
/rest/api/3/issue/P-1 exists, but not for PATCH
query name `feilds` is unknown to /rest/api/3/issue/{issueIdOrKey}; query `updateHistory`: `maybe` is not a boolean
GET /rest/api/3/issue/{issueIdOrKey} takes no body
body.startAt is unknown
body.jql should be string, but is 7
body.body should be object, but is "plain text"
body.body: doc/0: `text` may not stand in `doc`
required query name `cql` is missing
body.body has none of the forms it may have
body.body is required
"#);
    }
}
