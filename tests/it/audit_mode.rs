//! Audit mode and a rule's rate, in the real program: what passes, who says so, and what does not.

use demo_site::Deployment;
use serde_json::{Value, json};
use tests::client::{Client, Era, LEGACY};

use crate::program::Stage;

/// Reading is allowed; of writing only a denial speaks.
fn stage(head: &str, more: &str) -> Stage {
    let stage = Stage::new(Deployment::Cloud);
    let origin = &stage.ready().jira;
    let policy = format!(
        "version = 1\n{head}\n[site.demo]\norigin = \"{origin}\"\ndeployment = \"cloud\"\nproducts = [\"jira\", \"confluence\"]\n\n\
         [[rule]]\nid = \"read\"\nsite = \"demo\"\nclasses = [\"read\"]\n{more}"
    );
    std::fs::create_dir_all(stage.config_dir()).expect("a new home");
    std::fs::write(stage.config_dir().join("policy.toml"), policy).expect("a new file");
    stage
}

const BANNER: &str = "AUDIT MODE until 9999-12-31";

fn comment(client: &mut Client) -> bool {
    let answer = client.call_tool(
        "jira_add_comment",
        json!({"issue_key": "PROJ-1", "body": "Seen."}),
    );
    !answer.is_error
}

#[test]
fn what_no_rule_speaks_of_passes_and_both_eras_are_told() {
    let mode = "mode = \"audit\"\naudit-until = 9999-12-31\n";
    let denial =
        "\n[[deny]]\nid = \"no-pages\"\nsite = \"demo\"\nroutes = [\"confluence.page.create\"]\n";
    let stage = stage(mode, denial);
    let mut today = stage.serve(Era::Modern);
    let discovered = today.request("server/discover", json!({}));
    let discovered = discovered.expect("an answer").to_string();
    assert!(discovered.contains(BANNER), "{discovered}");
    let mut older = Client::start_silent(stage.command(&["serve"]));
    let welcome = older.initialize(LEGACY).to_string();
    assert!(welcome.contains(BANNER), "{welcome}");
    assert!(comment(&mut today) && comment(&mut older));
    let page = json!({"space": "DOCS", "title": "New", "content": "x"});
    let denied = today.request(
        "tools/call",
        json!({"name": "confluence_create_page", "arguments": page}),
    );
    let denied = denied.map_or_else(|error| error.to_string(), |answer| answer.to_string());
    assert!(!denied.contains("\"isError\":false"), "{denied}");
    drop((today, older));
    let audit = stage.audit();
    let lines: Vec<Value> = (audit.lines())
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let decisions: Vec<&Value> = (lines.iter())
        .filter(|line| line["kind"] == "decision" && line["tool"] != "host")
        .collect();
    assert!(
        decisions.iter().all(|line| line["mode"] == "audit"),
        "{audit}"
    );
    let passed = decisions.iter().filter(|line| line["rule"] == "audit-mode");
    assert_eq!(passed.count(), 2, "{audit}");
}

#[test]
fn one_that_is_over_is_enforced() {
    let stage = stage("mode = \"audit\"\naudit-until = 2020-01-01\n", "");
    let mut client = stage.serve(Era::Modern);
    let tools = client.request("tools/list", json!({})).expect("an answer");
    assert!(!tools.to_string().contains("jira_add_comment"), "{tools}");
    let discovered = client.request("server/discover", json!({}));
    let discovered = discovered.expect("an answer").to_string();
    assert!(!discovered.contains("AUDIT MODE"), "{discovered}");
}

#[test]
fn a_rate_holds_over_calls_and_says_when_there_is_room() {
    let rate = "\n[[rule]]\nid = \"slow\"\nsite = \"demo\"\nroutes = [\"jira.comment.add\"]\nper-minute = 1\n";
    let stage = stage("", rate);
    let mut client = stage.serve(Era::Modern);
    assert!(comment(&mut client));
    let refused = client.call_tool(
        "jira_add_comment",
        json!({"issue_key": "PROJ-1", "body": "Again."}),
    );
    assert!(refused.is_error, "{}", refused.text);
    for part in ["host.per-minute", "rule `slow` allows 1", "room again in"] {
        assert!(refused.text.contains(part), "{part}: {}", refused.text);
    }
}
