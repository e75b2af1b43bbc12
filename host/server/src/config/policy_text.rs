//! Reads the policy file as this process means it: believed only where nobody else may write it, and narrowed by what the
//! command line adds. The same at the start and whenever the file has changed.

use std::path::{Path, PathBuf};

use policy::Policy;

use super::file;
use super::finding::Finding;

/// Where the rights of this process come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyText {
    path: PathBuf,
    read_only: bool,
}

impl PolicyText {
    pub(super) const fn new(path: PathBuf, read_only: bool) -> Self {
        Self { path, read_only }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// `None`: there is no such file.
    pub(crate) fn read(&self) -> Result<Option<Policy>, Finding> {
        let Some(mut text) = file::read(&self.path)? else {
            return Ok(None);
        };
        if self.read_only {
            text.push_str(READ_ONLY_RULE);
        }
        let policy = policy::parse(&text, &self.path.display().to_string());
        policy.map(Some).map_err(|diagnostics| {
            Finding::new(
                "the policy file",
                format!("has mistakes, so it allows nothing\n{diagnostics}"),
                "Correct the lines above; `mcp-airlock policy check` shows them again.",
            )
        })
    }
}

/// What `--read-only` adds to a policy file. Deny wins over every rule, so nothing in the file can undo it.
const READ_ONLY_RULE: &str = "
[[deny]]
id = \"read-only\"
site = \"*\"
classes = [\"write\", \"delete\", \"admin\"]
";
