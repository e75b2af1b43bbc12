//! Decides where the keys of clients are kept: `keys.toml`, changed by one process at a time, believed only where nobody
//! else can write. Whose key it is and what one looks like is `door`'s.

mod ring;

use std::io;
use std::path::{Path, PathBuf};

use door::{KeyError, Keys};

pub(crate) use ring::KeyRing;

use crate::config::{Finding, read_believed};
use crate::store::{lock_file, private_folder, write_whole};

const HEAD: &str = "# Keys of clients of `mcp-airlock serve --http`: digests, from which no key can be made.\n\
                    # Written by `mcp-airlock key`; running servers read it again within a second.\n\n";

/// Where the keys are kept.
#[derive(Clone, Debug)]
pub(crate) struct KeyFile {
    path: PathBuf,
}

/// Why a key was not made, found or taken away. The file is as it was before.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    #[error("the keys cannot be believed: {0}")]
    Unbelieved(Finding),
    #[error(
        "`{path}` is no file of keys: {what}. Mend it, or move it away and make the keys anew with `mcp-airlock key add`"
    )]
    Broken { path: String, what: String },
    #[error("`{path}` cannot be written: {reason}")]
    Disk { path: String, reason: io::Error },
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl KeyFile {
    pub(crate) fn in_directory(directory: &Path) -> Self {
        Self {
            path: directory.join("keys.toml"),
        }
    }

    /// No file is no key.
    pub(crate) fn read(&self) -> Result<Keys, KeysError> {
        let text = read_believed(&self.path).map_err(KeysError::Unbelieved)?;
        text.map_or_else(|| Ok(Keys::default()), |text| self.parse(&text))
    }

    /// One change at a time, whoever else is at it; whole or not at all.
    pub(crate) async fn change<T>(
        &self,
        change: impl FnOnce(&mut Keys) -> Result<T, KeyError>,
    ) -> Result<T, KeysError> {
        let disk = |reason| KeysError::Disk {
            path: self.path.display().to_string(),
            reason,
        };
        if let Some(folder) = self.path.parent() {
            private_folder(folder).map_err(disk)?;
        }
        let _alone = lock_file(&self.path.with_extension("lock"))
            .await
            .map_err(disk)?;
        let mut keys = self.read()?;
        let changed = change(&mut keys)?;
        write_whole(
            &self.path,
            format!("{HEAD}{}", keys.to_text()).as_bytes(),
            None,
        )
        .map_err(disk)?;
        Ok(changed)
    }

    fn parse(&self, text: &str) -> Result<Keys, KeysError> {
        Keys::parse(text).map_err(|broken| KeysError::Broken {
            path: self.path.display().to_string(),
            what: broken.to_string(),
        })
    }
}

#[cfg(test)]
mod tests;
