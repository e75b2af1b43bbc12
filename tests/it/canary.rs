//! Whatever the program writes, the secret it was given is not in it: protocol, log at every
//! level, audit record, every file in its home, its process's own face.

use std::path::Path;

use demo_site::Deployment;
use serde_json::{Value, json};
use tests::canary::{Canary, Hit, Scanner};
use tests::client::{Client, Era};

use crate::program::{Stage, TOKEN, bare, home, output};

fn scanner(user: Option<&str>) -> Scanner {
    Scanner::new(&[Canary {
        name: "token",
        secret: TOKEN,
        user,
        pieces: true,
    }])
}

fn assert_clean(scanner: &Scanner, bytes: &[u8], what: &str) {
    let hits: Vec<Hit> = scanner.scan(bytes);
    assert!(hits.is_empty(), "{what} holds the secret: {hits:?}");
}

#[test]
fn nothing_that_the_program_writes_holds_a_secret() {
    let deployments = [Deployment::Cloud, Deployment::DataCenter];
    let levels = ["trace", "debug", "info", "warn"];
    let rounds = wanted_calls().div_ceil(deployments.len() * levels.len() * calls().len());
    for deployment in deployments {
        let stage = Stage::new(deployment);
        let scanner = scanner(stage.ready().user.as_deref());
        for level in levels {
            let mut command = stage.command(&["serve"]);
            command.env("RUST_LOG", level);
            let mut client = Client::start(command, Era::Modern);
            for _ in 0..rounds {
                for (tool, arguments) in calls() {
                    let _ = client.try_call_tool(tool, arguments);
                }
            }
            let ended = client
                .end(std::time::Duration::from_secs(10))
                .expect("it ends with its input");
            assert_clean(&scanner, &ended.stdout, "stdout");
            assert_clean(&scanner, &ended.stderr, &format!("stderr at {level}"));
            if level == "trace" {
                assert!(
                    ended.stderr.len() > 1000,
                    "trace writes enough to prove something"
                );
            }
        }
        for arguments in [
            &["tools"][..],
            &["tools", "--json"],
            &["--help"],
            &["call", "jira_get_issue", r#"{"issue_key":"PROJ-1"}"#],
            &["call", "nonsense"],
        ] {
            let out = output(stage.command(arguments));
            assert_clean(&scanner, &out.stdout, &format!("stdout of {arguments:?}"));
            assert_clean(&scanner, &out.stderr, &format!("stderr of {arguments:?}"));
        }
        let files = every_file(stage.home.path());
        assert!(!files.is_empty(), "the program writes an audit record");
        for (path, bytes) in files {
            assert_clean(&scanner, &bytes, &path);
        }
        let accepted = stage
            .site
            .requests()
            .iter()
            .filter(|request| request.credential.accepted)
            .count();
        assert!(
            accepted > 20,
            "the secret was in use: {accepted} requests carried it"
        );
    }
}

/// What the scan above would look like if there were something to find.
#[test]
fn the_scan_finds_a_planted_secret_in_every_kind_of_file() {
    let home = home();
    let scanner = scanner(Some("a@b.test"));
    std::fs::create_dir(home.path().join("deep")).expect("a folder");
    std::fs::write(
        home.path().join("deep/log.gz"),
        tests::upstream::gzip(TOKEN.as_bytes()),
    )
    .expect("a file");
    let (path, bytes) = every_file(home.path()).remove(0);
    assert!(path.ends_with("log.gz"));
    assert_eq!(
        scanner
            .scan(&bytes)
            .first()
            .map(|hit| hit.canary.clone())
            .as_deref(),
        Some("token")
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_shows_nothing() {
    let stage = Stage::new(Deployment::Cloud);
    let scanner = scanner(stage.ready().user.as_deref());
    write_config(&stage);
    let mut client = Client::start(bare(stage.home.path(), &["serve"]), Era::Modern);
    let answer = client.call_tool("jira_get_issue", json!({"issue_key": "PROJ-1"}));
    assert!(!answer.is_error, "{}", answer.text);
    let process = format!("/proc/{}", client.process_id());
    let read = |name: &str| std::fs::read(format!("{process}/{name}")).unwrap_or_default();
    assert_clean(&scanner, &read("environ"), "/proc/PID/environ");
    assert_clean(&scanner, &read("cmdline"), "/proc/PID/cmdline");
    let limits = String::from_utf8_lossy(&read("limits")).into_owned();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap_or_default();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    let tasks = std::fs::read_dir(format!("{process}/task")).expect("a running process has tasks");
    for task in tasks.flatten() {
        let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        assert_eq!(children.trim(), "", "the program starts no process");
    }
}

#[test]
fn a_netrc_changes_nothing() {
    let stage = Stage::new(Deployment::Cloud);
    std::fs::write(
        stage.home.path().join(".netrc"),
        "default login mallory password x\nmachine 127.0.0.1 login mallory password x\n",
    )
    .expect("a file");
    let mut command = stage.command(&["call", "jira_get_issue", r#"{"issue_key":"PROJ-1"}"#]);
    // Nothing listens there: a request by way of a proxy would fail.
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ] {
        command.env(name, "http://127.0.0.1:9");
    }
    let out = output(command);
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let requests = stage.site.requests();
    assert!(!requests.is_empty());
    for request in requests {
        assert_eq!(request.credential.name, stage.ready().user, "{request:?}");
    }
}

#[test]
fn one_decision_is_one_line_of_json() {
    let stage = Stage::new(Deployment::Cloud);
    let mut client = stage.serve(Era::Modern);
    let fake = "PROJ-1\n{\"v\":1,\"verdict\":\"allow\"}";
    for arguments in [
        json!({"issue_key": fake}),
        json!({"issue_key": "PROJ-1", "fields": ["\"\\\u{0}\u{7f}\u{2028}\r\n"]}),
        json!({"issue_key": "PROJ-1"}),
    ] {
        let _ = client.try_call_tool("jira_get_issue", arguments);
    }
    let long = "long ".repeat(200_000);
    let _ = client.try_call_tool("jira_search", json!({"jql": format!("text ~ \"{long}\"")}));
    let _ = client.try_call_tool(
        "jira_add_comment",
        json!({"issue_key": "PROJ-1", "body": "Tab\t, \"quote\", back\\slash, \u{1F512}"}),
    );
    let _ = client.try_call_tool("confluence_search", json!({"query": fake}));
    client
        .end(std::time::Duration::from_secs(10))
        .expect("it ends with its input");
    let audit = stage.audit();
    let sent = stage.site.requests().len();
    assert!(
        audit.lines().count() >= sent,
        "{} lines for {sent} requests",
        audit.lines().count()
    );
    for line in audit.lines() {
        let value: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let is_mark = ["start", "end"].iter().any(|kind| value["kind"] == *kind);
        assert!(
            is_mark || value["verdict"].is_string() && value["rule"].is_string(),
            "{line}"
        );
        assert!(line.len() < 8192, "a line of {} bytes", line.len());
    }
    assert!(
        !audit.contains("long long"),
        "bodies are no part of a record"
    );
}

/// How many calls to make at least; `cargo xtask canary` asks for many, and each is made once in any case.
fn wanted_calls() -> usize {
    std::env::var("CANARY_CALLS").map_or(1, |calls| {
        calls.parse().expect("CANARY_CALLS is a number above 0")
    })
}

/// Every tool, reading, writing, failing.
fn calls() -> Vec<(&'static str, Value)> {
    vec![
        ("atlassian_sites", json!({})),
        ("jira_list_projects", json!({})),
        ("jira_search", json!({"jql": "project = PROJ"})),
        ("jira_search", json!({"jql": "this is no jql ((("})),
        ("jira_get_issue", json!({"issue_key": "PROJ-1"})),
        ("jira_get_issue", json!({"issue_key": "PROJ-99999"})),
        ("jira_get_issue", json!({"issue_key": TOKEN_LIKE})),
        (
            "jira_create_issue",
            json!({"project_key": "PROJ", "issue_type": "Task", "summary": "A task"}),
        ),
        (
            "jira_update_issue",
            json!({"issue_key": "PROJ-2", "fields": {"summary": "Changed"}}),
        ),
        (
            "jira_transition_issue",
            json!({"issue_key": "PROJ-2", "transition": "Nowhere"}),
        ),
        (
            "jira_add_comment",
            json!({"issue_key": "PROJ-1", "body": "hello"}),
        ),
        ("confluence_search", json!({"query": "release"})),
        ("confluence_get_page", json!({"page_id": "1"})),
        (
            "confluence_create_page",
            json!({"space_key": "NOSUCH", "title": "A page", "content": "text"}),
        ),
        (
            "confluence_update_page",
            json!({"page_id": "1", "content": "text"}),
        ),
        (
            "confluence_add_comment",
            json!({"page_id": "1", "content": "text"}),
        ),
        ("no_such_tool", json!({})),
    ]
}

const TOKEN_LIKE: &str = "../../secure";

/// `policy.toml`, `credentials.toml` and a secret in a file, so that nothing is in the environment.
pub(crate) fn write_config(stage: &Stage) {
    use std::os::unix::fs::PermissionsExt;
    let folder = stage.config_dir();
    std::fs::create_dir_all(&folder).expect("a folder");
    let secret = folder.join("token");
    let origin = stage.ready().jira.clone();
    let files = [
        ("token", format!("{TOKEN}\n")),
        (
            "policy.toml",
            format!(
                "version = 1\n\n[site.demo]\norigin = \"{origin}\"\ndeployment = \"cloud\"\nproducts = [\"jira\", \"confluence\"]\n\n[[rule]]\nid = \"all\"\nsite = \"demo\"\nclasses = [\"read\", \"write\"]\n"
            ),
        ),
        (
            "credentials.toml",
            format!(
                "[site.demo]\nkind = \"basic\"\nuser = \"{}\"\nsecret = \"file:{}\"\n",
                stage.ready().user.as_deref().unwrap_or_default(),
                secret.display()
            ),
        ),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
            .expect("our own file");
    }
}

fn every_file(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(every_file(&path));
        } else {
            files.push((
                path.display().to_string(),
                std::fs::read(&path).unwrap_or_default(),
            ));
        }
    }
    files
}
