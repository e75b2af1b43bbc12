//! `policy assert FILE`: claims that must stay true, for CI.

use std::path::PathBuf;

use clap::Args;

use super::file::{PolicyFile, read_text};
use super::{ReviewFormat, manifest, print};

#[derive(Args)]
pub(in crate::cli) struct Assert {
    /// A file of [[denied]] and [[allowed]] claims
    #[arg(value_name = "FILE")]
    claims: PathBuf,
    #[arg(long, value_enum, default_value = "human")]
    format: ReviewFormat,
    #[command(flatten)]
    file: PolicyFile,
}

impl Assert {
    pub(super) fn run(&self) -> anyhow::Result<u8> {
        let policy = self.file.parse()?;
        let claims = read_text(&self.claims)?;
        let told = policy::assert_policy(&policy, &manifest()?, &claims.text, &claims.name)?;
        print(&match self.format {
            ReviewFormat::Human => told.human(),
            ReviewFormat::Json => told.json(),
            ReviewFormat::Sarif => told.sarif(),
        })?;
        Ok(told.exit_code())
    }
}
