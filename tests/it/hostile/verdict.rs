//! How a case can end, and the checks that several drivers share.

use std::fmt;

use serde_json::Value;
use tests::canary::Hit;
use tests::upstream::Request;
use tests::world::{Called, World, scanner};

use super::Case;

/// The end of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// As expected.
    Held,
    /// The interface has no words for it.
    Impossible(&'static str),
    /// Another test holds it.
    Elsewhere(&'static str),
    /// The program does not do this yet.
    Later(&'static str),
    /// The machine lacks what the case needs.
    Lacking(&'static str),
    Failed(String),
}

impl Ended {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Ended::Held => "held",
            Ended::Impossible(_) => "impossible by type",
            Ended::Elsewhere(_) => "held elsewhere",
            Ended::Later(_) => "not in this version",
            Ended::Lacking(_) => "cannot be run here",
            Ended::Failed(_) => "FAILED",
        }
    }

    pub(crate) fn of(problems: Vec<String>) -> Ended {
        if problems.is_empty() {
            Ended::Held
        } else {
            Ended::Failed(problems.join("; "))
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Held => f.write_str("held"),
            Ended::Impossible(why)
            | Ended::Elsewhere(why)
            | Ended::Later(why)
            | Ended::Lacking(why) => {
                write!(f, "{}: {why}", self.word())
            }
            Ended::Failed(why) => write!(f, "FAILED: {why}"),
        }
    }
}

/// What the component saw of the one request it made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Answer {
        status: u64,
        size: u64,
        body: String,
        headers: Vec<(String, String)>,
    },
    /// The word of the error.
    Error(String),
    /// The call itself was ended by the host.
    Stopped(String),
}

/// Reads the answer of the raw behaviour.
pub(crate) fn seen(called: &Called) -> Seen {
    let value = match &called.result {
        Ok(value) => value,
        Err(failure) => return Seen::Stopped(failure.to_string()),
    };
    let answer = &value["answers"][0];
    if let Some(error) = answer["error"].as_str() {
        return Seen::Error(error.to_owned());
    }
    if answer["status"].is_null() {
        return Seen::Stopped(format!("the component could not ask: {value}"));
    }
    Seen::Answer {
        status: answer["status"].as_u64().unwrap_or_default(),
        size: answer["size"].as_u64().unwrap_or_default(),
        body: answer["body"].as_str().unwrap_or_default().to_owned(),
        headers: serde_json::from_value(answer["headers"].clone()).unwrap_or_default(),
    }
}

/// Searches everything that a component, a client or another site got.
pub(crate) fn leaks(world: &World, called: &Called) -> Vec<String> {
    let mut problems = Vec::new();
    let told: Vec<String> = called
        .denials
        .iter()
        .map(|denial| format!("{denial} {:?}", denial.would_allow))
        .collect();
    let elsewhere: Vec<Vec<u8>> = world
        .site("media.example.test")
        .requests()
        .into_iter()
        .map(|one| one.raw)
        .collect();
    for (where_, bytes) in [
        ("what the component returned", called.text.as_bytes()),
        ("what the client is told", told.join("\n").as_bytes()),
        ("the audit record", world.audit().as_bytes()),
        (
            "the names looked up",
            world.questions().join("\n").as_bytes(),
        ),
        ("requests to another site", elsewhere.concat().as_slice()),
    ] {
        // A signed link is followed for the component, so the site it leads to gets it.
        let hits: Vec<Hit> = scanner()
            .scan(bytes)
            .into_iter()
            .filter(|hit| !(where_ == "requests to another site" && hit.canary == "signed link"))
            .collect();
        if let Some(hit) = hits.first() {
            problems.push(format!(
                "canary `{}` ({}) in {where_}",
                hit.canary, hit.encoding
            ));
        }
    }
    if let Ok(value) = &called.result
        && let Some(found) = value["search"]["hits"].as_array()
        && !found.is_empty()
    {
        problems.push(format!("needles {found:?} in the component's memory"));
    }
    problems
}

