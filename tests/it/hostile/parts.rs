//! Requests that a component asks for in parts: site, method, segments, query, headers, body.
//!
//! A case spells a whole path; here it is cut into segments twice, as written and percent-decoded,
//! because a component chooses its segments freely. A refusal must hold for every tool there is.

use serde_json::{Value, json};
use tests::world::{Setup, TOOLS, World};

use super::Case;
use super::responses;
use super::verdict::{Ended, Seen, leaks, masked_search, percent_decode, seen, untouched, wire};

pub(crate) async fn run(case: &Case) -> Ended {
    let spelled = match spell(&case.input) {
        Ok(spelled) => spelled,
        Err(why) => return Ended::Impossible(why),
    };
    let mut setup = Setup::default();
    if case.expected.get("media_requests").is_some() {
        setup.scripts = responses::redirect_to_media();
    }
    let world = World::new(setup).await;
    match case.verdict() {
        "allow" => allowed(case, &world, &spelled[0]).await,
        "deny" => {
            let mut problems = Vec::new();
            for request in &spelled {
                for tool in TOOLS {
                    problems.extend(denied(case, &world, tool, request).await);
                }
            }
            problems.extend(untouched(&world, case));
            problems.dedup();
            Ended::of(problems)
        }
        other => Ended::Failed(format!("no such verdict here: {other}")),
    }
}

async fn allowed(case: &Case, world: &World, request: &Value) -> Ended {
    let tool = tool_of(request);
    let called = world.call(tool, &asking(request)).await;
    let mut problems = leaks(world, &called);
    if let Seen::Error(_) | Seen::Stopped(_) = seen(&called) {
        let told: Vec<String> = called.denials.iter().map(ToString::to_string).collect();
        return Ended::Failed(format!("refused: {} {}", called.text, told.join("; ")));
    }
    let site = format!(
        "{}.example.test",
        case.input["upstream"].as_str().unwrap_or_default()
    );
    let requests = world.site(&site).requests();
    if Some(requests.len() as u64) != case.expected["upstream_requests"].as_u64() {
        problems.push(format!("{} requests", requests.len()));
    }
    if let Some(request) = requests.first() {
        problems.extend(wire(&case.expected["wire"], request, case));
        problems.extend(wire(
            &json!({"authorization_count": 1, "cookie_count": 0}),
            request,
            case,
        ));
    }
    if let Some(count) = case.expected["media_requests"].as_u64() {
        let hops = world.site("media.example.test").requests();
        if hops.len() as u64 != count {
            problems.push(format!("{} requests to the media site", hops.len()));
        }
        for hop in &hops {
            problems.extend(wire(&case.expected["wire_second_hop"], hop, case));
        }
    }
    Ended::of(problems)
}

async fn denied(case: &Case, world: &World, tool: &str, request: &Value) -> Vec<String> {
    let called = world.call(tool, &asking(request)).await;
    let mut problems = leaks(world, &called);
    match seen(&called) {
        Seen::Answer { status, .. } => problems.push(format!("{tool} got an answer {status}")),
        Seen::Error(word) => {
            let refusals = [
                "denied",
                "no such site",
                "invalid-request",
                "timeout",
                "budget",
            ];
            if !refusals.contains(&word.as_str()) {
                problems.push(format!("{tool} saw `{word}`, which is no refusal"));
            }
        }
        // The component was stopped by a limit of its own before the host was asked.
        Seen::Stopped(why) => {
            if case.category != "body" {
                problems.push(format!("the call was stopped: {why}"));
            }
        }
    }
    problems
}

fn asking(request: &Value) -> Value {
    json!({"behaviour": "raw", "requests": [request], "search": masked_search(false)})
}

/// The tool whose rule comes nearest.
fn tool_of(request: &Value) -> &'static str {
    let path = request["segments"].to_string();
    if path.contains("attachment") {
        "jira_download_attachment"
    } else if path.contains("jql") {
        "jira_search"
    } else if path.contains("comment") {
        "jira_add_comment"
    } else if path.contains("wiki") {
        "confluence_get_page"
    } else {
        "jira_get_issue"
    }
}

/// The requests that a component can make of the case's input; the first is the literal one.
fn spell(input: &Value) -> Result<Vec<Value>, &'static str> {
    let method = input["method"].as_str().unwrap_or_default();
    if !["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].contains(&method) {
        return Err("there is no such method");
    }
    if input.get("template").is_some() {
        return Err("a component names no template");
    }
    if input.get("query_raw").is_some() {
        return Err("a query is pairs, never text");
    }
    let path = input["path"].as_str().unwrap_or_default();
    if path == "rest/api/3/issue/PROJ-1" {
        return Err("segments have no slash to leave out");
    }
    let body = match &input["body"] {
        Value::Null => json!("empty"),
        Value::String(text) => body_of(text, input),
        generated => match generated["size"].as_u64() {
            Some(size) => json!({"fill": ["application/json", size]}),
            None => return Err("a body is whole before it is asked to be sent"),
        },
    };
    let upstream = input["upstream"].as_str().unwrap_or_default();
    let product = if upstream == "confluence" {
        "confluence"
    } else {
        "jira"
    };
    let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    let decoded: Vec<String> = segments
        .iter()
        .map(|segment| percent_decode(segment))
        .collect();
    let request = |segments: Value| {
        json!({
            "site": format!("{upstream}/{product}"),
            "method": method,
            "segments": segments,
            "query": input.get("query").cloned().unwrap_or(json!([])),
            "headers": input.get("headers").cloned().unwrap_or(json!([])),
            "body": body,
        })
    };
    let mut spelled = vec![request(json!(segments))];
    // A needless escape of an allowed path means, decoded, that path itself.
    if decoded != segments && decoded.join("/") != "rest/api/3/issue/PROJ-1" {
        spelled.push(request(json!(decoded)));
    }
    Ok(spelled)
}

/// Text that is JSON may be sent as JSON; any other text only as bytes that say they are.
fn body_of(text: &str, input: &Value) -> Value {
    let media_type = input["headers"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|pair| {
            pair[0]
                .as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case("content-type"))
        })
        .and_then(|pair| pair[1].as_str())
        .unwrap_or("application/json");
    if media_type == "application/json" && serde_json::from_str::<Value>(text).is_ok() {
        json!({"json": text})
    } else {
        json!({"bytes": [media_type, text]})
    }
}
