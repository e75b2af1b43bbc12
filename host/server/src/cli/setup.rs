//! `mcp-airlock setup CLIENT…`: makes MCP clients start this program, through the client's own command where it has one,
//! else by changing its file in place. Writes no secret.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};

use super::{ask, login};
use crate::change::Change;
use crate::config::environment::Environment;
use crate::process::{self, Invocation};
use crate::setup::client::{CLIENTS, Client, OwnCommand, Places};
use crate::setup::{self, Launch};

/// Some of them start a whole JavaScript engine first.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Args)]
pub(super) struct Arguments {
    /// Which ones, by the names of `--list`
    #[arg(value_name = "CLIENT", required_unless_present = "list")]
    clients: Vec<String>,
    /// List the clients, which of them are on this machine and which are set up
    #[arg(long, conflicts_with_all = ["clients", "remove", "dry_run"])]
    list: bool,
    /// Take the entry out again
    #[arg(long)]
    remove: bool,
    /// Show the difference and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Name of the entry, which clients put before the names of the tools
    #[arg(long, default_value = setup::ENTRY, value_parser = entry_name)]
    name: String,
    /// Change the file itself, also where the client has a command for it
    #[arg(long)]
    file_only: bool,
    /// Folder with policy.toml and credentials.toml, if it is not the usual one
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let environment = Environment::of_process();
    let places = environment
        .client_places()
        .context("no home directory: set HOME, or on Windows USERPROFILE and APPDATA")?;
    let launch = launch(arguments.config_dir.as_deref())?;
    if arguments.list {
        list(&places, &arguments.name, &launch, &environment)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut clients = Vec::new();
    for id in &arguments.clients {
        match Client::by_id(id) {
            Some(client) => clients.push(client),
            None => bail!("there is no client `{id}`; known are: {}", ids()),
        }
    }
    let runtime = super::runtime()?;
    let mut is_whole = true;
    for client in clients {
        let one = runtime.block_on(set_up(arguments, client, &places, &launch, &environment));
        if let Err(error) = one {
            ask::say(&format!("{}: {error:#}", client.name));
            is_whole = false;
        }
    }
    Ok(ExitCode::from(u8::from(!is_whole)))
}

async fn set_up(
    arguments: &Arguments,
    client: &Client,
    places: &Places,
    launch: &Launch,
    environment: &Environment,
) -> anyhow::Result<()> {
    let wanted = || -> Result<Change, setup::SetupError> {
        if arguments.remove {
            setup::removing(client, places, &arguments.name, launch)
        } else {
            setup::adding(client, places, &arguments.name, launch)
        }
    };
    let change = wanted()?;
    let file = change.path.display();
    if change.is_nothing() {
        let state = if arguments.remove {
            "has no entry"
        } else {
            "is set up already"
        };
        ask::say(&format!("{}: {state} ({file})", client.name));
        return Ok(());
    }
    if arguments.dry_run {
        writeln!(std::io::stdout(), "{}", change.difference().trim_end())?;
        return Ok(());
    }
    let own = client.own.as_ref().filter(|_| !arguments.file_only);
    if let Some(own) = own
        && ask_client(own, arguments, launch, environment).await
        && wanted()?.is_nothing()
    {
        ask::say(&format!(
            "{}: done by `{}` ({file})",
            client.name, own.program
        ));
        return Ok(());
    }
    // The client's own command may have done a part.
    let change = wanted()?;
    let backup = change.back_up()?;
    change.write()?;
    let kept = backup.map_or_else(String::new, |path| {
        format!("; the old one is {}", path.display())
    });
    ask::say(&format!(
        "{}: {file} changed{kept}. Start the client again.",
        client.name
    ));
    Ok(())
}

/// Whether the client's command is there and says that it did it.
async fn ask_client(
    own: &OwnCommand,
    arguments: &Arguments,
    launch: &Launch,
    environment: &Environment,
) -> bool {
    let template = if arguments.remove {
        own.remove
    } else {
        own.add
    };
    let invocation = Invocation {
        program: own.program.to_owned(),
        arguments: OwnCommand::arguments(template, &arguments.name, launch),
        variables: &[&["CLAUDE_CONFIG_DIR", "CODEX_HOME", "NODE_EXTRA_CA_CERTS"]],
    };
    let outcome = process::output(&invocation, &environment.for_children(), PATIENCE).await;
    if let Err(error) = &outcome
        && !matches!(error, process::ProgramError::Missing(_))
    {
        ask::say(&format!("{error}; its file is changed instead"));
    }
    outcome.is_ok()
}

fn list(
    places: &Places,
    name: &str,
    launch: &Launch,
    environment: &Environment,
) -> anyhow::Result<()> {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["name", "client", "on this machine", "set up", "file"]);
    for client in CLIENTS {
        let file = client.file(places);
        let here = if is_installed(client, &file, environment) {
            "yes"
        } else {
            "–"
        };
        let state = match setup::adding(client, places, name, launch) {
            Ok(change) if change.is_nothing() => "yes".to_owned(),
            Ok(_) => "–".to_owned(),
            Err(setup::SetupError::Taken { .. }) => "another program".to_owned(),
            Err(_) => "file cannot be read".to_owned(),
        };
        table.add_row([
            client.id,
            client.name,
            here,
            &state,
            &file.display().to_string(),
        ]);
    }
    writeln!(std::io::stdout(), "{table}")?;
    Ok(())
}

/// Its folder is there, or its command is.
fn is_installed(client: &Client, file: &Path, environment: &Environment) -> bool {
    let has_folder = file.parent().is_some_and(Path::is_dir) && client.id != "claude-code";
    let has_command = client
        .own
        .as_ref()
        .is_some_and(|own| process::find(own.program, &environment.search_path()).is_some());
    has_folder || has_command || file.exists()
}

/// What the clients shall start: this very program, by its absolute path.
pub(super) fn launch(config_dir: Option<&Path>) -> anyhow::Result<Launch> {
    let own = setup::own_path().context("the path of this program is unknown")?;
    let text = |path: PathBuf| {
        path.into_os_string().into_string().map_err(|path| {
            anyhow::anyhow!(
                "{} is not UTF-8, which the clients' files must be",
                path.display()
            )
        })
    };
    let mut arguments = vec!["serve".to_owned()];
    if let Some(folder) = config_dir {
        let folder = login::config_dir(Some(folder))?;
        arguments.extend(["--config-dir".to_owned(), text(folder)?]);
    }
    Ok(Launch {
        command: text(own)?,
        arguments,
    })
}

fn ids() -> String {
    let ids: Vec<_> = CLIENTS.iter().map(|client| client.id).collect();
    ids.join(", ")
}

/// What every client takes as a name, and no command as an option.
fn entry_name(text: &str) -> Result<String, String> {
    let fits = text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.len() <= 40
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if fits {
        Ok(text.to_owned())
    } else {
        Err(
            "a name has up to 40 of a-z, A-Z, 0-9, `-`, `_` and begins with a letter or a digit"
                .to_owned(),
        )
    }
}
