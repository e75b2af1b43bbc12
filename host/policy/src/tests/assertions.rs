//! Claims about a policy: proved for sets, shown by a request where they fail.

use super::*;
use crate::{AssertionError, Assertions, assert_policy};

fn asserted(policy: &str, claims: &str) -> Assertions {
    let text = format!("version = 1\n\n{claims}");
    match assert_policy(&parse(policy), &manifest(), &text, "must.toml") {
        Ok(asserted) => asserted,
        Err(error) => panic!("{error}"),
    }
}

const CLAIMS: &str = r#"
[[denied]]
id = "nobody-deletes"
site = "*"
classes = ["delete", "admin"]

[[denied]]
id = "no-sessions"
request = "GET https://jira.example.test/rest/auth/1/session"

[[denied]]
id = "no-comments-but-there"
site = "jira-onprem"
path = "/rest/api/2/issue/{issue-key}/comment"

[[allowed]]
id = "issues-can-be-read"
site = "jira"
methods = ["GET"]
path = "/rest/api/3/issue/{issue-key}"
query = ["fields"]
tools = ["jira_get_issue"]

[[allowed]]
id = "one-issue"
request = "GET https://jira.example.test/rest/api/3/issue/PROJ-1?fields=summary"
tools = ["jira_get_issue"]
"#;

#[test]
fn what_is_true_holds() {
    let told = asserted(FIXTURE, CLAIMS);
    assert_eq!(told.exit_code(), 0, "{}", told.human());
    assert_eq!(told.list.len(), 5);
}

#[test]
fn what_is_not_true_fails_with_a_request_that_shows_it() {
    let claims = r#"
[[denied]]
id = "no-writes"
site = "*"
classes = ["write"]

[[denied]]
id = "not-this-issue"
site = "jira"
path = "/rest/api/3/issue/PROJ-1"

[[denied]]
id = "not-this-request"
request = "GET https://jira.example.test/rest/api/3/issue/PROJ-1"

[[allowed]]
id = "all-of-reading"
site = "jira"
routes = ["jira.issue.get"]
tools = ["jira_get_issue"]

[[allowed]]
id = "issues-are-created"
request = "POST https://jira.example.test/rest/api/3/issue"

[[allowed]]
id = "asserts-nothing"
site = "jira"
routes = ["jira.issue.get"]
tools = ["jira_search"]
"#;
    let told = asserted(FIXTURE, claims);
    assert_eq!(told.exit_code(), 1);
    assert!(
        told.list.iter().all(|claim| !claim.holds),
        "{}",
        told.human()
    );
    insta::assert_snapshot!(told.human());
    let sarif: serde_json::Value = serde_json::from_str(&told.sarif()).expect("SARIF is JSON");
    assert_eq!(
        sarif["runs"][0]["results"].as_array().map(Vec::len),
        Some(6)
    );
    let json: serde_json::Value = serde_json::from_str(&told.json()).expect("JSON");
    assert_eq!(json["list"][0]["holds"], false);
}

/// A claim about one request is about each tool and each principal that it names, and about anybody where it names none.
#[test]
fn one_request_is_asked_for_everybody_named() {
    let policy = format!(
        "{FIXTURE}\n[[rule]]\nid = \"create\"\nsite = \"jira\"\nroutes = [\"jira.issue.create\"]\nprincipals = [\"bob\"]\n"
    );
    let claim = |effect: &str, more: &str| {
        let text = format!(
            "[[{effect}]]\nid = \"x\"\nrequest = \"POST https://jira.example.test/rest/api/3/issue\"\n{more}"
        );
        let told = asserted(&policy, &text);
        told.list[0].because.len()
    };
    let tools = "tools = [\"jira_search\", \"jira_create_issue\"]\n";
    let both = "principals = [\"alice\", \"bob\"]\n";
    assert_eq!(claim("allowed", ""), 0);
    assert_eq!(claim("denied", ""), 1);
    assert_eq!(claim("allowed", both), 1);
    assert_eq!(claim("denied", both), 1);
    assert_eq!(claim("denied", &format!("{tools}{both}")), 1);
    assert_eq!(claim("allowed", &format!("{tools}{both}")), 3);
    assert_eq!(claim("allowed", tools), 1);
}

#[test]
fn mistakes_in_the_claims_are_named_with_their_place() {
    for (claims, complaint) in [
        ("", "asserts nothing"),
        ("[[denid]]\nid = \"x\"", "unknown key `denid`"),
        (
            "[[denied]]\nid = \"x\"\nsite = \"nowhere\"\nclasses = [\"read\"]",
            "`site` has no value \"nowhere\"",
        ),
        (
            "[[denied]]\nid = \"x\"\nsite = \"jira\"",
            "needs exactly one",
        ),
        (
            "[[denied]]\nid = \"x\"\nrequest = \"https://jira.example.test\"",
            "not a method and a URL",
        ),
        (
            "[[denied]]\nid = \"x\"\nrequest = \"GET https://x\"\nsite = \"jira\"",
            "unknown key `site`",
        ),
        ("[[denied]]\nrequest = \"GET https://x\"", "has no `id`"),
        (
            "[[denied]]\nid = \"x y\"\nrequest = \"GET https://x\"",
            "is no id",
        ),
        (
            "[[allowed]]\nid = \"x\"\nsite = \"jira\"\nroutes = [\"jira.isue.get\"]",
            "did you mean \"jira.issue.get\"?",
        ),
    ] {
        let text = format!("version = 1\n\n{claims}");
        let told = assert_policy(&fixture(), &manifest(), &text, "must.toml");
        let Err(AssertionError::File(diagnostics)) = told else {
            panic!("{claims} was read")
        };
        let told = diagnostics.to_string();
        assert!(told.contains(complaint), "{claims}\n{told}");
        assert!(told.contains("must.toml:"), "{told}");
    }
    assert!(assert_policy(&fixture(), &manifest(), "version = 2", "must.toml").is_err());
}
