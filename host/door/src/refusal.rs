//! What somebody hears who is not let in: a status, and a sentence that says what to do. Nothing of what was sent is
//! repeated.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};

use crate::scopes::Grant;

#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    pub text: String,
    kind: Kind,
    guide: Option<Guide>,
    is_a_guess: bool,
}

/// Where a client learns which login server gives tokens for this one, and what to ask there for at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guide {
    /// The address of the metadata (RFC 9728, section 5.1).
    pub metadata: String,
    pub grant: Grant,
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
    /// The token is good and does not reach that far; what would.
    Scope(Grant),
    Method,
    /// Too many wrong keys came from there; seconds until it is told again what is wrong with one.
    Later(u64),
}

impl Refusal {
    pub fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self::of_kind(status, text, Kind::Sentence)
    }

    pub(crate) fn message(json: Vec<u8>) -> Self {
        let text = String::from_utf8_lossy(&json);
        Self::of_kind(StatusCode::BAD_REQUEST, text, Kind::Message)
    }

    pub(crate) fn no_key(text: impl Into<String>) -> Self {
        let kind = Kind::Challenge { is_invalid: false };
        Self::of_kind(StatusCode::UNAUTHORIZED, text, kind)
    }

    /// For one that was never good.
    pub fn wrong_key(text: impl Into<String>) -> Self {
        Self {
            is_a_guess: true,
            ..Self::ended_key(text)
        }
    }

    /// Whoever shows one that was good before does not try out keys.
    pub fn ended_key(text: impl Into<String>) -> Self {
        let kind = Kind::Challenge { is_invalid: true };
        Self::of_kind(StatusCode::UNAUTHORIZED, text, kind)
    }

    /// The same as far as counting goes, whatever is said instead.
    pub(crate) fn in_place_of(self, other: &Self) -> Self {
        Self {
            is_a_guess: other.is_a_guess,
            ..self
        }
    }

    /// For whoever has shown too many wrong keys.
    pub fn later(seconds: u64) -> Self {
        let text = format!(
            "too many wrong keys came from your address; a right one is let in at any time, and in {seconds} seconds you are told again what is wrong with yours"
        );
        Self::of_kind(StatusCode::TOO_MANY_REQUESTS, text, Kind::Later(seconds))
    }

    /// Could a right key be found by doing this often?
    pub fn is_a_guess(&self) -> bool {
        self.is_a_guess
    }

    /// For a token that is too narrow.
    pub fn scope(needed: Grant) -> Self {
        let text = format!(
            "the token does not reach to this tool: log in again and ask for the scopes `{}`",
            needed.to_scopes()
        );
        Self::of_kind(StatusCode::FORBIDDEN, text, Kind::Scope(needed))
    }

    pub(crate) fn method() -> Self {
        Self::of_kind(
            StatusCode::METHOD_NOT_ALLOWED,
            "this endpoint takes POST only: there are no sessions and no streams to open or close",
            Kind::Method,
        )
    }

    fn of_kind(status: StatusCode, text: impl Into<String>, kind: Kind) -> Self {
        Self {
            status,
            text: text.into(),
            kind,
            guide: None,
            is_a_guess: false,
        }
    }

    /// Could another look at the same token say something else?
    pub fn is_about_who(&self) -> bool {
        [StatusCode::UNAUTHORIZED, StatusCode::SERVICE_UNAVAILABLE].contains(&self.status)
    }

    /// Tells a client whose token is missing, wrong or too narrow where to get another.
    pub fn guided(self, guide: &Guide) -> Self {
        Self {
            guide: Some(guide.clone()),
            ..self
        }
    }

    pub fn into_answer(self) -> Response<Bytes> {
        let type_ = match self.kind {
            Kind::Message => "application/json",
            _ => "text/plain; charset=utf-8",
        };
        let challenge = self.challenge();
        let mut answer = Response::new(Bytes::from(self.text));
        *answer.status_mut() = self.status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(type_));
        if let Some(challenge) = challenge.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        match self.kind {
            Kind::Method => {
                headers.insert(ALLOW, HeaderValue::from_static("POST"));
            }
            Kind::Later(seconds) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            _ => {}
        }
        answer
    }

    /// RFC 6750, section 3.
    fn challenge(&self) -> Option<String> {
        let (error, needed) = match self.kind {
            Kind::Challenge { is_invalid: false } => (None, None),
            Kind::Challenge { is_invalid: true } => (Some("invalid_token"), None),
            Kind::Scope(needed) => (Some("insufficient_scope"), Some(needed)),
            Kind::Sentence | Kind::Message | Kind::Method | Kind::Later(_) => return None,
        };
        let mut challenge = r#"Bearer realm="mcp-airlock""#.to_owned();
        let mut say = |name: &str, value: &str| {
            challenge += &format!(r#", {name}="{value}""#);
        };
        if let Some(error) = error {
            say("error", error);
        }
        if let Some(guide) = &self.guide {
            say("resource_metadata", &guide.metadata);
        }
        if let Some(scopes) = needed.or(self.guide.as_ref().map(|guide| guide.grant)) {
            say("scope", &scopes.to_scopes());
        }
        Some(challenge)
    }
}
