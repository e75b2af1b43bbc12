//! The `host` interface: log, progress, clock, cancellation, cache. What a guest logs is its own
//! words: cut, escaped, counted, and never taken for ours.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::bindings::airlock::atlassian::host::Host;
use super::bindings::airlock::atlassian::types::Level;
use super::limits::LimitHit;
use super::state::State;

const MAX_LINE: usize = 4096;

impl Host for State {
    fn log(
        &mut self,
        level: Level,
        message: String,
        fields: Vec<(String, String)>,
    ) -> wasmtime::Result<()> {
        let fields: String = fields
            .iter()
            .map(|(name, value)| format!(" {name}={value:?}"))
            .collect();
        let line = cut(message) + &cut(fields);
        self.log_left = self
            .log_left
            .checked_sub(line.len() + 1)
            .ok_or(LimitHit::Log)?;
        // `?` escapes control characters: a guest can't forge a line of ours.
        match level {
            Level::Trace => tracing::trace!(target: "component", ?line),
            Level::Debug => tracing::debug!(target: "component", ?line),
            Level::Info => tracing::info!(target: "component", ?line),
            Level::Warn => tracing::warn!(target: "component", ?line),
            Level::Error => tracing::error!(target: "component", ?line),
        }
        Ok(())
    }

    fn progress(
        &mut self,
        done: f64,
        total: Option<f64>,
        message: Option<String>,
    ) -> wasmtime::Result<()> {
        self.progress_left = self
            .progress_left
            .checked_sub(1)
            .ok_or(LimitHit::Progress)?;
        if let Some(progress) = &self.scope.progress {
            progress.report(done, total, message.map(cut));
        }
        Ok(())
    }

    fn now_ms(&mut self) -> wasmtime::Result<u64> {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Ok(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn cancelled(&mut self) -> wasmtime::Result<bool> {
        Ok(self.scope.cancelled.is_cancelled())
    }

    fn cache_get(&mut self, key: String) -> wasmtime::Result<Option<Vec<u8>>> {
        Ok(self.cache.read(&self.scope.principal, &key))
    }

    fn cache_set(&mut self, key: String, value: Vec<u8>, ttl_ms: u32) -> wasmtime::Result<()> {
        let life = Duration::from_millis(ttl_ms.into());
        self.cache.write(&self.scope.principal, key, value, life);
        Ok(())
    }
}

impl super::bindings::airlock::atlassian::types::Host for State {}

fn cut(mut text: String) -> String {
    if text.len() > MAX_LINE {
        text.truncate(text.floor_char_boundary(MAX_LINE));
        text.push('…');
    }
    text
}
