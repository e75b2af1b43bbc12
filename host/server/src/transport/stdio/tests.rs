//! Sessions from their first byte to their end, over in-memory pipes.
#![expect(clippy::unwrap_used, reason = "a broken pipe fails the test")]

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use mcp::{Call, Content, Handler, Identity, Outcome, Provider, ToolList, parse_manifest};
use serde_json::{Value, json};
use tokio::{
    io::{
        AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadBuf,
    },
    task::JoinHandle,
};

use super::{TransportError, serve_on};
use crate::transport::line_reader::LONGEST_LINE;

const MODERN: &str = "2026-07-28";

#[derive(Default)]
struct Fake {
    began: AtomicBool,
    cancelled: AtomicBool,
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
        "Ask."
    }

    fn tools(&self) -> Arc<ToolList> {
        let tools: Vec<Value> = ["echo", "long", "slow", "stubborn"]
            .map(|name| {
                json!({
                    "name": name,
                    "title": "Title",
                    "description": "Description.",
                    "inputSchema": {"type": "object"},
                    "annotations": {
                        "readOnlyHint": true,
                        "destructiveHint": false,
                        "idempotentHint": true,
                        "openWorldHint": true,
                    },
                    "toolset": "issues",
                    "product": "jira",
                    "routes": [],
                })
            })
            .to_vec();
        let manifest = json!({ "tools": tools }).to_string();
        Arc::new(ToolList::new(parse_manifest(&manifest).unwrap()))
    }

    async fn call(&self, call: Call) -> Outcome {
        self.began.store(true, Ordering::Relaxed);
        let text = match call.tool.as_str() {
            "slow" => {
                call.cancelled.cancelled().await;
                // To write down what happened takes a moment.
                tokio::time::sleep(Duration::from_millis(50)).await;
                self.cancelled.store(true, Ordering::Relaxed);
                "cancelled".to_owned()
            }
            "stubborn" => std::future::pending().await,
            "long" => "x".repeat(1 << 20),
            _ => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Value::Object(call.arguments).to_string()
            }
        };
        Outcome::Done {
            content: vec![Content::text(text)],
            is_error: false,
        }
    }
}

/// Both ends of a session; `input` is dropped to end it.
struct Session {
    input: Option<DuplexStream>,
    output: Option<BufReader<DuplexStream>>,
    served: JoinHandle<Result<(), TransportError>>,
    fake: Arc<Fake>,
}

impl Session {
    fn start() -> Self {
        let (input, reader) = tokio::io::duplex(1 << 16);
        let (writer, output) = tokio::io::duplex(1 << 16);
        let fake = Arc::new(Fake::default());
        let served = tokio::spawn(serve_on(Handler::new(fake.clone()), reader, writer));
        Self {
            input: Some(input),
            output: Some(BufReader::new(output)),
            served,
            fake,
        }
    }

    async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes.as_ref()).await.unwrap();
    }

    async fn send(&mut self, message: Value) {
        self.write(format!("{message}\n")).await;
    }

    async fn receive(&mut self) -> Value {
        let mut line = String::new();
        let read = self.output.as_mut().unwrap().read_line(&mut line);
        tokio::time::timeout(Duration::from_secs(30), read)
            .await
            .expect("an answer")
            .unwrap();
        serde_json::from_str(&line).unwrap()
    }

    async fn ask(&mut self, message: Value) -> Value {
        self.send(message).await;
        self.receive().await
    }

    /// The session is alive and what comes next is understood.
    async fn answers(&mut self) {
        let answer = self.ask(list(json!("still there?"))).await;
        assert_eq!(answer["id"], "still there?");
        assert!(answer["result"]["tools"].is_array(), "{answer}");
    }

    /// How long the session takes to end once its input has, and what it left unread.
    async fn end(mut self) -> (Result<(), TransportError>, Duration, String) {
        let start = Instant::now();
        self.input = None;
        let mut rest = String::new();
        if let Some(mut output) = self.output.take() {
            output.read_to_string(&mut rest).await.unwrap();
        }
        let result = self.served.await.unwrap();
        (result, start.elapsed(), rest)
    }
}

