//! `policy diff OLD NEW`: for reviews and for CI, which fails on new access.

use std::path::PathBuf;

use clap::Args;

use super::file::{parse, read_text};
use super::{ReviewFormat, manifest, print};

#[derive(Args)]
pub(in crate::cli) struct Diff {
    /// The policy file as it was
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The policy file as it is to be
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Exit with 1 also where something is no longer allowed
    #[arg(long)]
    fail_on_removed: bool,
    #[arg(long, value_enum, default_value = "human")]
    format: ReviewFormat,
}

impl Diff {
    pub(super) fn run(&self) -> anyhow::Result<u8> {
        let (old, new) = (
            parse(&read_text(&self.old)?)?,
            parse(&read_text(&self.new)?)?,
        );
        let diff = policy::diff(&old, &new, &manifest()?)?;
        print(&match self.format {
            ReviewFormat::Human => diff.human(),
            ReviewFormat::Json => diff.json(),
            ReviewFormat::Sarif => diff.sarif(),
        })?;
        Ok(diff.exit_code(self.fail_on_removed))
    }
}
