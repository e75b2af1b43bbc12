//! What sites answer: echoes of the credential, redirects, bodies without end, bytes that are no
//! HTTP. The site's script is made from the case; the component makes one ordinary request.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tests::upstream::{
    Place, Script, Step, echo, encode_secret, gzip, json_issue, response, zeros_gzip,
};
use tests::world::{JIRA_CANARY, Setup, World, always};

use super::Case;
use super::verdict::{Ended, Seen, leaks, masked_search, seen, wire};

pub(crate) async fn run(case: &Case) -> Ended {
    if case.input["headers"].to_string().contains("\\r\\n") {
        return Ended::Impossible("a line break in a header's value begins another header");
    }
    let mut setup = Setup {
        // Waiting is the gateway's: its clock hurries, so that bounded retries take a moment.
        speed: if case.expected.get("max_attempts").is_some() || case.id == "OK-011" {
            50.0
        } else {
            1.0
        },
        deadline: Duration::from_secs(100),
        ..Setup::default()
    };
    setup.scripts.insert("jira.example.test", script(case));
    setup.scripts.insert("media.example.test", media());
    let world = World::new(setup).await;
    let request = asked(case);
    let tool = if request["segments"].to_string().contains("attachment") {
        "jira_download_attachment"
    } else {
        "jira_get_issue"
    };
    let called = world
        .call(
            tool,
            &json!({"behaviour": "raw", "requests": [request], "search": masked_search(false)}),
        )
        .await;
    let mut problems = leaks(&world, &called);
    problems.extend(match case.verdict() {
        "allow" => answered(case, &world, &seen(&called)),
        "error" => failed(case, &seen(&called)),
        "deny" => redirect_refused(case, &world, &seen(&called)),
        "value_or_typed_error" => match seen(&called) {
            Seen::Stopped(why) => vec![format!("the call was stopped: {why}")],
            Seen::Answer { .. } | Seen::Error(_) => Vec::new(),
        },
        other => vec![format!("no such verdict here: {other}")],
    });
    if case.expected["connection_reused"] == false
        || case.expected.get("next_request_cookie_count").is_some()
    {
        problems.extend(second_request(case, &world, &request).await);
    }
    Ended::of(problems)
}

/// A site whose attachment leads to the media site.
pub(crate) fn redirect_to_media() -> BTreeMap<&'static str, Script> {
    let headers = [("location", "https://media.example.test/file/1")];
    BTreeMap::from([
        (
            "jira.example.test",
            always(vec![Step::Send(response(303, &headers, b""))]),
        ),
        ("media.example.test", media()),
    ])
}

fn media() -> Script {
    always(vec![Step::Send(response(
        200,
        &[("content-type", "application/pdf")],
        b"%PDF",
    ))])
}

fn asked(case: &Case) -> Value {
    let path = case.input["request"]["path"]
        .as_str()
        .unwrap_or("/rest/api/3/issue/PROJ-1");
    let segments: Vec<&str> = path[1..].split('/').collect();
    // Where the case is about time, the component asks for little of it.
    let timeout = (case.expected["reason"] == "timeout").then_some(1500);
    json!({"site": "jira/jira", "method": "GET", "segments": segments, "timeout_ms": timeout})
}

fn answered(case: &Case, world: &World, seen: &Seen) -> Vec<String> {
    let mut problems = Vec::new();
    let Seen::Answer {
        status,
        size,
        body,
        headers,
    } = seen
    else {
        return vec![format!("no answer: {seen:?}; {}", world.audit())];
    };
    let number = |key: &str| case.expected[key].as_u64();
    if let Some(expected) = number("guest_sees_status")
        && *status != expected
    {
        problems.push(format!("status {status} instead of {expected}"));
    }
    if let Some(expected) = number("guest_sees_bytes")
        && *size != expected
    {
        problems.push(format!("{size} bytes instead of {expected}"));
    }
    if case.expected["guest_sees"] == "[REDACTED]" && !body.contains("[REDACTED]") {
        problems.push(format!("nothing was redacted in `{body}`"));
    }
    if (case.expected["guest_sees_location"] == false
        || case.expected["guest_sees_header"] == false)
        && headers
            .iter()
            .any(|(name, _)| name == "location" || name == "set-cookie")
    {
        problems.push(format!("headers that no component sees: {headers:?}"));
    }
    let attempts = world.site("jira.example.test").requests().len() as u64;
    if let Some(most) = number("max_attempts")
        && attempts > most
    {
        problems.push(format!("{attempts} attempts, more than {most}"));
    }
    if case.expected.get("retried_after_s").is_some() && attempts < 2 {
        problems.push("it was not tried again".to_owned());
    }
    if case.expected["outbound_requests"] == 0 && world.connections() != 1 {
        problems.push(format!("{} connections", world.connections()));
    }
    for hop in world.site("media.example.test").requests() {
        problems.extend(wire(&case.expected["wire_second_hop"], &hop, case));
    }
    if case.expected.get("wire_second_hop").is_some()
        && world.site("media.example.test").requests().len() != 1
    {
        problems.push("the redirect was not followed".to_owned());
    }
    problems
}

