//! Whole conversations in both eras, byte for byte over an in-memory pipe.
#![expect(clippy::unwrap_used, reason = "a broken pipe fails the test")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rmcp::ServiceExt;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf};
use tokio::sync::watch;

use crate::{Call, Content, Handler, Identity, Outcome, Provider, Reply, ToolList, parse_manifest};

mod changes;
mod questions;

const LEGACY: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
const MODERN: &str = "2026-07-28";
const INSTRUCTIONS: &str = "Ask for what you need.";

#[derive(Default)]
struct Fake {
    lists: AtomicUsize,
    cancelled: AtomicBool,
    changes: Option<watch::Sender<()>>,
}

impl Provider for Fake {
    fn identity(&self) -> Identity {
        Identity {
            name: "mcp-airlock".to_owned(),
            title: "Jira and Confluence".to_owned(),
            version: "1.2.3".to_owned(),
        }
    }

    fn instructions(&self) -> &str {
        INSTRUCTIONS
    }

    fn tools(&self) -> Arc<ToolList> {
        self.lists.fetch_add(1, Ordering::Relaxed);
        let tools: Vec<Value> = [
            "ask", "say", "wait", "count", "break", "refuse", "lose", "fail", "file",
        ]
        .map(|name| {
            json!({
                "name": name,
                "title": "Title",
                "description": "Description.",
                "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}},
                "annotations": {
                    "readOnlyHint": true,
                    "destructiveHint": false,
                    "idempotentHint": true,
                    "openWorldHint": true,
                },
                "toolset": "issues",
                "product": "jira",
                "routes": ["jira.issue.get"],
            })
        })
        .to_vec();
        let manifest = json!({ "tools": tools }).to_string();
        Arc::new(ToolList::new(parse_manifest(&manifest).unwrap()))
    }

    fn list_changes(&self) -> Option<watch::Receiver<()>> {
        self.changes.as_ref().map(watch::Sender::subscribe)
    }

    async fn call(&self, call: Call) -> Outcome {
        match call.tool.as_str() {
            "say" => done(format!(
                "{} id={} era={} progress={} ask={}",
                Value::Object(call.arguments),
                call.request_id,
                call.protocol_version,
                call.progress.is_some(),
                call.can_ask,
            )),
            "ask" => match call.reply {
                Some(Reply { state, said }) if state == "sealed" => done(format!("{said:?}")),
                _ if call.can_ask => Outcome::Ask {
                    message: "May it?".to_owned(),
                    state: "sealed".to_owned(),
                },
                _ => done("nobody to ask"),
            },
            "wait" => {
                call.cancelled.cancelled().await;
                self.cancelled.store(true, Ordering::Relaxed);
                done("too late")
            }
            "count" => {
                let progress = call.progress.unwrap();
                for step in [f64::NAN, f64::INFINITY, 1.0, 1.0, 2.0, 1.5, 3.0] {
                    progress.report(step, Some(3.0), Some(format!("step {step}")));
                    tokio::time::sleep(Duration::from_millis(250)).await;
                }
                for step in 4..100 {
                    progress.report(f64::from(step), None, None);
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                done("counted")
            }
            "break" => panic!("a defect, on purpose"),
            "refuse" => Outcome::InvalidArguments("`text` must not be empty".to_owned()),
            "lose" => Outcome::UnknownTool {
                nearest: vec!["say".to_owned()],
            },
            "fail" => Outcome::Internal("the component trapped".to_owned()),
            _ => Outcome::Done {
                content: vec![
                    Content::ResourceLink {
                        uri: "https://acme.atlassian.net/browse/PROJ-1".to_owned(),
                        name: "PROJ-1".to_owned(),
                        title: None,
                        media_type: Some("text/html".to_owned()),
                        size: None,
                    },
                    blob("image/png"),
                    blob("audio/wav"),
                    blob("application/pdf"),
                ],
                is_error: true,
            },
        }
    }
}

fn done(text: impl Into<String>) -> Outcome {
    Outcome::Done {
        content: vec![Content::text(text)],
        is_error: false,
    }
}

fn blob(media_type: &str) -> Content {
    Content::Blob {
        uri: "attachment:10001".to_owned(),
        media_type: media_type.to_owned(),
        bytes: b"bytes".to_vec(),
    }
}

/// A client that knows JSON lines and nothing else.
struct Client {
    reader: BufReader<ReadHalf<DuplexStream>>,
    writer: WriteHalf<DuplexStream>,
    fake: Arc<Fake>,
    version: &'static str,
}

impl Client {
    fn connect(version: &'static str) -> Self {
        Self::connect_to(version, Fake::default())
    }

