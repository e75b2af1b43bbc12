//! Cases that come in over HTTP, played against the real program: a demo site behind it, a key each for alice and bob,
//! rights to read only. `127.0.0.1:8723` in a case stands for the address that the program chose.

use std::io::Write;
use std::process::Command;
use std::time::Duration;

use demo_site::Deployment;
use serde_json::{Value, json};
use tests::http::{Answer, Connection, Server, modern, modern_lines};

use super::verdict::Ended;
use super::{Case, resident_mib_of};
use crate::program::{Stage, TOKEN, bare};

/// How a case writes the address.
const ADDRESS: &str = "127.0.0.1:8723";

/// What the program may take to feel that a key is gone.
const SECOND: Duration = Duration::from_secs(1);

pub(super) struct Inbound {
    pub(super) stage: Stage,
    pub(super) server: Server,
    alice: String,
    bob: String,
}

pub(super) async fn run(case: &Case) -> Ended {
    if let Some(ended) = not_played(case) {
        return ended;
    }
    let case = case.clone();
    let played = tokio::task::spawn_blocking(move || match case.surface.as_str() {
        "config" => configured(&case),
        "inbound_load" => super::crowd::run(&case),
        _ => send(&case),
    });
    played
        .await
        .unwrap_or_else(|error| Ended::Failed(format!("the driver broke off: {error}")))
}

fn not_played(case: &Case) -> Option<Ended> {
    match case.id.as_str() {
        "USER-013" | "USER-015" => Some(Ended::Elsewhere(
            "`hostile::users::everybody_hears_their_own_name`",
        )),
        "USER-014" => Some(Ended::Elsewhere(
            "the guest that keeps a global, and `http::each_call_is_recorded_under_its_own_name`",
        )),
        _ => None,
    }
}

impl Inbound {
    pub(super) fn new() -> Inbound {
        Inbound::with_token(TOKEN)
    }

    fn with_token(token: &str) -> Inbound {
        let stage = Stage::new(Deployment::Cloud);
        write_configuration(&stage);
        let alice = stage.key(&["add", "--name", "alice"]);
        let bob = stage.key(&["add", "--name", "bob"]);
        let mut command = bare(stage.home.path(), &["serve", "--http", "127.0.0.1:0"]);
        command.env("SITE_TOKEN", token);
        switch_mutant(&mut command);
        let server = Server::start(command)
            .unwrap_or_else(|(status, said)| panic!("the server does not start: {status}: {said}"));
        Inbound {
            stage,
            server,
            alice,
            bob,
        }
    }

    pub(super) fn alice(&self) -> &str {
        &self.alice
    }

    fn fill(&self, text: &str) -> String {
        text.replace(ADDRESS, &self.server.address().to_string())
            .replace("${client_token_alice}", &self.alice)
            .replace("${client_token_bob}", &self.bob)
            .replace("${jira_secret}", TOKEN)
    }
}

/// The known-bad variants are built into the program too, and it is told by a variable which one to be.
#[cfg(feature = "mutants")]
fn switch_mutant(command: &mut Command) {
    if let Some(mutant) = gateway::mutant::active() {
        command.env("AIRLOCK_MUTANT", format!("{mutant:?}"));
    }
}

#[cfg(not(feature = "mutants"))]
fn switch_mutant(_: &mut Command) {}

fn write_configuration(stage: &Stage) {
    let folder = stage.config_dir();
    let ready = stage.ready();
    let policy = format!(
        "version = 1\n[site.acme]\norigin = \"{}\"\ndeployment = \"cloud\"\nproducts = [\"jira\", \"confluence\"]\n\
         [[rule]]\nid = \"read\"\nsite = \"acme\"\nclasses = [\"read\"]\n",
        ready.jira
    );
    let credentials = format!(
        "[site.acme]\nkind = \"basic\"\nuser = \"{}\"\nsecret = \"env:SITE_TOKEN\"\n",
        ready.user.as_deref().unwrap_or_default()
    );
    std::fs::create_dir_all(&folder).expect("the machine has room for a folder");
    for (name, text) in [("policy.toml", policy), ("credentials.toml", credentials)] {
        std::fs::write(folder.join(name), text).expect("the machine has room for a file");
    }
}

/// Settings with which the program may not start.
fn configured(case: &Case) -> Ended {
    let stage = Stage::new(Deployment::Cloud);
    write_configuration(&stage);
    let is_named = case.input.get("allowed_hosts").is_some();
    if is_named {
        // Whatever else could be missing is there, so that the one thing decides.
        stage.key(&["add", "--name", "alice"]);
    }
    let bind = case.input["bind"].as_str().unwrap_or_default();
    let mut command = bare(
        stage.home.path(),
        &["serve", "--http", &format!("{bind}:0")],
    );
    command
        .env("SITE_TOKEN", TOKEN)
        .args(["--behind-proxy", "127.0.0.1/32"]);
    if !is_named {
        command.args(["--allow-host", "mcp.example.test"]);
    }
    match Server::start(command) {
        Ok(_) => Ended::Failed("it starts".to_owned()),
        Err((status, _)) if status.code() == Some(0) => Ended::Failed("it ends well".to_owned()),
        Err((_, said)) if said.contains(if is_named { "--allow-host" } else { "no key" }) => {
            Ended::Held
        }
        Err((_, said)) => Ended::Failed(format!("another reason is given: {said}")),
    }
}

