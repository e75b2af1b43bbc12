//! HTTP on one side, [`Site`] on the other: reads a request whole, waits as long as it was told to,
//! writes the answer and the log line. Decides nothing about the answer.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, Response, StatusCode};

use crate::auth::{Credential, CredentialKind};
use crate::log::{Journal, RequestLine};
use crate::reply::{Payload, Reply};
use crate::request::Request;
use crate::site::Site;

/// More than any page or issue needs; Jira's own limit for a text field is 32,767 characters.
const LARGEST_BODY: usize = 8 * 1024 * 1024;

pub(crate) struct Front {
    pub(crate) site: Site,
    pub(crate) journal: Arc<Journal>,
    pub(crate) delay: Duration,
}

pub(crate) fn router(front: Front) -> Router {
    Router::new().fallback(handle).with_state(Arc::new(front))
}

async fn handle(
    State(front): State<Arc<Front>>,
    request: axum::http::Request<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let method = parts.method.as_str().to_owned();
    let path = parts.uri.path().to_owned();
    let query = parts.uri.query().unwrap_or("").to_owned();
    let body = to_bytes(body, LARGEST_BODY).await;
    let mut kept = Vec::new();
    let (reply, credential) = match (Request::parse(&method, &path, &query), body) {
        (Some(mut read), Ok(body)) => {
            kept = body.to_vec();
            read.body = body.into();
            read.authorization = text(&parts.headers, AUTHORIZATION);
            read.content_type = text(&parts.headers, CONTENT_TYPE);
            read.user_agent = text(&parts.headers, USER_AGENT);
            read.atlassian_token =
                text(&parts.headers, HeaderName::from_static("x-atlassian-token"));
            front.site.answer(&read)
        }
        (None, _) => (refused(400, "Bad Request"), nobody()),
        (_, Err(_)) => (refused(413, "Request Entity Too Large"), nobody()),
    };
    if !front.delay.is_zero() {
        tokio::time::sleep(front.delay).await;
    }
    front.journal.record(RequestLine {
        method,
        path,
        query,
        status: reply.status,
        credential,
        body: kept,
    });
    write(reply)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn refused(status: u16, title: &str) -> Reply {
    Reply::text(
        status,
        "text/html",
        format!("<html><body><h1>{title}</h1></body></html>"),
    )
}

fn nobody() -> Credential {
    Credential {
        kind: CredentialKind::None,
        name: None,
        accepted: false,
    }
}

fn write(reply: Reply) -> Response<Body> {
    let mut response = Response::builder()
        .status(StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        // What a real site sends with each answer, so that readers meet it here first.
        .header("x-arequestid", "demo")
        .header("x-content-type-options", "nosniff")
        .header("cache-control", "no-cache, no-store, no-transform")
        .header("set-cookie", "atlassian.xsrf.token=demo; Path=/; HttpOnly");
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    let body = match reply.body {
        Payload::Empty => Body::empty(),
        Payload::Json(value) => {
            response = response.header(CONTENT_TYPE, "application/json;charset=UTF-8");
            Body::from(value.to_string())
        }
        Payload::Text(media_type, text) => {
            response = response.header(CONTENT_TYPE, media_type);
            Body::from(text)
        }
    };
    response
        .body(body)
        .expect("names are constants and values hold no control characters")
}
