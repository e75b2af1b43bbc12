//! What people and collectors of logs read on standard error: the log, what a server says of itself, and the last word of
//! a command that failed. It never writes to standard output.

use std::io::{IsTerminal, Write, stderr};
use std::sync::OnceLock;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// Of rmcp errors only: it warns of each refusal that the client is told anyway.
const USUAL: &str = "warn,rmcp=error";

/// What a server says of itself is part of every log.
const SAID: &str = "airlock";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

static FORMAT: OnceLock<Format> = OnceLock::new();

/// `RUST_LOG` chooses the detail; by default warnings and errors.
pub(crate) fn start(format: Format) {
    // A second start happens in tests only; the first one's settings stay.
    if FORMAT.set(format).is_err() {
        return;
    }
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(USUAL));
    let log = tracing_subscriber::fmt().with_writer(stderr);
    let started = match format {
        Format::Text => log
            .with_env_filter(filter)
            .with_ansi(stderr().is_terminal())
            .try_init(),
        Format::Json => {
            let said = format!("{SAID}=info").parse().expect("it is a directive");
            log.json()
                .flatten_event(true)
                .with_env_filter(filter.add_directive(said))
                .try_init()
        }
    };
    drop(started);
}

/// A line that whoever runs a server is to see, whatever the detail.
pub(crate) fn say(text: &str) {
    match is_json() {
        true => tracing::info!(target: SAID, "{text}"),
        false => line(text),
    }
}

/// The same of something that works and should not stay as it is.
pub(crate) fn warn(text: &str) {
    match is_json() {
        true => tracing::warn!(target: SAID, "{text}"),
        false => line(&format!("warning: {text}")),
    }
}

pub(crate) fn complain(error: &anyhow::Error) {
    match is_json() {
        true => tracing::error!(target: SAID, "{error:#}"),
        false => line(&format!("error: {error:#}")),
    }
}

fn is_json() -> bool {
    FORMAT.get() == Some(&Format::Json)
}

fn line(text: &str) {
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(stderr(), "{text}");
}
