//! Whole tools against a gateway in memory, on both deployments.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod confluence;
mod errors;
mod jira;
mod jira_writes;
mod places;
mod rough;
mod surface;
mod tidy;
mod used_routes;
mod world;

use serde_json::Value;

use crate::fake::FakeGateway;
use crate::{Deployment, call};

const BOTH: [Deployment; 2] = [Deployment::Cloud, Deployment::DataCenter];

/// The answer of a call that must succeed.
fn answer(gateway: &FakeGateway, tool: &str, arguments: Value) -> String {
    let output = call(gateway, tool, &arguments.to_string()).unwrap();
    assert!(!output.is_error, "{tool} failed: {}", output.text);
    output.text
}

/// What the model is told when a call fails.
fn failure(gateway: &FakeGateway, tool: &str, arguments: Value) -> String {
    let output = call(gateway, tool, &arguments.to_string()).unwrap();
    assert!(output.is_error, "{tool} did not fail: {}", output.text);
    output.text
}

/// Requests as a person would write them down.
fn sent(gateway: &FakeGateway) -> String {
    let requests = gateway.requests();
    let lines = requests.iter().map(|request| {
        let query: Vec<String> = request
            .query_pairs()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let query = if query.is_empty() {
            String::new()
        } else {
            format!("?{}", query.join("&"))
        };
        let body = request
            .body()
            .map_or_else(String::new, |body| format!("\n    {body}"));
        format!(
            "{} /{}{query}{body}\n",
            request.method().name(),
            request.path().join("/")
        )
    });
    lines.collect()
}
