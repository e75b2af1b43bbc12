//! The server over HTTP: both eras, keys from their making to their end, a start that would be unsafe, and an end that
//! loses no call.

use std::process::Command;
use std::time::{Duration, Instant};

use demo_site::Deployment;
use serde_json::{Value, json};
use tests::http::{Connection, Server, connect, modern, modern_lines, request};

use crate::program::{Stage, TOKEN, bare, home, output};

/// Revoking is promised to be felt by then.
const SECOND: Duration = Duration::from_secs(1);

fn add(stage: &Stage, name: &str) -> String {
    stage.key(&["add", "--name", name])
}

fn serve(stage: &Stage) -> Server {
    let command = stage.command(&["serve", "--http", "127.0.0.1:0"]);
    Server::start(command).unwrap_or_else(|(status, said)| panic!("{status}: {said}"))
}

fn demo() -> (tempfile::TempDir, Server) {
    let home = home();
    let command = bare(home.path(), &["serve", "--demo", "--http", "127.0.0.1:0"]);
    let server = Server::start(command).unwrap_or_else(|(status, said)| panic!("{status}: {said}"));
    (home, server)
}

fn get_issue() -> Value {
    json!({"name": "jira_get_issue", "arguments": {"issue_key": "PROJ-1"}})
}

#[test]
fn both_eras_get_the_same_tools_and_answers() {
    let stage = Stage::new(Deployment::Cloud);
    let key = add(&stage, "alice");
    let server = serve(&stage);
    let key = Some(key.as_str());

    let found = server
        .ask(key, "server/discover", json!({}))
        .expect("discovery");
    let modern_tools = server.ask(key, "tools/list", json!({})).expect("a list");
    let modern_call = server
        .ask(key, "tools/call", get_issue())
        .expect("an issue");

    let older = |method: &str, params: Value| {
        let lines: &[(&str, &str)] = match method {
            "initialize" => &[],
            _ => &[("mcp-protocol-version", "2025-11-25")],
        };
        let message = json!({"jsonrpc": "2.0", "id": "a", "method": method, "params": params});
        let answer = server.post(key, lines, &message);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"));
        // A name for those that wait for one, and nothing behind it.
        let session = (method == "initialize").then_some("stateless");
        assert_eq!(answer.header("mcp-session-id"), session);
        answer.json()["result"].clone()
    };
    let hello = older(
        "initialize",
        json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "it", "version": "0"}}),
    );
    assert_eq!(hello["protocolVersion"], "2025-11-25");
    assert_eq!(hello["instructions"], found["instructions"]);
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(server.post(key, &[], &initialized).status, 202);
    assert_eq!(
        older("tools/list", json!({}))["tools"],
        modern_tools["tools"]
    );
    let call = older("tools/call", get_issue());
    assert_eq!(call["content"], modern_call["content"]);
    assert!(
        call["content"][0]["text"]
            .as_str()
            .is_some_and(|text| text.contains("PROJ-1"))
    );
}

/// Middle boxes route by the header lines, so these have to say what the message says.
#[test]
fn header_lines_of_the_modern_era_repeat_the_message() {
    let (_home, server) = demo();
    let message = modern("tools/call", get_issue());
    let good = modern_lines(&message);
    assert_eq!(server.post(None, &good, &message).status, 200);
    for (name, value) in [
        ("mcp-name", "jira_add_comment"),
        ("mcp-method", "tools/list"),
        ("mcp-protocol-version", "2025-11-25"),
        ("mcp-name", ""),
    ] {
        let lines: Vec<(&str, &str)> = good
            .iter()
            .map(|line| if line.0 == name { (name, value) } else { *line })
            .filter(|line| !line.1.is_empty())
            .collect();
        let answer = server.post(None, &lines, &message);
        assert_eq!(answer.status, 400, "{name}: {value}");
        assert_eq!(answer.json()["error"]["code"], -32020, "{}", answer.text());
    }
    // The handshake is among the methods that this era does not have.
    for method in ["no/such", "initialize"] {
        let unknown = modern(method, json!({}));
        let answer = server.post(None, &modern_lines(&unknown), &unknown);
        assert_eq!(answer.status, 404, "{method}: {}", answer.text());
        assert_eq!(answer.json()["error"]["code"], -32601, "{method}");
    }
}

