//! Whether a connection is doing anything worth keeping it for. When there are too many, one that is not makes room;
//! so a thousand slow senders push each other out and never somebody whose call is running.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::body::{Body, Frame, SizeHint};

/// No call runs that long; who holds a connection beyond it does not read what it is sent.
const LONGEST_ANSWER: Duration = Duration::from_secs(150);

/// Nothing is being done.
const IDLE: u64 = 0;

#[derive(Clone, Debug)]
pub(crate) struct Busy {
    opened: Instant,
    /// Milliseconds after `opened`, and one more, at which the work began; or `IDLE`.
    since: Arc<AtomicU64>,
}

impl Busy {
    pub(super) fn new() -> Self {
        Self {
            opened: Instant::now(),
            since: Arc::new(AtomicU64::new(IDLE)),
        }
    }

    pub(super) fn begin(&self) -> Working {
        self.since.store(self.elapsed() + 1, Ordering::Release);
        Working(self.clone())
    }

    pub(super) fn may_be_closed(&self) -> bool {
        let since = self.since.load(Ordering::Acquire);
        let longest = u64::try_from(LONGEST_ANSWER.as_millis()).unwrap_or(u64::MAX);
        since == IDLE || self.elapsed().saturating_sub(since) > longest
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX - 1)
    }
}

/// One answer that is being made or sent; ends when dropped.
#[derive(Debug)]
pub(super) struct Working(Busy);

impl Working {
    pub(super) fn until_the_end_of<B>(self, body: B) -> Guarded<B> {
        Guarded {
            body,
            _working: self,
        }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.since.store(IDLE, Ordering::Release);
    }
}

/// A body, told on as it is: with its size known, head and body leave in one write.
pub(super) struct Guarded<B> {
    body: B,
    _working: Working,
}

impl<B: Body + Unpin> Body for Guarded<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_kept_while_an_answer_is_made_and_sent() {
        let busy = Busy::new();
        assert!(busy.may_be_closed());
        let body = busy
            .begin()
            .until_the_end_of(http_body_util::Full::new(bytes::Bytes::from("answer")));
        assert!(!busy.may_be_closed());
        assert_eq!(body.size_hint().exact(), Some(6));
        drop(body);
        assert!(busy.may_be_closed());
    }
}
