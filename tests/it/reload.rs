//! Another policy while the program runs: who is told that the tools are others, when, and who is not promised it.

use std::time::Duration;

use demo_site::Deployment;
use serde_json::{Value, json};
use tests::client::{Client, Era, LEGACY};
use tests::http::Server;

use crate::program::{Stage, bare, home};

const CHANGED: &str = "notifications/tools/list_changed";

/// Longer than a change may go unseen.
const A_WHILE: Duration = Duration::from_secs(2);

fn write(stage: &Stage, classes: &str, more: &str) {
    let origin = &stage.ready().jira;
    let policy = format!(
        "version = 1\n\n[site.demo]\norigin = \"{origin}\"\ndeployment = \"cloud\"\nproducts = [\"jira\", \"confluence\"]\n\n\
         [[rule]]\nid = \"work\"\nsite = \"demo\"\nclasses = [{classes}]\n{more}"
    );
    std::fs::create_dir_all(stage.config_dir()).expect("a new home");
    std::fs::write(stage.config_dir().join("policy.toml"), policy).expect("a new file");
}

fn reading() -> Stage {
    let stage = Stage::new(Deployment::Cloud);
    write(&stage, "\"read\"", "");
    stage
}

fn may_comment(client: &mut Client) -> bool {
    let tools = client.list_tools();
    tools.iter().any(|tool| tool["name"] == "jira_add_comment")
}

/// One message that nobody asked for.
fn told(client: &mut Client) -> Value {
    let line = client.next_line(Duration::from_secs(10));
    let line = line.unwrap_or_else(|| panic!("nothing was said: {}", client.stderr_text()));
    serde_json::from_str(&line).expect("a message")
}

fn follows_the_list(stage: &Stage, mut client: Client) {
    assert!(!may_comment(&mut client));
    write(stage, "\"read\"", "per-minute = 600\n");
    let quiet = client.next_line(A_WHILE);
    assert_eq!(quiet, None, "the tools are the same");
    let said = client.stderr_text();
    assert!(said.contains("another policy is in force"), "{said}");
    for (classes, may) in [("\"read\", \"write\"", true), ("\"read\"", false)] {
        write(stage, classes, "");
        assert_eq!(told(&mut client)["method"], CHANGED);
        assert_eq!(may_comment(&mut client), may);
        assert_eq!(client.notifications, Vec::<Value>::new(), "it is said once");
    }
    // Clients kill a program that is still there after two seconds.
    let ended = client.end(Duration::from_secs(2));
    assert!(ended.expect("it ends with its input").status.success());
}

#[test]
fn an_older_client_at_the_pipe_is_told() {
    let stage = reading();
    let mut client = Client::start_silent(stage.command(&["serve"]));
    let welcome = client.initialize(LEGACY);
    assert_eq!(
        welcome["capabilities"],
        json!({"tools": {"listChanged": true}})
    );
    follows_the_list(&stage, client);
}

#[test]
fn a_client_of_today_at_the_pipe_is_told_once_it_listens() {
    let stage = reading();
    let mut client = stage.serve(Era::Modern);
    let found = client.request("server/discover", json!({})).expect("found");
    assert_eq!(
        found["capabilities"],
        json!({"tools": {"listChanged": true}})
    );
    let wanted = json!({"notifications": {"toolsListChanged": true}});
    client.send_request("subscriptions/listen", wanted);
    let accepted = told(&mut client);
    assert_eq!(
        accepted["params"]["notifications"],
        json!({"toolsListChanged": true}),
        "{accepted}"
    );
    follows_the_list(&stage, client);
}

#[test]
fn one_that_did_not_ask_is_left_in_peace() {
    let stage = reading();
    let mut client = stage.serve(Era::Modern);
    assert!(!may_comment(&mut client));
    write(&stage, "\"read\", \"write\"", "");
    assert_eq!(client.next_line(A_WHILE), None);
    assert!(may_comment(&mut client));
}

#[test]
fn nobody_is_promised_what_would_not_come() {
    let home = home();
    let mut demo = Client::start(bare(home.path(), &["serve", "--demo"]), Era::Modern);
    let stage = reading();
    let key = stage.key(&["add", "--name", "alice"]);
    let command = stage.command(&["serve", "--http", "127.0.0.1:0"]);
    let server = Server::start(command).unwrap_or_else(|(status, said)| panic!("{status}: {said}"));
    promises_nothing(|method, params| {
        let answer = demo.request(method, params);
        answer.map_err(|error| error.to_string())
    });
    promises_nothing(|method, params| {
        let answer = server.ask(Some(&key), method, params);
        answer.map_err(|(_, text)| text)
    });
}

fn promises_nothing(mut ask: impl FnMut(&str, Value) -> Result<Value, String>) {
    let found = ask("server/discover", json!({})).expect("found");
    assert_eq!(found["capabilities"], json!({"tools": {}}));
    let wanted = json!({"notifications": {"toolsListChanged": true}});
    let refused = ask("subscriptions/listen", wanted).expect_err("refused");
    assert!(refused.contains("-32601"), "{refused}");
}
