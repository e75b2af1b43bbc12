//! How many connections there are, how long each may dawdle, and how they end. A slow or endless sender costs a little
//! memory until its time is up; it never holds up anybody else.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use mcp::CancellationToken;
use tokio::sync::mpsc;

use super::Answer;
use super::busy::Busy;
use super::ears::{Arrived, Ears, Peer};

/// For a head, and between two requests on one connection.
const LONGEST_HEAD_TIME: Duration = Duration::from_secs(30);

const LONGEST_HEAD: usize = 32 << 10;

const MOST_HEADERS: usize = 64;

/// Where the operating system gives as many.
const MOST_CONNECTIONS: usize = 16_384;

/// Files and connections to sites need some of what the operating system gives.
const KEPT_BACK: usize = 256;

/// A call takes a minute at most.
const LAST_ANSWERS: Duration = Duration::from_secs(65);

/// How long to wait where accepting fails, which is mostly for want of something that others give back.
const BREATH: Duration = Duration::from_millis(50);

/// What a connection is there for.
pub(crate) trait Answers: Send + Sync + 'static {
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: Peer,
        busy: &Busy,
    ) -> impl Future<Output = Answer> + Send;
}

/// Serves until `stop`, then finishes the calls in flight.
pub(crate) async fn serve(ears: Ears, answers: impl Answers, stop: CancellationToken) {
    let answers = Arc::new(answers);
    let crowd = Arc::new(Crowd::new(most_connections()));
    // Every conversation holds one end; the other one hears when the last has ended.
    let (talking, mut all_ended) = mpsc::channel::<Infallible>(1);
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = ears.accept() => accepted,
        };
        let arrived = match accepted {
            Ok(Some(arrived)) => arrived,
            Ok(None) => continue,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let place = crowd.enter();
        let talk = converse(arrived, Arc::clone(&answers), place, stop.clone());
        let talking = talking.clone();
        tokio::spawn(async move {
            talk.await;
            drop(talking);
        });
    }
    drop(ears);
    crowd.send_away_the_idle();
    drop(talking);
    if tokio::time::timeout(LAST_ANSWERS, all_ended.recv())
        .await
        .is_err()
    {
        tracing::warn!("calls were still running at the end, and were left");
    }
}

async fn converse(
    arrived: Arrived,
    answers: Arc<impl Answers>,
    place: Place,
    stop: CancellationToken,
) {
    let peer = arrived.peer;
    let stream = tokio::select! {
        stream = arrived.into_stream() => stream,
        () = place.leave.cancelled() => return,
    };
    let stream = match stream {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%peer, %error, "no TLS came about");
            return;
        }
    };
    let busy = place.busy.clone();
    let service = service_fn(move |request| {
        let (answers, busy) = (Arc::clone(&answers), busy.clone());
        async move { Ok::<_, Infallible>(answers.answer(request, peer, &busy).await) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(LONGEST_HEAD_TIME)
            .max_headers(MOST_HEADERS)
            .max_buf_size(LONGEST_HEAD)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = place.leave.cancelled() => return,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = place.leave.cancelled() => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection broke off");
    }
}

/// All connections, oldest first.
struct Crowd {
    most: usize,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    next: u64,
    places: BTreeMap<u64, (Busy, CancellationToken)>,
}

/// One connection's place; given back when dropped.
struct Place {
    crowd: Arc<Crowd>,
    number: u64,
    busy: Busy,
    leave: CancellationToken,
}

impl Crowd {
    fn new(most: usize) -> Self {
        Self {
            most,
            inside: Mutex::default(),
        }
    }

    /// Somebody who is doing nothing makes room. Where all are at work the new one is let in all the same: their number
    /// is that of the calls, which end by themselves.
    fn enter(self: &Arc<Self>) -> Place {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if inside.places.len() >= self.most {
            let idle = inside
                .places
                .iter()
                .find(|(_, (busy, _))| busy.may_be_closed());
            if let Some(number) = idle.map(|(number, _)| *number)
                && let Some((_, leave)) = inside.places.remove(&number)
            {
                leave.cancel();
            }
        }
        let (busy, leave) = (Busy::new(), CancellationToken::new());
        let number = inside.next;
        inside.next += 1;
        inside.places.insert(number, (busy.clone(), leave.clone()));
        Place {
            crowd: Arc::clone(self),
            number,
            busy,
            leave,
        }
    }

    fn send_away_the_idle(&self) {
        let inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        for (busy, leave) in inside.places.values() {
            if busy.may_be_closed() {
                leave.cancel();
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self
            .crowd
            .inside
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        inside.places.remove(&self.number);
    }
}

/// As many as there may be open files, after asking for all that this process may have.
#[cfg(unix)]
fn most_connections() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let granted = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    granted.map_or(MOST_CONNECTIONS, |files| {
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        files.saturating_sub(KEPT_BACK).clamp(1, MOST_CONNECTIONS)
    })
}

#[cfg(not(unix))]
fn most_connections() -> usize {
    MOST_CONNECTIONS - KEPT_BACK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_does_nothing_makes_room_and_nobody_else() {
        let crowd = Arc::new(Crowd::new(3));
        let first = crowd.enter();
        let working = first.busy.begin();
        let second = crowd.enter();
        let third = crowd.enter();
        let fourth = crowd.enter();
        assert!(!first.leave.is_cancelled());
        assert!(second.leave.is_cancelled());
        assert!(!third.leave.is_cancelled());
        drop((second, third));
        assert_eq!(
            crowd.inside.lock().map(|inside| inside.places.len()).ok(),
            Some(2)
        );
        crowd.send_away_the_idle();
        assert!(fourth.leave.is_cancelled());
        assert!(!first.leave.is_cancelled());
        drop(working);
        crowd.send_away_the_idle();
        assert!(first.leave.is_cancelled());
    }
}
