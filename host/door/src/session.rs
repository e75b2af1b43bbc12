//! There are no sessions. A client of an older revision is given a name that means nothing, since some wait for one; a
//! client that says another one is told that it is gone, and begins again. Who it is says its key, on every request.

use http::header::HeaderValue;
use http::request::Parts;
use http::{Response, StatusCode};

use crate::gate::Visitor;
use crate::message::Kind;
use crate::refusal::Refusal;

const HEADER: &str = "mcp-session-id";

/// The first revision without sessions; there the header means nothing.
const WITHOUT_SESSIONS: &str = "2026-07-28";

/// What every session is called.
const NAME: &str = "stateless";

/// Names the session in the answer to an older revision's first message.
pub fn name_session<B>(kind: &Kind, answer: &mut Response<B>) {
    if *kind == Kind::Hello && answer.status().is_success() {
        let headers = answer.headers_mut();
        headers.insert(HEADER, HeaderValue::from_static(NAME));
    }
}

/// Older revisions want 404 for a session that is not known, upon which the client opens a new one.
pub(crate) fn check(head: &Parts) -> Result<(), Refusal> {
    if gateway::mutant::is_on(gateway::mutant::Mutant::SessionByIdOnly) {
        return Ok(());
    }
    // Dates compare like text.
    let is_modern = head
        .headers
        .get("mcp-protocol-version")
        .is_some_and(|version| version.as_bytes() >= WITHOUT_SESSIONS.as_bytes());
    let mut names = head.headers.get_all(HEADER).iter();
    if is_modern || names.all(|name| name == NAME) {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::NOT_FOUND,
        "there is no such session: this server keeps none. Send `initialize` again",
    ))
}

/// The known-bad variant: whoever names a session is who opened it. Without the feature `mutants` it hands on what it
/// was given.
#[cfg(not(feature = "mutants"))]
pub(crate) fn by_id_only(_: &Parts, visitor: Result<Visitor, Refusal>) -> Result<Visitor, Refusal> {
    visitor
}

#[cfg(feature = "mutants")]
pub(crate) fn by_id_only(
    head: &Parts,
    visitor: Result<Visitor, Refusal>,
) -> Result<Visitor, Refusal> {
    use std::collections::BTreeMap;
    use std::sync::{Mutex, PoisonError};

    static OPENED: Mutex<BTreeMap<Vec<u8>, Visitor>> = Mutex::new(BTreeMap::new());
    let is_on = gateway::mutant::is_on(gateway::mutant::Mutant::SessionByIdOnly);
    let (true, Some(id)) = (is_on, head.headers.get(HEADER)) else {
        return visitor;
    };
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(visitor) = opened.get(id.as_bytes()) {
        return Ok(visitor.clone());
    }
    visitor.inspect(|visitor| {
        opened.insert(id.as_bytes().to_vec(), visitor.clone());
    })
}
