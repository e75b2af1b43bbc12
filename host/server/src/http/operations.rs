//! What whoever runs the server asks of it, on a port of its own: is it alive, may it be sent clients, how much is it
//! doing. Answers without a key, so nothing here names a person, a site or a tool.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use mcp::CancellationToken;

use super::busy::Busy;
use super::clients::Clients;
use super::connections::{Answers, serve};
use super::ears::{Ears, Peer};
use super::{Answer, ListenError, Place};

/// The text format of Prometheus.
const METRICS: &str = "text/plain; version=0.0.4";

/// Upper ends of the buckets, in seconds: from what the server needs by itself to the longest call.
const BUCKETS: [(Duration, &str); 7] = [
    (Duration::from_millis(5), "0.005"),
    (Duration::from_millis(25), "0.025"),
    (Duration::from_millis(100), "0.1"),
    (Duration::from_millis(500), "0.5"),
    (Duration::from_millis(2_500), "2.5"),
    (Duration::from_secs(10), "10"),
    (Duration::from_secs(60), "60"),
];

/// What the door counts.
#[derive(Debug, Default)]
pub(super) struct Counts {
    running: AtomicU64,
    wrong_keys: AtomicU64,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    by_status: BTreeMap<u16, u64>,
    by_time: [u64; BUCKETS.len()],
    time: Duration,
}

/// One request that is being answered.
pub(super) struct Running<'a> {
    counts: &'a Counts,
    began: Instant,
}

impl Counts {
    pub(super) fn begin(&self) -> Running<'_> {
        self.running.fetch_add(1, Ordering::Relaxed);
        Running {
            counts: self,
            began: Instant::now(),
        }
    }

    pub(super) fn wrong_key(&self) {
        self.wrong_keys.fetch_add(1, Ordering::Relaxed);
    }

    fn metrics(&self) -> String {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::from(
            "# HELP mcp_airlock_requests_running Requests that are being answered.\n# TYPE mcp_airlock_requests_running gauge\n",
        );
        // A string takes all that is written to it.
        let _ = writeln!(
            text,
            "mcp_airlock_requests_running {}",
            self.running.load(Ordering::Relaxed)
        );
        text += "# HELP mcp_airlock_wrong_keys_total Keys and tokens that were never good here.\n# TYPE mcp_airlock_wrong_keys_total counter\n";
        let _ = writeln!(
            text,
            "mcp_airlock_wrong_keys_total {}",
            self.wrong_keys.load(Ordering::Relaxed)
        );
        text += "# HELP mcp_airlock_answers_total Answers, by HTTP status.\n# TYPE mcp_airlock_answers_total counter\n";
        for (status, count) in &told.by_status {
            let _ = writeln!(
                text,
                "mcp_airlock_answers_total{{status=\"{status}\"}} {count}"
            );
        }
        let all: u64 = told.by_status.values().sum();
        text += "# HELP mcp_airlock_answer_seconds Time to the beginning of an answer.\n# TYPE mcp_airlock_answer_seconds histogram\n";
        for ((_, end), count) in BUCKETS.iter().zip(told.by_time) {
            let _ = writeln!(
                text,
                "mcp_airlock_answer_seconds_bucket{{le=\"{end}\"}} {count}"
            );
        }
        let _ = writeln!(
            text,
            "mcp_airlock_answer_seconds_bucket{{le=\"+Inf\"}} {all}"
        );
        let _ = writeln!(
            text,
            "mcp_airlock_answer_seconds_sum {}",
            told.time.as_secs_f64()
        );
        let _ = writeln!(text, "mcp_airlock_answer_seconds_count {all}");
        text
    }
}

impl Running<'_> {
    pub(super) fn end(self, status: StatusCode) {
        let took = self.began.elapsed();
        let mut told = self
            .counts
            .told
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *told.by_status.entry(status.as_u16()).or_default() += 1;
        for ((end, _), count) in BUCKETS.iter().zip(&mut told.by_time) {
            *count += u64::from(took <= *end);
        }
        told.time += took;
    }
}

