//! Which policy file is meant, and what is known of it beside its text. Reads plain files of a sensible size only.

use std::fs::Metadata;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use policy::{FileFacts, Policy};

use crate::config::environment::Environment;

#[derive(Args)]
pub(super) struct PolicyFile {
    /// Policy file [default: policy.toml in the configuration folder]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Folder with policy.toml [default: ~/.config/mcp-airlock]
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
}

/// A text with the name that people know it by.
pub(super) struct Text {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) facts: Option<FileFacts>,
}

/// Far more than any policy or list of assertions has; an audit log has its own limit.
const MOST_BYTES: u64 = 16 << 20;

impl PolicyFile {
    pub(super) fn read(&self) -> anyhow::Result<Text> {
        let path = self.path()?;
        if !path.exists() {
            bail!(
                "there is no {}; name the file with --policy, or write one with `policy init`",
                path.display()
            );
        }
        read_text(&path)
    }

    /// Where the file is, or would be.
    pub(super) fn path(&self) -> anyhow::Result<PathBuf> {
        self.policy
            .clone()
            .or_else(|| Some(self.folder()?.join("policy.toml")))
            .context("no home directory; name the file with --policy")
    }

    /// The policy, or everything that is wrong with the file.
    pub(super) fn parse(&self) -> anyhow::Result<Policy> {
        parse(&self.read()?)
    }

    pub(super) fn folder(&self) -> Option<PathBuf> {
        self.config_dir
            .clone()
            .or_else(|| Environment::of_process().config_dir())
    }
}

pub(super) fn parse(text: &Text) -> anyhow::Result<Policy> {
    policy::parse(&text.text, &text.name).map_err(|diagnostics| {
        anyhow::anyhow!("the policy file has mistakes, so nothing is allowed\n{diagnostics}")
    })
}

/// A device or a pipe could go on for ever, and what is not UTF-8 could be read in two ways.
pub(super) fn read_text(path: &Path) -> anyhow::Result<Text> {
    let name = path.display().to_string();
    let metadata = std::fs::metadata(path).with_context(|| format!("cannot read {name}"))?;
    if !metadata.is_file() {
        bail!("{name} is not a plain file");
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read {name}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        bail!("{name} has more than {MOST_BYTES} bytes; no such file is that long");
    }
    let Ok(text) = String::from_utf8(bytes) else {
        bail!("{name} is not UTF-8; save it as UTF-8 text");
    };
    Ok(Text {
        name,
        text,
        facts: facts(&metadata),
    })
}

#[cfg(unix)]
fn facts(metadata: &Metadata) -> Option<FileFacts> {
    use std::os::unix::fs::MetadataExt;
    let user = rustix::process::geteuid().as_raw();
    Some(FileFacts {
        is_writable_by_others: metadata.mode() & 0o022 != 0,
        is_owned_by_another: metadata.uid() != user && metadata.uid() != 0,
    })
}

/// Access lists elsewhere are not read, so nothing is said about them.
#[cfg(not(unix))]
const fn facts(_: &Metadata) -> Option<FileFacts> {
    None
}
