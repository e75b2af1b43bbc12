//! Decides what becomes of a line beyond this machine's files: it is given to every sink that `audit.toml` names. A
//! required sink that does not take it stops calls until it does, and is given what it missed first; another one misses
//! lines, which is said once. Never changes a line: the seal goes with it, so each sink is a witness of the chain.

mod otlp;
mod stderr;
mod syslog;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests;

use std::collections::VecDeque;

use gateway::AuditError;
use serde::Deserialize;

use super::settings::{Required, Settings};
pub(crate) use otlp::{PATH as OTLP_PATH, RULE as OTLP_RULE};

/// A line as it stands in the file, without its line break, and what a sink wants to know of it.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) gist: Gist,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Gist {
    pub(super) ts: String,
    pub(super) kind: String,
    pub(super) verdict: String,
}

/// Takes lines one after the other.
pub(super) trait Sink: Send {
    /// `syslog tcp:10.0.0.5:601`
    fn name(&self) -> String;
    /// Whether it would take a line now.
    fn ready(&mut self) -> Result<(), String>;
    fn give(&mut self, line: &Line) -> Result<(), String>;
}

/// All sinks of one process.
#[derive(Default)]
pub(super) struct Sinks(Vec<Follower>);

struct Follower {
    sink: Box<dyn Sink>,
    is_required: bool,
    /// Not taken yet by a required sink. Short: calls stop with the first.
    missed: VecDeque<Line>,
    /// Not taken by one that is not required.
    lost: u64,
}

impl Line {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).trim_end().to_owned();
        let gist = serde_json::from_str(&text).unwrap_or_default();
        Self { text, gist }
    }

    pub(super) fn is_refusal(&self) -> bool {
        self.gist.verdict == "deny"
    }
}

impl Sinks {
    pub(super) fn open(settings: &Settings) -> Self {
        let mut sinks = Self::default();
        if let Some(required) = settings.stderr {
            sinks.add(Box::new(stderr::Stderr), required);
        }
        if let Some((address, required)) = &settings.syslog {
            sinks.add(Box::new(syslog::Syslog::to(address.clone())), *required);
        }
        if let Some((collector, required)) = &settings.otlp {
            sinks.add(Box::new(otlp::Otlp::to(collector)), *required);
        }
        sinks
    }

    fn add(&mut self, sink: Box<dyn Sink>, Required(is_required): Required) {
        self.0.push(Follower {
            sink,
            is_required,
            missed: VecDeque::new(),
            lost: 0,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As the record names them.
    pub(super) fn names(&self) -> Vec<String> {
        let name = |follower: &Follower| {
            let end = if follower.is_required {
                ""
            } else {
                " (not required)"
            };
            follower.sink.name() + end
        };
        self.0.iter().map(name).collect()
    }

    /// Whether every required sink would take a line now; it is given what it missed first.
    pub(super) fn ready(&mut self) -> Result<(), AuditError> {
        self.0.iter_mut().try_for_each(Follower::ready)
    }

    pub(super) fn give(&mut self, line: &Line) -> Result<(), AuditError> {
        // Each gets the line, whatever becomes of the others.
        let taken: Vec<_> = self
            .0
            .iter_mut()
            .map(|follower| follower.give(line))
            .collect();
        taken.into_iter().collect()
    }
}

impl Follower {
    fn ready(&mut self) -> Result<(), AuditError> {
        if !self.is_required {
            return Ok(());
        }
        self.catch_up()
            .and_then(|()| self.sink.ready())
            .map_err(|why| self.stopped(&why))
    }

    fn catch_up(&mut self) -> Result<(), String> {
        while let Some(line) = self.missed.front() {
            self.sink.give(line)?;
            self.missed.pop_front();
        }
        Ok(())
    }

    fn give(&mut self, line: &Line) -> Result<(), AuditError> {
        let given = self.catch_up().and_then(|()| self.sink.give(line));
        match given {
            Ok(()) => {
                let lost = std::mem::take(&mut self.lost);
                if lost > 0 {
                    let name = self.sink.name();
                    tracing::warn!("the audit sink {name} takes lines again; it lacks {lost}");
                }
                Ok(())
            }
            Err(why) if self.is_required => {
                self.missed.push_back(line.clone());
                Err(self.stopped(&why))
            }
            Err(why) => {
                if self.lost == 0 {
                    let name = self.sink.name();
                    tracing::warn!("the audit sink {name} misses lines from now on: {why}");
                }
                self.lost += 1;
                Ok(())
            }
        }
    }

    fn stopped(&self, why: &str) -> AuditError {
        AuditError(format!(
            "the required sink {} does not take it: {why}. Nothing more is sent until it does",
            self.sink.name()
        ))
    }
}
