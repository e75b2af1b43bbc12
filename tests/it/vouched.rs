//! A proxy that asks people itself and says who they are: believed where it was declared, about one person at a time.

use demo_site::Deployment;
use serde_json::json;
use tests::http::{Answer, Server, connect, modern, modern_lines, request};

use crate::program::Stage;

const HEADER: &str = "x-forwarded-user";

fn start(stage: &Stage, more: &[&str]) -> Result<Server, String> {
    let arguments = [
        "serve",
        "--http",
        "127.0.0.1:0",
        "--trust-header",
        "X-Forwarded-User",
    ];
    let command = stage.command(&[&arguments, more].concat());
    Server::start(command).map_err(|(status, said)| {
        assert_eq!(status.code(), Some(2), "{said}");
        said
    })
}

fn call(server: &Server, lines: &[(&str, &str)]) -> Answer {
    let params = json!({"name": "jira_get_issue", "arguments": {"issue_key": "PROJ-1"}});
    let message = modern("tools/call", params);
    let mut all = modern_lines(&message);
    all.extend(lines);
    server.post(None, &all, &message)
}

#[test]
fn whoever_the_proxy_names_is_let_in_and_recorded() {
    let stage = Stage::new(Deployment::Cloud);
    let key = format!("Bearer {}", stage.key(&["add", "--name", "carol"]));
    let server = start(&stage, &["--behind-proxy", "127.0.0.1"]).expect("it starts");
    let good = call(&server, &[(HEADER, "alice")]);
    assert_eq!(good.status, 200, "{}", good.text());
    assert!(good.text().contains("PROJ-1"), "{}", good.text());
    for (lines, status) in [
        (&[][..], 401),
        (&[(HEADER, "")], 403),
        (&[(HEADER, "local")], 403),
        (&[(HEADER, "mallory@example.com")], 403),
        (&[(HEADER, "alice"), (HEADER, "mallory")], 400),
        (&[(HEADER, "alice"), ("authorization", &key)], 400),
        (&[("authorization", &key)], 200),
    ] {
        let answer = call(&server, lines);
        assert_eq!(answer.status, status, "{lines:?}: {}", answer.text());
    }
    let audit = stage.audit();
    assert!(audit.contains("\"principal\":\"alice\""), "{audit}");
    assert!(audit.contains("\"principal\":\"carol\""), "{audit}");
    assert!(!audit.contains("mallory"), "{audit}");
    let said = server.stderr();
    assert!(
        said.contains("proxy.toml, under [principals]: \"mallory@example.com\""),
        "{said}"
    );
}

#[test]
fn nobody_is_believed_who_is_not_the_proxy() {
    let stage = Stage::new(Deployment::Cloud);
    stage.key(&["add", "--name", "carol"]);
    let refused = start(&stage, &[]).err().expect("it does not start");
    assert!(refused.contains("--behind-proxy"), "{refused}");
    let server = start(&stage, &["--behind-proxy", "10.0.0.5/32"]).expect("it starts");
    let message = modern("tools/list", json!({}));
    let mut lines = modern_lines(&message);
    lines.push((HEADER, "alice"));
    let mut connection = connect(server.address()).expect("it listens");
    connection.send(&request(
        server.address(),
        None,
        &lines,
        &message.to_string(),
    ));
    assert!(connection.answer().is_none(), "somebody else is heard");
}

#[test]
fn a_table_says_whom_each_name_means() {
    let stage = Stage::new(Deployment::Cloud);
    let folder = stage.config_dir();
    std::fs::create_dir_all(&folder).expect("room for a folder");
    let names = "version = 1\n[principals]\n\"alice@example.com\" = \"alice\"\n";
    std::fs::write(folder.join("proxy.toml"), names).expect("room for a file");
    // No key is needed where the proxy knows everybody.
    let server = start(&stage, &["--behind-proxy", "127.0.0.1"]).expect("it starts");
    assert_eq!(call(&server, &[(HEADER, "alice@example.com")]).status, 200);
    assert_eq!(call(&server, &[(HEADER, "alice")]).status, 403);
    assert!(stage.audit().contains("\"principal\":\"alice\""));
}
