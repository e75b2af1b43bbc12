//! The ways to a server that listens: TLS of its own, a socket in the file system, and `connect`, through which a client
//! that speaks to programs only gets there.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use demo_site::Deployment;
use serde_json::json;
use tests::client::{Client, Era};
use tests::http::Server;

use crate::program::{Stage, TOKEN, bare, output};

const SECOND: Duration = Duration::from_secs(1);

fn start(command: Command) -> Server {
    Server::start(command).unwrap_or_else(|(status, said)| panic!("{status}: {said}"))
}

fn through(stage: &Stage, endpoint: &str, key: &str, more: &[&str], era: Era) -> Client {
    let mut command = bare(
        stage.home.path(),
        &[&["connect", endpoint, "--key", "env:AIRLOCK_KEY"], more].concat(),
    );
    command.env("AIRLOCK_KEY", key);
    Client::start(command, era)
}

fn reads_an_issue(client: &mut Client) {
    let names: Vec<String> = client
        .list_tools()
        .iter()
        .filter_map(|tool| tool["name"].as_str().map(str::to_owned))
        .collect();
    assert!(
        names.iter().any(|name| name == "jira_get_issue"),
        "{names:?}"
    );
    let answer = client.call_tool("jira_get_issue", json!({"issue_key": "PROJ-1"}));
    assert!(
        !answer.is_error && answer.text.contains("PROJ-1"),
        "{}",
        answer.text
    );
}

/// A certificate that is its own authority, for the names of loopback.
fn certificate(folder: &Path) -> [String; 2] {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
        .expect("a certificate");
    let files = ["chain.pem", "key.pem"].map(|name| folder.join(name));
    std::fs::write(&files[0], made.cert.pem()).expect("a file");
    std::fs::write(&files[1], made.signing_key.serialize_pem()).expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let own = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&files[1], own).expect("rights");
    }
    files.map(|file| file.display().to_string())
}

