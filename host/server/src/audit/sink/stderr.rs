//! Lines on standard error, for whoever collects what a service says there.

use std::io::Write;

use super::{Line, Sink};

pub(super) struct Stderr;

impl Sink for Stderr {
    fn name(&self) -> String {
        "stderr".to_owned()
    }

    /// Only a write tells.
    fn ready(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn give(&mut self, line: &Line) -> Result<(), String> {
        // One call, so that what others say there stands between lines.
        let text = format!("{}\n", line.text);
        let written = std::io::stderr().lock().write_all(text.as_bytes());
        written.map_err(|error| error.to_string())
    }
}
