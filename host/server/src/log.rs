//! What people read: the log and the last word of a command that failed, both on standard error.
//! It never writes to standard output.

use std::io::{IsTerminal, Write};

use tracing_subscriber::EnvFilter;

/// `RUST_LOG` chooses the detail; by default warnings and errors, and of rmcp errors only, since
/// it warns of each refusal that the client is told anyway.
pub(crate) fn start() {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,rmcp=error"));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .try_init();
    // A second start happens in tests only; the first one's settings stay.
    drop(started);
}

pub(crate) fn complain(error: &anyhow::Error) {
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(std::io::stderr(), "error: {error:#}");
}
