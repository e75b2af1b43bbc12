//! The deployment for edge runtimes, put together as `cargo xtask edge` does it and run in the reference runtime: the same
//! answers as natively.

mod composition;
mod deployment;
mod guards;
mod memory;
mod runtime;
mod samples;

use std::path::Path;

use demo_site::Deployment;
use serde_json::{Value, json};
use tests::client::{Client, Era};

use self::deployment::{Deployed, World, user};
use self::runtime::Answer;
use crate::program::{TOKEN, bare, home};
use crate::tools::use_every_tool;

#[tokio::test(flavor = "multi_thread")]
async fn every_tool_answers_at_the_edge_as_it_does_natively() {
    let deployed = Deployed::ours();
    for (site, kind) in [
        ("cloud", Deployment::Cloud),
        ("center", Deployment::DataCenter),
    ] {
        let world = World::start(kind, TOKEN).await;
        let home = home();
        let mut client = native(home.path(), &deployed.policy);
        let native_list = client.list_tools();
        let native_texts = tokio::task::block_in_place(|| {
            tour(site, world.jira(), |tool, arguments| {
                client
                    .try_call_tool(tool, arguments)
                    .map_or_else(|error| error.to_string(), |answer| answer.text)
            })
        });
        drop((client, world));

        let world = World::start(kind, TOKEN).await;
        let edge_list = deployed.ask("tools/list", json!({})).await.json();
        assert_eq!(edge_list["result"]["tools"], json!(native_list));
        let runtime = tokio::runtime::Handle::current();
        let edge_texts = tokio::task::block_in_place(|| {
            tour(site, world.jira(), |tool, arguments| {
                let params = json!({"name": tool, "arguments": arguments});
                text_of(&runtime.block_on(deployed.ask("tools/call", params)))
            })
        });
        for (native, edge) in native_texts.iter().zip(&edge_texts) {
            assert_eq!(native, edge, "{kind}: natively on the left");
        }
        assert_eq!(native_texts.len(), edge_texts.len());
    }
}

/// Every text of a tour through all tools, and of what goes wrong in known ways.
fn tour(site: &str, jira: &str, mut ask: impl FnMut(&str, Value) -> String) -> Vec<String> {
    let mut texts = Vec::new();
    let mut call = |tool: &str, mut arguments: Value| {
        if tool != "atlassian_sites" {
            arguments["site"] = json!(site);
        }
        let text = ask(tool, arguments);
        texts.push(text.clone());
        text
    };
    use_every_tool(jira, &mut call);
    for (tool, arguments) in [
        ("jira_get_issue", json!({"issue_key": "PROJ-99999"})),
        ("jira_search", json!({"jql": "project = = x"})),
        ("jira_get_issue", json!({"issue_key": 7})),
        ("confluence_get_page", json!({"page_id": "9999999"})),
        ("jira_delete_everything", json!({})),
    ] {
        call(tool, arguments);
    }
    texts
}

/// The text of an answer to `tools/call`, or its error.
fn text_of(answer: &Answer) -> String {
    let value = answer.json();
    let Some(blocks) = value["result"]["content"].as_array() else {
        assert!(
            value["error"].is_object(),
            "{} {}\n{}",
            answer.status,
            answer.text(),
            answer.log
        );
        return value["error"].to_string();
    };
    let texts: Vec<&str> = blocks
        .iter()
        .filter_map(|block| block["text"].as_str())
        .collect();
    texts.join("\n")
}

/// The same policy and the same tokens, on this machine.
fn native(home: &Path, policy: &str) -> Client {
    let folder = home.join(".config/mcp-airlock");
    std::fs::create_dir_all(&folder).expect("a folder");
    write_private(&folder.join("policy.toml"), policy);
    let mut credentials = String::new();
    for site in deployment::SITES {
        let kind = match site {
            "cloud" => format!("kind = \"basic\"\nuser = {:?}", user()),
            _ => "kind = \"bearer\"".to_owned(),
        };
        credentials += &format!("[site.{site}]\nsecret = \"env:TOKEN\"\n{kind}\n");
    }
    write_private(&folder.join("credentials.toml"), &credentials);
    let mut command = bare(home, &["serve"]);
    command.env("TOKEN", TOKEN);
    Client::start(command, Era::Modern)
}

fn write_private(file: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(file, text).expect("a file in a folder of our own");
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(file, mode).expect("our own file");
}
