//! `mcp-airlock doctor`: looks for what is wrong and says which command mends it. With `--as-client` it looks a second
//! time as a server that an MCP client starts, with almost no environment.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use policy::Manifest;

use super::{login, setup};
use crate::component;
use crate::config::environment::Environment;
use crate::doctor::{self, CLIENT_VARIABLES, Finding, Level};
use crate::harden;
use crate::process::{self, Invocation};
use crate::setup::Launch;

/// Each site may take its time, and each secret.
const PATIENCE: Duration = Duration::from_secs(180);

#[derive(Args)]
pub(super) struct Arguments {
    /// Look a second time in the bare environment that clients give to servers, and show what differs
    #[arg(long)]
    as_client: bool,
    /// Write the findings as JSON
    #[arg(long)]
    json: bool,
    /// Folder with policy.toml and credentials.toml [default: ~/.config/mcp-airlock]
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    for problem in harden::harden() {
        tracing::warn!("{problem}");
    }
    super::runtime()?.block_on(look(arguments))
}

async fn look(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let environment = Environment::of_process();
    let config_dir = login::config_dir(arguments.config_dir.as_deref())?;
    let launch = setup::launch(arguments.config_dir.as_deref())?;
    let places = environment.client_places();
    let manifest = Manifest::from_json(component::MANIFEST.as_bytes(), component::SHA256)?;
    let mut findings = doctor::examine(
        &config_dir,
        &environment,
        places.as_ref(),
        &launch,
        &manifest,
    )
    .await;
    if arguments.as_client {
        let there = as_client(arguments, &environment, &launch).await?;
        let differences = doctor::differences(&findings, &there);
        if differences.is_empty() {
            findings.push(Finding {
                level: Level::Fine,
                what: "as a client starts it: the same".to_owned(),
                remedy: None,
            });
        }
        findings.extend(differences);
        findings.extend(doctor::lost_variables(&environment.for_children()));
    }
    let mut stdout = std::io::stdout();
    if arguments.json {
        writeln!(stdout, "{}", serde_json::to_string_pretty(&findings)?)?;
    } else {
        for finding in &findings {
            let mark = match finding.level {
                Level::Fine => "ok     ",
                Level::Note => "note   ",
                Level::Problem => "problem",
            };
            writeln!(stdout, "{mark}  {}", finding.what)?;
            if let Some(remedy) = &finding.remedy {
                writeln!(stdout, "         → {remedy}")?;
            }
        }
    }
    let has_problem = findings.iter().any(|each| each.level == Level::Problem);
    Ok(ExitCode::from(u8::from(has_problem)))
}

/// What this program finds when it is started as a server is.
async fn as_client(
    arguments: &Arguments,
    environment: &Environment,
    launch: &Launch,
) -> anyhow::Result<Vec<Finding>> {
    let mut words = vec!["doctor".to_owned(), "--json".to_owned()];
    if let Some(folder) = &arguments.config_dir {
        let folder = login::config_dir(Some(folder))?;
        words.extend(["--config-dir".to_owned(), folder.display().to_string()]);
    }
    let invocation = Invocation {
        program: launch.command.clone(),
        arguments: words,
        variables: &[CLIENT_VARIABLES],
    };
    let variables = environment.for_children().only(CLIENT_VARIABLES);
    let ended = process::run(&invocation, &variables, PATIENCE).await?;
    serde_json::from_slice(&ended.output)
        .context("this program did not start in the environment of a client")
}