/// The needles for the component's own search of its memory, in disguise.
pub(crate) fn masked_search(plant: bool) -> Value {
    const KEY: u8 = 0xa7;
    let secrets = [
        (tests::world::JIRA_CANARY, Some(tests::world::USER_CANARY)),
        (tests::world::CONFLUENCE_CANARY, None),
        (tests::world::ONPREM_CANARY, None),
    ];
    let needles: Vec<Vec<u8>> = secrets
        .iter()
        .flat_map(|(secret, user)| tests::canary::encodings(secret, *user))
        .map(|(_, pattern)| pattern.iter().map(|byte| byte ^ KEY).collect())
        .collect();
    serde_json::json!({"key": KEY, "needles": needles, "plant": plant})
}

/// A refusal left no trace on the network.
pub(crate) fn untouched(world: &World, case: &Case) -> Vec<String> {
    let mut problems = Vec::new();
    let count = |key: &str| case.expected[key].as_u64();
    if let Some(most) = count("connects")
        && world.connections() != most
    {
        problems.push(format!(
            "{} connections instead of {most}",
            world.connections()
        ));
    }
    if case.expected["upstream_requests"] == 0 && !world.requests().is_empty() {
        problems.push(format!("{} requests were sent", world.requests().len()));
    }
    if world.trapped() > 0 {
        problems.push("an address was dialled that no site has".to_owned());
    }
    if let Some(most) = count("resolver_queries")
        && world.questions().len() as u64 != most
    {
        problems.push(format!(
            "{} names looked up instead of {most}",
            world.questions().len()
        ));
    }
    problems
}

/// The bytes on the wire are what the case says.
pub(crate) fn wire(expected: &Value, request: &Request, case: &Case) -> Vec<String> {
    let mut problems = Vec::new();
    let first_line = String::from_utf8_lossy(&request.raw)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    if let Some(line) = expected["line"].as_str()
        && line != first_line
    {
        problems.push(format!("sent `{first_line}` instead of `{line}`"));
    }
    if let Some(host) = expected["host"].as_str()
        && request.header("host") != [host]
    {
        problems.push(format!(
            "host {:?} instead of {host}",
            request.header("host")
        ));
    }
    for (key, header) in [
        ("authorization_count", "authorization"),
        ("cookie_count", "cookie"),
        ("referer_count", "referer"),
        ("forwarded_count", "x-forwarded-for"),
        ("x_atlassian_token_count", "x-atlassian-token"),
    ] {
        if let Some(count) = expected[key].as_u64()
            && request.header(header).len() as u64 != count
        {
            problems.push(format!(
                "{} `{header}` headers instead of {count}",
                request.header(header).len()
            ));
        }
    }
    if let Some(query) = expected["query"].as_str()
        && request.query() != query
    {
        problems.push(format!("query `{}` instead of `{query}`", request.query()));
    }
    if let Some(pairs) = expected["query_decoded"].as_array() {
        let decoded: Vec<Value> = decode_query(request.query())
            .into_iter()
            .map(|(name, value)| serde_json::json!([name, value]))
            .collect();
        if &decoded != pairs {
            problems.push(format!("query means {decoded:?} instead of {pairs:?}"));
        }
    }
    if expected["body_exact"] == true
        && Some(String::from_utf8_lossy(&request.body).as_ref()) != case.input["body"].as_str()
    {
        problems.push("the body was changed".to_owned());
    }
    if expected["literal"] == true {
        let literals = ["headers", "query"]
            .iter()
            .flat_map(|key| case.input[*key].as_array().into_iter().flatten());
        for pair in literals {
            let value = pair[1].as_str().unwrap_or_default();
            let is_sent = request.headers.iter().any(|(_, sent)| sent == value)
                || decode_query(request.query())
                    .iter()
                    .any(|(_, sent)| sent == value);
            if !is_sent {
                problems.push(format!("`{value}` was not sent as it stands"));
            }
        }
    }
    problems
}

pub(crate) fn decode_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(name), percent_decode(value))
        })
        .collect()
}

pub(crate) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten();
        let byte = escape
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Memory of this process that is in use, in MiB.
pub(crate) fn resident_mib() -> u64 {
    resident_mib_of(std::process::id())
}

/// The same of another process.
pub(crate) fn resident_mib_of(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap_or_default();
    let kib: u64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|number| number.parse().ok())
        .unwrap_or_default();
    kib / 1024
}