    fn connect_to(version: &'static str, fake: Fake) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let fake = Arc::new(fake);
        let handler = Handler::new(fake.clone());
        tokio::spawn(async move { handler.serve(theirs).await.unwrap().waiting().await });
        let (reader, writer) = tokio::io::split(ours);
        Self {
            reader: BufReader::new(reader),
            writer,
            fake,
            version,
        }
    }

    /// Past the handshake, in the older eras.
    async fn open(version: &'static str) -> Self {
        let mut client = Self::connect(version);
        if version != MODERN {
            client.send(&initialize(version)).await;
            client.receive().await;
            client
                .send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
                .await;
        }
        client
    }

    async fn send(&mut self, message: &Value) {
        self.writer
            .write_all(format!("{message}\n").as_bytes())
            .await
            .unwrap();
    }

    async fn receive(&mut self) -> Value {
        let mut line = String::new();
        let read = self.reader.read_line(&mut line);
        tokio::time::timeout(Duration::from_secs(30), read)
            .await
            .expect("an answer")
            .unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// With the metadata that the era asks for.
    async fn request(&mut self, id: u32, method: &str, mut params: Value) {
        if self.version == MODERN {
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(MODERN);
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
                json!({"elicitation": {}});
        }
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .await;
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.request(7, method, params).await;
        let answer = self.receive().await;
        assert_eq!(answer["id"], 7, "{answer}");
        answer
    }

    async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({"name": tool, "arguments": arguments}))
            .await
    }
}

