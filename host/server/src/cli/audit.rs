//! `mcp-airlock audit`: asks the record. Nothing is changed by it. Exit codes: 0 nothing to report, 1 something to look
//! at, 2 could not run.

mod show;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};

use crate::audit::Folders;
use crate::config::environment::Environment;

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Are the records those that were written, all of them and in their order
    Verify(verify::Verify),
    /// Read the records, chosen by what they say
    Show(show::Show),
}

#[derive(Args)]
struct Place {
    /// Folder with audit/ and audit-proof/ [default: ~/.config/mcp-airlock]
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
}

pub(super) fn run(verb: &Verb) -> anyhow::Result<ExitCode> {
    let code = match verb {
        Verb::Verify(verify) => verify.run(),
        Verb::Show(show) => show.run(),
    }?;
    Ok(ExitCode::from(code))
}

impl Place {
    fn folders(&self) -> anyhow::Result<Folders> {
        let folder = self
            .config_dir
            .clone()
            .or_else(|| Environment::of_process().config_dir())
            .context("the environment does not say where your home is; give `--config-dir DIR`")?;
        Ok(Folders::below(&folder))
    }
}
