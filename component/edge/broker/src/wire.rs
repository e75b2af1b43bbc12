//! The only way out of an edge deployment: one exchange over `wasi:http`, as final as the gateway made it. Follows no
//! redirect and repeats nothing. Names are looked up and TLS is spoken by the runtime, so what an address is cannot be
//! checked here; a policy that wants it checked is refused at the start.

use gateway::{Incoming, Outgoing, Unpacking, Wire, WireError};
use policy::{Method, Scheme};
use secrecy::ExposeSecret;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, Method as WasiMethod, OutgoingBody,
    OutgoingRequest, Scheme as WasiScheme,
};
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

use crate::waiting;

pub(crate) struct WasiWire;

/// How much is read at once.
const CHUNK: u64 = 64 << 10;

impl Wire for WasiWire {
    async fn exchange(&self, out: Outgoing<'_>) -> Result<Incoming, WireError> {
        waiting::within(out.timeout, exchange(&out))
            .await
            .unwrap_or(Err(WireError::Timeout))
    }
}

async fn exchange(out: &Outgoing<'_>) -> Result<Incoming, WireError> {
    let request = request(out)?;
    let body = match &out.body {
        Some(_) => Some(request.body().map_err(|()| unwritable())?),
        None => None,
    };
    let future = outgoing_handler::handle(request, None).map_err(|code| failure(&code))?;
    if let (Some(body), Some(bytes)) = (body, &out.body) {
        write(body, bytes).await?;
    }
    waiting::ready(future.subscribe()).await;
    let response = match future.get() {
        Some(Ok(answer)) => answer.map_err(|code| failure(&code))?,
        Some(Err(())) | None => return Err(WireError::Lost("the runtime gave no answer".into())),
    };
    read(response, out.max_response_bytes).await
}

fn request(out: &Outgoing<'_>) -> Result<OutgoingRequest, WireError> {
    let unwritable = |_| unwritable();
    let headers = Fields::new();
    for (name, value) in out.headers {
        headers
            .append(name, value.as_bytes())
            .map_err(|_| WireError::Connect(format!("the runtime takes no header `{name}`")))?;
    }
    if let Some(authorization) = out.authorization {
        let value = authorization.expose_secret().as_bytes();
        headers
            .append("authorization", value)
            .map_err(|_| WireError::Connect("the runtime takes no credential".into()))?;
    }
    if let Some(body) = &out.body {
        // Without it the body goes out in chunks, which not every proxy takes. A runtime that writes the header
        // itself refuses it here.
        let _ = headers.append("content-length", body.len().to_string().as_bytes());
    }
    let rest = out
        .url
        .strip_prefix(&out.origin.to_string())
        .filter(|rest| rest.starts_with('/'))
        .ok_or_else(|| WireError::Connect("the address is not below its origin".into()))?;
    let request = OutgoingRequest::new(headers);
    request
        .set_method(&method(out.method))
        .map_err(unwritable)?;
    let scheme = match out.origin.scheme() {
        Scheme::Https => WasiScheme::Https,
        Scheme::Http => WasiScheme::Http,
    };
    request.set_scheme(Some(&scheme)).map_err(unwritable)?;
    let authority = out.origin.to_string();
    let authority = authority
        .split_once("://")
        .map_or("", |(_, authority)| authority);
    request.set_authority(Some(authority)).map_err(unwritable)?;
    request
        .set_path_with_query(Some(rest))
        .map_err(unwritable)?;
    Ok(request)
}

const fn method(method: Method) -> WasiMethod {
    match method {
        Method::Get => WasiMethod::Get,
        Method::Head => WasiMethod::Head,
        Method::Post => WasiMethod::Post,
        Method::Put => WasiMethod::Put,
        Method::Patch => WasiMethod::Patch,
        Method::Delete => WasiMethod::Delete,
    }
}

/// A runtime that knows the length is done with the stream at the last byte, and a site may answer before it has read all.
/// So a closed stream is no failure here: what became of the request, the answer tells.
async fn write(body: OutgoingBody, bytes: &[u8]) -> Result<(), WireError> {
    let stream: OutputStream = body.write().map_err(|()| unwritable())?;
    let mut left = bytes;
    while !left.is_empty() {
        let Ok(room) = stream.check_write() else {
            return Ok(());
        };
        if room == 0 {
            waiting::ready(stream.subscribe()).await;
            continue;
        }
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(left.len());
        let (now, later) = left.split_at(room);
        if stream.write(now).is_err() {
            return Ok(());
        }
        left = later;
    }
    if stream.flush().is_ok() {
        waiting::ready(stream.subscribe()).await;
    }
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|code| failure(&code))
}

async fn read(response: IncomingResponse, limit: u64) -> Result<Incoming, WireError> {
    let status = response.status();
    let fields = response.headers();
    let encodings = fields.get("content-encoding");
    let announced = fields
        .get("content-length")
        .first()
        .and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
    // What is decoded here must not be called encoded further on.
    let headers = fields.entries();
    let headers = headers
        .into_iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("content-encoding"))
        .collect();
    let encodings = encodings.iter().map(Vec::as_slice);
    let mut unpacking = Unpacking::begin(encodings, announced, limit)?;
    let body: IncomingBody = response
        .consume()
        .map_err(|()| WireError::BadResponse("an answer without a body to read".into()))?;
    let stream: InputStream = body
        .stream()
        .map_err(|()| WireError::BadResponse("an answer without a body to read".into()))?;
    loop {
        match stream.read(CHUNK) {
            Ok(chunk) if chunk.is_empty() => waiting::ready(stream.subscribe()).await,
            Ok(chunk) => unpacking.take(&chunk)?,
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(_)) => {
                return Err(WireError::Lost(
                    "the connection broke before the answer was whole".into(),
                ));
            }
        }
    }
    Ok(Incoming {
        status,
        headers,
        body: unpacking.finish()?,
        peer: None,
    })
}

fn unwritable() -> WireError {
    WireError::Connect("the request cannot be written as HTTP".into())
}

/// In words of our own: a runtime's text may hold the address with its query.
fn failure(code: &ErrorCode) -> WireError {
    match code {
        ErrorCode::HttpRequestDenied => {
            WireError::Connect("the runtime's own list of hosts does not allow the site".into())
        }
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => {
            WireError::Connect("the name of the site leads nowhere".into())
        }
        ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpProhibited
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionLimitReached => {
            WireError::Connect("no connection to the site came about".into())
        }
        ErrorCode::TlsProtocolError
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsAlertReceived(_) => {
            WireError::Tls("the runtime does not trust the site's TLS".into())
        }
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => WireError::Timeout,
        ErrorCode::ConnectionTerminated | ErrorCode::HttpResponseIncomplete => {
            WireError::Lost("the connection broke before the answer was whole".into())
        }
        _ => WireError::BadResponse("something that is not a valid HTTP answer".into()),
    }
}
