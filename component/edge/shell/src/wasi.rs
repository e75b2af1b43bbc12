//! A request of `wasi:http` as the rest of the program knows requests, and an answer back. Decides nothing but how many
//! bytes are taken.

use bytes::{Bytes, BytesMut};
use door::{Refusal, too_long};
use http::header::{HOST, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use wasip2::http::types::{
    Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use wasip2::io::streams::StreamError;

/// How much is read and written at once.
const CHUNK: u64 = 64 << 10;
/// The most that a stream takes in one blocking write.
const WRITE: usize = 4096;

/// Runtimes keep `Host` apart from the other headers; whoever judges it wants it among them.
pub(crate) fn head(request: &IncomingRequest) -> Result<Parts, Refusal> {
    let unreadable = || Refusal::new(StatusCode::BAD_REQUEST, "the request cannot be read");
    let path = request.path_with_query().unwrap_or_else(|| "/".into());
    let mut builder = Request::builder()
        .method(&*method(request.method()))
        .uri(path);
    let headers = request.headers().entries();
    let has_host = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("host"));
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unreadable())?;
        let value = HeaderValue::from_bytes(&value).map_err(|_| unreadable())?;
        builder = builder.header(name, value);
    }
    if let (false, Some(authority)) = (has_host, request.authority()) {
        builder = builder.header(HOST, authority);
    }
    let (head, ()) = builder.body(()).map_err(|_| unreadable())?.into_parts();
    Ok(head)
}

fn method(method: Method) -> String {
    match method {
        Method::Get => "GET".into(),
        Method::Head => "HEAD".into(),
        Method::Post => "POST".into(),
        Method::Put => "PUT".into(),
        Method::Delete => "DELETE".into(),
        Method::Connect => "CONNECT".into(),
        Method::Options => "OPTIONS".into(),
        Method::Trace => "TRACE".into(),
        Method::Patch => "PATCH".into(),
        Method::Other(other) => other,
    }
}

/// The whole body, or nothing of one that is longer than `longest`.
pub(crate) fn body(request: &IncomingRequest, longest: usize) -> Result<Bytes, Refusal> {
    let broken = || {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            "the message broke off before its end; send it again",
        )
    };
    let body = request.consume().map_err(|()| broken())?;
    let stream = body.stream().map_err(|()| broken())?;
    let mut bytes = BytesMut::new();
    loop {
        match stream.blocking_read(CHUNK) {
            Ok(chunk) if chunk.len() > longest - bytes.len() => return Err(too_long()),
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(StreamError::Closed) => return Ok(bytes.freeze()),
            Err(StreamError::LastOperationFailed(_)) => return Err(broken()),
        }
    }
}

/// A client that is gone hears nothing, and nothing else can be done about it.
pub(crate) fn send(out: ResponseOutparam, answer: Response<Bytes>) {
    let (head, bytes) = answer.into_parts();
    let fields = Fields::new();
    for (name, value) in &head.headers {
        // A header that the runtime writes itself is refused here.
        let _ = fields.append(name.as_str(), value.as_bytes());
    }
    let response = OutgoingResponse::new(fields);
    let _ = response.set_status_code(head.status.as_u16());
    let Ok(body) = response.body() else {
        return;
    };
    ResponseOutparam::set(out, Ok(response));
    if let Ok(stream) = body.write() {
        for chunk in bytes.chunks(WRITE) {
            if stream.blocking_write_and_flush(chunk).is_err() {
                return;
            }
        }
    }
    let _ = OutgoingBody::finish(body, None);
}