#[test]
fn progress_makes_the_answer_a_stream() {
    let (_home, server) = demo();
    let mut call = json!({"name": "jira_search", "arguments": {"jql": "project = PROJ"}});
    call["_meta"] = json!({"progressToken": "p"});
    let message = modern("tools/call", call);
    let answer = server.post(None, &modern_lines(&message), &message);
    assert_eq!(answer.status, 200);
    let text = answer.text();
    // A tool that reports nothing is answered in one piece, whatever was asked for.
    match answer.header("content-type") {
        Some("text/event-stream") => assert!(text.contains("notifications/progress"), "{text}"),
        other => assert_eq!(other, Some("application/json")),
    }
    assert!(text.contains("PROJ-"), "{text}");
}

#[test]
fn a_key_works_from_add_to_revoke() {
    let stage = Stage::new(Deployment::Cloud);
    let alice = add(&stage, "alice");
    assert!(alice.starts_with("airlock_") && alice.lines().count() == 1);
    let bob = add(&stage, "bob");
    let server = serve(&stage);
    let status = |key: &str| {
        let answer = server.ask(Some(key), "tools/list", json!({}));
        answer.map_or_else(|(status, _)| status, |_| 200)
    };
    assert_eq!((status(&alice), status(&bob)), (200, 200));
    assert_eq!(status(&NEVER_MADE.replace('x', "a")), 401);

    let listed = stage.key(&["list"]);
    assert!(
        listed.contains("alice") && listed.contains("bob"),
        "{listed}"
    );

    let again = stage.key(&["rotate", "--name", "alice"]);
    std::thread::sleep(SECOND);
    assert_eq!(
        (status(&alice), status(&again), status(&bob)),
        (401, 200, 200)
    );

    stage.key(&["revoke", "--name", "alice"]);
    std::thread::sleep(SECOND);
    assert_eq!((status(&again), status(&bob)), (401, 200));

    let twice = output(bare(stage.home.path(), &["key", "add", "--name", "bob"]));
    assert_eq!(twice.status.code(), Some(2));
    let everything = [stage.audit(), server.stderr(), listed, keys_file(&stage)].concat();
    for secret in [&alice, &again, &bob] {
        let end = &secret[secret.len() - 40..];
        assert!(!everything.contains(end), "a key is written down");
    }
    assert!(!everything.contains(TOKEN));
}

const NEVER_MADE: &str =
    "airlock_xxxxxxxxxx_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

fn keys_file(stage: &Stage) -> String {
    std::fs::read_to_string(stage.config_dir().join("keys.toml")).expect("there are keys")
}

/// Many at once, each under a name of its own: the record says who it was.
#[test]
fn each_call_is_recorded_under_its_own_name() {
    const CALLS: usize = 12;
    let stage = Stage::new(Deployment::Cloud);
    let names: Vec<String> = (0..6).map(|number| format!("user{number}")).collect();
    let keys: Vec<String> = names.iter().map(|name| add(&stage, name)).collect();
    let server = serve(&stage);
    std::thread::scope(|scope| {
        for (number, key) in keys.iter().enumerate() {
            let server = &server;
            scope.spawn(move || {
                for call in 0..CALLS {
                    let issue = format!("PROJ-{}", number + 1);
                    let params =
                        json!({"name": "jira_get_issue", "arguments": {"issue_key": issue}});
                    let answer = server.ask(Some(key), "tools/call", params);
                    let text = answer.unwrap_or_else(|error| panic!("call {call}: {error:?}"));
                    assert!(text.to_string().contains(&issue), "{text}");
                }
            });
        }
    });
    let audit = stage.audit();
    let records: Vec<Value> = audit
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    for (number, name) in names.iter().enumerate() {
        let issue = format!("PROJ-{}", number + 1);
        let own: Vec<&Value> = records
            .iter()
            .filter(|record| record["params"]["issue-key"] == *issue)
            .collect();
        assert!(
            own.len() >= CALLS,
            "{name}: {} records\n{}",
            own.len(),
            audit.lines().next_back().unwrap_or_default()
        );
        for record in own {
            assert_eq!(record["principal"], **name, "{record}");
        }
    }
}

