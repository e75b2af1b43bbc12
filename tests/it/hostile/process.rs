//! What the whole program writes down. The real binary's tests hold most of these; this is the map.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use tests::world::{HOSTS, Setup, World, scanner};

use super::Case;
use super::verdict::Ended;

pub(crate) async fn run(case: &Case) -> Ended {
    match case.input["scenario"].as_str().unwrap_or_default() {
        "RUST_LOG=trace, full acceptance run" => {
            Ended::Elsewhere("canary::nothing_that_the_program_writes_holds_a_secret")
        }
        "/proc/PID/environ" | "/proc/PID/cmdline" | "child processes" => {
            Ended::Elsewhere("canary::the_process_shows_nothing")
        }
        "policy explain and replay output" => {
            Ended::Elsewhere("policy_cli::no_verb_shows_a_secret")
        }
        "issue key with newline and a fake record"
        | "1 MiB tool argument"
        | "JSON-special characters" => Ended::Elsewhere("canary::one_decision_is_one_line_of_json"),
        "host panic with the request in scope" => host_panic().await,
        "HTTP/2 upstream with trace logs" => Ended::Impossible("the client speaks HTTP/1.1 only"),
        "OpenTelemetry export" => Ended::Later("there is no export"),
        other => Ended::Failed(format!("no scenario {other}")),
    }
}

/// The host breaks between the moment when the header is written and the moment when it is sent.
async fn host_panic() -> Ended {
    let written: Arc<Mutex<String>> = Arc::default();
    let panics = Arc::clone(&written);
    let before = Arc::new(std::panic::take_hook());
    let usual = Arc::clone(&before);
    std::panic::set_hook(Box::new(move |panic| {
        let backtrace = std::backtrace::Backtrace::force_capture();
        let mut panics = panics.lock().unwrap_or_else(PoisonError::into_inner);
        *panics += &format!("{panic}\n{panic:?}\n{backtrace}\n");
        usual(panic);
    }));
    let world = Arc::new(
        World::new(Setup {
            answers: BTreeMap::from([(HOSTS[0].0.to_owned(), Vec::new())]),
            ..Setup::default()
        })
        .await,
    );
    let ask = |site, version| {
        let segments = ["rest", "api", version, "issue", "PROJ-1"];
        json!({"behaviour": "raw", "requests": [{"site": site, "method": "GET", "segments": segments}]})
    };
    let (broken, first) = (Arc::clone(&world), ask("jira/jira", "3"));
    let ended = tokio::spawn(async move { broken.call("jira_get_issue", &first).await.text }).await;
    let said = match ended {
        Ok(text) => text,
        Err(error) => error.to_string(),
    };
    std::panic::set_hook(Box::new(move |panic| before(panic)));
    let mut problems = Vec::new();
    let written = written
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    if !written.contains("a defect of the host") {
        problems.push(format!("nothing broke: {said}"));
    }
    for text in [&written, &said, &world.audit()] {
        for hit in scanner().scan(text.as_bytes()) {
            problems.push(format!("{hit:?}"));
        }
    }
    let next = world
        .call("jira_get_issue", &ask("jira-onprem/jira", "2"))
        .await;
    if !next.text.contains("\"status\":200") {
        problems.push(format!("the next call fails: {}", next.text));
    }
    Ended::of(problems)
}
