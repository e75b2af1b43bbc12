//! All thirteen tools against the demo site, through the real binary, in both eras of the protocol.
//! Every request that the site saw is judged by Atlassian's own interface descriptions.

use demo_site::Deployment;
use serde_json::{Value, json};
use tests::client::{Client, Era, LEGACY};
use tests::contracts::{self, check_request};

use crate::hostile::decode_query;
use crate::program::Stage;

/// The default set, in the order in which it is listed.
const NAMES: [&str; 13] = [
    "atlassian_sites",
    "confluence_add_comment",
    "confluence_create_page",
    "confluence_get_page",
    "confluence_search",
    "confluence_update_page",
    "jira_add_comment",
    "jira_create_issue",
    "jira_get_issue",
    "jira_list_projects",
    "jira_search",
    "jira_transition_issue",
    "jira_update_issue",
];

#[test]
fn every_tool_works_on_cloud_in_the_older_era() {
    tour(&Stage::new(Deployment::Cloud), Era::Legacy(LEGACY));
}

#[test]
fn every_tool_works_on_cloud_in_the_newer_era() {
    tour(&Stage::new(Deployment::Cloud), Era::Modern);
}

#[test]
fn every_tool_works_on_data_center_in_the_older_era() {
    tour(&Stage::new(Deployment::DataCenter), Era::Legacy(LEGACY));
}

#[test]
fn every_tool_works_on_data_center_in_the_newer_era() {
    tour(&Stage::new(Deployment::DataCenter), Era::Modern);
}

#[test]
fn every_tool_bears_answers_as_rough_as_real_ones() {
    for deployment in [Deployment::Cloud, Deployment::DataCenter] {
        tour(
            &Stage::with(deployment, |options| options.rough = true),
            Era::Modern,
        );
    }
}

#[test]
fn the_list_is_the_same_in_both_eras_and_fully_annotated() {
    let stage = Stage::new(Deployment::Cloud);
    let mut older = stage.serve(Era::Legacy(LEGACY));
    let mut newer = stage.serve(Era::Modern);
    let list = older.list_tools();
    assert_eq!(list, newer.list_tools());
    let names: Vec<&str> = list
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .collect();
    assert_eq!(names, NAMES);
    for tool in &list {
        for hint in [
            "readOnlyHint",
            "destructiveHint",
            "idempotentHint",
            "openWorldHint",
        ] {
            assert!(
                tool["annotations"][hint].is_boolean(),
                "{}: {hint}",
                tool["name"]
            );
        }
        assert!(tool.get("outputSchema").is_none(), "{}", tool["name"]);
    }
    assert!(stage.site.requests().is_empty(), "listing asks no site");
}

#[test]
fn a_read_only_server_has_no_tool_that_writes() {
    let stage = Stage::new(Deployment::Cloud);
    let mut client = Client::start(stage.command(&["serve", "--read-only"]), Era::Modern);
    let list = client.list_tools();
    assert!(!list.is_empty());
    for tool in &list {
        assert_eq!(
            tool["annotations"]["readOnlyHint"], true,
            "{}",
            tool["name"]
        );
    }
    let refused = client
        .try_call_tool(
            "jira_add_comment",
            json!({"issue_key": "PROJ-1", "body": "x"}),
        )
        .expect_err("a tool that is not offered does not exist");
    assert_eq!(refused["code"], -32602, "{refused}");
    assert!(stage.site.requests().is_empty());
}