#[test]
fn a_start_that_would_be_unsafe_is_refused_with_the_reason() {
    let stage = Stage::new(Deployment::Cloud);
    let try_start = |arguments: &[&str]| -> String {
        let command = stage.command(&[&["serve", "--http"], arguments].concat());
        match Server::start(command) {
            Ok(_) => panic!("{arguments:?} starts"),
            Err((status, said)) => {
                assert_eq!(status.code(), Some(2), "{said}");
                said
            }
        }
    };
    assert!(try_start(&["127.0.0.1:0"]).contains("there is no key"));
    add(&stage, "alice");
    assert!(try_start(&["0.0.0.0:0"]).contains("clear text"));
    let named = ["0.0.0.0:0", "--allow-host", "mcp.example.com"];
    assert!(try_start(&named).contains("--behind-proxy"));
    let proxied = ["0.0.0.0:0", "--behind-proxy", "127.0.0.1/32"];
    assert!(try_start(&proxied).contains("--allow-host"));
    assert!(try_start(&["127.0.0.1:0", "--allow-host", ""]).contains("--allow-host"));
    assert!(try_start(&["127.0.0.1:0", "--allow-origin", "*"]).contains("--allow-origin"));
    assert!(try_start(&["0.0.0.0:0", "--demo"]).contains("loopback"));
    drop(std::fs::write(
        stage.config_dir().join("keys.toml"),
        "version = 7",
    ));
    assert!(try_start(&["127.0.0.1:0"]).contains("keys.toml"));
}

/// Each line of a log of JSON objects: its level and its message.
fn objects(log: &str) -> Vec<(String, String)> {
    let word = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    log.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .map(|line: Value| (word(&line, "level"), word(&line, "message")))
        .collect()
}

#[test]
fn a_collector_reads_one_object_a_line() {
    let stage = Stage::new(Deployment::Cloud);
    let arguments = ["serve", "--http", "127.0.0.1:0", "--log-format", "json"];
    let Err((_, said)) = Server::start(stage.command(&arguments)) else {
        panic!("it starts without a key");
    };
    let [(level, message)] = &objects(&said)[..] else {
        panic!("one line: {said}");
    };
    assert_eq!(level, "ERROR");
    assert!(message.contains("there is no key"), "{message}");
    add(&stage, "alice");
    let mut command = stage.command(&arguments);
    command.env("RUST_LOG", "server=info");
    let server = Server::start(command).unwrap_or_else(|(status, said)| panic!("{status}: {said}"));
    assert!(server.ask(Some("no"), "tools/list", json!({})).is_err());
    server.terminate();
    let until = Instant::now() + Duration::from_secs(10);
    while !server.stderr().contains("stopping") && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    let lines = objects(&server.stderr());
    for part in [
        "listening on http://127.0.0.1:",
        "refused: ",
        "stopping: calls that run",
    ] {
        assert!(
            lines
                .iter()
                .any(|(level, message)| level == "INFO" && message.starts_with(part)),
            "{part} in {lines:?}"
        );
    }
}

#[test]
fn calls_in_flight_are_finished_before_the_end() {
    let stage = Stage::with(Deployment::Cloud, |options| {
        options.delay = Duration::from_millis(1500)
    });
    let key = add(&stage, "alice");
    let server = serve(&stage);
    let message = modern("tools/call", get_issue());
    let mut waiting = server.connect();
    waiting.send(&request(
        server.address(),
        Some(&key),
        &modern_lines(&message),
        &message.to_string(),
    ));
    let mut idle = server.connect();
    std::thread::sleep(Duration::from_millis(400));
    server.terminate();
    assert!(
        idle.is_closed_within(Duration::from_millis(900)),
        "an idle connection holds up the end"
    );
    // The listening and the conversations end side by side.
    let until = Instant::now() + Duration::from_millis(500);
    while connect(server.address()).is_ok() {
        assert!(Instant::now() < until, "it still listens");
    }
    let answer = waiting.answer().expect("the call is answered");
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("PROJ-1"), "{}", answer.text());
    let status = server.wait(Duration::from_secs(5)).expect("it ends");
    assert!(status.success(), "{status}");
    assert!(stage.audit().contains("\"status\":200"));
}

