//! Lines as OpenTelemetry log records (OTLP 1.x over HTTP, JSON), in batches, from a thread of their own through the
//! program's one HTTP client. What is sent is a request of the host's own, with a rule that has a name; the batches are
//! not recorded themselves, since each record of one would make another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use gateway::{Hop, Outgoing, Wire};
use policy::{Method, Site, SiteName};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError};

use super::{Line, Sink};
use crate::audit::settings::OtlpSettings;
use crate::wire::HttpWire;

/// The id of the rule, as `policy report` shows it.
pub(crate) const RULE: &str = "host-telemetry";

/// Below the collector's origin (OTLP/HTTP, default path of logs).
pub(crate) const PATH: &str = "/v1/logs";

/// As many lines may wait for a collector; then it does not take another.
const MOST_WAITING: usize = 2_048;

const MOST_AT_ONCE: usize = 256;

/// Lines that come within this time go together.
const GATHERING: Duration = Duration::from_millis(200);

const TIME: Duration = Duration::from_secs(10);

/// After a failure, doubled up to `LONGEST_PAUSE`.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A collector answers with a short JSON object.
const LONGEST_ANSWER: u64 = 64 << 10;

pub(super) struct Otlp {
    name: String,
    lines: Option<Sender<Line>>,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
pub(super) struct State {
    /// The last batch was not taken.
    is_failing: AtomicBool,
    /// Given away by nobody yet.
    waiting: AtomicUsize,
}

impl Otlp {
    pub(super) fn to(collector: &OtlpSettings) -> Self {
        let (lines, receiver) = channel(MOST_WAITING);
        let state = Arc::<State>::default();
        let exporter = Exporter::new(collector, Arc::clone(&state));
        let thread = std::thread::Builder::new()
            .name("telemetry".to_owned())
            .spawn(move || exporter.run(receiver));
        Self {
            name: format!("otlp {} by {RULE}", collector.origin),
            // Without its thread it takes nothing: the receiver is gone.
            lines: Some(lines),
            state,
            thread: thread.ok(),
        }
    }
}

impl Sink for Otlp {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn ready(&mut self) -> Result<(), String> {
        if self.state.is_failing.load(Ordering::Acquire) {
            let waiting = self.state.waiting.load(Ordering::Acquire);
            return Err(format!(
                "the collector does not answer, and {waiting} lines wait for it"
            ));
        }
        Ok(())
    }

    fn give(&mut self, line: &Line) -> Result<(), String> {
        let Some(lines) = &self.lines else {
            return Err("it has ended".to_owned());
        };
        self.state.waiting.fetch_add(1, Ordering::AcqRel);
        lines.try_send(line.clone()).map_err(|error| {
            self.state.waiting.fetch_sub(1, Ordering::AcqRel);
            match error {
                TrySendError::Full(_) => format!("{MOST_WAITING} lines wait for the collector"),
                TrySendError::Closed(_) => "its thread has ended".to_owned(),
            }
        })
    }
}

impl Drop for Otlp {
    /// What waits is sent, once.
    fn drop(&mut self) {
        self.lines = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to say.
            let _ = thread.join();
        }
    }
}

pub(super) struct Exporter {
    site: Site,
    url: String,
    resource: Value,
    state: Arc<State>,
}

impl Exporter {
    pub(super) fn new(collector: &OtlpSettings, state: Arc<State>) -> Self {
        let name = SiteName::parse("telemetry").expect("a word is a name");
        let mut site = Site::new(name, collector.origin.clone(), Vec::new());
        site.ca_file.clone_from(&collector.ca_file);
        let text =
            |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
        let process = std::process::id().to_string();
        Self {
            url: format!("{}{PATH}", collector.origin),
            site,
            resource: json!({ "attributes": [
                text("service.name", "mcp-airlock"),
                text("service.version", env!("CARGO_PKG_VERSION")),
                { "key": "process.pid", "value": { "intValue": process } },
            ] }),
            state,
        }
    }

    fn run(self, lines: Receiver<Line>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        match runtime {
            Ok(runtime) => runtime.block_on(self.export(lines)),
            Err(error) => tracing::error!("the telemetry thread does not start: {error}"),
        }
    }

    async fn export(self, mut lines: Receiver<Line>) {
        let wire = HttpWire::new();
        let mut batch = Vec::new();
        while lines.recv_many(&mut batch, MOST_AT_ONCE).await > 0 {
            if batch.len() < MOST_AT_ONCE && !lines.is_closed() {
                tokio::time::sleep(GATHERING).await;
                while batch.len() < MOST_AT_ONCE
                    && let Ok(line) = lines.try_recv()
                {
                    batch.push(line);
                }
            }
            let mut pause = FIRST_PAUSE;
            while let Err(why) = self.send(&wire, &batch).await {
                if !self.state.is_failing.swap(true, Ordering::AcqRel) {
                    tracing::warn!("the collector at {} takes no logs: {why}", self.url);
                }
                // Whoever ends the program does not wait for a collector that is away.
                if lines.is_closed() {
                    return;
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            self.state.is_failing.store(false, Ordering::Release);
            self.state.waiting.fetch_sub(batch.len(), Ordering::AcqRel);
            batch.clear();
        }
    }

    async fn send(&self, wire: &HttpWire, batch: &[Line]) -> Result<(), String> {
        let body = serde_json::to_vec(&self.request(batch)).map_err(|error| error.to_string())?;
        let agent = concat!("mcp-airlock/", env!("CARGO_PKG_VERSION"));
        let out = Outgoing {
            site: &self.site,
            origin: &self.site.origin,
            hop: Hop::Site,
            url: &self.url,
            method: Method::Post,
            headers: &[
                ("content-type", "application/json".to_owned()),
                ("user-agent", agent.to_owned()),
            ],
            authorization: None,
            body: Some(Bytes::from(body)),
            timeout: TIME,
            max_response_bytes: LONGEST_ANSWER,
        };
        let answer = wire
            .exchange(out)
            .await
            .map_err(|error| error.to_string())?;
        match answer.status {
            200..=299 => Ok(()),
            status => Err(format!("it answered with status {status}")),
        }
    }

    /// An `ExportLogsServiceRequest` in the JSON mapping of the protocol.
    pub(super) fn request(&self, batch: &[Line]) -> Value {
        let records: Vec<Value> = batch.iter().map(record).collect();
        json!({ "resourceLogs": [{
            "resource": self.resource,
            "scopeLogs": [{ "scope": { "name": "mcp-airlock.audit" }, "logRecords": records }],
        }] })
    }
}

fn record(line: &Line) -> Value {
    let time = OffsetDateTime::parse(&line.gist.ts, &Rfc3339);
    let nanos = time
        .map_or(0, OffsetDateTime::unix_timestamp_nanos)
        .to_string();
    let (number, word) = if line.is_refusal() {
        (13, "WARN")
    } else {
        (9, "INFO")
    };
    json!({
        "timeUnixNano": nanos,
        "severityNumber": number,
        "severityText": word,
        "eventName": format!("airlock.audit.{}", line.gist.kind),
        "body": { "stringValue": line.text },
    })
}
