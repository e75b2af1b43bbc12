//! `mcp-airlock status`: who you are on each site, by which kind of credential, where that is kept and when it ends. Shows
//! references and names, never a secret.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use policy::{Manifest, Site};
use serde::Serialize;
use time::OffsetDateTime;

use super::{ask, login};
use crate::auth::{Login, Scheme};
use crate::component;
use crate::config::environment::Environment;
use crate::config::{Config, Options};
use crate::doctor;
use crate::expiry;
use crate::harden;
use crate::oauth::Renewal;

#[derive(Args)]
pub(super) struct Arguments {
    /// Do not ask the sites who you are
    #[arg(long)]
    offline: bool,
    /// Write it as JSON
    #[arg(long)]
    json: bool,
    /// Folder with policy.toml and credentials.toml [default: ~/.config/mcp-airlock]
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
}

/// What is known about one site.
#[derive(Serialize)]
struct Standing {
    site: String,
    address: String,
    products: Vec<&'static str>,
    credential: String,
    /// The reference to the secret.
    kept_in: Option<String>,
    expires: String,
    /// The day to act before, where there is one.
    last_day: Option<String>,
    you_are: Option<String>,
    /// Why the site does not know you.
    trouble: Option<String>,
    notes: Vec<doctor::Finding>,
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
    let manifest = Manifest::from_json(component::MANIFEST.as_bytes(), component::SHA256)?;
    let mut standings = Vec::new();
    for site in &config.sites {
        standings.push(standing(&config, site, &manifest, arguments.offline).await);
    }
    let store = login::store(&config.config_dir).key_place()?;
    if arguments.json {
        let all = serde_json::json!({
            "sites": standings,
            "store_key": store.map(crate::store::KeyPlace::as_str),
        });
        writeln!(std::io::stdout(), "{all:#}")?;
    } else {
        writeln!(std::io::stdout(), "{}", table(&standings))?;
        if let Some(place) = store {
            ask::say(&format!(
                "\nstore: {} (its key lies in {})",
                config.config_dir.join("store").display(),
                place.in_words()
            ));
        }
        for note in standings.iter().flat_map(|each| &each.notes) {
            let remedy = note.remedy.as_deref().unwrap_or_default();
            ask::say(&format!("note: {}\n  → {remedy}", note.what));
        }
    }
    for warning in &config.warnings {
        ask::say(&format!("warning: {warning}"));
    }
    let all_known = standings.iter().all(|each| each.trouble.is_none());
    Ok(ExitCode::from(u8::from(!all_known)))
}

async fn standing(config: &Config, site: &Site, manifest: &Manifest, is_offline: bool) -> Standing {
    let login = config.credentials.login(&site.name);
    let who = match (login, is_offline) {
        (None, _) => Err(format!("nobody: run `mcp-airlock login {}`", site.origin)),
        (Some(_), true) => Ok(None),
        (Some(_), false) => doctor::who(config, site).await.map(Some),
    };
    // After the question, which may have renewed the token.
    let expiry = expiry::of(config, site).await;
    let mut notes = doctor::missing_scopes(config, site, manifest).await;
    notes.extend(doctor::ending(
        expiry,
        site,
        OffsetDateTime::now_utc().date(),
    ));
    let (you_are, trouble) = match who {
        Ok(who) => (who, None),
        Err(reason) => (None, Some(reason)),
    };
    Standing {
        site: site.name.to_string(),
        address: site.origin.to_string(),
        products: site.products.iter().map(|each| each.as_str()).collect(),
        credential: login.map_or_else(|| "none".to_owned(), |login| shown(login, site)),
        kept_in: login.map(|login| login.secret.reference().to_string()),
        expires: login.map_or_else(String::new, |_| expiry.in_words()),
        last_day: expiry.last_day().map(|day| day.to_string()),
        you_are,
        trouble,
        notes,
    }
}

fn table(standings: &[Standing]) -> Table {
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
            "ends",
            "you are",
        ]);
    for each in standings {
        let who = each.you_are.as_deref().or(each.trouble.as_deref());
        table.add_row([
            &each.site,
            &each.address,
            &each.products.join(", "),
            &each.credential,
            each.kept_in.as_deref().unwrap_or("–"),
            &each.expires,
            who.unwrap_or("not asked"),
        ]);
    }
    table
}

/// Everything that shows to the site who asks.
fn shown(login: &Login, site: &Site) -> String {
    let kind = match (&login.renewal, &login.scheme) {
        (Some(Renewal::Session(_)), _) => "consent (OAuth)",
        (Some(Renewal::Client(_)), _) => "client credentials (OAuth)",
        (None, Scheme::Basic { .. }) => "user and token",
        (None, Scheme::Bearer) => "bearer token",
    };
    let certificate = site
        .client_cert
        .iter()
        .map(|_| "client certificate".to_owned());
    let headers = site.headers.iter().map(|name| format!("header {name}"));
    std::iter::once(kind.to_owned())
        .chain(certificate)
        .chain(headers)
        .collect::<Vec<_>>()
        .join(" + ")
}
