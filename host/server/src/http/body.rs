//! How a message arrives: whole, within its size and its time. What is in it is not looked at here.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use door::{LONGEST, Refusal, refuse_encoded, too_long};
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Incoming};
use hyper::header::HeaderMap;

/// From the first byte to the last, however steadily they trickle.
const LONGEST_TIME: Duration = Duration::from_secs(20);

/// Room before the first byte; a message that announces more must send it first.
const FIRST_ROOM: usize = 64 << 10;

pub(super) async fn read(headers: &HeaderMap, body: Incoming) -> Result<Bytes, Refusal> {
    refuse_encoded(headers)?;
    let announced = body.size_hint().lower();
    if announced > LONGEST as u64 {
        return Err(too_long());
    }
    let room = usize::try_from(announced).map_or(FIRST_ROOM, |size| size.min(FIRST_ROOM));
    tokio::time::timeout(LONGEST_TIME, collect(body, room))
        .await
        .unwrap_or_else(|_| {
            Err(Refusal::new(
                StatusCode::REQUEST_TIMEOUT,
                format!(
                    "the message did not arrive within {} seconds; send it faster",
                    LONGEST_TIME.as_secs()
                ),
            ))
        })
}

async fn collect(mut body: Incoming, room: usize) -> Result<Bytes, Refusal> {
    let mut bytes = BytesMut::with_capacity(room);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Refusal::new(
                StatusCode::BAD_REQUEST,
                "the message broke off before its end; send it again",
            )
        })?;
        if let Ok(data) = frame.into_data() {
            if data.len() > LONGEST - bytes.len() {
                return Err(too_long());
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.freeze())
}
