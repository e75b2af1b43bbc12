//! What a server answers, as lines: one message, a stream of them, none for a notification. Anything else becomes a
//! reason for people.

use http_body_util::BodyExt as _;
use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;
use reqwest::{Body, Response};
use sse_stream::SseStream;

use futures_util::StreamExt as _;

/// More than any answer of ours.
const LONGEST: usize = 64 << 20;

/// Of a refusal in words.
const LONGEST_REASON: usize = 2_000;

pub(super) enum Answer {
    Line(Option<Vec<u8>>),
    Stream(Box<SseStream<Body>>),
}

impl Answer {
    pub(super) async fn of(response: Response) -> Result<Self, String> {
        let status = response.status();
        let is = |type_: &str| {
            response
                .headers()
                .get(CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| value.starts_with(type_))
        };
        if status == StatusCode::ACCEPTED {
            return Ok(Self::Line(None));
        }
        if status.is_success() && is("text/event-stream") {
            let body: Body = response.into();
            return Ok(Self::Stream(Box::new(SseStream::new(body))));
        }
        let is_json = is("application/json");
        let bytes = whole(response).await?;
        // A refused message is answered in the protocol's own form, whatever the status.
        if is_json && is_message(&bytes) {
            return Ok(Self::Line(Some(line(bytes))));
        }
        Err(reason(status, &bytes))
    }

    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        match self {
            Self::Line(line) => Ok(line.take()),
            Self::Stream(events) => loop {
                match events.next().await {
                    None => return Ok(None),
                    Some(Ok(event)) => match event.data {
                        Some(data) if !data.is_empty() => {
                            return Ok(Some(line(data.into_bytes())));
                        }
                        _ => {}
                    },
                    Some(Err(_)) => return Err("the answer broke off in the middle; what was asked may have been done: look before you ask again".to_owned()),
                }
            },
        }
    }
}

async fn whole(response: Response) -> Result<Vec<u8>, String> {
    let body: Body = response.into();
    let bytes = http_body_util::Limited::new(body, LONGEST)
        .collect()
        .await
        .map_err(|_| "the answer broke off, or is longer than 64 MiB".to_owned())?;
    Ok(bytes.to_bytes().to_vec())
}

/// Line ends stand only between the parts of JSON, never inside its strings.
fn line(mut json: Vec<u8>) -> Vec<u8> {
    for byte in &mut json {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    json.push(b'\n');
    json
}

fn is_message(bytes: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Message {
        jsonrpc: String,
    }
    serde_json::from_slice::<Message>(bytes).is_ok_and(|message| message.jsonrpc == "2.0")
}

fn reason(status: StatusCode, bytes: &[u8]) -> String {
    let said: String = String::from_utf8_lossy(bytes)
        .chars()
        .filter(|letter| !letter.is_control())
        .take(LONGEST_REASON)
        .collect();
    let said = said.trim();
    if said.is_empty() || said.starts_with('<') {
        return format!(
            "the server answered {status}; is that the address of an mcp-airlock server (it ends in /mcp)?"
        );
    }
    format!("the server answered {status}: {said}")
}
