//! Wrong keys, many of them: how long they are told what is wrong, and that no right key ever waits for them.

use demo_site::Deployment;
use serde_json::{Value, json};
use tests::http::{Answer, Server, connect, modern, modern_lines};

use crate::program::Stage;

const NEVER_MADE: &str =
    "Bearer airlock_aaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn list() -> Value {
    modern("tools/list", json!({}))
}

fn serve(stage: &Stage, more: &[&str]) -> Server {
    let arguments = [
        "serve",
        "--http",
        "127.0.0.1:0",
        "--operations",
        "127.0.0.1:0",
    ];
    let mut command = stage.command(&[&arguments, more].concat());
    command.env("RUST_LOG", "server=info");
    Server::start(command).unwrap_or_else(|(status, said)| panic!("{status}: {said}"))
}

fn show(server: &Server, header: &str, more: &[(&str, &str)]) -> Answer {
    let message = list();
    let mut lines = modern_lines(&message);
    lines.extend(
        [("authorization", header)]
            .iter()
            .filter(|line| !line.1.is_empty()),
    );
    lines.extend(more);
    server.post(None, &lines, &message)
}

fn metrics(server: &Server) -> String {
    let said = server.stderr();
    let (_, address) = said.split_once("on http://").expect("it says where");
    let address = address.lines().next().and_then(|text| text.parse().ok());
    let mut connection = connect(address.expect("an address")).expect("it listens");
    connection.send(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
    connection.answer().expect("an answer").text()
}

#[test]
fn wrong_keys_are_cut_short_and_a_right_one_is_let_in() {
    let stage = Stage::new(Deployment::Cloud);
    let key = format!("Bearer {}", stage.key(&["add", "--name", "alice"]));
    let server = serve(&stage, &[]);
    for _ in 0..20 {
        assert_eq!(show(&server, NEVER_MADE, &[]).status, 401);
    }
    for lines in [&[][..], &[("transfer-encoding", "chunked")]] {
        let cut = show(&server, NEVER_MADE, lines);
        assert_eq!(cut.status, 429, "{}", cut.text());
        let wait: u64 = cut
            .header("retry-after")
            .and_then(|seconds| seconds.parse().ok())
            .expect("a number of seconds");
        assert!((1..=61).contains(&wait), "{wait}");
        assert_eq!(cut.header("www-authenticate"), None);
    }
    // Nobody who shows none is trying one out, and a right one is not asked to wait.
    assert_eq!(show(&server, "", &[]).status, 401);
    assert_eq!(show(&server, &key, &[]).status, 200);
    let metrics = metrics(&server);
    let count = "mcp_airlock_wrong_keys_total 22";
    assert!(metrics.lines().any(|line| line == count), "{metrics}");
    let log = server.stderr();
    assert_eq!(
        log.matches("127.0.0.1 has shown 20 wrong keys").count(),
        1,
        "{log}"
    );
    assert_eq!(log.matches("refused: that is no key").count(), 20, "{log}");
}

#[test]
fn behind_a_proxy_the_one_who_tries_is_counted_and_not_the_proxy() {
    let stage = Stage::new(Deployment::Cloud);
    stage.key(&["add", "--name", "alice"]);
    let named = ["--allow-host", "mcp.example.test"];
    let server = serve(
        &stage,
        &[&["--behind-proxy", "127.0.0.1"], &named[..]].concat(),
    );
    let from = |chain: &str| show(&server, NEVER_MADE, &[("x-forwarded-for", chain)]).status;
    for number in 0..20 {
        // What stands first is the client's own word.
        assert_eq!(from(&format!("198.51.100.{number}, 192.0.2.1")), 401);
    }
    assert_eq!(from("198.51.100.99, 192.0.2.1"), 429);
    assert_eq!(from("192.0.2.2"), 401);

    let alone = serve(&stage, &[]);
    for number in 0..21 {
        let lines = [("x-forwarded-for", &*format!("198.51.100.{number}"))];
        let status = show(&alone, NEVER_MADE, &lines).status;
        assert_eq!(status, if number < 20 { 401 } else { 429 }, "{number}");
    }
}
