//! Two clients with different rights on one server: what each sees, what each can do, and that `explain` says the same.

use demo_site::Deployment;
use serde_json::{Value, json};
use tests::http::Server;

use crate::program::{Stage, bare, output};

fn stage() -> Stage {
    let stage = Stage::new(Deployment::Cloud);
    let origin = &stage.ready().jira;
    let policy = format!(
        "# Kept.\nversion = 1\n\n[site.demo]\norigin = \"{origin}\"\ndeployment = \"cloud\"\nproducts = [\"jira\", \"confluence\"]\n\n\
         [[rule]]\nid = \"work\"\nsite = \"demo\"\nclasses = [\"read\", \"write\"]\n"
    );
    std::fs::create_dir_all(stage.config_dir()).expect("a new home");
    std::fs::write(stage.config_dir().join("policy.toml"), policy).expect("a new file");
    stage
}

fn names(server: &Server, key: &str) -> Vec<String> {
    let list = server.ask(Some(key), "tools/list", json!({}));
    let list = list.unwrap_or_else(|error| panic!("{error:?}"));
    let tools = list["tools"].as_array().expect("a list");
    let name = |tool: &Value| tool["name"].as_str().unwrap_or_default().to_owned();
    tools.iter().map(name).collect()
}

fn exit_of_explain(stage: &Stage, tool: &str, principal: &str) -> Option<i32> {
    let arguments = [
        "policy",
        "explain",
        "--tool",
        tool,
        "--principal",
        principal,
    ];
    output(bare(stage.home.path(), &arguments)).status.code()
}

#[test]
fn a_key_for_reading_neither_sees_nor_makes_a_write() {
    let stage = stage();
    let reader = stage.key(&["add", "--name", "reader", "--profile", "read-only"]);
    let writer = stage.key(&["add", "--name", "writer"]);
    let policy =
        std::fs::read_to_string(stage.config_dir().join("policy.toml")).expect("it is there");
    assert!(
        policy.starts_with("# Kept.\n") && policy.contains("[principal.reader]"),
        "{policy}"
    );

    let command = stage.command(&["serve", "--http", "127.0.0.1:0"]);
    let server = Server::start(command).unwrap_or_else(|(status, said)| panic!("{status}: {said}"));
    let (hers, his) = (names(&server, &reader), names(&server, &writer));
    assert!(!hers.is_empty() && hers.len() < his.len(), "{hers:?}");

    // What is listed is what `explain` says is offered, for each of them.
    for tool in &his {
        let is_hers = hers.contains(tool);
        assert_eq!(
            exit_of_explain(&stage, tool, "reader"),
            Some(i32::from(!is_hers)),
            "{tool}"
        );
        assert_eq!(exit_of_explain(&stage, tool, "writer"), Some(0), "{tool}");
    }

    let comment =
        json!({"name": "jira_add_comment", "arguments": {"issue_key": "PROJ-1", "body": "Seen."}});
    assert!(his.contains(&"jira_add_comment".to_owned()), "{his:?}");
    let (status, refused) = server
        .ask(Some(&reader), "tools/call", comment.clone())
        .expect_err("the tool does not exist for her");
    assert!(refused.contains("unknown tool"), "{status} {refused}");
    let written = server
        .ask(Some(&writer), "tools/call", comment)
        .expect("his comment");
    assert_ne!(written["isError"], true, "{written}");
    let read = json!({"name": "jira_get_issue", "arguments": {"issue_key": "PROJ-1"}});
    let read = server
        .ask(Some(&reader), "tools/call", read)
        .expect("her issue");
    assert_ne!(read["isError"], true, "{read}");

    let audit = stage.audit();
    let records: Vec<Value> = audit
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let of = |who: &'static str| {
        records
            .iter()
            .filter(move |record| record["principal"] == who)
    };
    assert!(
        of("writer").any(|record| record["class"] == "write"),
        "{audit}"
    );
    assert!(of("reader").count() > 0, "{audit}");
    assert!(
        of("reader").all(|record| record["class"] != "write"),
        "{audit}"
    );
}