/// Small writes that wait for the other side's acknowledgement cost 40 ms each.
#[test]
fn an_answer_does_not_wait_for_acknowledgements() {
    let (_home, server) = demo();
    let message = modern("tools/list", json!({}));
    let bytes = request(
        server.address(),
        None,
        &modern_lines(&message),
        &message.to_string(),
    );
    let mut connection = server.connect();
    let round = |connection: &mut Connection| {
        connection.send(&bytes);
        assert_eq!(connection.answer().expect("an answer").status, 200);
    };
    round(&mut connection);
    let began = Instant::now();
    for _ in 0..40 {
        round(&mut connection);
    }
    assert!(
        began.elapsed() < Duration::from_millis(40 * 30),
        "{:?}",
        began.elapsed()
    );
}

/// What goes wrong with one message leaves the next one as it is.
#[test]
fn a_refusal_says_what_to_do() {
    let stage = Stage::new(Deployment::Cloud);
    let key = add(&stage, "alice");
    let server = serve(&stage);
    let message = modern("tools/list", json!({}));
    let said = |lines: &[(&str, &str)]| {
        let mut all = modern_lines(&message);
        all.extend(lines);
        let answer = server.post(None, &all, &message);
        format!("{} {}", answer.status, answer.text())
    };
    insta::assert_snapshot!(said(&[]), @"401 this server is for holders of a key: send `Authorization: Bearer airlock_…`; whoever runs it makes one with `mcp-airlock key add`");
    insta::assert_snapshot!(said(&[("authorization", "Bearer ATATT3xFfGF0")]), @"401 that is a token for Atlassian, which this server neither takes nor passes on: it keeps its own. Take it out of the client's settings, revoke it if others may have seen it, and ask whoever runs this server for a key");
    insta::assert_snapshot!(said(&[("authorization", &format!("Bearer {}", &key[1..]))]), @"401 that is no key of this server: `Authorization` holds `Bearer`, a space and the key, which begins with airlock_ and was perhaps cut in copying");
    insta::assert_snapshot!(said(&[("host", "evil.test")]), @"403 this server is not spoken to by the name in the Host header; whoever runs it can allow the name with `--allow-host`");
    assert!(server.ask(Some(&key), "tools/list", json!({})).is_ok());
}

/// Nothing of HTTP is there unless it was asked for.
#[test]
fn options_of_http_mean_nothing_without_it() {
    let home = home();
    for option in [
        ["--allow-host", "a.test"],
        ["--allow-origin", "https://a.test"],
        ["--behind-proxy", "10.0.0.0/8"],
    ] {
        let mut command: Command = bare(home.path(), &["serve", "--demo"]);
        command.args(option);
        assert_eq!(output(command).status.code(), Some(2), "{option:?}");
    }
}

/// On a port of its own, without a key, and without a word about who or what.
#[test]
fn operations_are_told_beside_the_protocol() {
    let stage = Stage::new(Deployment::Cloud);
    let key = add(&stage, "alice");
    let command = stage.command(&[
        "serve",
        "--http",
        "127.0.0.1:0",
        "--operations",
        "127.0.0.1:0",
    ]);
    let server = Server::start(command).unwrap_or_else(|(status, said)| panic!("{status}: {said}"));
    let said = server.stderr();
    let (_, address) = said.split_once("on http://").expect("it says where");
    let address = address
        .lines()
        .next()
        .and_then(|text| text.parse().ok())
        .expect("an address");
    let ask = |path: &str| {
        let mut connection = connect(address).expect("it listens");
        connection.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes());
        let answer = connection.answer().expect("an answer");
        (answer.status, answer.text())
    };
    assert_eq!(ask("/healthz"), (200, "alive\n".to_owned()));
    assert_eq!(ask("/readyz").0, 200);
    assert_eq!(ask("/mcp").0, 404);
    server
        .ask(Some(&key), "tools/call", get_issue())
        .expect("an issue");
    assert!(server.ask(None, "tools/list", json!({})).is_err());
    let (_, metrics) = ask("/metrics");
    for line in [
        "mcp_airlock_answers_total{status=\"200\"} 1",
        "mcp_airlock_answers_total{status=\"401\"} 1",
    ] {
        assert!(metrics.lines().any(|each| each == line), "{metrics}");
    }
    assert!(
        !metrics.contains("alice") && !metrics.contains("jira"),
        "{metrics}"
    );
    std::fs::write(stage.config_dir().join("keys.toml"), "version = 7").expect("room for a file");
    std::thread::sleep(SECOND);
    assert_eq!((ask("/readyz").0, ask("/healthz").0), (503, 200));
}
