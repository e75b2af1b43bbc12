//! A change of one file that belongs to a person: made first, shown as a difference, and written when they agreed.
//! Keeps links, rights and line ends; never leaves half a file. Decides nothing about the content.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use crate::store::{private_folder, write_whole};

/// A file as it is and as it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) path: PathBuf,
    /// `None`: there is no such file.
    pub(crate) before: Option<String>,
    /// `None` takes the file away.
    pub(crate) after: Option<String>,
}

/// The file is as it was.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` cannot be {action}: {reason}")]
pub(crate) struct DiskError {
    path: String,
    action: &'static str,
    reason: String,
}

impl DiskError {
    fn new(path: &Path, action: &'static str, reason: &io::Error) -> Self {
        Self {
            path: path.display().to_string(),
            action,
            reason: reason.to_string(),
        }
    }
}

/// The text of a file, or `None` where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>, DiskError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DiskError::new(path, "read", &error)),
    }
}

impl Change {
    pub(crate) fn is_nothing(&self) -> bool {
        self.before == self.after
    }

    /// As `diff -u` shows it.
    pub(crate) fn difference(&self) -> String {
        let (before, after) = (self.before.as_deref(), self.after.as_deref());
        let name = self.path.display().to_string();
        let of = |text: Option<&str>| text.map_or_else(|| "/dev/null".to_owned(), |_| name.clone());
        TextDiff::from_lines(before.unwrap_or_default(), after.unwrap_or_default())
            .unified_diff()
            .header(&of(before), &of(after))
            .to_string()
    }

    /// Writes it, unless somebody else changed the file in the meantime.
    pub(crate) fn write(&self) -> Result<(), DiskError> {
        // A file in a dotfile manager's folder stays there: what the link leads to is replaced.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let failed = |error: io::Error| DiskError::new(&self.path, "written", &error);
        if read(&path)? != self.before {
            return Err(failed(io::Error::other(
                "it was changed meanwhile; try again",
            )));
        }
        let rights = match fs::metadata(&path) {
            Ok(metadata) if metadata.permissions().readonly() => {
                return Err(failed(io::ErrorKind::PermissionDenied.into()));
            }
            known => known.ok().map(|metadata| metadata.permissions()),
        };
        match &self.after {
            Some(text) => {
                if let Some(folder) = path.parent() {
                    private_folder(folder).map_err(failed)?;
                }
                write_whole(&path, text.as_bytes(), rights).map_err(failed)
            }
            None => fs::remove_file(&path).map_err(failed),
        }
    }

    /// Keeps the old text beside the file, with the same rights: it may hold secrets of others.
    pub(crate) fn back_up(&self) -> Result<Option<PathBuf>, DiskError> {
        let Some(before) = &self.before else {
            return Ok(None);
        };
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".before-mcp-airlock");
        let backup = self.path.with_file_name(name);
        let rights = fs::metadata(&self.path)
            .ok()
            .map(|metadata| metadata.permissions());
        write_whole(&backup, before.as_bytes(), rights)
            .map_err(|error| DiskError::new(&backup, "written", &error))?;
        Ok(Some(backup))
    }
}