fn initialize(version: &str) -> Value {
    json!({
        "jsonrpc": "2.0",
        "id": 0,
        "method": "initialize",
        "params": {
            "protocolVersion": version,
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    })
}

fn identity() -> Value {
    json!({"name": "mcp-airlock", "title": "Jira and Confluence", "version": "1.2.3"})
}

#[tokio::test]
async fn each_older_revision_is_spoken_after_the_handshake() {
    for version in LEGACY {
        let mut client = Client::connect(version);
        client.send(&initialize(version)).await;
        let expected = json!({
            "protocolVersion": version,
            "capabilities": {"tools": {}},
            "serverInfo": identity(),
            "instructions": INSTRUCTIONS,
        });
        assert_eq!(client.receive().await["result"], expected);
    }
    for version in ["1999-01-01", MODERN] {
        let mut client = Client::connect(version);
        client.send(&initialize(version)).await;
        let answer = client.receive().await;
        assert_eq!(
            answer["result"]["protocolVersion"], "2025-11-25",
            "{answer}"
        );
    }
}

#[tokio::test]
async fn discovery_says_the_same_as_the_handshake_and_asks_no_provider_for_tools() {
    let mut client = Client::connect(MODERN);
    let answer = client.ask("server/discover", json!({})).await;
    let expected = json!({
        "resultType": "complete",
        "supportedVersions": [LEGACY[0], LEGACY[1], LEGACY[2], LEGACY[3], MODERN],
        "capabilities": {"tools": {}},
        "instructions": INSTRUCTIONS,
        "ttlMs": 3_600_000,
        "cacheScope": "private",
        "_meta": {"io.modelcontextprotocol/serverInfo": identity()},
    });
    assert_eq!(answer["result"], expected);
    client.send(&initialize(LEGACY[3])).await;
    client.receive().await;
    assert_eq!(client.fake.lists.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn the_list_is_sorted_whole_and_cacheable() {
    for version in [LEGACY[0], LEGACY[3], MODERN] {
        let mut client = Client::open(version).await;
        let mut result = client.ask("tools/list", json!({})).await["result"].take();
        let tools = result["tools"].take();
        let names: Vec<&str> = tools
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool["name"].as_str().unwrap())
            .collect();
        assert!(names.is_sorted() && names.len() == 9, "{names:?}");
        assert_eq!(
            tools[0],
            json!({
                "name": "ask",
                "title": "Title",
                "description": "Description.",
                "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}},
                "annotations": {
                    "readOnlyHint": true,
                    "destructiveHint": false,
                    "idempotentHint": true,
                    "openWorldHint": true,
                },
            })
        );
        let expected = if version == MODERN {
            json!({
                "tools": null,
                "resultType": "complete",
                "ttlMs": 60_000,
                "cacheScope": "private",
                "_meta": {"io.modelcontextprotocol/serverInfo": identity()},
            })
        } else {
            json!({"tools": null})
        };
        assert_eq!(result, expected, "{version}");
    }
}

#[tokio::test]
async fn a_call_carries_what_the_client_said() {
    let mut client = Client::open(LEGACY[2]).await;
    let answer = client.call("say", json!({"text": "hi"})).await;
    let text = r#"{"text":"hi"} id=7 era=2025-06-18 progress=false ask=false"#;
    assert_eq!(
        answer["result"],
        json!({"content": [{"type": "text", "text": text}], "isError": false})
    );

    let mut client = Client::open(MODERN).await;
    let answer = client.ask("tools/call", json!({"name": "say"})).await;
    let text = "{} id=7 era=2026-07-28 progress=false ask=true";
    assert_eq!(
        answer["result"],
        json!({
            "resultType": "complete",
            "content": [{"type": "text", "text": text}],
            "isError": false,
            "_meta": {"io.modelcontextprotocol/serverInfo": identity()},
        })
    );
}

#[tokio::test]
async fn links_and_files_travel_as_the_kind_they_are() {
    let mut client = Client::open(LEGACY[3]).await;
    let answer = client.call("file", json!({})).await;
    let expected = json!({
        "content": [
            {
                "type": "resource_link",
                "uri": "https://acme.atlassian.net/browse/PROJ-1",
                "name": "PROJ-1",
                "mimeType": "text/html",
            },
            {"type": "image", "data": "Ynl0ZXM=", "mimeType": "image/png"},
            {"type": "audio", "data": "Ynl0ZXM=", "mimeType": "audio/wav"},
            {
                "type": "resource",
                "resource": {
                    "uri": "attachment:10001",
                    "mimeType": "application/pdf",
                    "blob": "Ynl0ZXM=",
                },
            },
        ],
        "isError": true,
    });
    assert_eq!(answer["result"], expected);
}

#[tokio::test]
async fn failures_are_told_to_whoever_can_mend_them() {
    for version in [LEGACY[3], MODERN] {
        let mut client = Client::open(version).await;
        let mended = client.call("refuse", json!({})).await;
        assert_eq!(mended["result"]["isError"], true);
        assert_eq!(
            mended["result"]["content"],
            json!([{"type": "text", "text": "`text` must not be empty"}])
        );
        let mut errors = String::new();
        for (method, params) in [
            ("tools/call", json!({"name": "fail"})),
            ("tools/call", json!({"name": "break"})),
            ("tools/call", json!({"name": "lose"})),
            ("tools/call", json!({"name": "counts"})),
            ("tools/call", json!({"name": "send_mail\n\u{1b}[2J"})),
            ("tools/call", json!({"name": "say", "arguments": [1]})),
            ("tools/call", json!({})),
            ("tools/list", json!({"cursor": "2"})),
            ("prompts/get", json!({"name": "x"})),
            ("resources/read", json!({"uri": "x:y"})),
            ("logging/setLevel", json!({"level": "info"})),
            ("resources/subscribe", json!({"uri": "x:y"})),
            ("subscriptions/listen", json!({"notifications": {}})),
            ("tasks/get", json!({"taskId": "x"})),
            ("skills/list", json!({})),
            ("no/such", json!({})),
        ] {
            let answer = client.ask(method, params).await;
            let error = &answer["error"];
            let message = error["message"].as_str();
            let message = message.unwrap_or_else(|| panic!("{method} should fail: {answer}"));
            errors.push_str(&format!("{method} {} {message}\n", error["code"]));
        }
        insta::allow_duplicates! {
            insta::assert_snapshot!(errors, @r"
            tools/call -32603 the component trapped
            tools/call -32603 the call broke off by a defect of the server; its log says where
            tools/call -32602 unknown tool `lose`: did you mean say?
            tools/call -32602 unknown tool `counts`: did you mean count?
            tools/call -32602 unknown tool `send_mail[2J`: tools/list names the tools on offer
            tools/call -32602 the params of tools/call do not fit: `name` is a string and `arguments` an object
            tools/call -32602 the params of tools/call do not fit: `name` is a string and `arguments` an object
            tools/list -32602 unknown cursor: the list of tools has one page; ask without a cursor
            prompts/get -32602 there is no prompt `x`; this server offers tools only
            resources/read -32602 there is no such resource; this server offers tools only
            logging/setLevel -32601 logging/setLevel
            resources/subscribe -32601 resources/subscribe
            subscriptions/listen -32601 subscriptions/listen
            tasks/get -32601 tasks/get
            skills/list -32601 skills/list
            no/such -32601 method not found: no/such; this server offers tools only
            ");
        }
        for (method, of, params) in [
            ("prompts/list", "prompts", json!({})),
            ("resources/list", "resources", json!({})),
            ("resources/templates/list", "resourceTemplates", json!({})),
            (
                "completion/complete",
                "completion",
                json!({
                    "ref": {"type": "ref/prompt", "name": "x"},
                    "argument": {"name": "x", "value": "y"},
                }),
            ),
        ] {
            let result = client.ask(method, params).await["result"].take();
            let nothing = if of == "completion" {
                &result[of]["values"]
            } else {
                assert_eq!(
                    result["cacheScope"].is_string(),
                    version == MODERN,
                    "{result}"
                );
                &result[of]
            };
            assert_eq!(nothing, &json!([]), "{method}: {result}");
        }
        // And the session goes on.
        assert!(client.call("say", json!({})).await["result"].is_object());
    }
}

/// rmcp takes such a request for one of a method that it does not know.
#[tokio::test]
async fn params_that_do_not_fit_are_not_called_an_unknown_method() {
    let mut client = Client::open(LEGACY[3]).await;
    for method in ["initialize", "tools/call"] {
        let answer = client.ask(method, json!({"name": 1})).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(method), "{message}");
    }
}

#[tokio::test]
async fn metadata_of_a_modern_request_is_checked() {
    let mut client = Client::connect(MODERN);
    let bare = json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {}});
    let mut answers = Vec::new();
    client.send(&bare).await;
    answers.push(client.receive().await);
    let unknown = json!({
        "jsonrpc": "2.0", "id": 2, "method": "server/discover",
        "params": {"_meta": {
            "io.modelcontextprotocol/protocolVersion": "2031-01-01",
            "io.modelcontextprotocol/clientCapabilities": {},
        }},
    });
    client.send(&unknown).await;
    answers.push(client.receive().await);
    // Also in a session that is open.
    client.ask("tools/list", json!({})).await;
    client.send(&bare).await;
    answers.push(client.receive().await);
    client.send(&unknown).await;
    answers.push(client.receive().await);
    let codes: Vec<i64> = answers
        .iter()
        .map(|answer| answer["error"]["code"].as_i64().unwrap())
        .collect();
    assert_eq!(codes, [-32602, -32022, -32602, -32022]);
    assert_eq!(answers[1]["error"]["data"]["requested"], "2031-01-01");
    assert_eq!(answers[1]["error"]["data"]["supported"][4], MODERN);
    assert!(client.ask("ping", json!({})).await["error"]["code"] == -32601);
}

