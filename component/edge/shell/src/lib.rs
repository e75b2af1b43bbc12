//! The face of an edge deployment: the protocol over `wasi:http`, each request answered by itself. Holds no credential and
//! no right: who a key belongs to and what its owner may do, the broker says.
#![cfg(target_family = "wasm")]

mod bindings;
mod desk;
mod provider;
mod wasi;

use std::sync::Arc;

use bytes::Bytes;
use door::{Gate, LONGEST, Refusal, check_message, name_session, refuse_encoded};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use mcp::{Handler, over_http};
use wasip2::http::types::{IncomingRequest, ResponseOutparam};

use self::provider::Tools;

struct Shell;

impl wasip2::exports::http::incoming_handler::Guest for Shell {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let answer = wasi::head(&request)
            .and_then(|head| answer(head, &request))
            .unwrap_or_else(Refusal::into_answer);
        wasi::send(out, answer);
    }
}

fn answer(head: Parts, request: &IncomingRequest) -> Result<Response<Bytes>, Refusal> {
    if head.method == Method::GET && matches!(head.uri.path(), "/healthz" | "/readyz") {
        return Ok(health(head.uri.path()));
    }
    let names = desk::names().ok_or_else(|| {
        Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "this server is not set up, so it serves nobody; its log says what is missing",
        )
    })?;
    let visitor = Gate::new(names, Arc::new(desk::Desk)).admit(&head)?;
    refuse_encoded(&head.headers)?;
    let bytes = wasi::body(request, LONGEST)?;
    let kind = check_message(&bytes)?;
    let handler = Handler::new(Arc::new(Tools::of(&visitor)));
    let service = over_http(handler, LONGEST);
    let broken = |_| {
        Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the call broke off by a defect of the server",
        )
    };
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(broken)?
        .block_on(async {
            let request = Request::from_parts(head, Full::new(bytes));
            let (head, body) = service.handle(request).await.into_parts();
            let Ok(body) = body.collect().await;
            let mut answer = Response::from_parts(head, body.to_bytes());
            name_session(&kind, &mut answer);
            Ok(answer)
        })
}

/// Whether there is a server here, and whether it could serve: for whoever runs it, so nobody is asked for a key.
fn health(path: &str) -> Response<Bytes> {
    let (status, text) = match path {
        "/healthz" => (StatusCode::OK, "alive\n"),
        _ if desk::names().is_some() => (StatusCode::OK, "ready\n"),
        _ => (
            StatusCode::SERVICE_UNAVAILABLE,
            "not set up; the log says what is missing\n",
        ),
    };
    let mut answer = Response::new(Bytes::from_static(text.as_bytes()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

wasip2::http::proxy::export!(Shell);
