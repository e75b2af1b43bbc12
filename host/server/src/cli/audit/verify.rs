//! `audit verify`: whether the records are whole.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::Place;
use crate::audit::{Seal, verify};

#[derive(Args)]
pub(in crate::cli) struct Verify {
    /// A seal that was noted elsewhere, as `head` of an earlier run or `mac` of a line; it has to be there still
    #[arg(long, value_name = "SEAL", value_parser = seal)]
    expect: Vec<Seal>,
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

impl Verify {
    pub(super) fn run(&self) -> anyhow::Result<u8> {
        let verdict = verify(&self.place.folders()?, &self.expect)?;
        let text = match self.format {
            Format::Human => verdict.human(),
            Format::Json => verdict.json(),
        };
        writeln!(std::io::stdout(), "{}", text.trim_end())?;
        Ok(verdict.exit_code())
    }
}

fn seal(text: &str) -> Result<Seal, &'static str> {
    Seal::from_hex(text).ok_or("a seal has 64 digits, 0 to 9 and a to f")
}