#[tokio::test]
async fn a_cancelled_call_ends_and_is_not_answered() {
    for version in [LEGACY[0], MODERN] {
        let mut client = Client::open(version).await;
        client
            .request(1, "tools/call", json!({"name": "wait", "arguments": {}}))
            .await;
        // An answer in between: the call has begun.
        client.ask("tools/list", json!({})).await;
        client
            .send(&json!({
                "jsonrpc": "2.0",
                "method": "notifications/cancelled",
                "params": {"requestId": 1, "reason": "changed my mind"},
            }))
            .await;
        while !client.fake.cancelled.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
        let next = client.ask("tools/list", json!({})).await;
        assert!(next["result"].is_object(), "{next}");
    }
}

#[tokio::test(start_paused = true)]
async fn progress_grows_is_limited_and_ends_before_the_answer() {
    for version in [LEGACY[1], MODERN] {
        let mut client = Client::open(version).await;
        client
            .request(
                1,
                "tools/call",
                json!({"name": "count", "_meta": {"progressToken": "p"}}),
            )
            .await;
        let mut seen = Vec::new();
        let answer = loop {
            let message = client.receive().await;
            if message.get("id").is_some() {
                break message;
            }
            assert_eq!(message["method"], "notifications/progress");
            assert_eq!(message["params"]["progressToken"], "p");
            seen.push(message["params"].clone());
        };
        assert_eq!(answer["result"]["content"][0]["text"], "counted");
        let values: Vec<f64> = seen
            .iter()
            .map(|params| params["progress"].as_f64().unwrap())
            .collect();
        assert!(
            values.is_sorted_by(|left, right| left < right),
            "{values:?}"
        );
        assert_eq!(values[..3], [1.0, 2.0, 3.0]);
        // Of the burst at the end at most one more, and nothing after the answer.
        assert!(values.len() <= 4, "{values:?}");
        assert_eq!(
            seen[0],
            json!({"progressToken": "p", "progress": 1.0, "total": 3.0, "message": "step 1"})
        );
        let after = client.ask("tools/list", json!({})).await;
        assert!(after["result"].is_object(), "{after}");
    }
}
