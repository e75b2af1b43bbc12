//! `mcp-airlock status`: who you are on each site, by which kind of credential, and where that is kept. Shows references
//! and names, never a secret.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use policy::Manifest;

use super::{ask, login};
use crate::auth::{Login, Scheme};
use crate::component;
use crate::config::environment::Environment;
use crate::config::{Config, Options};
use crate::doctor;
use crate::harden;
use crate::oauth::Renewal;
use crate::wire::HttpWire;

#[derive(Args)]
pub(super) struct Arguments {
    /// Do not ask the sites who you are
    #[arg(long)]
    offline: bool,
    /// Folder with policy.toml and credentials.toml [default: ~/.config/mcp-airlock]
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    for problem in harden::harden() {
        tracing::warn!("{problem}");
    }
    super::runtime()?.block_on(show(arguments))
}

async fn show(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let options = Options {
        config_dir: arguments.config_dir.clone(),
        ..Options::default()
    };
    let config = Config::load(&options, &Environment::of_process())?;
    let wire = HttpWire::new();
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header([
            "site",
            "address",
            "products",
            "credential",
            "kept in",
            "you are",
        ]);
    let mut all_known = true;
    for site in &config.sites {
        let login = config.credentials.login(&site.name);
        let who = match (login, arguments.offline) {
            (None, _) => Err(format!("nobody: run `mcp-airlock login {}`", site.origin)),
            (Some(_), true) => Ok("not asked".to_owned()),
            (Some(_), false) => doctor::who(&config, &wire, site).await,
        };
        all_known &= who.is_ok();
        table.add_row([
            site.name.to_string(),
            site.origin.to_string(),
            login::products(&site.products),
            login.map_or("none", kind).to_owned(),
            login.map_or_else(
                || "–".to_owned(),
                |login| login.secret.reference().to_string(),
            ),
            who.unwrap_or_else(|reason| reason),
        ]);
    }
    writeln!(std::io::stdout(), "{table}")?;
    if let Some(place) = login::store(&config.config_dir).key_place()? {
        ask::say(&format!(
            "\nstore: {} (its key lies in {})",
            config.config_dir.join("store").display(),
            place.in_words()
        ));
    }
    let manifest = Manifest::from_json(component::MANIFEST.as_bytes(), component::SHA256)?;
    for site in &config.sites {
        for missing in doctor::missing_scopes(&config, site, &manifest).await {
            let remedy = missing.remedy.unwrap_or_default();
            ask::say(&format!("note: {}\n  → {remedy}", missing.what));
        }
    }
    for warning in &config.warnings {
        ask::say(&format!("warning: {warning}"));
    }
    Ok(ExitCode::from(u8::from(!all_known)))
}

fn kind(login: &Login) -> &'static str {
    match (&login.renewal, &login.scheme) {
        (Some(Renewal::Session(_)), _) => "consent (OAuth)",
        (Some(Renewal::Client(_)), _) => "client credentials (OAuth)",
        (None, Scheme::Basic { .. }) => "user and token",
        (None, Scheme::Bearer) => "bearer token",
    }
}
