//! `mcp-airlock config check`: reads all that `serve` with the same options reads, by the same code, and says what would
//! be served or why nothing would be. Nothing listens and nobody is asked over the network.

use std::process::ExitCode;

use clap::Subcommand;
use door::Visitor;
use policy::Site;

use super::serve::{self, OverHttp};
use super::{ask, start};
use crate::app::local;
use crate::auth::CredentialStore;
use crate::config::{Config, PolicySource};

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Read all that `serve` would read with these options, and say what is wrong or what would be served
    Check(serve::Arguments),
}

pub(super) fn run(verb: &Verb) -> anyhow::Result<ExitCode> {
    let Verb::Check(arguments) = verb;
    super::runtime()?.block_on(check(arguments))
}

async fn check(arguments: &serve::Arguments) -> anyhow::Result<ExitCode> {
    let read = start::read(arguments.selection())?;
    let mut said = vec![policy(&read.config)];
    for site in &read.config.sites {
        said.push(who_reaches(&read.config.credentials, site));
    }
    for warning in &read.config.warnings {
        ask::say(&format!("warning: {warning}"));
    }
    let faults = secrets(&read.config.credentials).await;
    for fault in &faults {
        ask::say(&format!("error: {fault}"));
    }
    let started = read.start()?;
    let tools = started.app.standing(&Visitor::whole(local()));
    said.push(format!(
        "tools: {} for whoever starts it",
        tools.offered.specs().len()
    ));
    match arguments.place() {
        None => said.push("clients: whoever starts it, on standard input and output".to_owned()),
        Some(place) => {
            let OverHttp { clients, plan } = arguments.over_http(place, &started).await?;
            said.push(format!("clients: {clients}"));
            said.push(format!("would listen on {plan}"));
        }
    }
    if let Some(address) = arguments.operations() {
        said.push(format!("would tell about itself on http://{address}"));
    }
    if !faults.is_empty() {
        return Ok(ExitCode::from(2));
    }
    for line in said {
        ask::say(&line);
    }
    Ok(ExitCode::SUCCESS)
}

fn policy(config: &Config) -> String {
    match &config.policy_source {
        PolicySource::File(text) => format!(
            "policy: {}, {}",
            text.path().display(),
            match config.policy.rules().count() {
                1 => "one rule".to_owned(),
                count => format!("{count} rules"),
            }
        ),
        PolicySource::Profile(profile) => {
            format!("policy: the built-in profile `{}`", profile.as_str())
        }
    }
}

fn who_reaches(credentials: &CredentialStore, site: &Site) -> String {
    let owners: Vec<_> = credentials
        .owners(&site.name)
        .map(|owner| owner.as_str())
        .collect();
    let mut who = Vec::new();
    if !owners.is_empty() {
        who.push(format!("{} with their own", owners.join(", ")));
    }
    if let Some(login) = credentials.login(&site.name) {
        let others = match (credentials.sharing.covers(&site.name), owners.is_empty()) {
            (true, true) => "everybody",
            (true, false) => "everybody else",
            (false, _) => "whoever starts it",
        };
        who.push(format!("{others} with {}", login.secret.reference()));
    }
    if who.is_empty() {
        who.push("nobody".to_owned());
    }
    format!("site {}: {} for {}", site.name, site.origin, who.join("; "))
}

/// Entries that give no credential.
async fn secrets(credentials: &CredentialStore) -> Vec<String> {
    let mut faults = Vec::new();
    for (place, login) in credentials.iter() {
        if let Err(error) = login.look().await {
            faults.push(format!("credentials.toml {place}: {error}"));
        }
    }
    faults
}
