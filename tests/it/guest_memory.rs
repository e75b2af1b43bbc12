//! Guest memory scanned from outside while a call is under way: the component has one answer in
//! its hands, full of echoes of the credential, and waits for the next.
#![cfg(target_os = "linux")]

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use tests::canary::Hit;
use tests::guest_memory;
use tests::upstream::{Place, Script, Step, echo};
use tests::world::{JIRA_CANARY, Setup, World, ordinary, scanner};

/// In the first answer, so that the component has it, and nowhere else.
const MARKER: &str = "MARKER-hV5nYc2Rk8WqZs4TjXb7Lm";

/// What stood in the component's memory.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
    /// The memory that was meant was among them.
    has_marker: bool,
    /// The credential is where it belongs, so the scan would find it.
    host_has_secret: bool,
}

/// Lets the component ask twice, and looks at its memory when the second request arrives.
pub(crate) async fn look(place: Place) -> Found {
    let found: Arc<Mutex<Option<Found>>> = Arc::default();
    let seen = Arc::clone(&found);
    let script: Script = Arc::new(move |request| {
        if request.target.contains("PROJ-1") {
            return marked(echo(place, JIRA_CANARY, request));
        }
        let mut looked = Found {
            host_has_secret: guest_memory::host_holds(JIRA_CANARY.as_bytes()),
            ..Found::default()
        };
        // Other tests of this process have components too, some with a secret planted in them.
        let ours = guest_memory::of_guests().into_iter().filter(|memory| {
            memory
                .windows(MARKER.len())
                .any(|window| window == MARKER.as_bytes())
        });
        for memory in ours {
            looked.has_marker = true;
            looked.hits.extend(scanner().scan(&memory));
        }
        *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(looked);
        ordinary()(request)
    });
    let mut setup = Setup::default();
    setup.scripts.insert("jira.example.test", script);
    let world = World::new(setup).await;
    let ask = |key| json!({"site": "jira/jira", "method": "GET", "segments": ["rest", "api", "3", "issue", key]});
    let asked = json!({"behaviour": "raw", "requests": [ask("PROJ-1"), ask("PROJ-2")]});
    let called = world.call("jira_get_issue", &asked).await;
    let found = found.lock().unwrap_or_else(PoisonError::into_inner).take();
    found.unwrap_or_else(|| panic!("the second request never came: {}", called.text))
}

/// The answer with the marker at the end of its body.
fn marked(steps: Vec<Step>) -> Vec<Step> {
    let mut whole: Vec<u8> = Vec::new();
    for step in steps {
        if let Step::Send(bytes) = step {
            whole.extend(bytes);
        }
    }
    let text = String::from_utf8(whole).expect("a plain answer");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    let length = body.len() + MARKER.len();
    let head: Vec<&str> = head
        .split("\r\n")
        .filter(|line| !line.starts_with("content-length"))
        .collect();
    let head = head.join("\r\n");
    vec![Step::Send(
        format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}{MARKER}").into_bytes(),
    )]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_component_has_the_secret_while_it_waits() {
    for place in [
        Place::SplitBody,
        Place::JsonKey,
        Place::DeepJson,
        Place::MultipartPart,
        Place::Header("etag"),
        Place::Header("x-authorization"),
        Place::ReasonPhrase,
    ] {
        let found = look(place).await;
        assert!(found.has_marker, "{place:?}: the memory was not found");
        assert!(found.host_has_secret, "{place:?}: the scan finds nothing");
        assert_eq!(found.hits, [], "{place:?}");
    }
}
