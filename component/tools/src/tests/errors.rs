//! What the model is told for everything that a site or the way to it can do wrong.

use serde_json::json;

use super::failure;
use crate::fake::FakeGateway;
use crate::{Deployment, GatewayError};

#[test]
fn every_status_says_what_to_do() {
    let page = "<!DOCTYPE html><html><body>Log in</body></html>";
    let cases: &[(u16, &str, &str)] = &[
        (200, "text/html", page),
        (200, "application/json", ""),
        (200, "application/json", "{\"issues\": [tru"),
        (302, "text/html", ""),
        (
            400,
            "application/json",
            r#"{"errorMessages":["The value 'NOPE' does not exist for the field 'project'."],"warningMessages":[]}"#,
        ),
        (
            400,
            "application/json",
            r#"{"errorMessages":["Unbounded JQL queries are not allowed here. Please add a search restriction to your query."]}"#,
        ),
        (
            400,
            "application/json",
            r#"{"errorMessages":[],"errors":{"jql":"bad \u202e\u0007 bytes\nand lines","other":{"deep":1}}}"#,
        ),
        (401, "", ""),
        (
            401,
            "application/json",
            r#"{"code":401,"message":"Unauthorized; scope does not match"}"#,
        ),
        (
            403,
            "application/json",
            r#"{"message":"You are not permitted","statusCode":403,"data":{"errors":[{"message":{"key":"no.permission"}}]}}"#,
        ),
        (
            404,
            "application/json",
            r#"{"errors":[{"status":404,"code":"NOT_FOUND","title":"Not Found","detail":"Page not found"}]}"#,
        ),
        (
            404,
            "application/xml",
            "<?xml version=\"1.0\"?><status><status-code>404</status-code></status>",
        ),
        (
            410,
            "application/json",
            r#"{"error":"Gone","error_description":"moved"}"#,
        ),
        (409, "application/json", r#""plain string""#),
        (418, "text/plain", "short and stout"),
        (429, "application/json", "{}"),
        (500, "text/html", page),
        (503, "text/plain", "upstream connect error"),
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|(status, media_type, body)| {
            let gateway = FakeGateway::new(Deployment::Cloud).respond(
                "jira.issue.search",
                *status,
                media_type,
                body,
            );
            format!(
                "{status} {}\n{}",
                body.chars().take(40).collect::<String>(),
                failure(&gateway, "jira_search", json!({ "jql": "x" }))
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n---\n"));
}

#[test]
fn every_gateway_error_says_what_to_do() {
    let told: Vec<String> = [
        GatewayError::Denied,
        GatewayError::Reauthorize,
        GatewayError::RateLimited(Some(30)),
        GatewayError::RateLimited(None),
        GatewayError::Timeout,
        GatewayError::Connect,
        GatewayError::Tls,
        GatewayError::BadResponse,
        GatewayError::BodyTooLarge(1000),
        GatewayError::InvalidRequest("header".to_owned()),
        GatewayError::Budget,
        GatewayError::Cancelled,
        GatewayError::Internal("x".to_owned()),
    ]
    .into_iter()
    .map(|error| {
        failure(
            &FakeGateway::new(Deployment::Cloud).fail("jira.comment.add", error),
            "jira_add_comment",
            json!({ "issue_key": "PROJ-1", "body": "x" }),
        )
    })
    .collect();
    insta::assert_snapshot!(told.join("\n---\n"));
}

#[test]
fn a_flood_of_errors_is_cut() {
    let errors: Vec<String> = (0..500)
        .map(|number| format!("problem {number} {}", "x".repeat(2_000)))
        .collect();
    let body = json!({ "errorMessages": errors }).to_string();
    let gateway = FakeGateway::new(Deployment::Cloud).respond(
        "jira.issue.search",
        400,
        "application/json",
        &body,
    );
    let told = failure(&gateway, "jira_search", json!({ "jql": "x" }));
    assert!(
        told.len() < 5_000 && told.contains("and 488 more"),
        "{}",
        told.len()
    );
}
