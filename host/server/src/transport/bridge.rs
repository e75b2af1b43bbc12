//! Standard input and output on one side, a server of ours over HTTP on the other: for clients that can start a program
//! but send no header. Messages pass as they are; what is added is the key and the header lines of the protocol. Decides
//! nothing about tools, and keeps no session: the server has none.

mod answer;
mod head;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mcp::message::{self, Input, Refusal};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Url};
use rmcp::model::RequestId;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use self::answer::Answer;
use self::head::Head;
use super::line_reader::{LONGEST_LINE, Line, LineReader};
use super::stdio::{LAST_ANSWERS, TransportError, has_left, write_line};

/// Nothing was sent when a connection does not come about, so it can be tried again. A server that is being replaced is
/// back within these.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// Lines that wait to be written; more let the server wait.
const MOST_WAITING: usize = 64;

/// The server at the other end.
pub(crate) struct Far {
    client: Client,
    url: Url,
    key: SecretString,
    /// What `initialize` agreed upon. A message of the newer era says its own.
    agreed: Mutex<Option<String>>,
}

impl Far {
    pub(crate) fn new(client: Client, url: Url, key: SecretString) -> Self {
        Self {
            client,
            url,
            key,
            agreed: Mutex::default(),
        }
    }

    /// Whether the server knows the key; otherwise the reason.
    pub(crate) async fn greet(&self) -> Result<(), String> {
        let hello = serde_json::json!({
            "jsonrpc": "2.0",
            "id": 1,
            "method": "server/discover",
            "params": {"_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            }},
        });
        let message = hello.to_string().into_bytes();
        let head = Head::of(&message);
        let mut answer = Answer::of(self.send(message, &head).await?).await?;
        match answer.next().await? {
            Some(line) if !message::is_error(&line) => Ok(()),
            _ => Err(format!(
                "{} does not answer as an MCP server does",
                self.url
            )),
        }
    }

    /// The lines that one message is answered with, each as it comes.
    async fn pass(&self, message: Vec<u8>, head: &Head, lines: &mpsc::Sender<Vec<u8>>) {
        let answered = async {
            let response = self.send(message, head).await?;
            let mut answer = Answer::of(response).await?;
            while let Some(line) = answer.next().await? {
                if head.is_hello() {
                    self.note(&line);
                }
                // Nobody reads any more: the session is ending.
                let _ = lines.send(line).await;
            }
            Ok::<_, String>(())
        };
        if let Err(reason) = answered.await {
            match &head.id {
                Some(id) => {
                    let _ = lines
                        .send(Refusal::failed(id.clone(), reason).to_line())
                        .await;
                }
                None => tracing::warn!("a notification was lost: {reason}"),
            }
        }
    }

    async fn send(&self, message: Vec<u8>, head: &Head) -> Result<reqwest::Response, String> {
        let headers = self.headers(head)?;
        let mut pauses = PAUSES.into_iter();
        loop {
            let request = self
                .client
                .post(self.url.clone())
                .headers(headers.clone())
                .body(message.clone());
            match request.send().await {
                Ok(response) => return Ok(response),
                Err(error) if error.is_connect() => match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(self.unreachable(&error)),
                },
                Err(_) => {
                    return Err(format!(
                        "the connection to {} broke off before the answer; what was asked may have been done: look before you ask again",
                        self.url
                    ));
                }
            }
        }
    }

    fn headers(&self, head: &Head) -> Result<HeaderMap, String> {
        let mut key = HeaderValue::from_str(&format!("Bearer {}", self.key.expose_secret()))
            .map_err(|_| "the key holds what no header may".to_owned())?;
        key.set_sensitive(true);
        let mut headers = HeaderMap::from_iter([
            (AUTHORIZATION, key),
            (
                ACCEPT,
                HeaderValue::from_static("application/json, text/event-stream"),
            ),
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ]);
        let agreed = self.agreed.lock().unwrap_or_else(PoisonError::into_inner);
        head.write_into(&mut headers, agreed.as_deref())?;
        Ok(headers)
    }

    fn note(&self, line: &[u8]) {
        if let Some(version) = head::agreed_version(line) {
            *self.agreed.lock().unwrap_or_else(PoisonError::into_inner) = Some(version);
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> String {
        let mut deepest: &dyn std::error::Error = error;
        while let Some(cause) = deepest.source() {
            deepest = cause;
        }
        format!(
            "the server at {} cannot be reached: {deepest}. Is it running, and is that its address?",
            self.url
        )
    }
}

/// Passes messages until the input ends.
pub(crate) async fn run<R, W>(far: Far, reader: R, writer: W) -> Result<(), TransportError>
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (lines, waiting) = mpsc::channel(MOST_WAITING);
    let mut writing = tokio::spawn(write(writer, waiting));
    let mut passing = Passing {
        far: Arc::new(far),
        lines,
        calls: JoinSet::new(),
        running: HashMap::new(),
    };
    let mut reader = LineReader::new(reader);
    loop {
        let line = tokio::select! {
            line = reader.next() => line.map_err(TransportError::Input)?,
            // The client is gone.
            written = &mut writing => return written?.map_err(TransportError::Output),
        };
        match line {
            Line::Whole(line) => passing.take(line).await,
            Line::TooLong(id) => {
                passing
                    .say(Refusal::too_long(id, LONGEST_LINE).to_line())
                    .await
            }
            Line::End => break,
        }
    }
    let Passing {
        mut calls, lines, ..
    } = passing;
    drop(lines);
    let ending = async { while calls.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(LAST_ANSWERS, ending).await;
    calls.shutdown().await;
    writing.await?.map_err(TransportError::Output)
}

/// What is under way.
struct Passing {
    far: Arc<Far>,
    lines: mpsc::Sender<Vec<u8>>,
    calls: JoinSet<()>,
    running: HashMap<RequestId, AbortHandle>,
}

impl Passing {
    async fn take(&mut self, line: Vec<u8>) {
        match message::parse(&line) {
            Input::Ignored => {}
            Input::Refused(refusal) => self.say(refusal.to_line()).await,
            Input::Message(_) => self.forward(line),
        }
    }

    fn forward(&mut self, line: Vec<u8>) {
        let head = Head::of(&line);
        // Over HTTP a call is cancelled by hanging up.
        if let Some(cancelled) = head.cancels() {
            if let Some(call) = self.running.remove(cancelled) {
                call.abort();
            }
            return;
        }
        self.running.retain(|_, call| !call.is_finished());
        let (far, lines) = (Arc::clone(&self.far), self.lines.clone());
        let id = head.id.clone();
        let call = self
            .calls
            .spawn(async move { far.pass(line, &head, &lines).await });
        if let Some(id) = id {
            self.running.insert(id, call);
        }
        while self.calls.try_join_next().is_some() {}
    }

    async fn say(&self, line: Vec<u8>) {
        // Fails where nobody reads any more, which the reading of the next line finds out.
        let _ = self.lines.send(line).await;
    }
}

async fn write<W: AsyncWrite + Unpin>(
    mut writer: W,
    mut waiting: mpsc::Receiver<Vec<u8>>,
) -> io::Result<()> {
    while let Some(line) = waiting.recv().await {
        match write_line(&mut writer, &line).await {
            Err(error) if has_left(&error) => return Ok(()),
            written => written?,
        }
    }
    Ok(())
}