fn modern(id: Value, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

fn list(id: Value) -> Value {
    modern(id, "tools/list", json!({}))
}

fn call(id: Value, tool: &str) -> Value {
    modern(
        id,
        "tools/call",
        json!({"name": tool, "arguments": {"a": 1}}),
    )
}

fn initialize() -> Value {
    json!({
        "jsonrpc": "2.0",
        "id": 0,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    })
}

#[tokio::test]
async fn both_eras_are_served() {
    let mut session = Session::start();
    let discovery = session
        .ask(modern(json!(1), "server/discover", json!({})))
        .await;
    assert_eq!(discovery["result"]["instructions"], "Ask.");
    let answer = session.ask(call(json!("two"), "echo")).await;
    assert_eq!(answer["id"], "two");
    assert_eq!(answer["result"]["content"][0]["text"], r#"{"a":1}"#);
    let (result, _, rest) = session.end().await;
    assert!(result.is_ok() && rest.is_empty(), "{rest}");

    let mut session = Session::start();
    let answer = session.ask(initialize()).await;
    assert_eq!(answer["result"]["protocolVersion"], "2025-06-18");
    session
        .send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        .await;
    let answer = session
        .ask(json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}))
        .await;
    assert_eq!(answer["result"]["tools"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn rubbish_is_answered_and_the_next_message_is_good() {
    // Before anything else, and within a session.
    for opening in [None, Some(list(json!(0)))] {
        let mut session = Session::start();
        if let Some(opening) = opening {
            session.ask(opening).await;
        }
        for (rubbish, code, id) in [
            ("hello", -32700, Value::Null),
            ("{\"jsonrpc\":", -32700, Value::Null),
            ("[]", -32600, Value::Null),
            (r#"{"id":5,"method":"tools/list"}"#, -32600, json!(5)),
        ] {
            session.write(format!("{rubbish}\n")).await;
            let answer = session.receive().await;
            assert_eq!(answer["error"]["code"], code, "{rubbish}: {answer}");
            assert_eq!(answer["id"], id, "{rubbish}: {answer}");
        }
        session.answers().await;
    }
}

#[tokio::test]
async fn a_line_over_the_limit_is_answered_and_the_next_message_is_good() {
    let mut session = Session::start();
    let long = "x".repeat(LONGEST_LINE);
    let message = format!(r#"{{"method":"tools/call","params":{{"a":"{long}"}},"id":"long"}}"#);
    session.write(message + "\n").await;
    let answer = session.receive().await;
    assert_eq!(answer["id"], "long");
    assert_eq!(answer["error"]["code"], -32600);
    session.answers().await;
}

#[tokio::test]
async fn what_is_no_request_does_not_end_a_session_that_has_not_begun() {
    let mut session = Session::start();
    for early in [
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}),
        json!({"jsonrpc": "2.0", "id": 1, "result": {}}),
        json!({"jsonrpc": "2.0", "error": {"code": -32700, "message": "what?"}}),
    ] {
        session.send(early).await;
    }
    let ping = session
        .ask(json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}))
        .await;
    assert_eq!(ping["result"], json!({}));
    // A request without metadata, or for a revision of the future, opens nothing either.
    let bare = session
        .ask(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}))
        .await;
    assert_eq!(bare["error"]["code"], -32602);
    let mut future = list(json!(3));
    future["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2031-01-01");
    assert_eq!(session.ask(future).await["error"]["code"], -32022);
    session
        .send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        .await;
    session.answers().await;
}

#[tokio::test]
async fn a_session_without_a_message_ends_well() {
    let (result, took, rest) = Session::start().end().await;
    assert!(result.is_ok() && rest.is_empty(), "{rest}");
    assert!(took < Duration::from_secs(1), "{took:?}");

    let mut session = Session::start();
    session.write("{\"jsonrpc\":").await;
    let (result, ..) = session.end().await;
    assert!(result.is_ok());
}

#[tokio::test]
async fn what_was_asked_before_the_end_of_input_is_answered() {
    let mut session = Session::start();
    session.send(initialize()).await;
    // The last line has no line feed: `printf` is a client too.
    let last = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo"},
    });
    session.write(last.to_string()).await;
    let (result, took, rest) = session.end().await;
    assert!(result.is_ok());
    let answers: Vec<Value> = rest
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 2, "{rest}");
    assert_eq!(answers[1]["result"]["content"][0]["text"], "{}");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn calls_that_go_on_after_the_end_of_input_are_cancelled() {
    for tool in ["slow", "stubborn"] {
        let mut session = Session::start();
        session.send(call(json!(1), tool)).await;
        session.answers().await;
        let start = Instant::now();
        session.input = None;
        assert!(session.served.await.unwrap().is_ok());
        let took = start.elapsed();
        assert!(took >= Duration::from_secs(1), "{tool} {took:?}");
        // rmcp alone would take five seconds.
        assert!(took < Duration::from_secs(4), "{tool} {took:?}");
        let cancelled = session.fake.cancelled.load(Ordering::Relaxed);
        assert_eq!(cancelled, tool == "slow");
    }
}

#[tokio::test]
async fn a_reader_that_leaves_ends_the_session_at_once() {
    let mut session = Session::start();
    session.answers().await;
    session.send(call(json!(1), "slow")).await;
    session.output = None;
    session.send(list(json!(2))).await;
    let ended = tokio::time::timeout(Duration::from_secs(1), session.served).await;
    assert!(ended.expect("an end").unwrap().is_ok());
    assert!(session.fake.cancelled.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_reader_that_does_not_read_cannot_keep_the_process() {
    let mut session = Session::start();
    session.answers().await;
    session.send(call(json!(1), "long")).await;
    while !session.fake.began.load(Ordering::Relaxed) {
        tokio::task::yield_now().await;
    }
    session.input = None;
    let ended = tokio::time::timeout(Duration::from_secs(2), session.served).await;
    assert!(ended.expect("an end").unwrap().is_ok());
}

#[tokio::test]
async fn answers_do_not_mix_when_many_are_written_at_once() {
    let mut session = Session::start();
    for id in 0..20 {
        session
            .send(call(json!(id), if id % 4 == 0 { "long" } else { "echo" }))
            .await;
        session.write("rubbish\n").await;
    }
    let mut answered = 0;
    let mut refused = 0;
    for _ in 0..40 {
        let answer = session.receive().await;
        if answer["id"].is_null() {
            refused += 1;
        } else {
            answered += 1;
        }
    }
    assert_eq!((answered, refused), (20, 20));
}

/// Standard input can fail like any file.
struct Failing;

impl AsyncRead for Failing {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Poll::Ready(Err(std::io::Error::other("input/output error")))
    }
}

#[tokio::test]
async fn an_input_that_fails_is_told_from_one_that_ends() {
    let handler = Handler::new(Arc::new(Fake::default()));
    let failure = serve_on(handler, Failing, tokio::io::sink())
        .await
        .unwrap_err();
    assert_eq!(
        failure.to_string(),
        "standard input could not be read: input/output error"
    );
}
