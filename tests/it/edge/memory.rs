//! Where the token is in an edge deployment: in the broker's memory, and nowhere else, whatever the tool component tries.

use demo_site::Deployment;
use serde_json::{Value, json};
use tests::canary::{Canary, Scanner};
use tests::guest_memory;

use super::deployment::{self, Deployed, World, user};
use super::text_of;

const SECRET: &str = "CANARY-edge-Zq8Lm3Vx7RtKw2YpHs5D";

/// In the arguments of each call, by which the memories that had to do with it are known.
const MARKER: &str = "MARKER-Tb6Qn9Wd3XkRz7Fh";

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_in_the_brokers_memory_and_nowhere_else() {
    let scanner = Scanner::new(&[Canary {
        name: "token",
        secret: SECRET,
        user: Some(&user()),
        pieces: true,
    }]);
    let _world = World::start(Deployment::Cloud, SECRET).await;
    let search = json!({"jql": format!("summary ~ \"{MARKER}\" OR key = PROJ-1"), "site": "cloud"});
    let evil = |behaviour: &str| json!({"behaviour": behaviour, "marker": MARKER, "site": "cloud"});
    for (deployed, tool, arguments) in [
        (Deployed::ours(), "jira_search", search),
        (Deployed::evil(), "jira_get_issue", evil("read_env")),
        (Deployed::evil(), "jira_get_issue", evil("read_args")),
        (Deployed::evil(), "jira_get_issue", evil("read_stdin")),
        (Deployed::evil(), "jira_get_issue", evil("well_behaved")),
        (Deployed::evil(), "jira_get_issue", upstream(MARKER)),
    ] {
        let call = json!({"name": tool, "arguments": arguments});
        let request = deployed.request(&tests::http::modern("tools/call", call));
        let mut memories = Vec::new();
        let look = || memories = guest_memory::of_guests();
        let environment = deployment::environment(SECRET);
        let answer = deployed.runtime.ask(&environment, request, look).await;
        let text = text_of(&answer);
        for (what, bytes) in [
            ("answer", answer.text()),
            ("log", answer.log.clone()),
            ("headers", format!("{:?}", answer.headers)),
        ] {
            let hits = scanner.scan(bytes.as_bytes());
            assert!(hits.is_empty(), "{arguments}: the {what}: {hits:?}");
        }
        let (holders, others): (Vec<_>, Vec<_>) = memories
            .iter()
            .partition(|memory| !scanner.scan(memory).is_empty());
        // Other tests of this process have components too, but none with this secret.
        assert_eq!(holders.len(), 1, "{arguments}");
        let marked = others.iter().filter(|memory| holds(memory, MARKER)).count();
        // The shell and our own tools; the component that means harm writes over its arguments.
        let expected = if tool == "jira_search" { 2 } else { 1 };
        assert!(marked >= expected, "{arguments}: {marked} of them");
        match arguments["behaviour"].as_str() {
            Some("read_env" | "read_args") => assert_eq!(text, "[]"),
            Some("read_stdin") => assert!(!text.contains("CANARY"), "{text}"),
            Some("well_behaved") => assert!(text.contains("cloud/jira"), "{text}"),
            _ => assert!(text.contains("PROJ-1"), "{text}"),
        }
    }
}

/// Asks the site for an issue past all tools.
fn upstream(marker: &str) -> Value {
    let segments = ["rest", "api", "3", "issue", "PROJ-1"];
    let request = json!({"site": "cloud/jira", "method": "GET", "segments": segments});
    json!({"behaviour": "raw", "requests": [request], "marker": marker, "site": "cloud"})
}

fn holds(memory: &[u8], text: &str) -> bool {
    memory
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}
