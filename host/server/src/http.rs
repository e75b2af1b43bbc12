//! The protocol over HTTP: one endpoint, `/mcp`, where each request is answered by itself and any copy of the server
//! could answer the next one. There are no sessions, so there is none to steal.
//!
//! Decides who is let in and how long anybody may take; what a message means is the handler's, what a call may do the
//! policy's.

mod address;
mod body;
mod busy;
mod clients;
mod connections;
mod ears;
mod forwarded;
mod operations;
mod strangers;
mod tls;
mod vouched;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use door::{ENDPOINT, Gate, Guide, Kind, LONGEST, Refusal, Visitor, check_message, name_session};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use mcp::{CancellationToken, Handler, over_http};

use self::busy::Busy;
use self::connections::Answers;
use self::ears::Peer;
use self::operations::{Counts, Operations};
use self::strangers::Strangers;
use crate::app::{App, Server};

pub(crate) use self::address::{Listen, ListenError, Place, Plan, Range, Wanted};
pub(crate) use self::clients::Clients;
pub(crate) use self::connections::serve;
pub(crate) use self::tls::CertificateFiles;
pub(crate) use self::vouched::{TrustedHeader, Vouched};

type Answer = Response<BoxBody<Bytes, Infallible>>;

/// What stands behind the listening socket.
pub(crate) struct Door {
    app: Arc<App>,
    gate: Gate<Clients>,
    counts: Arc<Counts>,
    clients: Arc<Clients>,
    /// Those that speak for others.
    proxies: Vec<Range>,
    strangers: Strangers,
    /// Where clients of a login server are sent.
    guide: Option<Guide>,
}

impl Door {
    pub(crate) fn new(app: Arc<App>, listen: &Listen, clients: Arc<Clients>) -> Self {
        Self {
            app,
            gate: Gate::new(listen.names.clone(), Arc::clone(&clients)),
            counts: Arc::default(),
            proxies: listen.proxies.clone(),
            strangers: Strangers::default(),
            guide: clients.issuer().map(|issuer| issuer.guide()),
            clients,
        }
    }

    /// What can be asked about it from outside, until `stop` and after.
    pub(crate) fn operations(&self, stop: CancellationToken) -> Operations {
        Operations {
            counts: Arc::clone(&self.counts),
            clients: Arc::clone(&self.clients),
            stop,
        }
    }

    async fn pass(&self, request: Request<Incoming>, busy: &Busy) -> Result<Answer, Refusal> {
        let (head, body) = request.into_parts();
        if let Some(metadata) = self.metadata(&head)? {
            return Ok(metadata);
        }
        let visitor = self.admit(&head).await?;
        let bytes = body::read(&head.headers, body).await?;
        let kind = check_message(&bytes)?;
        if let Kind::Call(tool) = &kind
            && let Some(needed) = self.app.wanting(&visitor, tool)
        {
            return Err(Refusal::scope(visitor.grant.with(needed)));
        }
        let working = busy.begin();
        let handler = Handler::new(Server::for_visitor(self.app.clone(), visitor));
        let answer = over_http(handler, LONGEST)
            .handle(Request::from_parts(head, Full::new(bytes)))
            .await;
        let mut answer = answer.map(|body| working.until_the_end_of(body).boxed());
        name_session(&kind, &mut answer);
        Ok(answer)
    }

    fn told(&self, peer: Peer, refusal: Refusal) -> Refusal {
        if !refusal.is_a_guess() {
            return refusal;
        }
        self.counts.wrong_key();
        self.strangers.told(peer, refusal)
    }

    /// Before anybody is refused for a key of the login server that is not known, it is asked for its keys.
    async fn admit(&self, head: &Parts) -> Result<Visitor, Refusal> {
        let first = self.gate.admit(head);
        let (Err(refusal), Some(issuer)) = (&first, self.clients.issuer()) else {
            return first;
        };
        let token = head.headers.get(AUTHORIZATION);
        let token = token.and_then(|header| header.to_str().ok()?.split_once(' '));
        match token {
            Some((_, token)) if refusal.is_about_who() => {
                issuer.learn(token).await;
                self.gate.admit(head)
            }
            _ => first,
        }
    }

    /// Told to everybody who asks for this server by its name (RFC 9728, section 3.1).
    fn metadata(&self, head: &Parts) -> Result<Option<Answer>, Refusal> {
        let path = head.uri.path();
        let text = (head.method == Method::GET && path != ENDPOINT)
            .then(|| self.clients.issuer()?.metadata(path))
            .flatten();
        let Some(text) = text else { return Ok(None) };
        self.gate.check_names(head)?;
        let mut answer = Response::new(Full::new(Bytes::from(text)).boxed());
        let json = HeaderValue::from_static("application/json");
        answer.headers_mut().insert(CONTENT_TYPE, json);
        Ok(Some(answer))
    }
}

impl Answers for Door {
    async fn answer(&self, request: Request<Incoming>, peer: Peer, busy: &Busy) -> Answer {
        let running = self.counts.begin();
        let path = request.uri().path().to_owned();
        let peer = forwarded::client(peer, &self.proxies, request.headers());
        let answer = self.pass(request, busy).await.unwrap_or_else(|refusal| {
            let refusal = self.told(peer, refusal);
            if refusal.status != StatusCode::TOO_MANY_REQUESTS {
                tracing::info!(status = refusal.status.as_u16(), %path, "refused: {}", refusal.text);
            }
            refused(match &self.guide {
                Some(guide) => refusal.guided(guide),
                None => refusal,
            })
        });
        running.end(answer.status());
        answer
    }
}

fn refused(refusal: Refusal) -> Answer {
    let mut answer = refusal.into_answer().map(|text| Full::new(text).boxed());
    // What follows on this connection may be the rest of a body that was not read.
    let close = HeaderValue::from_static("close");
    answer.headers_mut().insert(CONNECTION, close);
    answer
}
