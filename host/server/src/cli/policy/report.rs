//! `policy report`: who can reach what, on standard output in whatever form is asked for.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use gateway::OwnRequest;
use policy::{HostRequest, ReportInputs};

use super::file::PolicyFile;
use super::{log, manifest, print, references};

#[derive(Args)]
pub(in crate::cli) struct Report {
    #[arg(long, value_enum, default_value = "human")]
    format: ReportFormat,
    /// Add when each was last used, by this audit file or folder
    #[arg(long, value_name = "LOG")]
    log: Option<PathBuf>,
    #[command(flatten)]
    file: PolicyFile,
}

#[derive(Clone, Copy, ValueEnum)]
enum ReportFormat {
    Human,
    Markdown,
    Csv,
    /// One page that loads nothing; write it to a file with >
    Html,
    Json,
}

impl Report {
    pub(super) fn run(&self) -> anyhow::Result<u8> {
        let policy = self.file.parse()?;
        let credentials = references::of_folder(self.file.folder().as_deref());
        let log = self.log.as_deref().map(log::read).transpose()?;
        let host_requests = OwnRequest::ALL.map(|request| HostRequest {
            rule: request.rule(),
            product: request.product(),
            path: request.path(),
        });
        let inputs = ReportInputs {
            credentials: credentials.as_ref(),
            log: log.as_ref(),
            host_requests: &host_requests,
        };
        let report = policy::report(&policy, &manifest()?, &inputs)?;
        print(&match self.format {
            ReportFormat::Human => report.human(),
            ReportFormat::Markdown => report.markdown(),
            ReportFormat::Csv => report.csv(),
            ReportFormat::Html => report.html(),
            ReportFormat::Json => report.json(),
        })?;
        Ok(0)
    }
}
