//! What somebody hears who is not let in: a status, and a sentence that says what to do. Nothing of what was sent is
//! repeated.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};

use super::Answer;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) text: String,
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Sentence,
    /// A JSON-RPC error for the sender of a message that is none.
    Message,
    /// A key was needed; with RFC 6750's word for one that was wrong.
    Challenge {
        is_invalid: bool,
    },
    Method,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self {
            status,
            text: text.into(),
            kind: Kind::Sentence,
        }
    }

    pub(super) fn message(json: Vec<u8>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            text: String::from_utf8_lossy(&json).into_owned(),
            kind: Kind::Message,
        }
    }

    pub(super) fn no_key(text: impl Into<String>) -> Self {
        Self::challenge(text, false)
    }

    pub(super) fn wrong_key(text: impl Into<String>) -> Self {
        Self::challenge(text, true)
    }

    fn challenge(text: impl Into<String>, is_invalid: bool) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            text: text.into(),
            kind: Kind::Challenge { is_invalid },
        }
    }

    pub(super) fn method() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            text: "this endpoint takes POST only: there are no sessions and no streams to open or close".into(),
            kind: Kind::Method,
        }
    }

    pub(super) fn into_answer(self) -> Answer {
        let type_ = match self.kind {
            Kind::Message => "application/json",
            _ => "text/plain; charset=utf-8",
        };
        let mut answer = Response::new(Full::new(Bytes::from(self.text)).boxed());
        *answer.status_mut() = self.status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(type_));
        // What follows on this connection may be the rest of a body that was not read.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        match self.kind {
            Kind::Challenge { is_invalid } => {
                let value = if is_invalid {
                    r#"Bearer realm="mcp-airlock", error="invalid_token""#
                } else {
                    r#"Bearer realm="mcp-airlock""#
                };
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(value));
            }
            Kind::Method => {
                headers.insert(ALLOW, HeaderValue::from_static("POST"));
            }
            Kind::Sentence | Kind::Message => {}
        }
        answer
    }
}
