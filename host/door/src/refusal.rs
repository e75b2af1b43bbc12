//! What somebody hears who is not let in: a status, and a sentence that says what to do. Nothing of what was sent is
//! repeated.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};

#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    pub text: String,
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
    pub fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self {
            status,
            text: text.into(),
            kind: Kind::Sentence,
        }
    }

    pub(crate) fn message(json: Vec<u8>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            text: String::from_utf8_lossy(&json).into_owned(),
            kind: Kind::Message,
        }
    }

    pub(crate) fn no_key(text: impl Into<String>) -> Self {
        Self::challenge(text, false)
    }

    pub(crate) fn wrong_key(text: impl Into<String>) -> Self {
        Self::challenge(text, true)
    }

    fn challenge(text: impl Into<String>, is_invalid: bool) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            text: text.into(),
            kind: Kind::Challenge { is_invalid },
        }
    }

    pub(crate) fn method() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            text: "this endpoint takes POST only: there are no sessions and no streams to open or close".into(),
            kind: Kind::Method,
        }
    }

    pub fn into_answer(self) -> Response<Bytes> {
        let type_ = match self.kind {
            Kind::Message => "application/json",
            _ => "text/plain; charset=utf-8",
        };
        let mut answer = Response::new(Bytes::from(self.text));
        *answer.status_mut() = self.status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(type_));
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
