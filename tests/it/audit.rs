//! The record of the real program: proven whole, shown, followed, and stopped when it cannot be kept.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use demo_site::Deployment;
use serde_json::{Value, json};
use tests::client::Era;

use crate::program::{Stage, bare, output};

/// `audit verify` of a configuration folder: exit code and verdict.
pub(crate) fn verify(home: &Path, config_dir: &Path) -> (Option<i32>, Value) {
    let folder = config_dir.display().to_string();
    let arguments = [
        "audit",
        "verify",
        "--format",
        "json",
        "--config-dir",
        &folder,
    ];
    let ended = output(bare(home, &arguments));
    let verdict = serde_json::from_slice(&ended.stdout).unwrap_or(Value::Null);
    (ended.status.code(), verdict)
}

/// The files of records, by time.
pub(crate) fn files(config_dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(config_dir.join("audit"))
        .into_iter()
        .flatten();
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// One session with these many calls that are recorded.
pub(crate) fn session(stage: &Stage, calls: usize) {
    let mut client = stage.serve(Era::Modern);
    for _ in 0..calls {
        client.call_tool("jira_get_issue", json!({"issue_key": "PROJ-1"}));
    }
    client
        .end(Duration::from_secs(10))
        .expect("it ends with its input");
}

fn show(stage: &Stage, arguments: &[&str]) -> (Option<i32>, String, String) {
    let ended = output(bare(
        stage.home.path(),
        &[&["audit", "show"], arguments].concat(),
    ));
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (
        ended.status.code(),
        text(&ended.stdout),
        text(&ended.stderr),
    )
}

#[test]
fn a_session_is_proven_whole_and_a_changed_word_is_found() {
    let stage = Stage::new(Deployment::Cloud);
    let nothing = output(bare(stage.home.path(), &["audit", "verify"]));
    assert_eq!(nothing.status.code(), Some(2), "there is no record yet");
    session(&stage, 3);
    let config_dir = stage.config_dir();
    let (code, verdict) = verify(stage.home.path(), &config_dir);
    assert_eq!(
        (code, &verdict["intact"]),
        (Some(0), &json!(true)),
        "{verdict}"
    );
    assert_eq!(verdict["notes"], json!([]), "it was closed: {verdict}");
    let path = files(&config_dir).remove(0);
    let text = std::fs::read_to_string(&path).expect("just written");
    let kinds = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let kinds: Vec<_> = kinds
        .map(|line| line["kind"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        (kinds[0].as_str(), kinds.last().map(String::as_str)),
        ("start", Some("end"))
    );
    std::fs::write(&path, text.replacen("PROJ-1", "PROJ-9", 1)).expect("our own file");
    let human = output(bare(stage.home.path(), &["audit", "verify"]));
    let said = String::from_utf8_lossy(&human.stdout).into_owned();
    assert_eq!(human.status.code(), Some(1), "{said}");
    assert!(
        said.contains("edited") && said.contains(".jsonl:"),
        "{said}"
    );
    // Whoever only reads does not stop at it.
    let (code, shown, _) = show(&stage, &["--tool", "jira_get_issue"]);
    assert_eq!(code, Some(0));
    assert!(shown.contains("PROJ-9"), "{shown}");
}

#[test]
fn a_killed_server_leaves_a_record_that_is_whole() {
    let stage = Stage::new(Deployment::Cloud);
    for pause in [0, 3, 10, 30] {
        let mut client = stage.serve(Era::Modern);
        client.call_tool("jira_get_issue", json!({"issue_key": "PROJ-1"}));
        for _ in 0..30 {
            let call = json!({"name": "jira_get_issue", "arguments": {"issue_key": "PROJ-1"}});
            client.send_request("tools/call", call);
        }
        std::thread::sleep(Duration::from_millis(pause));
        // Dropping it is a SIGKILL.
        drop(client);
        let (code, verdict) = verify(stage.home.path(), &stage.config_dir());
        assert_eq!(code, Some(0), "after {pause} ms: {verdict}");
    }
    let path = files(&stage.config_dir()).remove(0);
    let text = std::fs::read_to_string(&path).expect("its record");
    assert!(!text.contains("\"kind\":\"end\""), "it was killed");
}

#[test]
fn the_record_is_shown_by_what_it_says_and_broken_lines_are_named() {
    let stage = Stage::new(Deployment::Cloud);
    session(&stage, 2);
    let read_only = stage.command(&[
        "call",
        "jira_add_comment",
        r#"{"issue_key":"PROJ-1","body":"x"}"#,
    ]);
    assert!(output(read_only).status.success());
    let (code, all, _) = show(&stage, &[]);
    assert_eq!(code, Some(0));
    for part in [
        "time (UTC)",
        "what came of it",
        "start",
        "allow",
        "GET ",
        "/issue/PROJ-1: 200",
    ] {
        assert!(all.contains(part), "`{part}` is missing in\n{all}");
    }
    for (arguments, lines) in [
        (&["--kind", "start", "--json"][..], 2),
        (
            &["--kind", "intent", "--tool", "jira_add_comment", "--json"],
            1,
        ),
        (&["--principal", "nobody", "--json"], 0),
        (&["--verdict", "deny", "--json"], 0),
        (&["--verdict", "allow", "--last", "1", "--json"], 1),
        (&["--until", "2020-01-01", "--json"], 0),
        (&["--since", "1h", "--kind", "end", "--json"], 2),
        (&["--rule", "no-such-rule", "--json"], 0),
        (&["--site", "no-such-site", "--json"], 0),
    ] {
        let (code, shown, said) = show(&stage, arguments);
        assert_eq!(
            (code, shown.lines().count()),
            (Some(0), lines),
            "{arguments:?}\n{shown}{said}"
        );
    }
    let path = files(&stage.config_dir()).remove(0);
    let mut text = std::fs::read_to_string(&path).expect("just written");
    text.insert_str(0, "no record\n");
    text += "{\"seq\":99,";
    std::fs::write(&path, &text).expect("our own file");
    let (code, shown, said) = show(&stage, &["--kind", "start"]);
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(
        shown.lines().count(),
        3,
        "a heading and both starts:\n{shown}"
    );
    assert!(said.contains(".jsonl:1: not an audit line"), "{said}");
    assert!(
        said.contains(&format!(
            ".jsonl:{}: the line breaks off",
            text.lines().count()
        )),
        "{said}"
    );
}

#[test]
fn whatever_a_record_holds_reaches_the_terminal_as_plain_text() {
    let stage = Stage::new(Deployment::Cloud);
    session(&stage, 1);
    let path = files(&stage.config_dir()).remove(0);
    let text = std::fs::read_to_string(&path).expect("just written");
    let nasty = text.replace("PROJ-1", "\\u001b[2J\\u202e\\u0007");
    std::fs::write(&path, nasty).expect("our own file");
    let (_, shown, _) = show(&stage, &[]);
    assert!(shown.contains("\\u{1b}[2J\\u{202e}\\u{7}"), "{shown}");
    assert!(
        !shown.contains('\u{1b}') && !shown.contains('\u{202e}'),
        "{shown}"
    );
}

#[test]
fn what_comes_is_shown_while_it_comes() {
    let stage = Stage::new(Deployment::Cloud);
    let mut command = bare(
        stage.home.path(),
        &["audit", "show", "--follow", "--kind", "decision"],
    );
    let mut follower = command
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts before there is anything");
    let mut lines = BufReader::new(follower.stdout.take().expect("a pipe")).lines();
    session(&stage, 1);
    let mut shown = String::new();
    for line in lines.by_ref().map_while(Result::ok) {
        shown += &line;
        if shown.contains("/issue/PROJ-1: 200") {
            break;
        }
    }
    follower.kill().expect("it goes on until it is stopped");
    follower.wait().expect("it ends");
    assert!(shown.contains("jira_get_issue"), "{shown}");
}

#[test]
fn a_required_sink_that_is_away_stops_the_call_before_anything_is_sent() {
    let stage = Stage::new(Deployment::Cloud);
    let config_dir = stage.config_dir();
    std::fs::create_dir_all(&config_dir).expect("a folder");
    let file = config_dir.join("audit.toml");
    let call = || stage.command(&["call", "jira_get_issue", r#"{"issue_key":"PROJ-1"}"#]);
    let write = |text: &str| std::fs::write(&file, text).expect("our own file");
    write("version = 1\n[syslog]\nto = \"unix:/nowhere/log\"\n");
    let stopped = output(call());
    let said = String::from_utf8_lossy(&stopped.stderr).into_owned();
    assert!(!stopped.status.success(), "{said}");
    assert_eq!(stage.site.requests().len(), 0, "{said}");
    write("version = 1\n[syslog]\nto = \"unix:/nowhere/log\"\nrequired = false\n[stderr]\n");
    let made = output(call());
    let said = String::from_utf8_lossy(&made.stderr).into_owned();
    assert!(made.status.success(), "{said}");
    assert!(
        said.contains("\"kind\":\"start\"") && said.contains("misses lines"),
        "{said}"
    );
    write("version = 1\n[sylog]\n");
    let refused = output(call());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("audit.toml line 2"), "{said}");
}

#[test]
fn old_files_are_retired_where_the_settings_say_so_and_one_that_vanished_is_missed() {
    let stage = Stage::new(Deployment::Cloud);
    let config_dir = stage.config_dir();
    std::fs::create_dir_all(&config_dir).expect("a folder");
    let settings = "version = 1\n[file]\nrotate-mib = 1\nkeep-mib = 2\n";
    std::fs::write(config_dir.join("audit.toml"), settings).expect("our own file");
    let index = config_dir.join("audit-proof/index");
    let has_retired = || {
        let text = std::fs::read_to_string(&index).unwrap_or_default();
        text.contains("\"retire\"")
    };
    let mut client = stage.serve(Era::Modern);
    let call = json!({"name": "jira_get_issue", "arguments": {"issue_key": "PROJ-1"}});
    for _ in 0..100 {
        for _ in 0..100 {
            client.send_request("tools/call", call.clone());
        }
        for _ in 0..100 {
            let answer = client.next_line(Duration::from_secs(60));
            answer.expect("each is answered, in whatever order");
        }
        if has_retired() {
            break;
        }
    }
    client
        .end(Duration::from_secs(10))
        .expect("it ends with its input");
    let (code, verdict) = verify(stage.home.path(), &config_dir);
    assert_eq!(
        (code, &verdict["retired"]),
        (Some(0), &json!(1)),
        "{verdict}"
    );
    let left = files(&config_dir);
    std::fs::remove_file(&left[0]).expect("it was not retired");
    let (code, verdict) = verify(stage.home.path(), &config_dir);
    assert_eq!(code, Some(1), "{verdict}");
    assert_eq!(verdict["findings"][0]["what"], "file-missing", "{verdict}");
}
