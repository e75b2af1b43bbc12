//! `mcp-airlock policy`: asks the policy file. Offline and deterministic; no secret is ever read, and no file is
//! ever written, except that `init` writes the file that it was told to write.
//!
//! Exit codes are the same for every verb: 0 nothing to report, 1 something to look at, 2 could not run.

mod assert;
mod check;
mod derive;
mod diff;
mod explain;
mod export;
mod file;
mod init;
mod log;
mod references;
mod replay;
mod report;

use std::io::Write;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use gateway::Clock;
use policy::{Day, Manifest};

use crate::clock::SystemClock;
use crate::component;

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Write a profile out as a policy file
    Init(init::Init),
    /// May this request be made, by which rule, and if not, what would allow it
    Explain(explain::Explain),
    /// Is the policy file sound
    Check(check::Check),
    /// What does a new policy file allow that the old one did not
    Diff(diff::Diff),
    /// What would another policy file have done to the requests of an audit log
    Replay(replay::Replay),
    /// The least that the requests of an audit log needed, as a policy to read
    Derive(derive::Derive),
    /// Who can reach what, with whose credential
    Report(report::Report),
    /// Prove that requests stay allowed or denied
    Assert(assert::Assert),
    /// The hosts, for another runtime's own allow-list
    Export(export::Export),
    /// The grammar as a JSON Schema, for editors
    Schema,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
enum ReviewFormat {
    Human,
    Json,
    /// For code review
    Sarif,
}

pub(super) fn run(verb: &Verb) -> anyhow::Result<ExitCode> {
    let code = match verb {
        Verb::Init(init) => init.run(),
        Verb::Explain(explain) => explain.run(),
        Verb::Check(check) => check.run(),
        Verb::Diff(diff) => diff.run(),
        Verb::Replay(replay) => replay.run(),
        Verb::Derive(derive) => derive.run(),
        Verb::Report(report) => report.run(),
        Verb::Assert(assert) => assert.run(),
        Verb::Export(export) => export.run(),
        Verb::Schema => print(&format!("{:#}", policy::schema())).map(|()| 0),
    }?;
    Ok(ExitCode::from(code))
}

/// Of the component that this program was built with.
pub(super) fn manifest() -> anyhow::Result<Manifest> {
    let digest = format!("sha256:{}", component::SHA256);
    Ok(Manifest::from_json(component::MANIFEST.as_bytes(), digest)?)
}

/// In UTC, so that a file is judged alike everywhere.
fn today() -> Day {
    Day::of_unix_ms(SystemClock::new().now_ms())
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{}", text.trim_end())?)
}