#[test]
fn over_tls_both_eras_get_through_and_a_stranger_to_the_certificate_does_not() {
    let stage = Stage::new(Deployment::Cloud);
    let key = stage.key(&["add", "--name", "alice"]);
    let [chain, private] = certificate(stage.home.path());
    let server = start(stage.command(&[
        "serve",
        "--http",
        "127.0.0.1:0",
        "--tls-cert",
        &chain,
        "--tls-key",
        &private,
    ]));
    assert!(
        server.endpoint().starts_with("https://127.0.0.1:"),
        "{}",
        server.endpoint()
    );
    for era in [Era::Modern, Era::Legacy("2025-11-25")] {
        let mut client = through(&stage, server.endpoint(), &key, &["--ca-file", &chain], era);
        reads_an_issue(&mut client);
        let ended = client.end(SECOND * 5).expect("it ends with its input");
        assert!(ended.status.success(), "{:?}", ended.status);
    }
    let mut stranger = through(&stage, server.endpoint(), &key, &[], Era::Modern);
    let refused = stranger
        .request("tools/list", json!({}))
        .expect_err("no trust");
    let said = refused["message"].as_str().unwrap_or_default();
    assert!(
        said.contains("cannot be reached") && said.contains("ertificate"),
        "{said}"
    );
    // Plain text on the port of TLS gets nowhere, and nobody else is hurt by it.
    let plain = server
        .connect()
        .send(b"GET /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(plain);
    let mut client = through(
        &stage,
        server.endpoint(),
        &key,
        &["--ca-file", &chain],
        Era::Modern,
    );
    reads_an_issue(&mut client);
}

#[cfg(unix)]
#[test]
fn a_socket_asks_for_a_key_too() {
    let stage = Stage::new(Deployment::DataCenter);
    let key = stage.key(&["add", "--name", "alice"]);
    let socket = stage.home.path().join("airlock.sock").display().to_string();
    let server = start(stage.command(&["serve", "--socket", &socket]));
    assert_eq!(server.endpoint(), format!("unix:{socket}"));
    let mut client = through(&stage, server.endpoint(), &key, &[], Era::Modern);
    reads_an_issue(&mut client);
    let (head, tail) = key.split_at(key.len() - 1);
    let wrong = format!("{head}{}", if tail == "a" { "b" } else { "a" });
    let mut stranger = through(&stage, server.endpoint(), &wrong, &[], Era::Modern);
    let refused = stranger
        .request("tools/list", json!({}))
        .expect_err("no key");
    let said = refused["message"].as_str().unwrap_or_default();
    assert!(
        said.contains("401") && said.contains("no key of this server"),
        "{said}"
    );
    assert!(!said.contains(&wrong[..40]), "the key is repeated");
}

#[test]
fn a_key_is_kept_once_for_all_clients_of_the_machine() {
    let stage = Stage::new(Deployment::Cloud);
    let key = stage.key(&["add", "--name", "alice"]);
    let server = start(stage.command(&["serve", "--http", "127.0.0.1:0"]));
    let endpoint = server.endpoint();

    let without = output(bare(stage.home.path(), &["connect", endpoint]));
    let said = String::from_utf8_lossy(&without.stderr).into_owned();
    assert!(
        !without.status.success() && said.contains("--save-key"),
        "{said}"
    );

    let save = |key: &str| {
        let mut command = bare(
            stage.home.path(),
            &["connect", endpoint, "--save-key", "--store", "file"],
        );
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut pipe = child.stdin.take().expect("a pipe");
        std::io::Write::write_all(&mut pipe, format!("{key}\n").as_bytes()).expect("it reads");
        drop(pipe);
        child.wait_with_output().expect("it ends")
    };
    for wrong in ["not-a-key", TOKEN] {
        let refused = save(wrong);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            !refused.status.success() && said.contains("no key of an mcp-airlock server"),
            "{said}"
        );
        assert!(!said.contains(wrong), "{said}");
    }
    let saved = save(&key);
    let said = String::from_utf8_lossy(&saved.stderr).into_owned();
    assert!(saved.status.success(), "{said}");
    assert!(!said.contains(&key) && saved.stdout.is_empty());
    for file in std::fs::read_dir(stage.config_dir().join("store"))
        .expect("a store")
        .flatten()
    {
        let bytes = std::fs::read(file.path()).expect("a file");
        assert!(
            !String::from_utf8_lossy(&bytes).contains(&key[..40]),
            "{:?}",
            file.path()
        );
    }
    for era in [Era::Modern, Era::Legacy("2025-11-25")] {
        let mut client = Client::start(bare(stage.home.path(), &["connect", endpoint]), era);
        reads_an_issue(&mut client);
    }
}

#[test]
fn a_server_that_is_away_is_waited_for_and_then_said() {
    let stage = Stage::new(Deployment::Cloud);
    let key = stage.key(&["add", "--name", "alice"]);
    let free =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.expect("a free port").to_string();
    let endpoint = format!("http://{address}/mcp");
    let mut client = through(&stage, &endpoint, &key, &[], Era::Modern);
    let refused = client
        .request("tools/list", json!({}))
        .expect_err("nobody there");
    let said = refused["message"].as_str().unwrap_or_default();
    assert!(
        said.contains("cannot be reached") && said.contains(&address),
        "{said}"
    );

    let waiting = client.send_request("tools/list", json!({}));
    let server = start(stage.command(&["serve", "--http", &address]));
    let answer = client.answer(waiting).expect("the server came back");
    assert!(answer["tools"].is_array(), "{answer}");

    // Gone in the middle: the next call says so, and one after the restart works again.
    drop(server);
    let _server = start(stage.command(&["serve", "--http", &address]));
    reads_an_issue(&mut client);
    for bad in [
        "not json",
        "[]",
        r#"{"jsonrpc":"2.0","id":true,"method":"x"}"#,
    ] {
        client.send_line(bad);
        let line = client.next_line(SECOND * 10).expect("an answer");
        assert!(line.contains("\"error\""), "{line}");
    }
    reads_an_issue(&mut client);
}
