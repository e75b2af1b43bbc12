//! `policy derive LOG`: prints the least that the requests of the log needed. Writes no file.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use super::file::PolicyFile;
use super::{log, manifest, print};

#[derive(Args)]
pub(in crate::cli) struct Derive {
    /// An audit file, or the folder with them
    #[arg(value_name = "LOG")]
    log: PathBuf,
    #[command(flatten)]
    file: PolicyFile,
}

impl Derive {
    pub(super) fn run(&self) -> anyhow::Result<u8> {
        let policy = self.file.parse()?;
        let derived = policy::derive(&log::read(&self.log)?, &policy, &manifest()?);
        let Some(text) = derived.text else {
            bail!(
                "the log holds no request that a rule could be made of\n{}",
                derived.left_out.join("\n")
            );
        };
        print(&text)?;
        Ok(0)
    }
}
