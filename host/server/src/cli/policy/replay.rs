//! `policy replay LOG`: last month's requests under another policy.

use std::path::PathBuf;

use clap::Args;

use super::file::PolicyFile;
use super::{Format, log, manifest, print};

#[derive(Args)]
pub(in crate::cli) struct Replay {
    /// An audit file, or the folder with them
    #[arg(value_name = "LOG")]
    log: PathBuf,
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    file: PolicyFile,
}

impl Replay {
    pub(super) fn run(&self) -> anyhow::Result<u8> {
        let policy = self.file.parse()?;
        let replay = policy::replay(&log::read(&self.log)?, &policy, &manifest()?);
        print(&match self.format {
            Format::Human => replay.human(),
            Format::Json => replay.json(),
        })?;
        Ok(replay.exit_code())
    }
}