/// Also where a client went away before its answer.
impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.counts.running.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(crate) struct Operations {
    pub(super) counts: Arc<Counts>,
    pub(super) clients: Arc<Clients>,
    pub(super) stop: CancellationToken,
}

impl Operations {
    /// Listens on a thread of its own: however much the calls have to do, this is answered.
    pub(crate) fn spawn(self, address: SocketAddr) -> Result<SocketAddr, ListenError> {
        let failed = |error| ListenError::Bind(Place::Address(address), error);
        let listener = std::net::TcpListener::bind(address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        // It answers until the process ends: whoever waits for the last calls to finish wants to see that.
        let never = CancellationToken::new();
        let serving = move || {
            runtime.block_on(async {
                match tokio::net::TcpListener::from_std(listener) {
                    Ok(listener) => serve(Ears::at_address(listener), self, never).await,
                    Err(error) => tracing::error!(%error, "nothing is told about this server"),
                }
            });
        };
        std::thread::Builder::new()
            .name("operations".into())
            .spawn(serving)
            .map_err(failed)?;
        Ok(bound)
    }

    fn told(&self, method: &Method, path: &str) -> (StatusCode, &'static str, String) {
        let plain = "text/plain; charset=utf-8";
        if method != Method::GET && method != Method::HEAD {
            return (StatusCode::METHOD_NOT_ALLOWED, plain, "GET only\n".into());
        }
        match path {
            "/healthz" => (StatusCode::OK, plain, "alive\n".into()),
            "/readyz" => match self.unready() {
                None => (StatusCode::OK, plain, "ready\n".into()),
                Some(why) => (StatusCode::SERVICE_UNAVAILABLE, plain, format!("{why}\n")),
            },
            "/metrics" => (StatusCode::OK, METRICS, self.counts.metrics()),
            _ => (
                StatusCode::NOT_FOUND,
                plain,
                "there are /healthz, /readyz and /metrics\n".into(),
            ),
        }
    }

    fn unready(&self) -> Option<&'static str> {
        if self.stop.is_cancelled() {
            return Some("stopping");
        }
        let is_open = match &*self.clients {
            Clients::Known { keys, .. } => keys.is_readable(),
            Clients::Anyone => true,
        };
        (!is_open).then_some("the keys cannot be read; the log says why")
    }
}

impl Answers for Operations {
    async fn answer(&self, request: Request<Incoming>, _: Peer, _: &Busy) -> Answer {
        let (status, type_, text) = self.told(request.method(), request.uri().path());
        let mut answer = Response::new(Full::new(Bytes::from(text)).boxed());
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(type_));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told() {
        let counts = Counts::default();
        counts.begin().end(StatusCode::OK);
        counts.begin().end(StatusCode::OK);
        counts.begin().end(StatusCode::UNAUTHORIZED);
        drop(counts.begin());
        let running = counts.begin();
        let text = counts.metrics();
        for line in [
            "mcp_airlock_requests_running 1",
            "mcp_airlock_answers_total{status=\"200\"} 2",
            "mcp_airlock_answers_total{status=\"401\"} 1",
            "mcp_airlock_answer_seconds_bucket{le=\"60\"} 3",
            "mcp_airlock_answer_seconds_bucket{le=\"+Inf\"} 3",
            "mcp_airlock_answer_seconds_count 3",
        ] {
            assert!(text.lines().any(|each| each == line), "{line}\n{text}");
        }
        assert!(text.ends_with('\n'));
        drop(running);
    }

    #[test]
    fn a_server_that_stops_is_alive_and_not_ready() {
        let stop = CancellationToken::new();
        let operations = Operations {
            counts: Arc::default(),
            clients: Arc::new(Clients::Anyone),
            stop: stop.clone(),
        };
        let status = |path| operations.told(&Method::GET, path).0.as_u16();
        assert_eq!((status("/healthz"), status("/readyz")), (200, 200));
        stop.cancel();
        assert_eq!((status("/healthz"), status("/readyz")), (200, 503));
        assert_eq!(
            (status("/metrics"), status("/mcp"), status("/")),
            (200, 404, 404)
        );
        assert_eq!(operations.told(&Method::POST, "/healthz").0, 405);
    }
}
