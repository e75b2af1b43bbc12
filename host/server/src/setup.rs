//! Decides how an MCP client learns of this program: one entry under one name, with the absolute path of the binary and
//! no secret, in the client's own file. What else stands in that file stays as it is, comments and order included.

pub(crate) mod client;
mod json;
mod toml;
mod yaml;

use std::path::{Path, PathBuf};

use crate::change::{self, Change, DiskError};
use client::{Client, Format, Places};

/// The name of the entry, which clients put before the names of the tools.
pub(crate) const ENTRY: &str = "atlassian";

/// What a client shall start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Launch {
    /// Absolute: programs with a window have not the `PATH` of a login shell.
    pub(crate) command: String,
    pub(crate) arguments: Vec<String>,
}

/// Why a client's file was not changed. It is as it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetupError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("`{path}` {what}; it is left as it is. Put this in by hand:\n\n{snippet}")]
    NotEditable {
        path: String,
        what: &'static str,
        snippet: String,
    },
    #[error(
        "`{path}` has an entry `{name}` that starts something else; take it out, or choose another name with `--name`"
    )]
    Taken { path: String, name: String },
}

/// What went wrong inside of a format, before it has a path.
#[derive(Debug, PartialEq, Eq)]
enum Obstacle {
    Unreadable(&'static str),
    Taken,
}

/// The file of `client` with the entry in it.
pub(crate) fn adding(
    client: &Client,
    places: &Places,
    name: &str,
    launch: &Launch,
) -> Result<Change, SetupError> {
    edit(client, places, name, launch, |format, text| {
        with_entry(format, text, name, launch)
    })
}

/// The file of `client` without the entry; somebody else's entry of the same name is refused.
pub(crate) fn removing(
    client: &Client,
    places: &Places,
    name: &str,
    launch: &Launch,
) -> Result<Change, SetupError> {
    edit(client, places, name, launch, |format, text| match format {
        Format::Json { key, .. } => json::without(text, key, name, launch),
        Format::Codex => toml::without(text, name, launch),
        Format::Yaml(style) => yaml::without(text, style, name, launch),
    })
}

fn edit(
    client: &Client,
    places: &Places,
    name: &str,
    launch: &Launch,
    work: impl FnOnce(Format, &str) -> Result<String, Obstacle>,
) -> Result<Change, SetupError> {
    let path = client.file(places);
    let before = change::read(&path)?;
    let text = before.clone().unwrap_or_default();
    let edited = work(client.format, text.trim_start_matches('\u{feff}'));
    let after = edited.map_err(|obstacle| match obstacle {
        Obstacle::Taken => SetupError::Taken {
            path: path.display().to_string(),
            name: name.to_owned(),
        },
        Obstacle::Unreadable(what) => SetupError::NotEditable {
            path: path.display().to_string(),
            what,
            snippet: snippet(client, name, launch),
        },
    })?;
    let after = if before.is_none() && after.is_empty() {
        None
    } else {
        Some(after)
    };
    Ok(Change {
        path,
        before,
        after,
    })
}

/// What the file would hold if nothing else stood in it.
fn snippet(client: &Client, name: &str, launch: &Launch) -> String {
    with_entry(client.format, "", name, launch).unwrap_or_default()
}

fn with_entry(format: Format, text: &str, name: &str, launch: &Launch) -> Result<String, Obstacle> {
    match format {
        Format::Json { key, entry } => json::with(text, key, name, &entry(launch), launch),
        Format::Codex => toml::with(text, name, launch),
        Format::Yaml(style) => yaml::with(text, style, name, launch),
    }
}

/// Whether an entry starts this program, wherever it stands: an older copy may be replaced, a stranger not.
fn is_ours(command: &str, launch: &Launch) -> bool {
    let stem = |path: &str| Path::new(path).file_stem().map(std::ffi::OsStr::to_owned);
    stem(command).is_some() && stem(command) == stem(&launch.command)
}

/// The path of this program as clients shall start it.
pub(crate) fn own_path() -> std::io::Result<PathBuf> {
    std::env::current_exe()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests;
