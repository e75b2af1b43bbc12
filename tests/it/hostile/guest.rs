//! Components that mean harm: they loop, grow, flood, trap, lie about their memory and look for
//! secrets. Each is stopped or gets nothing, and the next call works as if nothing had been.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::sandbox::{CallFailure, LimitHit, Limits, LoadError};
use tests::world::{Called, Setup, World, load, scanner};

use super::Case;
use super::verdict::{Ended, leaks, masked_search};

/// What a behaviour should come to.
enum Fate {
    Limit(&'static [LimitHit]),
    Trap,
    /// Stopped somehow; which way depends on what it hits first.
    Stopped,
}

pub(crate) async fn run(case: &Case) -> Ended {
    let behaviour = case.input["behaviour"].as_str().unwrap_or_default();
    use LimitHit::{Cpu, Log, Memory, Table};
    match behaviour {
        "well_behaved" => well_behaved(case.input["calls"].as_u64().unwrap_or(1)).await,
        "infinite_loop"
        | "memory_grow"
        | "log_flood"
        | "trap"
        | "panic_with_arguments"
        | "empty_stream_writes" => {
            let fate = match behaviour {
                "memory_grow" => Fate::Limit(&[Memory]),
                "log_flood" => Fate::Limit(&[Log]),
                "trap" | "panic_with_arguments" => Fate::Trap,
                _ => Fate::Limit(&[Cpu]),
            };
            stopped(
                "evil",
                &json!({"behaviour": behaviour, "secret": "not to be repeated"}),
                fate,
            )
            .await
        }
        "infinite_loop_in_start" => stopped(behaviour, &Value::Null, Fate::Limit(&[Cpu])).await,
        "table_grow" => stopped(behaviour, &Value::Null, Fate::Limit(&[Table])).await,
        "many_memories" | "many_instances" => stopped(behaviour, &Value::Null, Fate::Stopped).await,
        "return_invalid_utf8" | "return_out_of_bounds_list" | "return_1gib_result" => {
            stopped(behaviour, &Value::Null, Fate::Trap).await
        }
        "scan_own_memory_for_canary" => scan_own_memory().await,
        "read_env" | "read_args" => nothing_there(behaviour).await,
        "open_any_path" => refused("evil_files", "wasi:filesystem"),
        "get_secret_by_name" => refused("airlock:atlassian/secrets@0.1.0", "secrets"),
        "http_from_tool_without_that_rule" => other_tools_rule().await,
        "timing_of_denied_vs_unknown" => timing().await,
        "site_without_credential" => nobody_elses_credential(case).await,
        "distinguish_secret_exists" => same_word_without_a_secret().await,
        other => Ended::Failed(format!("no behaviour {other}")),
    }
}

/// Small limits, so that a loop ends in a moment; the figures themselves are the sandbox's tests.
fn small() -> Limits {
    Limits {
        cpu: Duration::from_millis(400),
        wall: Duration::from_secs(20),
        ..Limits::default()
    }
}

async fn world(component: &str) -> World {
    let component = tests::evil::component(component).name;
    World::new(Setup {
        component,
        limits: small(),
        ..Setup::default()
    })
    .await
}

async fn stopped(component: &str, arguments: &Value, fate: Fate) -> Ended {
    let world = world(component).await;
    let began = Instant::now();
    let called = world.call("jira_get_issue", arguments).await;
    let mut problems = leaks(&world, &called);
    match (&called.result, fate) {
        (Err(CallFailure::Limit(hit)), Fate::Limit(expected)) if expected.contains(hit) => {}
        (Err(CallFailure::Trap(_)), Fate::Trap) => {}
        (Err(CallFailure::Limit(_) | CallFailure::Trap(_)), Fate::Stopped) => {}
        (other, _) => problems.push(format!("{other:?}")),
    }
    if called.text.contains("not to be repeated") {
        problems.push("the host repeats the arguments".to_owned());
    }
    if began.elapsed() > Duration::from_secs(11) {
        problems.push(format!("it took {:?}", began.elapsed()));
    }
    problems.extend(next_call_works(&world, component).await);
    Ended::of(problems)
}

/// The same sandbox answers again: with the evil guest on its best behaviour, or else with another
/// component in the same process.
async fn next_call_works(world_: &World, component: &str) -> Vec<String> {
    let next = if component == "evil" {
        world_
            .call("jira_get_issue", &json!({"behaviour": "well_behaved"}))
            .await
    } else {
        world("evil")
            .await
            .call("jira_get_issue", &json!({"behaviour": "well_behaved"}))
            .await
    };
    match next.result {
        Ok(_) => Vec::new(),
        Err(failure) => vec![format!("the next call fails: {failure}")],
    }
}

async fn well_behaved(calls: u64) -> Ended {
    let world = world("evil").await;
    for number in 0..calls {
        let called = world
            .call("jira_get_issue", &json!({"behaviour": "well_behaved"}))
            .await;
        if called.result.is_err() {
            return Ended::Failed(format!("call {number}: {}", called.text));
        }
    }
    Ended::Held
}

/// After a request that carried the credential, no byte of it is in the component; and the search
/// finds a secret that is there.
async fn scan_own_memory() -> Ended {
    let world = World::new(Setup::default()).await;
    let request = json!({"site": "jira/jira", "method": "GET", "segments": ["rest", "api", "3", "issue", "PROJ-1"]});
    let ask = |plant: bool| json!({"behaviour": "raw", "requests": [request], "search": masked_search(plant)});
    let clean = world.call("jira_get_issue", &ask(false)).await;
    let mut problems = leaks(&world, &clean);
    if searched(&clean) == 0 {
        problems.push(format!("no memory was searched: {}", clean.text));
    }
    if world.site("jira.example.test").requests().len() != 1 {
        problems.push("no request carried the credential".to_owned());
    }
    let planted = world.call("jira_get_issue", &ask(true)).await;
    let hits = planted
        .result
        .as_ref()
        .ok()
        .and_then(|value| value["search"]["hits"].as_array().cloned());
    if hits.is_none_or(|hits| hits.is_empty()) {
        problems.push("a planted secret is not found, so the search proves nothing".to_owned());
    }
    Ended::of(problems)
}

fn searched(called: &Called) -> u64 {
    called.result.as_ref().map_or(0, |value| {
        value["search"]["bytes"].as_u64().unwrap_or_default()
    })
}

async fn nothing_there(behaviour: &str) -> Ended {
    let world = world("evil").await;
    let called = world
        .call("jira_get_issue", &json!({"behaviour": behaviour}))
        .await;
    match called.result {
        Ok(Value::Array(found)) if found.is_empty() => Ended::Held,
        other => Ended::Failed(format!("{other:?}")),
    }
}

/// The host names the import that kept the component out.
pub(crate) fn refused(component: &str, import: &str) -> Ended {
    match load(component, Limits::default()) {
        Err(LoadError::Imports(foreign)) if foreign.to_string().contains(import) => Ended::Held,
        Err(error) => Ended::Failed(format!("refused for another reason: {error}")),
        Ok(_) => Ended::Failed("it was loaded".to_owned()),
    }
}

async fn other_tools_rule() -> Ended {
    let world = world("evil").await;
    let request = json!({
        "site": "jira/jira", "method": "POST", "segments": ["rest", "api", "3", "issue", "PROJ-1", "comment"],
        "body": {"json": r#"{"body":{"type":"doc","version":1,"content":[]}}"#},
    });
    let ask = json!({"behaviour": "raw", "requests": [request]});
    let refused = world.call("jira_get_issue", &ask).await;
    let mut problems = leaks(&world, &refused);
    if !refused.text.contains("\"denied\"") || world.connections() > 0 {
        problems.push(format!("another tool's rule served: {}", refused.text));
    }
    let allowed = world.call("jira_add_comment", &ask).await;
    if !allowed.text.contains("\"status\":200") {
        problems.push(format!(
            "its own tool's rule does not serve: {}",
            allowed.text
        ));
    }
    Ended::of(problems)
}

const DENIED: [&str; 5] = ["rest", "api", "3", "issue", "PROJ-1"];

/// A route that a rule knows but denies to this tool, against a path that means nothing: the same
/// word, and no difference in time that a component could measure (its clock has milliseconds).
async fn timing() -> Ended {
    const REFUSALS: u32 = 40;
    let limits = Limits {
        cpu: Duration::from_secs(10),
        ..small()
    };
    let world = World::new(Setup {
        limits,
        ..Setup::default()
    })
    .await;
    let mut words = Vec::new();
    let mut quickest = [u64::MAX; 2];
    let paths = [DENIED.as_slice(), &["no", "such", "path", "at", "all"]];
    // A tenth of all together, or two ticks of the clock.
    let is_near = |[a, b]: [u64; 2]| a.abs_diff(b) <= (a.max(b) / 10).max(2);
    // In turn, and the quickest of many: what else the machine does only ever adds. On a busy one that takes longer to
    // show, and a difference that is really there never goes away.
    for round in 0..120 {
        for (segments, quickest) in paths.iter().zip(&mut quickest) {
            let request = json!({"site": "jira/jira", "method": "DELETE", "segments": segments});
            let ask = json!({"behaviour": "raw", "requests": [request], "times": REFUSALS});
            let called = world.call("jira_get_issue", &ask).await;
            let Ok(value) = called.result else {
                return Ended::Failed(called.text);
            };
            *quickest = (*quickest).min(value["elapsed_ms"].as_u64().unwrap_or_default());
            words.push(format!(
                "{} {}",
                value["answers"][0]["error"], value["answers"][0]["detail"]
            ));
        }
        if round >= 19 && is_near(quickest) {
            break;
        }
    }
    words.dedup();
    if words.len() != 1 {
        return Ended::Failed(format!("different words: {words:?}"));
    }
    if !is_near(quickest) {
        let [a, b] = quickest;
        return Ended::Failed(format!("{REFUSALS} refusals take {a} ms or {b} ms"));
    }
    Ended::Held
}

/// A permitted request to a site without a credential looks like one that is not permitted.
async fn same_word_without_a_secret() -> Ended {
    let setup = Setup {
        limits: small(),
        without_credential: vec!["jira"],
        ..Setup::default()
    };
    let world = World::new(setup).await;
    let mut words = Vec::new();
    for method in ["GET", "DELETE"] {
        let request = json!({"site": "jira/jira", "method": method, "segments": DENIED});
        let called = world
            .call(
                "jira_get_issue",
                &json!({"behaviour": "raw", "requests": [request]}),
            )
            .await;
        words.push(called.text.replace(char::is_numeric, ""));
    }
    if words[0] != words[1] {
        return Ended::Failed(format!("they differ: {words:?}"));
    }
    if world.connections() > 0 || !scanner().scan(words.concat().as_bytes()).is_empty() {
        return Ended::Failed("something was sent or shown".to_owned());
    }
    Ended::Held
}

/// Other sites' credentials were in use a moment ago; this site still gets none.
async fn nobody_elses_credential(case: &Case) -> Ended {
    let (site, tool, path) = match case.input["site"].as_str().unwrap_or_default() {
        "jira" => (
            "jira",
            "jira_get_issue",
            ["rest", "api", "3", "issue", "PROJ-1"].as_slice(),
        ),
        "confluence" => (
            "confluence",
            "confluence_get_page",
            ["wiki", "rest", "api", "content", "1"].as_slice(),
        ),
        _ => (
            "jira-onprem",
            "jira_get_issue",
            ["rest", "api", "2", "issue", "PROJ-1"].as_slice(),
        ),
    };
    let ask = |product: &str| json!({"behaviour": "raw", "requests": [{"site": format!("{site}/{product}"), "method": "GET", "segments": path}]});
    let ask = ask(if site == "confluence" {
        "confluence"
    } else {
        "jira"
    });
    let with = World::new(Setup {
        limits: small(),
        ..Setup::default()
    })
    .await;
    if !with.call(tool, &ask).await.text.contains("\"status\":200") {
        return Ended::Failed("the site does not answer even with its credential".to_owned());
    }
    let without = World::new(Setup {
        limits: small(),
        without_credential: vec![site],
        ..Setup::default()
    })
    .await;
    let called = without.call(tool, &ask).await;
    let mut problems = leaks(&without, &called);
    if !called.text.contains("\"denied\"") || !without.requests().is_empty() {
        problems.push(format!("it was asked all the same: {}", called.text));
    }
    Ended::of(problems)
}
