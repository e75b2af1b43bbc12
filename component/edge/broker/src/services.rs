//! The `host` interface: log, time, and a memory for the time of one call; and the one place that writes to the log
//! stream. What a component logs is its own words: cut, escaped, counted, and never taken for ours, which are sealed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Write;

use crate::Broker;
use crate::bindings::airlock::atlassian::types::Level;
use crate::bindings::exports::airlock::atlassian::host::Guest;
use crate::clock::WasiClock;
use crate::desk;

const MAX_LINE: usize = 4096;
const LOG_BYTES: usize = 256 << 10;
const BLOB_BYTES: usize = 8 << 20;
const CACHE_BYTES: usize = 4 << 20;

/// What one call may still use, and what it keeps. It ends with the call: instances are not shared between callers by
/// every runtime, so nothing is remembered from one to the next.
pub(crate) struct Memory {
    log_left: Cell<usize>,
    room: Cell<usize>,
    cache: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            log_left: Cell::new(LOG_BYTES),
            room: Cell::new(BLOB_BYTES),
            cache: RefCell::default(),
        }
    }
}

impl Memory {
    pub(crate) fn take_room(&self, bytes: usize) -> Result<(), u64> {
        let room = self.room.get();
        let left = room.checked_sub(bytes).ok_or(room as u64)?;
        self.room.set(left);
        Ok(())
    }

    pub(crate) fn give_room_back(&self, bytes: usize) {
        self.room.set(self.room.get() + bytes);
    }
}

impl Guest for Broker {
    fn log(level: Level, message: String, fields: Vec<(String, String)>) {
        let Some(call) = desk::call() else {
            return;
        };
        let fields: String = fields
            .iter()
            .map(|(name, value)| format!(" {name}={value:?}"))
            .collect();
        let line = cut(message) + &cut(fields);
        // What is over is dropped: a component that floods the log shall not end the instance with it.
        if let Some(left) = call.memory.log_left.get().checked_sub(line.len() + 1) {
            call.memory.log_left.set(left);
            say(&format!("component {level:?}: {line:?}"));
        }
    }

    /// An answer at the edge is one message; there is no way for what comes before it.
    fn progress(_: f64, _: Option<f64>, _: Option<String>) {}

    fn now_ms() -> u64 {
        WasiClock::wall_ms()
    }

    /// A client that goes away ends the instance.
    fn cancelled() -> bool {
        false
    }

    fn cache_get(key: String) -> Option<Vec<u8>> {
        desk::call()?.memory.cache.borrow().get(&key).cloned()
    }

    fn cache_set(key: String, value: Vec<u8>, _: u32) {
        let Some(call) = desk::call() else {
            return;
        };
        let mut cache = call.memory.cache.borrow_mut();
        let held: usize = cache
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        if held + key.len() + value.len() <= CACHE_BYTES {
            cache.insert(key, value);
        }
    }
}

/// One line for whoever runs the server.
pub(crate) fn say(text: &str) {
    // Nobody is left to be told that nobody is told.
    let _ = write(format!("mcp-airlock: {text}\n").as_bytes());
}

/// The one writer of the log stream.
pub(crate) fn write(line: &[u8]) -> Result<(), String> {
    std::io::stderr()
        .write_all(line)
        .map_err(|error| format!("the log stream of the runtime takes nothing: {error}"))
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_LINE {
        text.truncate(text.floor_char_boundary(MAX_LINE));
        text.push('…');
    }
    text
}
