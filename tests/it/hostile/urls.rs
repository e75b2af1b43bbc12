//! Absolute URLs. A component cannot spell one; a person can, to `policy explain`, and a site can,
//! in a redirect. Both are read by the code that is tested here.

use policy::{Manifest, Policy, Question, explain};
use tests::world::{TOOLS, manifest, policy_text};

use super::Case;
use super::verdict::Ended;

pub(crate) fn run(case: &Case) -> Ended {
    let url = case.input["url"].as_str().unwrap_or_default();
    let method = case.input["method"].as_str().unwrap_or_default();
    let policy = match Policy::parse(&policy_text("/nowhere.pem"), "policy.toml") {
        Ok(policy) => policy,
        Err(error) => return Ended::Failed(error.to_string()),
    };
    let manifest = manifest();
    let mut problems: Vec<String> = TOOLS
        .iter()
        .filter(|tool| allows(&policy, &manifest, method, url, Some(tool)))
        .map(|tool| format!("{tool} may ask for it"))
        .collect();
    if allows(&policy, &manifest, method, url, None) {
        problems.push("somebody may ask for it".to_owned());
    }
    Ended::of(problems)
}

fn allows(
    policy: &Policy,
    manifest: &Manifest,
    method: &str,
    url: &str,
    tool: Option<&str>,
) -> bool {
    let question = Question::Url {
        method: method.to_owned(),
        url: url.to_owned(),
        tool: tool.map(str::to_owned),
    };
    explain(policy, manifest, &question, None).is_allowed()
}

/// The reading itself is not simply closed.
#[test]
fn the_plain_url_is_allowed() {
    let policy = Policy::parse(&policy_text("/nowhere.pem"), "policy.toml")
        .expect("the fixture is a policy");
    let url = "https://jira.example.test/rest/api/3/issue/PROJ-1";
    assert!(allows(
        &policy,
        &manifest(),
        "GET",
        url,
        Some("jira_get_issue")
    ));
    assert!(!allows(
        &policy,
        &manifest(),
        "GET",
        url,
        Some("jira_search")
    ));
}
