//! Sends any request that the interface can spell, as described in JSON, and returns what came
//! back. `{"behaviour": "raw", "requests": [...], "many": false, "search": {...}}`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::bindings::airlock::atlassian::blobs;
use crate::bindings::airlock::atlassian::egress::{
    self, EgressError, Method, Part, PartData, Request, RequestBody, Response, ResponseBody, Sink,
};
use crate::bindings::airlock::atlassian::host;
use crate::memory;

/// Bytes of an answer that are returned as text.
const SHOWN: usize = 256 * 1024;

#[derive(Clone, Deserialize)]
struct Described {
    site: String,
    method: String,
    segments: Vec<String>,
    #[serde(default)]
    query: Vec<(String, String)>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: Body,
    #[serde(default)]
    sink: Option<String>,
    #[serde(default)]
    max_body: Option<u64>,
    #[serde(default)]
    timeout_ms: Option<u32>,
    #[serde(default)]
    idempotent: bool,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Body {
    #[default]
    Empty,
    Json(String),
    /// Media type and text.
    Bytes(String, String),
    /// Media type and number of bytes.
    Fill(String, usize),
    /// A blob of this size.
    Blob(usize),
    /// Name, file name, text.
    Multipart(Vec<(String, Option<String>, String)>),
}

pub fn run(parsed: &Value) -> Value {
    let requests: Vec<Described> = match serde_json::from_value(parsed["requests"].clone()) {
        Ok(requests) => requests,
        Err(error) => return json!({"unspellable": error.to_string()}),
    };
    let started = host::now_ms();
    let answers: Vec<Value> = if parsed["many"] == true {
        send_side_by_side(&requests)
    } else {
        let times = parsed["times"].as_u64().unwrap_or(1);
        (0..times).flat_map(|_| requests.iter().map(send)).collect()
    };
    let mut result = json!({"answers": answers, "elapsed_ms": host::now_ms() - started});
    if let Ok(search) = serde_json::from_value::<memory::Search>(parsed["search"].clone()) {
        result["search"] = memory::search(&search);
    }
    result
}

/// One request; what came back.
pub fn send_one(description: &Value) -> Value {
    match serde_json::from_value::<Described>(description.clone()) {
        Ok(request) => send(&request),
        Err(error) => json!({"unspellable": error.to_string()}),
    }
}

fn send(request: &Described) -> Value {
    let Some(site) = egress::open_site(&request.site) else {
        return json!({"error": "no such site"});
    };
    let Some(method) = method(&request.method) else {
        return json!({"unspellable": "method"});
    };
    with_request(request, method, |request| show(site.send(&request)))
}

fn send_side_by_side(requests: &[Described]) -> Vec<Value> {
    let sites: Vec<_> = requests
        .iter()
        .map(|request| egress::open_site(&request.site))
        .collect();
    let mut asked = Vec::new();
    for (request, site) in requests.iter().zip(&sites) {
        if let (Some(site), Some(method)) = (site, method(&request.method)) {
            let body = match &request.body {
                Body::Empty => RequestBody::Empty,
                Body::Json(text) => RequestBody::Json(text.clone()),
                _ => return vec![json!({"unspellable": "body of send-many"})],
            };
            asked.push((site, with_body(request, method, body)));
        }
    }
    egress::send_many(&asked).into_iter().map(show).collect()
}

fn with_request<T>(
    described: &Described,
    method: Method,
    use_it: impl FnOnce(Request<'_>) -> T,
) -> T {
    let blob;
    let body = match &described.body {
        Body::Empty => RequestBody::Empty,
        Body::Json(text) => RequestBody::Json(text.clone()),
        Body::Bytes(media_type, text) => {
            RequestBody::Bytes((media_type.clone(), text.clone().into_bytes()))
        }
        Body::Fill(media_type, size) => RequestBody::Bytes((media_type.clone(), vec![b'x'; *size])),
        Body::Blob(size) => {
            match blobs::create("b", "application/octet-stream", &vec![b'x'; *size]) {
                Ok(made) => {
                    blob = made;
                    RequestBody::Blob(&blob)
                }
                Err(_) => RequestBody::Empty,
            }
        }
        Body::Multipart(parts) => RequestBody::Multipart(
            parts
                .iter()
                .map(|(name, file_name, text)| Part {
                    name: name.clone(),
                    file_name: file_name.clone(),
                    data: PartData::Text(text.clone()),
                })
                .collect(),
        ),
    };
    use_it(with_body(described, method, body))
}

fn with_body<'a>(described: &Described, method: Method, body: RequestBody<'a>) -> Request<'a> {
    Request {
        method,
        path: described.segments.clone(),
        query: described.query.clone(),
        headers: described.headers.clone(),
        body,
        sink: match described.sink.as_deref() {
            Some("blob") => Sink::Blob,
            Some("discard") => Sink::Discard,
            _ => Sink::Inline,
        },
        max_body: described.max_body,
        timeout_ms: described.timeout_ms,
        idempotent: described.idempotent,
        operation: None,
    }
}

fn method(name: &str) -> Option<Method> {
    Some(match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => return None,
    })
}

fn show(answer: Result<Response, EgressError>) -> Value {
    match answer {
        Ok(response) => {
            let (size, body) = match &response.body {
                ResponseBody::Empty => (0, String::new()),
                ResponseBody::Bytes(bytes) => {
                    let shown = &bytes[..bytes.len().min(SHOWN)];
                    (
                        bytes.len() as u64,
                        String::from_utf8_lossy(shown).into_owned(),
                    )
                }
                ResponseBody::Blob(blob) => {
                    let bytes = blob.read(0, 65_536).unwrap_or_default();
                    let size = blob.info().size.unwrap_or_default();
                    (size, String::from_utf8_lossy(&bytes).into_owned())
                }
            };
            json!({
                "status": response.status,
                "headers": response.headers,
                "size": size,
                "body": body,
                "redacted": response.redacted,
            })
        }
        Err(error) => json!({"error": name(&error), "detail": format!("{error:?}")}),
    }
}

fn name(error: &EgressError) -> &'static str {
    match error {
        EgressError::Denied => "denied",
        EgressError::Reauthorize => "reauthorize",
        EgressError::RateLimited(_) => "rate-limited",
        EgressError::Timeout => "timeout",
        EgressError::Connect => "connect",
        EgressError::Tls => "tls",
        EgressError::BadResponse => "bad-response",
        EgressError::BodyTooLarge(_) => "body-too-large",
        EgressError::InvalidRequest(_) => "invalid-request",
        EgressError::Budget => "budget",
        EgressError::Cancelled => "cancelled",
        EgressError::Internal(_) => "internal",
    }
}
