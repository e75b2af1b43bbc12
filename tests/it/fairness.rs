//! One owner's burst in their own line while another is served, a key that is taken away in the middle of calls, and an
//! end that is asked for twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use demo_site::Deployment;
use serde_json::{Value, json};
use tests::http::{Connection, Server, modern, modern_lines, request};
use tests::upstream::{Greeting, Step, Upstream, json_issue, response};
use tokio::runtime::Runtime;

use crate::program::{Stage, bare, home, output};

/// What the program lets one principal do side by side.
const LANE: usize = 64;

const SLOW: Duration = Duration::from_secs(5);

fn message() -> Value {
    let params = json!({"name": "jira_get_issue", "arguments": {"issue_key": "PROJ-1"}});
    modern("tools/call", params)
}

fn bytes(server: &Server, key: &str) -> Vec<u8> {
    let message = message();
    let lines = modern_lines(&message);
    request(server.address(), Some(key), &lines, &message.to_string())
}

fn begin(server: &Server, key: &str) -> Connection {
    let mut connection = server.connect();
    connection.send(&bytes(server, key));
    connection
}

/// A site that counts what comes before it answers, slowly.
struct Slow {
    home: tempfile::TempDir,
    upstream: Upstream,
    _runtime: Runtime,
}

impl Slow {
    fn new() -> Slow {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let json = [("content-type", "application/json")];
        let answer = response(200, &json, &json_issue(100));
        let steps = vec![Step::Pause(SLOW), Step::Send(answer)];
        let script = Arc::new(move |_: &_| steps.clone());
        let upstream = runtime.block_on(Upstream::start(Greeting::Plain, script));
        let home = home();
        let folder = home.path().join(".config/mcp-airlock");
        std::fs::create_dir_all(&folder).expect("room for a folder");
        let policy = format!(
            "version = 1\n[site.acme]\norigin = \"http://{}\"\ndeployment = \"cloud\"\nproducts = [\"jira\"]\n\
             [[rule]]\nid = \"read\"\nsite = \"acme\"\nclasses = [\"read\"]\n",
            upstream.address()
        );
        let credentials = "[site.acme]\nkind = \"bearer\"\nsecret = \"env:T\"\n";
        for (name, text) in [
            ("policy.toml", policy.as_str()),
            ("credentials.toml", credentials),
        ] {
            std::fs::write(folder.join(name), text).expect("room for a file");
        }
        Slow {
            home,
            upstream,
            _runtime: runtime,
        }
    }

    fn key(&self, name: &str) -> String {
        let made = output(bare(self.home.path(), &["key", "add", "--name", name]));
        String::from_utf8_lossy(&made.stdout).trim().to_owned()
    }

    fn serve(&self) -> Server {
        let mut command = bare(self.home.path(), &["serve", "--http", "127.0.0.1:0"]);
        command.env("T", "a-token-of-everybody");
        Server::start(command).unwrap_or_else(|(status, said)| panic!("{status}: {said}"))
    }

    fn asked(&self) -> usize {
        self.upstream.requests().len()
    }
}

/// Whether it comes to be within the time.
fn within(time: Duration, is_so: impl Fn() -> bool) -> bool {
    let until = Instant::now() + time;
    while !is_so() {
        if Instant::now() > until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

#[test]
fn one_owners_burst_never_stalls_another() {
    let site = Slow::new();
    let (alice, bob) = (site.key("alice"), site.key("bob"));
    let server = site.serve();
    let asked = || site.asked();
    let hers: Vec<Connection> = (0..LANE + 16).map(|_| begin(&server, &alice)).collect();
    assert!(
        within(SLOW / 2, || asked() >= LANE),
        "{} were sent",
        asked()
    );
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(asked(), LANE, "the rest of hers waits");
    // None of hers has been answered yet, so there is no place but his own.
    let mut his = begin(&server, &bob);
    assert!(
        within(SLOW / 4, || asked() == LANE + 1),
        "his call waits for hers"
    );
    assert_eq!(his.answer().map(|answer| answer.status), Some(200));
    for mut each in hers {
        assert_eq!(each.answer().map(|answer| answer.status), Some(200));
    }
    assert_eq!(asked(), LANE + 16 + 1);
}

#[test]
fn no_call_begins_a_second_after_its_key_was_taken_away() {
    let stage = Stage::new(Deployment::Cloud);
    let alice = stage.key(&["add", "--name", "alice"]);
    let bob = stage.key(&["add", "--name", "bob"]);
    let command = stage.command(&["serve", "--http", "127.0.0.1:0"]);
    let server = Server::start(command).unwrap_or_else(|(status, said)| panic!("{status}: {said}"));
    let stop = Instant::now() + Duration::from_secs(4);
    let calls = |key: &str| {
        let bytes = bytes(&server, key);
        let mut told = Vec::new();
        while Instant::now() < stop {
            let at = Instant::now();
            let mut connection = server.connect();
            connection.send(&bytes);
            let answer = connection.answer().expect("an answer");
            told.push((at, answer.status));
        }
        told
    };
    let (revoked, hers, his) = std::thread::scope(|scope| {
        let hers = scope.spawn(|| calls(&alice));
        let his = scope.spawn(|| calls(&bob));
        std::thread::sleep(Duration::from_secs(1));
        stage.key(&["revoke", "--name", "alice"]);
        let revoked = Instant::now();
        let told = |calls: std::thread::ScopedJoinHandle<'_, Vec<(Instant, u16)>>| {
            calls.join().expect("a client that goes on")
        };
        (revoked, told(hers), told(his))
    });
    let late = |at: &Instant| *at > revoked + Duration::from_secs(1);
    let let_in = hers.iter().filter(|(_, status)| *status == 200);
    assert!(let_in.clone().count() > 0, "she was never let in");
    assert_eq!(let_in.filter(|(at, _)| late(at)).count(), 0);
    assert!(hers.iter().any(|(at, _)| late(at)), "she did not try later");
    assert!(his.iter().all(|(_, status)| *status == 200), "{his:?}");
}

#[test]
fn whoever_asks_twice_for_the_end_does_not_wait_for_calls() {
    let site = Slow::new();
    let key = site.key("alice");
    let mut server = site.serve();
    let mut waiting = begin(&server, &key);
    let patience = Duration::from_secs(3);
    assert!(within(patience, || site.asked() == 1));
    server.terminate();
    assert!(within(patience, || server
        .stderr()
        .contains("once more to stop at once")));
    assert!(server.is_running(), "a call is under way");
    let asked = Instant::now();
    server.terminate();
    assert!(waiting.answer().is_none(), "the call was waited for");
    assert!(asked.elapsed() < SLOW / 2, "{:?}", asked.elapsed());
    let said = || server.stderr().contains("stopped in the middle of calls");
    assert!(within(patience, said));
    let status = server.wait(patience).expect("it ends");
    assert_eq!(status.code(), Some(1));
}
