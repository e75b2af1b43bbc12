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
mod operations;
mod tls;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use door::{Gate, LONGEST, Refusal, Visitor, check_message, name_session};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Request, Response};
use mcp::{CancellationToken, Handler, over_http};

use self::busy::Busy;
use self::connections::Answers;
use self::operations::{Counts, Operations};
use crate::app::{App, Server};

pub(crate) use self::address::{Listen, ListenError, Place, Range, Wanted};
pub(crate) use self::clients::Clients;
pub(crate) use self::connections::serve;
pub(crate) use self::tls::CertificateFiles;

type Answer = Response<BoxBody<Bytes, Infallible>>;

/// What stands behind the listening socket.
pub(crate) struct Door {
    app: Arc<App>,
    gate: Gate<Clients>,
    counts: Arc<Counts>,
    clients: Arc<Clients>,
}

impl Door {
    pub(crate) fn new(app: Arc<App>, listen: &Listen, clients: Clients) -> Self {
        let clients = Arc::new(clients);
        Self {
            app,
            gate: Gate::new(listen.names.clone(), Arc::clone(&clients)),
            counts: Arc::default(),
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
        let Visitor { principal } = self.gate.admit(&head)?;
        let bytes = body::read(&head.headers, body).await?;
        let kind = check_message(&bytes)?;
        let working = busy.begin();
        let handler = Handler::new(Server::for_principal(self.app.clone(), principal));
        let answer = over_http(handler, LONGEST)
            .handle(Request::from_parts(head, Full::new(bytes)))
            .await;
        let mut answer = answer.map(|body| working.until_the_end_of(body).boxed());
        name_session(kind, &mut answer);
        Ok(answer)
    }
}

impl Answers for Door {
    async fn answer(&self, request: Request<Incoming>, busy: &Busy) -> Answer {
        let running = self.counts.begin();
        let path = request.uri().path().to_owned();
        let answer = self.pass(request, busy).await.unwrap_or_else(|refusal| {
            tracing::info!(status = refusal.status.as_u16(), %path, "refused: {}", refusal.text);
            refused(refusal)
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
