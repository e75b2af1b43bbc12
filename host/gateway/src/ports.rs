//! What the gateway needs from outside: a wire, a clock, an audit sink, a source of credentials.
//! The server and the edge broker implement these four; the decisions stay on this side.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use policy::{Caller, Method, Origin, Permit, Site};
use secrecy::SecretString;

use crate::record::AuditLine;

/// The only HTTP client of the program. It does exactly one exchange: no redirects, no
/// retries, no cookies, no proxy from the environment, no headers of its own beyond `host`,
/// `content-length` and the connection's.
pub trait Wire: Send + Sync {
    fn exchange(
        &self,
        out: Outgoing<'_>,
    ) -> impl Future<Output = Result<Incoming, WireError>> + Send;
}

/// One exchange, final: the wire changes nothing in it. `Debug` shows neither the address, whose
/// query may be a signed link, nor headers nor body.
pub struct Outgoing<'a> {
    /// Address rules, extra trust anchors and proxy are the site's.
    pub site: &'a Site,
    /// Where to connect. `url` begins with it.
    pub origin: &'a Origin,
    pub hop: Hop,
    /// Origin, encoded path and encoded query. Must be sent as it stands.
    pub url: &'a str,
    pub method: Method,
    /// Lower-case names, everything but `authorization`.
    pub headers: &'a [(&'static str, String)],
    /// The value of the `authorization` header; absent on a redirect hop.
    pub authorization: Option<&'a SecretString>,
    /// `None` sends neither a body nor a content type.
    pub body: Option<Bytes>,
    /// For everything from the look-up of the name to the last byte.
    pub timeout: Duration,
    /// Of the decoded body, counted while it comes in.
    pub max_response_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hop {
    /// To the site itself, with its credential.
    Site,
    /// To an origin that the rule names for redirects: no credential, public addresses only.
    Redirect,
}

/// As it came, with whatever a site echoes: `Debug` shows sizes only.
#[derive(Clone)]
pub struct Incoming {
    pub status: u16,
    pub headers: Vec<(String, Vec<u8>)>,
    /// Decompressed and whole.
    pub body: Bytes,
    pub peer: Option<IpAddr>,
}

impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("origin", &self.origin)
            .field("hop", &self.hop)
            .field("method", &self.method)
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("status", &self.status)
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .field("peer", &self.peer)
            .finish()
    }
}

/// How an exchange failed. The texts are for the log: no URL, no header value.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WireError {
    /// No connection, so that no byte of the request was sent.
    #[error("no connection: {0}")]
    Connect(String),
    #[error("TLS: {0}")]
    Tls(String),
    #[error("no answer within the time for one exchange")]
    Timeout,
    /// The connection broke before the answer was whole; the request may have been executed.
    #[error("connection lost: {0}")]
    Lost(String),
    #[error("not a valid HTTP answer: {0}")]
    BadResponse(String),
    /// The answer is over the cap that `Outgoing` named, in head or body.
    #[error("answer over the cap of {0} bytes")]
    TooLarge(u64),
}

pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch, for records and for dates in headers.
    fn now_ms(&self) -> u64;
    /// Time since some fixed point; never goes back. Deadlines are measured with it.
    fn monotonic(&self) -> Duration;
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
    /// Evenly spread over `0.0..1.0`.
    fn jitter(&self) -> f64;
}

/// Takes one line for each decision. It adds what belongs to the chain (`seq`, `prev`, `mac`),
/// since only the writer knows the order.
pub trait AuditSink: Send + Sync {
    /// Whether a line could be written now. Asked before anything is sent.
    fn ready(&self) -> Result<(), AuditError>;
    /// Returns when the line is as durable as the sink promises. After a failure `ready` must
    /// fail too, until a person has mended the sink.
    fn record(&self, line: &AuditLine) -> Result<(), AuditError>;
}

/// One record for several who write into it.
impl<A: AuditSink> AuditSink for Arc<A> {
    fn ready(&self) -> Result<(), AuditError> {
        (**self).ready()
    }

    fn record(&self, line: &AuditLine) -> Result<(), AuditError> {
        (**self).record(line)
    }
}

#[derive(Clone, Debug, thiserror::Error)]
#[error("the audit record cannot be written: {0}")]
pub struct AuditError(pub String);

/// Finds the credential of one caller for one permitted site. A total function without a
/// default: no entry means refusal.
pub trait CredentialSource: Send + Sync {
    fn credential(
        &self,
        permit: &Permit,
        site: &Site,
        caller: &Caller,
    ) -> impl Future<Output = Result<Credential, CredentialError>> + Send;

    /// The site answered 401 to `rejected`. `Some` is a renewed credential of the *same*
    /// identity, tried once; `None` leaves it at the 401.
    fn refreshed(
        &self,
        permit: &Permit,
        site: &Site,
        caller: &Caller,
        rejected: &Credential,
    ) -> impl Future<Output = Option<Credential>> + Send;
}

/// A secret and what to call it. There is no `Serialize`, and `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Credential {
    /// For the audit record; never the secret or a part of it.
    pub name: String,
    /// The whole header value: `Basic …` or `Bearer …`.
    pub authorization: SecretString,
    /// What must not come back: the token itself, and others that stand for it.
    pub secrets: Vec<SecretString>,
}

#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum CredentialError {
    /// This caller has none for this site. Nobody else's is tried.
    #[error("no credential of this caller for this site")]
    Missing,
    /// There was one, and it ended: a person must log in again.
    #[error("the authorization has ended")]
    Ended,
    /// The place where it is kept did not answer; in words for people, without the secret.
    #[error("the credential cannot be read: {0}")]
    Unavailable(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_that_may_be_secret() {
        let site = Site::new(
            policy::SiteName::parse("acme").expect("a name"),
            Origin::parse("https://acme.atlassian.net").expect("an origin"),
            vec![policy::Product::Jira],
        );
        let secret = SecretString::from("Bearer CANARY");
        let out = Outgoing {
            site: &site,
            origin: &site.origin,
            hop: Hop::Redirect,
            url: "https://acme.atlassian.net/x?token=CANARY",
            method: Method::Get,
            headers: &[("accept", "CANARY".to_owned())],
            authorization: Some(&secret),
            body: Some(Bytes::from_static(b"CANARY")),
            timeout: Duration::ZERO,
            max_response_bytes: 0,
        };
        let incoming = Incoming {
            status: 200,
            headers: vec![("x".into(), b"CANARY".to_vec())],
            body: Bytes::from_static(b"CANARY"),
            peer: None,
        };
        let credential = Credential {
            name: "jira".into(),
            authorization: secret.clone(),
            secrets: vec![secret.clone()],
        };
        let text = format!("{out:?} {incoming:?} {credential:?}");
        assert!(!text.contains("CANARY"), "{text}");
    }
}
