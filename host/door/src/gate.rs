//! The one order of questions for every request: by which name, from which page, to which place, who. Answered from the
//! head alone: nothing of a stranger's body is read.

use std::sync::Arc;

use http::header::{AUTHORIZATION, CONTENT_TYPE, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use policy::Principal;

use crate::keys::{PREFIX, Presented, Rejected};
use crate::names::Names;
use crate::refusal::Refusal;
use crate::scopes::Grant;
use crate::{foreign, session};

/// Where the protocol is spoken.
pub const ENDPOINT: &str = "/mcp";

/// Who may be let in.
pub trait Clients {
    /// `Some` where nobody is asked for a key: who everybody is then.
    fn anyone(&self) -> Option<Principal>;

    /// Whose key it is.
    fn owner(&self, shown: &Presented) -> Result<Principal, Rejected>;

    /// Whom a proxy that asked them itself says that it is; `None` where it says nothing or is not believed.
    fn vouched(&self, _headers: &HeaderMap) -> Option<Result<Visitor, Refusal>> {
        None
    }

    /// Whose token of a login server it is; `None` where no login server is trusted.
    fn bearer(&self, _token: &str) -> Option<Result<Visitor, Refusal>> {
        None
    }
}

/// Somebody who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    pub principal: Principal,
    pub grant: Grant,
}

impl Visitor {
    /// Somebody whom the policy file alone narrows.
    pub fn whole(principal: Principal) -> Self {
        Self {
            principal,
            grant: Grant::WHOLE,
        }
    }
}

pub struct Gate<C> {
    names: Names,
    clients: Arc<C>,
}

impl<C: Clients> Gate<C> {
    pub fn new(names: Names, clients: Arc<C>) -> Self {
        Self { names, clients }
    }

    pub fn admit(&self, head: &Parts) -> Result<Visitor, Refusal> {
        self.names.check(head)?;
        if head.uri.path() != ENDPOINT {
            return Err(Refusal::new(
                StatusCode::NOT_FOUND,
                format!("there is nothing here; the protocol is spoken at {ENDPOINT}"),
            ));
        }
        if head.method != Method::POST {
            return Err(Refusal::method());
        }
        let visitor = session::by_id_only(head, self.identify(head))?;
        if head.uri.query().is_some() {
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "the address takes no query; a key in it would be written into every log on the way",
            ));
        }
        check_type(head)?;
        check_upgrade(head)?;
        session::check(head)?;
        Ok(visitor)
    }

    /// Is the server spoken to by its own name, from a page that may?
    pub fn check_names(&self, head: &Parts) -> Result<(), Refusal> {
        self.names.check(head)
    }

    fn identify(&self, head: &Parts) -> Result<Visitor, Refusal> {
        if let Some(principal) = self.clients.anyone() {
            return Ok(Visitor::whole(principal));
        }
        visitor(&*self.clients, head).map_err(|refusal| {
            // Where a message of unannounced length ends is a question that two readers may answer differently
            // (RFC 9112, section 6.3); a stranger does not get to ask it.
            if head.headers.contains_key(TRANSFER_ENCODING) {
                return Refusal::new(
                    StatusCode::BAD_REQUEST,
                    "without a key a message is taken with Content-Length only",
                )
                .in_place_of(&refusal);
            }
            refusal
        })
    }
}

fn visitor(clients: &impl Clients, head: &Parts) -> Result<Visitor, Refusal> {
    if let Some(answer) = clients.vouched(&head.headers) {
        // Two answers to the question who it is are one too many.
        if head.headers.contains_key(AUTHORIZATION) {
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "the proxy says who you are, and there is an Authorization header as well: send none, or whoever runs the proxy takes it away",
            ));
        }
        return answer;
    }
    let mut given = head.headers.get_all(AUTHORIZATION).iter();
    let header = match (given.next(), given.next()) {
        (None, _) => {
            return Err(Refusal::no_key(format!(
                "this server is for holders of a key: send `Authorization: Bearer {PREFIX}…`; whoever runs it makes one with `mcp-airlock key add`"
            )));
        }
        (Some(_), Some(_)) => {
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "there are two Authorization headers; send one",
            ));
        }
        (Some(header), None) => header,
    };
    let text = header.to_str().unwrap_or_default();
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if foreign::is_atlassian(token) {
        return Err(Refusal::wrong_key(
            "that is a token for Atlassian, which this server neither takes nor passes on: it keeps its own. Take it out of the client's settings, revoke it if others may have seen it, and ask whoever runs this server for a key",
        ));
    }
    let bearer = scheme.eq_ignore_ascii_case("bearer").then_some(token);
    // A key is never a token: what looks like one is not asked about elsewhere.
    if let Some(token) = bearer.filter(|token| !token.starts_with(PREFIX))
        && let Some(answer) = clients.bearer(token)
    {
        return answer;
    }
    let Some(shown) = bearer.and_then(Presented::parse) else {
        return Err(Refusal::wrong_key(format!(
            "that is no key of this server: `Authorization` holds `Bearer`, a space and the key, which begins with {PREFIX} and was perhaps cut in copying"
        )));
    };
    let owner = clients.owner(&shown).map_err(|rejected| match rejected {
        Rejected::Unknown => Refusal::wrong_key(
            "this key opens nothing here: it was revoked or replaced, or is for another server; ask whoever runs this one",
        ),
        Rejected::Expired => Refusal::ended_key(
            "this key has ended; ask whoever runs this server for a new one (`mcp-airlock key rotate`)",
        ),
        Rejected::Unreadable(_) => Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the server cannot read its keys, so it lets nobody in; its log says why",
        ),
    });
    owner.map(Visitor::whole)
}

/// A web form cannot send JSON, so no page can post here without asking first.
fn check_type(head: &Parts) -> Result<(), Refusal> {
    let mut types = head.headers.get_all(CONTENT_TYPE).iter();
    let is_json = match (types.next().map(|one| one.to_str()), types.next()) {
        (Some(Ok(one)), None) => one
            .split(';')
            .next()
            .is_some_and(|type_| type_.trim().eq_ignore_ascii_case("application/json")),
        _ => false,
    };
    if is_json {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "send one header `Content-Type: application/json`",
    ))
}

/// Other offers (`h2c`, which Java's client makes on every plain connection) are passed over, as RFC 9110, section 7.8
/// has it; one for a socket comes from somebody who means another server.
fn check_upgrade(head: &Parts) -> Result<(), Refusal> {
    let mut offers = head.headers.get_all(UPGRADE).iter();
    if offers.any(|offer| offer.as_bytes().eq_ignore_ascii_case(b"websocket")) {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "there are no web sockets here; send messages by POST",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
