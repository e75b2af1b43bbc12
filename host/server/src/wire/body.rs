//! Reads the body of an answer: checks where it ends, and hands it on as it arrives. What is taken is decided by the
//! gateway's `Unpacking`.

use bytes::Bytes;
use gateway::{Unpacking, Unreadable};
use reqwest::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderValue, TRANSFER_ENCODING,
};

use super::fault::Fault;

/// Reads the body of `response`, decoded, up to `limit` bytes before and after decoding.
pub(super) async fn read(mut response: reqwest::Response, limit: u64) -> Result<Bytes, Fault> {
    check_framing(response.headers())?;
    let encodings = response.headers().get_all(CONTENT_ENCODING).iter();
    let encodings = encodings.map(HeaderValue::as_bytes);
    let mut body = Unpacking::begin(encodings, response.content_length(), limit)?;
    while let Some(chunk) = response.chunk().await.map_err(|error| Fault::of(&error))? {
        body.take(&chunk)?;
    }
    Ok(body.finish()?)
}

/// Where the body ends must have one answer (RFC 9112, section 6.3): two of them are how answers are smuggled.
fn check_framing(headers: &HeaderMap) -> Result<(), Fault> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else {
        return Ok(());
    };
    let is_chunked = coding.as_bytes().eq_ignore_ascii_case(b"chunked");
    if !is_chunked || codings.next().is_some() {
        return Err(Fault::bad_response(
            "a transfer encoding that was not asked for",
        ));
    }
    if headers.contains_key(CONTENT_LENGTH) {
        return Err(Fault::bad_response("two different ends of one body"));
    }
    Ok(())
}

impl From<Unreadable> for Fault {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::TooLarge(limit) => Self::BodyTooLarge(limit),
            Unreadable::Bad(what) => Self::BadResponse(what),
        }
    }
}