fn tour(stage: &Stage, era: Era) {
    let mut client = stage.serve(era);
    use_every_tool(&stage.ready().jira, |name, arguments| {
        let answer = client.call_tool(name, arguments.clone());
        assert!(!answer.is_error, "{name} {arguments}: {}", answer.text);
        assert!(
            answer.result.get("structuredContent").is_none(),
            "{name}: text only"
        );
        answer.text
    });
    judge(stage);
    let audit = stage.audit();
    assert!(!audit.is_empty(), "nothing was recorded");
    for line in audit.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

/// Uses every tool once and more, writes and reads back what was written. `jira` is where the site is.
pub(crate) fn use_every_tool(jira: &str, mut ask: impl FnMut(&'static str, Value) -> String) {
    let mut used = Vec::new();
    let mut call = |name: &'static str, arguments: Value| -> String {
        used.push(name);
        ask(name, arguments)
    };
    let sites = call("atlassian_sites", json!({}));
    assert!(sites.contains(jira), "{sites}");
    let projects = call("jira_list_projects", json!({}));
    assert!(projects.contains("PROJ"), "{projects}");
    let found = call(
        "jira_search",
        json!({"jql": "project = PROJ ORDER BY created DESC", "limit": 5}),
    );
    assert!(found.contains("PROJ-"), "{found}");
    let created = call(
        "jira_create_issue",
        json!({"project_key": "PROJ", "issue_type": "Task", "summary": "Made by a test", "description": "Some **bold** words\n\n- one\n- two"}),
    );
    let key = key_in(&created);
    call(
        "jira_update_issue",
        json!({"issue_key": key, "fields": {"summary": "Changed by a test", "labels": ["one", "two"]}}),
    );
    call(
        "jira_add_comment",
        json!({"issue_key": key, "body": "A comment with `code` and a [link](https://example.com)"}),
    );
    call(
        "jira_transition_issue",
        json!({"issue_key": key, "transition": "In Progress"}),
    );
    let issue = call("jira_get_issue", json!({"issue_key": key}));
    for part in ["Changed by a test", "bold", "A comment with", "In Progress"] {
        assert!(issue.contains(part), "`{part}` is missing in:\n{issue}");
    }

    let created = call(
        "confluence_create_page",
        json!({"space_key": "ENG", "title": "Made by a test", "content": "# Heading\n\nSome *words*.\n\n| a | b |\n|---|---|\n| 1 | 2 |"}),
    );
    let page = number_in(&created);
    call(
        "confluence_update_page",
        json!({"page_id": page, "content": "# Heading\n\nOther words."}),
    );
    call(
        "confluence_add_comment",
        json!({"page_id": page, "content": "A remark"}),
    );
    let text = call(
        "confluence_get_page",
        json!({"page_id": page, "comment_limit": 5}),
    );
    for part in ["Made by a test", "Other words", "A remark"] {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
    let found = call("confluence_search", json!({"query": "Made by a test"}));
    assert!(found.contains("Made by a test"), "{found}");

    used.sort_unstable();
    used.dedup();
    assert_eq!(used, NAMES, "every tool was used");
}

/// Every request that the site saw is one that Atlassian describes.
fn judge(stage: &Stage) {
    let is_cloud = stage.ready().user.is_some();
    let deployment = if is_cloud {
        contracts::Deployment::Cloud
    } else {
        contracts::Deployment::DataCenter
    };
    let mut problems = Vec::new();
    let requests = stage.site.requests();
    assert!(
        requests.len() > 12,
        "only {} requests were seen",
        requests.len()
    );
    for request in requests {
        // The host's own question about the kind of site, by a built-in rule.
        if request.path.ends_with("/serverInfo") || request.path.ends_with("/applinks/1.0/manifest")
        {
            continue;
        }
        let is_confluence =
            request.path.starts_with("/wiki") || request.path.starts_with("/confluence");
        let product = if is_confluence {
            contracts::Product::Confluence
        } else {
            contracts::Product::Jira
        };
        let query = decode_query(&request.query);
        if let Err(violations) = check_request(
            product,
            deployment,
            &request.method,
            &request.path,
            &query,
            &request.body,
        ) {
            problems.push(format!(
                "{} {}?{} {}\n    {}",
                request.method,
                request.path,
                request.query,
                String::from_utf8_lossy(&request.body),
                violations.join("\n    ")
            ));
        }
    }
    problems.sort();
    problems.dedup();
    assert!(
        problems.is_empty(),
        "requests that Atlassian does not describe:\n{}",
        problems.join("\n")
    );
}

/// The first key of the project in a text.
pub(crate) fn key_in(text: &str) -> String {
    let start = text
        .find("PROJ-")
        .unwrap_or_else(|| panic!("no key in: {text}"));
    let digits: String = text[start + 5..]
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    format!("PROJ-{digits}")
}

/// The first number of five digits or more: the id of a page.
fn number_in(text: &str) -> String {
    text.split(|letter: char| !letter.is_ascii_digit())
        .find(|digits| digits.len() >= 5)
        .unwrap_or_else(|| panic!("no id in: {text}"))
        .to_owned()
}