fn failed(case: &Case, seen: &Seen) -> Vec<String> {
    let words: &[&str] = match case.expected["reason"].as_str().unwrap_or_default() {
        "response_limit" => &["body-too-large", "bad-response", "budget"],
        "bad_response" => &["bad-response"],
        "timeout" => &["timeout"],
        _ => &[],
    };
    match seen {
        Seen::Error(word) if words.contains(&word.as_str()) => Vec::new(),
        other => vec![format!("{other:?} instead of one of {words:?}")],
    }
}

/// The site was asked once, nobody else, and the component saw neither the answer nor where it led.
fn redirect_refused(case: &Case, world: &World, seen: &Seen) -> Vec<String> {
    let mut problems = Vec::new();
    match seen {
        Seen::Error(word) => {
            let expected: &[&str] = if case.expected["reason"] == "auth" {
                &["reauthorize"]
            } else {
                &["denied", "bad-response"]
            };
            if !expected.contains(&word.as_str()) {
                problems.push(format!("`{word}` instead of one of {expected:?}"));
            }
        }
        other => problems.push(format!("{other:?} instead of a refusal")),
    }
    let most = case.expected["max_hops"].as_u64().unwrap_or(1);
    let requests = world.site("jira.example.test").requests().len() as u64;
    if requests == 0 || requests > most {
        problems.push(format!("{requests} requests to the site"));
    }
    if world.connections() > world.site("jira.example.test").connections() {
        problems.push("another place was connected to".to_owned());
    }
    let others: Vec<String> = world
        .questions()
        .into_iter()
        .filter(|name| name != "jira.example.test")
        .collect();
    if !others.is_empty() {
        problems.push(format!("looked up {others:?}"));
    }
    problems
}

async fn second_request(case: &Case, world: &World, request: &Value) -> Vec<String> {
    let _ = world
        .call(
            "jira_get_issue",
            &json!({"behaviour": "raw", "requests": [request]}),
        )
        .await;
    let mut problems = Vec::new();
    let requests = world.site("jira.example.test").requests();
    if case.expected["connection_reused"] == false {
        let mut connections: Vec<u64> = requests.iter().map(|one| one.connection).collect();
        let before = connections.len();
        connections.dedup();
        if connections.len() != before || before < 2 {
            problems.push(format!(
                "{before} requests over {} connections",
                connections.len()
            ));
        }
    }
    if requests.iter().any(|one| !one.header("cookie").is_empty()) {
        problems.push("a cookie came back".to_owned());
    }
    problems
}

fn script(case: &Case) -> Script {
    let input = case.input.clone();
    if let Some(place) = input["echo"].as_str().map(place) {
        return Arc::new(move |request| echo(place, JIRA_CANARY, request));
    }
    if case.id == "OK-011" {
        let turn = std::sync::atomic::AtomicU64::new(0);
        return Arc::new(move |_| {
            let first = turn.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
            vec![Step::Send(if first {
                response(429, &[("retry-after", "2")], b"")
            } else {
                response(200, &[("content-type", "application/json")], b"{}")
            })]
        });
    }
    always(steps(&input))
}

fn steps(input: &Value) -> Vec<Step> {
    if let Some(raw) = input["raw"].as_str() {
        return vec![Step::Send(raw.as_bytes().to_vec())];
    }
    if let Some(hex) = input["raw_bytes_hex"].as_str() {
        let bytes = (0..hex.len() / 2)
            .filter_map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok());
        return vec![Step::Send(bytes.collect()), Step::Close];
    }
    if let Some(drip) = input.get("drip") {
        return drip_steps(drip);
    }
    if input["after_headers"] == "silence" {
        return vec![
            Step::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n".to_vec()),
            Step::Silence,
        ];
    }
    if let Some(size) = input["chunked"]["size_hex"].as_str() {
        return vec![
            Step::Send(
                format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{size}\r\nx")
                    .into_bytes(),
            ),
            Step::Silence,
        ];
    }
    let status = u16::try_from(input["status"].as_u64().unwrap_or(200)).unwrap_or(200);
    if let Some(count) = input["informational"]["count"].as_u64() {
        let early = b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n".to_vec();
        return vec![
            Step::Repeat(early, count),
            Step::Send(response(status, &[], b"")),
        ];
    }
    if input["headers"]["gen"] == "headers" {
        let count = input["headers"]["count"].as_u64().unwrap_or_default();
        return vec![
            Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
            Step::Repeat(b"x-many: 1\r\n".to_vec(), count),
            Step::Send(b"content-length: 0\r\n\r\n".to_vec()),
        ];
    }
    if let Some(size) = input["headers"][0][1]["size"].as_u64() {
        return vec![
            Step::Send(b"HTTP/1.1 200 OK\r\nx: ".to_vec()),
            Step::Repeat(vec![b'x'; 4096], size / 4096),
            Step::Send(b"\r\ncontent-length: 0\r\n\r\n".to_vec()),
        ];
    }
    let headers: Vec<(String, String)> = input["headers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|pair| {
            (
                pair[0].as_str().unwrap_or_default().to_owned(),
                header_value(&pair[1]),
            )
        })
        .collect();
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    body_steps(status, &headers, &input["body"])
}

