//! Decides how a decision is kept: numbered, chained and sealed in this process's file, and handed to the sinks of
//! `audit.toml`. After the first line that could not be kept nothing is accepted any more: a gap in the record must
//! stop the work. Never decides what a line says.

mod file;
mod index;
mod proof;
mod reading;
mod retire;
mod seal;
mod settings;
mod sink;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests;
mod verify;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway::{AuditError, AuditLine, AuditSink, Clock};
use serde::Serialize;
use time::OffsetDateTime;

use crate::clock::SystemClock;
use file::ChainFile;
pub(crate) use reading::{Batch, Broken, Filter, Reader, Record};
pub(crate) use seal::Seal;
pub use settings::Settings;
use sink::{Line, Sinks};
pub(crate) use sink::{OTLP_PATH, OTLP_RULE};
pub(crate) use verify::verify;

/// The record of this process. Nothing is created before the first line, so a process that decides nothing leaves
/// nothing.
pub struct Journal {
    folders: Folders,
    settings: Settings,
    started: OffsetDateTime,
    state: Mutex<State>,
}

/// Where the records of one configuration lie, and apart from them what proves them whole.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    pub(crate) records: PathBuf,
    pub(crate) proof: PathBuf,
}

enum State {
    Unopened,
    Open(Box<Open>),
    Failed(AuditError),
}

/// The file comes first: what a sink has been given is in the chain.
struct Open {
    file: ChainFile,
    sinks: Sinks,
}

/// Why nothing can be kept, in words for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Trouble(String);

/// Something that is no decision and belongs into the record.
#[derive(Serialize)]
struct Note<'a, T> {
    v: u32,
    ts: String,
    kind: &'a str,
    #[serde(flatten)]
    details: T,
}

impl Journal {
    /// Of the configuration in `config_dir`, in a file named by `started` and the process id.
    pub fn below(config_dir: &Path, settings: Settings, started: OffsetDateTime) -> Self {
        Self {
            folders: Folders::below(config_dir),
            settings,
            started,
            state: Mutex::new(State::Unopened),
        }
    }

    /// Writes down something that is no decision, such as a new policy. `kind` has to be one that the readers of logs
    /// know, `details` an object.
    pub fn note(&self, kind: &str, details: impl Serialize) -> Result<(), AuditError> {
        self.append(&Note {
            v: 1,
            ts: now(),
            kind,
            details,
        })
    }

    fn append(&self, line: &impl Serialize) -> Result<(), AuditError> {
        self.with_open(|open| {
            open.file.check()?;
            open.file.append(line)?;
            Ok(open.pass_on())
        })?
    }

    /// Works with the open file, opening it first where that was not done; remembers a failure for ever.
    fn with_open<T>(
        &self,
        work: impl FnOnce(&mut Open) -> Result<T, Trouble>,
    ) -> Result<T, AuditError> {
        let mut state = self.lock()?;
        if let State::Unopened = *state {
            *state = match self.open() {
                Ok(open) => State::Open(Box::new(open)),
                Err(trouble) => State::Failed(explain(&trouble)),
            };
        }
        match &mut *state {
            State::Open(open) => work(open).map_err(|trouble| {
                let explained = explain(&trouble);
                *state = State::Failed(explained.clone());
                explained
            }),
            State::Failed(error) => Err(error.clone()),
            State::Unopened => unreachable!("opened above"),
        }
    }

    fn open(&self) -> Result<Open, Trouble> {
        let sinks = Sinks::open(&self.settings);
        let (folders, settings) = (&self.folders, self.settings.file);
        let file = ChainFile::start(folders, settings, sinks.names(), self.started)?;
        Ok(Open { file, sinks })
    }

    fn lock(&self) -> Result<MutexGuard<'_, State>, AuditError> {
        // A thread that panicked while it held the lock may have left half a line: treated like a failed write.
        self.state.lock().map_err(|_: PoisonError<_>| {
            AuditError("an earlier write was interrupted; start the server again".to_owned())
        })
    }
}

impl AuditSink for Journal {
    fn ready(&self) -> Result<(), AuditError> {
        self.with_open(|open| {
            open.file.check()?;
            Ok(open.pass_on().and_then(|()| open.sinks.ready()))
        })?
    }

    fn record(&self, line: &AuditLine) -> Result<(), AuditError> {
        self.append(line)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let state = self
            .state
            .get_mut()
            .map(|state| std::mem::replace(state, State::Unopened));
        if let Ok(State::Open(open)) = state
            // Without its last line the file is closed by the next process.
            && let Err(trouble) = open.end()
        {
            tracing::warn!("the audit record was not closed: {trouble}");
        }
    }
}

impl Open {
    /// Gives the sinks what was written since the last time.
    fn pass_on(&mut self) -> Result<(), AuditError> {
        let lines = self.file.take_lines();
        if self.sinks.is_empty() {
            return Ok(());
        }
        let given: Vec<_> = lines
            .iter()
            .map(|line| self.sinks.give(&Line::of(line)))
            .collect();
        given.into_iter().collect()
    }

    fn end(mut self) -> Result<(), Trouble> {
        self.file.end()?;
        self.pass_on().map_err(|AuditError(why)| Trouble::new(why))
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("folders", &self.folders)
            .finish_non_exhaustive()
    }
}

impl Folders {
    pub(crate) fn below(config_dir: &Path) -> Self {
        Self {
            records: config_dir.join("audit"),
            proof: config_dir.join("audit-proof"),
        }
    }
}

impl Trouble {
    fn new(text: String) -> Self {
        Self(text)
    }

    fn disk(path: &Path, action: &str, error: &io::Error) -> Self {
        Self(format!(
            "`{}` cannot be {action}: {error}; it takes a folder that this user can write and that has room",
            path.display()
        ))
    }
}

fn explain(trouble: &Trouble) -> AuditError {
    AuditError(format!(
        "{trouble}. Nothing more is sent until that is mended and the server is started again"
    ))
}

fn now() -> String {
    time_ago(Duration::ZERO)
}

/// As records write it, so that the order of texts is the order of times.
fn time_ago(ago: Duration) -> String {
    let ago = u64::try_from(ago.as_millis()).unwrap_or(u64::MAX);
    gateway::timestamp(SystemClock::new().now_ms().saturating_sub(ago))
}
