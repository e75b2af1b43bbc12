//! Many people, each with a credential of their own, in front of a site that says whose credential came; and one that
//! tempts whoever keeps cookies or answers. Each has to hear their own name every time, and so has the record.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tests::http::{Server, modern, modern_lines, request};
use tests::upstream::{Greeting, Request, Step, Upstream, response};

use super::{Case, cases};
use crate::program::{bare, home, output};

/// Enough to see a mix-up; `cargo xtask identities` makes as many calls as the case asks for.
const USUAL_CALLS: u64 = 4;

#[test]
fn everybody_hears_their_own_name() {
    for case in cases() {
        if ["USER-013", "USER-015"].contains(&case.id.as_str()) {
            let problems = mix_ups(&case);
            assert!(problems.is_empty(), "{}: {problems:#?}", case.id);
        }
    }
}

fn mix_ups(case: &Case) -> Vec<String> {
    let number = |key: &str, usual: u64| case.input[key].as_u64().unwrap_or(usual);
    let wanted = std::env::var("IDENTITY_CALLS").map_or(USUAL_CALLS, |calls| {
        calls
            .parse()
            .expect("IDENTITY_CALLS is a number of calls for each user")
    });
    let users = usize::try_from(number("users", 2)).unwrap_or_default();
    let calls = usize::try_from(number("calls_each", u64::MAX).min(wanted)).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let upstream = runtime.block_on(Upstream::start(Greeting::Plain, Arc::new(say_who)));
    let crowd = Crowd::new(&upstream, users);
    let mut problems: Vec<String> = std::thread::scope(|scope| {
        let crowd = &crowd;
        let talks: Vec<_> = (0..users)
            .map(|user| scope.spawn(move || crowd.talk(user, calls)))
            .collect();
        let ended = talks.into_iter().map(|talk| talk.join());
        ended
            .flat_map(|told| told.unwrap_or_else(|_| vec!["a client broke off".to_owned()]))
            .collect()
    });
    problems.extend(crowd.misrecorded(users * calls));
    let requests = upstream.requests();
    if requests.len() != users * calls {
        problems.push(format!(
            "{} requests, not {}",
            requests.len(),
            users * calls
        ));
    }
    for request in requests {
        if !request.header("cookie").is_empty() || !request.header("if-none-match").is_empty() {
            problems.push(format!(
                "it remembers an earlier answer: {:?}",
                request.headers
            ));
        }
    }
    problems.truncate(8);
    problems
}

/// Believes a cookie before a credential, as careless sites do, and offers both a cookie and a tag.
fn say_who(request: &Request) -> Vec<Step> {
    let user = request
        .header("authorization")
        .first()
        .and_then(|value| STANDARD.decode(value.strip_prefix("Basic ")?).ok())
        .and_then(|pair| Some(String::from_utf8(pair).ok()?.split('@').next()?.to_owned()))
        .unwrap_or_else(|| "nobody".to_owned());
    let remembered = request.header("cookie").first().map(|cookie| {
        let value = cookie.split('=').nth(1).unwrap_or_default();
        value.to_owned()
    });
    let name = remembered.unwrap_or(user);
    let issue = json!({"id": "1", "key": "PROJ-1", "fields": {"summary": whoami(&name)}});
    let cookie = format!("JSESSIONID={name}");
    let headers = [
        ("content-type", "application/json"),
        ("etag", "\"same-for-all\""),
        ("cache-control", "public, max-age=3600"),
        ("set-cookie", &cookie),
    ];
    vec![Step::Send(response(
        200,
        &headers,
        issue.to_string().as_bytes(),
    ))]
}

fn whoami(user: &str) -> String {
    format!("whoami {user} end")
}

fn name(user: usize) -> String {
    format!("user{user:03}")
}

struct Crowd {
    home: tempfile::TempDir,
    server: Server,
    keys: Vec<String>,
}

impl Crowd {
    fn new(upstream: &Upstream, users: usize) -> Crowd {
        let home = home();
        let folder = home.path().join(".config/mcp-airlock");
        std::fs::create_dir_all(&folder).expect("room for a folder");
        let policy = format!(
            "version = 1\n[site.acme]\norigin = \"http://{}\"\ndeployment = \"cloud\"\nproducts = [\"jira\"]\n\
             [[rule]]\nid = \"read\"\nsite = \"acme\"\nclasses = [\"read\"]\n",
            upstream.address()
        );
        let mut command = bare(home.path(), &["serve", "--http", "127.0.0.1:0"]);
        let mut credentials = String::new();
        let mut keys = Vec::new();
        for user in (0..users).map(name) {
            credentials += &format!(
                "[principal.{user}.site.acme]\nkind = \"basic\"\nuser = \"{user}@example.com\"\nsecret = \"env:T_{user}\"\n"
            );
            command.env(format!("T_{user}"), format!("a-token-of-{user}-alone"));
            let made = output(bare(home.path(), &["key", "add", "--name", &user]));
            assert!(made.status.success(), "{user} gets a key");
            keys.push(String::from_utf8_lossy(&made.stdout).trim().to_owned());
        }
        for (name, text) in [("policy.toml", policy), ("credentials.toml", credentials)] {
            std::fs::write(folder.join(name), text).expect("room for a file");
        }
        let server =
            Server::start(command).unwrap_or_else(|(status, said)| panic!("{status}: {said}"));
        Crowd { home, server, keys }
    }

    /// One client on one connection; what it heard that it should not have.
    fn talk(&self, user: usize, calls: usize) -> Vec<String> {
        let message = modern(
            "tools/call",
            json!({"name": "jira_get_issue", "arguments": {"issue_key": "PROJ-1"}}),
        );
        let lines = modern_lines(&message);
        let bytes = request(
            self.server.address(),
            Some(&self.keys[user]),
            &lines,
            &message.to_string(),
        );
        let mut connection = self.server.connect();
        let mut problems = Vec::new();
        for call in 0..calls {
            connection.send(&bytes);
            let text = connection.answer().map(|answer| answer.text());
            let text = text.unwrap_or_default();
            let own = whoami(&name(user));
            if !text.contains(&own) || text.matches("whoami").count() != text.matches(&own).count()
            {
                problems.push(format!("call {call} of {}: {text}", name(user)));
            }
        }
        problems
    }

    /// Lines of the record that name another's credential, and names that have too few.
    fn misrecorded(&self, calls: usize) -> Vec<String> {
        let mut problems = Vec::new();
        let mut by_name = BTreeMap::<String, usize>::new();
        let folder = self.home.path().join(".config/mcp-airlock/audit");
        for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(file.path()).unwrap_or_default();
            for line in text.lines().filter(|line| line.contains("\"secret\"")) {
                let record: Value = serde_json::from_str(line).unwrap_or_default();
                let who = record["principal"].as_str().unwrap_or_default().to_owned();
                if record["secret"] != format!("env:T_{who}") {
                    problems.push(format!("recorded: {line}"));
                }
                *by_name.entry(who).or_default() += 1;
            }
        }
        let recorded: usize = by_name.values().sum();
        if recorded != calls {
            problems.push(format!("{recorded} calls are recorded, not {calls}"));
        }
        problems
    }
}