fn send(case: &Case) -> Ended {
    let revoked = case.input["upstream_credential"] == "revoked";
    let world = if revoked {
        Inbound::with_token("a-token-that-was-revoked")
    } else {
        Inbound::new()
    };
    let before = resident_mib_of(world.server.process_id());
    world.stage.site.forget_requests();
    let answers = if case.category == "multiuser" {
        play_user(&world, &case.input)
    } else {
        vec![play(&world, &case.input)]
    };
    let mut problems: Vec<String> = answers
        .into_iter()
        .flat_map(|answer| judge(&world, case, answer))
        .collect();
    if let Some(most) = case.expected["max_rss_growth_mib"].as_u64() {
        let growth = resident_mib_of(world.server.process_id()).saturating_sub(before);
        if growth > most {
            problems.push(format!("the server grew by {growth} MiB, more than {most}"));
        }
    }
    let told = [world.server.stderr(), world.stage.audit()].concat();
    for secret in [TOKEN, &world.alice[20..], &world.bob[20..]] {
        if told.contains(secret) {
            problems.push("a secret is written down".to_owned());
        }
    }
    Ended::of(problems)
}

fn judge(world: &Inbound, case: &Case, answer: Option<Answer>) -> Vec<String> {
    let expected = &case.expected;
    let Some(answer) = answer else {
        return vec!["the connection ended without an answer".to_owned()];
    };
    let mut problems = Vec::new();
    let also = expected["also_status"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if let Some(status) = expected["http_status"].as_u64() {
        let status_given = u64::from(answer.status);
        if status_given != status && !also.contains(&json!(status_given)) {
            problems.push(format!(
                "status {status_given}, not {status}: {}",
                answer.text()
            ));
        }
    }
    if answer.text().contains(TOKEN) {
        problems.push("the answer holds the site's token".to_owned());
    }
    let requests = world.stage.site.requests();
    if let Some(count) = expected["upstream_requests"].as_u64()
        && requests.len() as u64 != count
    {
        problems.push(format!(
            "{} requests went out, not {count}: {requests:?}",
            requests.len()
        ));
    }
    let message = answer.json();
    let is_bad_result = message["result"]["isError"] == true || message.get("error").is_some();
    if expected["jsonrpc_error"] == true && message.get("error").is_none() {
        problems.push(format!("no JSON-RPC error: {}", answer.text()));
    }
    let is_good = answer.status == 200 && !is_bad_result;
    match case.verdict() {
        "allow" | "ignore" if !is_good => problems.push(format!("not answered: {}", answer.text())),
        "reject" if is_good && expected["executed"].is_null() && !also.contains(&json!(200)) => {
            problems.push(format!("answered: {}", answer.text()));
        }
        _ => {}
    }
    if expected["executed"] == "tools/list"
        && answer.status == 200
        && message["result"]["tools"].is_null()
    {
        problems.push(format!("not the list: {}", answer.text()));
    }
    if expected["connection_closed"] == true && !answer.closed {
        problems.push("the connection stays open".to_owned());
    }
    if expected["upgraded"] == false && answer.status == 101 {
        problems.push("the connection was handed over".to_owned());
    }
    if let Some(tried) = expected["credentials_tried"].as_array() {
        let used: std::collections::BTreeSet<String> = requests
            .iter()
            .map(|line| format!("{:?}", line.credential))
            .collect();
        if used.len() != tried.len() {
            problems.push(format!("credentials used: {used:?}"));
        }
    }
    problems
}

fn play(world: &Inbound, input: &Value) -> Option<Answer> {
    let mut connection = world.server.connect();
    if let Some(raw) = input["raw"].as_str() {
        connection.send(world.fill(raw).as_bytes());
        return connection.answer();
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    for pair in input["headers"].as_array().into_iter().flatten() {
        let text = |index: usize| pair[index].as_str().unwrap_or_default();
        headers.push((text(0).to_owned(), world.fill(text(1))));
    }
    let target = world.fill(input["path"].as_str().unwrap_or("/mcp"));
    let method = input["method"].as_str().unwrap_or("POST");
    let mut head = format!("{method} {target} HTTP/1.1\r\n");
    let has = |name: &str| {
        headers
            .iter()
            .any(|(given, _)| given.eq_ignore_ascii_case(name))
    };
    let is_chunked = has("transfer-encoding");
    let body = body(&input["body"]);
    if let (Body::Bytes(bytes), false) = (&body, has("content-length")) {
        head += &format!("content-length: {}\r\n", bytes.len());
    }
    if let Body::Repeat(size) = body {
        head += &format!("content-length: {size}\r\n");
    }
    for (name, value) in &headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += "\r\n";
    connection.send(head.as_bytes());
    send_body(&mut connection, &body, is_chunked);
    connection.answer()
}

enum Body {
    Bytes(Vec<u8>),
    /// So many bytes, announced.
    Repeat(u64),
    /// Chunks until the other side has had enough.
    Endless,
}

fn body(input: &Value) -> Body {
    if let Some(text) = input.as_str() {
        return Body::Bytes(text.as_bytes().to_vec());
    }
    if let Some(hex) = input["hex"].as_str() {
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap_or_default();
        return Body::Bytes((0..hex.len() / 2).map(|index| byte(2 * index)).collect());
    }
    let call = |tool: &Value, arguments: &Value| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                             "params": {"name": tool, "arguments": arguments}});
        Body::Bytes(message.to_string().into_bytes())
    };
    match input["gen"].as_str() {
        Some("tools_call") => call(&input["tool"], &input["args"]),
        Some("bytes") => Body::Repeat(input["size"].as_u64().unwrap_or_default()),
        Some("stream") => Body::Endless,
        Some("json_nested") => {
            let depth = input["depth"].as_u64().unwrap_or_default();
            let depth = usize::try_from(depth).unwrap_or_default();
            Body::Bytes(["[".repeat(depth), "]".repeat(depth)].concat().into_bytes())
        }
        _ => Body::Bytes(Vec::new()),
    }
}

