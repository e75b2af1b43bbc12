//! `policy report`: who can reach what, on standard output in whatever form is asked for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use gateway::{Errand, OwnRequest};
use policy::{
    Deployment, EdgeParts, HostRequest, Manifest, Method, Policy, Principal, ReportInputs, SiteName,
};

use super::file::PolicyFile;
use super::{log, manifest, print, references, today};
use crate::audit::{OTLP_PATH, OTLP_RULE};

#[derive(Args)]
pub(in crate::cli) struct Report {
    #[arg(long, value_enum, default_value = "human")]
    format: ReportFormat,
    /// Add when each was last used, by this audit file or folder
    #[arg(long, value_name = "LOG")]
    log: Option<PathBuf>,
    /// Only what whoever calls under this name can reach
    #[arg(long, value_name = "NAME", value_parser = Principal::parse)]
    principal: Option<Principal>,
    /// Of the policy that this edge deployment was put together with
    #[arg(long, value_name = "FILE", conflicts_with_all = ["policy", "config_dir"])]
    component: Option<PathBuf>,
    #[command(flatten)]
    file: PolicyFile,
}

/// To the login server that issuer.toml names, if it does, which is no site.
const OF_LOGIN_SERVER: [(Errand, &str); 2] = [
    (
        Errand::IssuerMetadata,
        "/.well-known/oauth-authorization-server",
    ),
    (Errand::IssuerKeys, "jwks_uri of issuer.toml"),
];

/// Everything that the host asks on its own account.
fn host_requests() -> Vec<HostRequest> {
    let probes = OwnRequest::ALL.into_iter().map(|request| HostRequest {
        rule: request.rule(),
        product: Some(request.product()),
        deployment: None,
        method: Method::Get,
        path: request.path(),
    });
    let errands = Errand::ALL.into_iter().flat_map(|errand| {
        Deployment::ALL
            .iter()
            .copied()
            .filter_map(move |deployment| {
                Some(HostRequest {
                    rule: errand.rule(),
                    product: errand.product(),
                    deployment: Some(deployment),
                    method: errand.method(),
                    path: errand.path(deployment)?,
                })
            })
    });
    let login_server = OF_LOGIN_SERVER.map(|(errand, path)| HostRequest {
        rule: errand.rule(),
        product: errand.product(),
        deployment: None,
        method: errand.method(),
        path,
    });
    // To the collector that audit.toml names, if it does.
    let telemetry = HostRequest {
        rule: OTLP_RULE,
        product: None,
        deployment: None,
        method: Method::Post,
        path: OTLP_PATH,
    };
    let of_no_site = login_server.into_iter().chain([telemetry]);
    probes.chain(errands).chain(of_no_site).collect()
}

type Reported = (Policy, Manifest, Option<BTreeMap<SiteName, String>>);

/// The credentials of a deployment are its runtime's to know.
fn deployed(path: &Path) -> anyhow::Result<Reported> {
    let name = path.display();
    let component = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let parts = EdgeParts::find_in(&component)
        .with_context(|| format!("no policy can be read out of {name}"))?;
    let policy = policy::parse(&parts.policy, &format!("policy in {name}"))
        .map_err(|mistakes| anyhow::anyhow!("the policy in {name} has mistakes\n{mistakes}"))?;
    let manifest = Manifest::from_json(parts.manifest.as_bytes(), parts.component)?;
    Ok((policy, manifest, None))
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
        let (policy, manifest, credentials) = match &self.component {
            Some(path) => deployed(path)?,
            None => (
                self.file.parse()?,
                manifest()?,
                references::of_folder(self.file.folder().as_deref(), self.principal.as_ref()),
            ),
        };
        let log = self.log.as_deref().map(log::read).transpose()?;
        let host_requests = host_requests();
        let inputs = ReportInputs {
            credentials: credentials.as_ref(),
            log: log.as_ref(),
            principal: self.principal.as_ref(),
            host_requests: &host_requests,
        };
        let report = policy::report(&policy.as_of(today()), &manifest, &inputs)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_errand_is_in_the_report() {
        let told = host_requests();
        for errand in Errand::ALL {
            assert!(
                told.iter().any(|request| request.rule == errand.rule()),
                "{}",
                errand.rule()
            );
        }
    }
}
