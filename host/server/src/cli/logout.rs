//! `mcp-airlock logout`: takes away what `login` wrote, and says what only the site itself can take back.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use policy::SiteName;

use super::{ask, login};
use crate::login::files;

#[derive(Args)]
pub(super) struct Arguments {
    /// Name of the site, as `status` shows it
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    site: Option<String>,
    /// All sites, and the store with its key
    #[arg(long)]
    all: bool,
    /// Agree to the changes that are shown
    #[arg(long)]
    yes: bool,
    /// Folder with policy.toml and credentials.toml [default: ~/.config/mcp-airlock]
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    super::runtime()?.block_on(log_out(arguments))
}

async fn log_out(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config_dir = login::config_dir(arguments.config_dir.as_deref())?;
    let store = login::store(&config_dir);
    let names = match &arguments.site {
        Some(name) => vec![SiteName::parse(name)?],
        None => files::named_sites(&config_dir)?,
    };
    let mut is_known = arguments.all;
    for name in &names {
        let changes = [
            files::without_entry(&config_dir, name)?,
            files::without_site(&config_dir, name)?,
        ];
        let is_changed = changes.iter().any(|change| !change.is_nothing());
        is_known |= is_changed || store.has(name);
        if !login::agreed(&changes, arguments.yes)? {
            ask::say("nothing was changed");
            return Ok(ExitCode::from(1));
        }
        // The secret goes first: what is left after a failure holds none.
        store.remove(name).await.with_context(|| {
            format!("the logout is not finished; run `mcp-airlock logout {name}` again when this is mended")
        })?;
        for change in changes.iter().filter(|change| !change.is_nothing()) {
            change.write()?;
        }
        if is_changed {
            ask::say(&format!("logged out of `{name}`"));
        }
    }
    if !is_known {
        bail!("there is no login of that name; `mcp-airlock status` lists them");
    }
    if arguments.all {
        store.remove_all().await?;
    }
    tidy(&config_dir);
    if config_dir.join("audit").exists() {
        ask::say(&format!(
            "The record of what was asked stays in {}, and what proves it beside it in audit-proof.",
            config_dir.join("audit").display()
        ));
    }
    ask::say(
        "The token itself is still good at the site. Revoke it there if nobody else uses it: Cloud at\n  \
         https://id.atlassian.com/manage-profile/security/api-tokens, Data Center in your profile.",
    );
    Ok(ExitCode::SUCCESS)
}

/// With the last site goes what was remembered of sites. A folder with anything else in it stays.
fn tidy(config_dir: &Path) {
    let is_set_up = ["policy.toml", "credentials.toml"]
        .iter()
        .any(|name| config_dir.join(name).exists());
    if is_set_up {
        return;
    }
    // Neither holds a secret; what cannot be removed does no harm.
    let _ = std::fs::remove_file(config_dir.join("deployments.json"));
    let _ = std::fs::remove_dir(config_dir);
}