fn send_body(connection: &mut Connection, body: &Body, is_chunked: bool) {
    static PIECE: [u8; 65536] = [b' '; 65536];
    match body {
        Body::Bytes(bytes) if is_chunked => {
            connection.send(format!("{:x}\r\n", bytes.len()).as_bytes());
            connection.send(&[bytes, &b"\r\n0\r\n\r\n"[..]].concat());
        }
        Body::Bytes(bytes) => {
            connection.send(bytes);
        }
        Body::Repeat(size) => {
            for _ in 0..size / PIECE.len() as u64 {
                if !connection.send(&PIECE) {
                    break;
                }
            }
        }
        Body::Endless => {
            let mut piece = Vec::with_capacity(PIECE.len() + 16);
            let _ = write!(piece, "{:x}\r\n", PIECE.len());
            piece.extend_from_slice(&PIECE);
            piece.extend_from_slice(b"\r\n");
            // Far beyond every limit, should there be none.
            for _ in 0..4096 {
                if !connection.send(&piece) {
                    break;
                }
            }
        }
    }
}

/// What bob and alice do to each other.
fn play_user(world: &Inbound, input: &Value) -> Vec<Option<Answer>> {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                         "params": {"name": "jira_get_issue", "arguments": {"issue_key": "PROJ-1"}}});
    let post = |key: Option<&str>, session: Option<&str>| {
        let lines: Vec<(&str, &str)> = session
            .map(|id| ("mcp-session-id", id))
            .into_iter()
            .collect();
        Some(world.server.post(key, &lines, &message))
    };
    let actor = match input["actor"].as_str() {
        Some("alice") => Some(world.alice.clone()),
        Some("bob") => Some(world.bob.clone()),
        Some("nobody") => None,
        // Somebody whose name looks like hers shows what looks like her key.
        _ => Some(world.alice.replace('a', "\u{430}")),
    };
    let actor = actor.as_deref();
    if input["then"] == "rotate client token" {
        world.stage.key(&["rotate", "--name", "alice"]);
        std::thread::sleep(SECOND);
        return vec![post(actor, None)];
    }
    if input["then"] == "revoke client token" {
        post(actor, Some(ALICES));
        world.stage.key(&["revoke", "--name", "alice"]);
        std::thread::sleep(SECOND);
        world.stage.site.forget_requests();
        return vec![post(actor, Some(ALICES))];
    }
    if let Some(id) = input["mcp_session_id"].as_str() {
        return vec![post(actor, Some(id))];
    }
    if input["session_of"] == "alice" {
        // Alice opens it, or tries to; where sessions are told apart by their name alone, this name is hers now.
        post(Some(&world.alice), Some(ALICES));
        world.stage.site.forget_requests();
        if input["method"] == "GET" {
            let text = format!(
                "GET /mcp HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\naccept: text/event-stream\r\nmcp-session-id: {ALICES}\r\n\r\n",
                world.server.address(),
                world.bob
            );
            return vec![Some(world.server.send(text.as_bytes()))];
        }
        return vec![post(actor, Some(ALICES))];
    }
    vec![post(actor, None)]
}

const ALICES: &str = "session-of-alice";

/// A small call of the modern era, for whoever watches how long others wait.
pub(super) fn small_call() -> (Value, Vec<(String, String)>) {
    let message = modern("tools/list", json!({}));
    let lines = modern_lines(&message)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    (message, lines)
}