fn drip_steps(drip: &Value) -> Vec<Step> {
    let pause = Duration::from_millis(200);
    if drip["headers_only"] == true {
        let head = b"HTTP/1.1 200 OK\r\nx-slow: ".to_vec();
        vec![Step::Send(head), Step::Drip(vec![b'a'; 10_000], pause)]
    } else {
        vec![Step::Drip(response(200, &[], &[b'x'; 10_000]), pause)]
    }
}

fn header_value(value: &Value) -> String {
    match value["gen"].as_str() {
        // Each hop would lead to the next; none may follow the first.
        Some("chain") => "https://jira.example.test/rest/api/3/attachment/content/10002".to_owned(),
        _ => match value.as_str() {
            Some("loop") => {
                "https://jira.example.test/rest/api/3/attachment/content/10001".to_owned()
            }
            Some("https://media.example.test/file/1?token=SIGNED-CANARY") => {
                format!(
                    "https://media.example.test/file/1?token={}",
                    tests::world::SIGNED_CANARY
                )
            }
            other => other.unwrap_or_default().to_owned(),
        },
    }
}

fn body_steps(status: u16, headers: &[(&str, &str)], body: &Value) -> Vec<Step> {
    let open_ended = |first: Vec<Step>| {
        let mut head = format!("HTTP/1.1 {status} OK\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut steps = vec![Step::Send(
            format!("{head}connection: close\r\n\r\n").into_bytes(),
        )];
        steps.extend(first);
        steps.push(Step::Close);
        steps
    };
    let whole = |bytes: &[u8]| vec![Step::Send(response(status, headers, bytes))];
    match body["gen"].as_str() {
        None => match body {
            Value::String(text) => whole(text.as_bytes()),
            Value::Null => whole(b""),
            other => whole(other.to_string().as_bytes()),
        },
        Some("zeros") => open_ended(vec![Step::Repeat(vec![0; 1 << 20], 10_240)]),
        Some("stream") => open_ended(vec![Step::Forever(vec![b'x'; 1 << 16])]),
        // Members one after the other make a stream of any length: 64 MiB in 64 kB, again and again.
        Some("gzip_bomb") => open_ended(vec![Step::Repeat(zeros_gzip(64), 160)]),
        Some("br_bomb" | "zstd_bomb") => whole(&[0; 1024]),
        Some("gzip") => {
            let size = body["of"]["size"].as_u64().unwrap_or_default();
            whole(&gzip(&json_issue(
                usize::try_from(size).unwrap_or_default(),
            )))
        }
        Some("echo_canary") => {
            whole(echoed(body["encoding"].as_str().unwrap_or_default()).as_bytes())
        }
        Some("json_array") => {
            let count =
                usize::try_from(body["count"].as_u64().unwrap_or_default()).unwrap_or_default();
            whole(format!("[{}0]", "0,".repeat(count)).as_bytes())
        }
        Some("json_nested") => {
            let depth =
                usize::try_from(body["depth"].as_u64().unwrap_or_default()).unwrap_or_default();
            whole(format!("{}{}", "[".repeat(depth), "]".repeat(depth)).as_bytes())
        }
        Some("bytes") => {
            let size =
                usize::try_from(body["size"].as_u64().unwrap_or_default()).unwrap_or_default();
            whole(&vec![b'x'; size])
        }
        Some(other) => panic!("no generator for {other}"),
    }
}

fn echoed(encoding: &str) -> String {
    format!("before {} after", encode_secret(encoding, JIRA_CANARY))
}

fn place(name: &str) -> Place {
    match name {
        "body split across two TCP segments inside the token" => Place::SplitBody,
        "body after gzip decoding" => Place::GzipBody,
        "chunk extension" => Place::ChunkExtension,
        "trailer" => Place::Trailer,
        "reason phrase" => Place::ReasonPhrase,
        "Set-Cookie" => Place::Header("set-cookie"),
        "Location" => Place::Header("location"),
        "Content-Disposition filename" => Place::Header("content-disposition"),
        "Warning" => Place::Header("warning"),
        "Link" => Place::Header("link"),
        "Server-Timing" => Place::Header("server-timing"),
        "JSON key" => Place::JsonKey,
        "deep inside nested JSON" => Place::DeepJson,
        "multipart part" => Place::MultipartPart,
        "first 8 bytes only (prefix of the token)" => Place::Prefix,
        other => panic!("there is no place {other}"),
    }
}
