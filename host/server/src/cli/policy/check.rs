//! `policy check`: gathers what lies around the file (who may write it, which sites have a credential, what day it
//! is) and prints the findings.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use policy::{Findings, Log, Principal, Surroundings, UsedRules};

use super::file::PolicyFile;
use super::{ReviewFormat, log, manifest, print, references, today};
use crate::app::local;
use crate::keys::KeyFile;

#[derive(Args)]
pub(in crate::cli) struct Check {
    /// Also report the rules that allowed nothing in this audit file or folder
    #[arg(long, value_name = "LOG")]
    log: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "human")]
    format: ReviewFormat,
    #[command(flatten)]
    file: PolicyFile,
}

impl Check {
    pub(super) fn run(&self) -> anyhow::Result<u8> {
        let text = self.file.read()?;
        let manifest = manifest()?;
        let sites = references::of_folder(self.file.folder().as_deref(), None);
        let credentials: Option<BTreeSet<_>> = sites.map(|sites| sites.into_keys().collect());
        let callers = self.file.folder().and_then(|folder| callers(&folder));
        let log = self.log.as_deref().map(log::read).transpose()?;
        let used = log.as_ref().map(Log::used_rules);
        let begins = log.as_ref().and_then(Log::begins).unwrap_or_default();
        let around = Surroundings {
            manifest: Some(&manifest),
            credentials: credentials.as_ref(),
            file: text.facts,
            used: used.as_ref().map(|rules| UsedRules {
                rules,
                since: begins,
            }),
            callers: callers.as_ref(),
            today: Some(today()),
        };
        let findings = match policy::parse(&text.text, &text.name) {
            Ok(policy) => policy::check(&policy, &around),
            Err(diagnostics) => Findings::of_errors(&diagnostics),
        };
        print(&match self.format {
            ReviewFormat::Human => findings.human(),
            ReviewFormat::Json => findings.json(),
            ReviewFormat::Sarif => findings.sarif(),
        })?;
        Ok(findings.exit_code())
    }
}

/// Those who have a key, and whoever starts the program. `None` where there are no keys: then it may be another machine
/// that has them.
fn callers(folder: &Path) -> Option<BTreeSet<Principal>> {
    let keys = KeyFile::in_directory(folder).read().ok()?;
    let names: BTreeSet<Principal> = keys.iter().map(|(name, _)| name.clone()).collect();
    (!names.is_empty()).then(|| names.into_iter().chain([local()]).collect())
}
