//! Decides how `login` keeps a secret: one sealed file for each site beside a random key, which lies in the operating
//! system's keyring or, by explicit choice, in a file. Never falls back from one to the other, and deletes nothing
//! that it cannot read.

mod durable;
mod key;
mod keyring;
mod lock;
mod record;
mod sealed;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use policy::{Origin, SiteName};
use secrecy::SecretString;
use tokio::sync::Mutex;

pub(crate) use durable::{private_folder, write_whole};
use key::Description;
pub(crate) use key::Key;
pub use key::KeyPlace;
pub use keyring::{Keyring, KeyringError};
pub use lock::Lock;
pub(crate) use lock::{attempt as try_lock_file, file as lock_file};
pub use record::{OAuthTokens, Record};

/// Whose record it is. All of it is sealed into the file, so a record opens for this site, this address and this
/// account, and for nothing that a changed configuration makes of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordId {
    pub site: SiteName,
    pub origin: Origin,
    pub account: String,
}

/// One version of one record. Each is a file of its own, put in the place of the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub written: SystemTime,
    length: u64,
    #[cfg(unix)]
    file: u64,
}

/// Why the store gave or took nothing. What is on disk is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("nothing is stored for the site `{0}`; run `mcp-airlock login` with its address")]
    Missing(SiteName),
    #[error(
        "the record of the site `{0}` holds another kind of login than credentials.toml says; run `mcp-airlock login` again"
    )]
    OtherKind(SiteName),
    #[error("there is no store in `{0}`; run `mcp-airlock login` first")]
    NoStore(String),
    #[error(
        "`{0}` is cut, damaged or no file of this program; it is left as it is. Move it away and run `mcp-airlock login` again"
    )]
    Foreign(String),
    #[error("`{0}` was written by a newer version of mcp-airlock; use that version")]
    Newer(String),
    #[error(
        "`{0}` does not open for this site, address and account: one of them was changed after the login, or the key \
         was replaced, or the file was changed by somebody else. Run `mcp-airlock login` again if you know why"
    )]
    Sealed(String),
    #[error("`{path}` cannot be {action}: {reason}")]
    Disk {
        path: String,
        action: &'static str,
        reason: String,
    },
    #[error("another process has held the record of the site `{0}` for 30 s; end it, or try again")]
    Busy(SiteName),
    #[error(
        "the store in `{path}` keeps its key in {kept}; to change that run `mcp-airlock logout --all`, then log in with `--store {wanted}`"
    )]
    OtherPlace {
        path: String,
        kept: &'static str,
        wanted: &'static str,
    },
    #[error("the key of the store cannot be read: {0}")]
    KeyFile(String),
    #[error(
        "{0}. Without a keyring `mcp-airlock login --store file` keeps the key in a file instead"
    )]
    NoKeyring(KeyringError),
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

impl StoreError {
    fn disk(path: &Path, action: &'static str, error: &io::Error) -> Self {
        Self::Disk {
            path: path.display().to_string(),
            action,
            reason: error.to_string(),
        }
    }
}

/// The store of one configuration directory. Opening it touches nothing.
pub struct Store {
    directory: PathBuf,
    keyring: Arc<Keyring>,
    /// Read at the first need, and again when a record does not open with it.
    key: Mutex<Option<Arc<Key>>>,
}

impl Store {
    pub fn in_directory(config_dir: &Path, keyring: Arc<Keyring>) -> Self {
        Self {
            directory: config_dir.join("store"),
            keyring,
            key: Mutex::default(),
        }
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where the key lies; `None` while there is no store.
    pub fn key_place(&self) -> Result<Option<KeyPlace>, StoreError> {
        Ok(Description::load(&self.directory)?.map(|description| description.key))
    }

    /// Makes sure that there is a store and that its key can be read. `wanted` says where a new key goes, and must
    /// not contradict where the key of an old store lies.
    pub async fn prepare(&self, wanted: Option<KeyPlace>) -> Result<KeyPlace, StoreError> {
        durable::private_folder(&self.directory)
            .map_err(|error| StoreError::disk(&self.directory, "made", &error))?;
        let _alone = lock::file(&self.directory.join("store.lock"))
            .await
            .map_err(|error| StoreError::disk(&self.directory, "locked", &error))?;
        let place = match (Description::load(&self.directory)?, wanted) {
            (Some(description), Some(wanted)) if description.key != wanted => {
                return Err(StoreError::OtherPlace {
                    path: self.directory.display().to_string(),
                    kept: description.key.in_words(),
                    wanted: wanted.as_str(),
                });
            }
            (Some(description), _) => description.key,
            (None, wanted) => {
                let place = wanted.unwrap_or(KeyPlace::Keyring);
                if let Err(error) = key::create(&self.directory, &self.keyring, place).await {
                    self.forget_attempt();
                    return Err(error);
                }
                place
            }
        };
        self.key().await?;
        Ok(place)
    }

    /// A store that did not come about leaves no folder behind, unless there is something else in it.
    fn forget_attempt(&self) {
        let _ = fs::remove_file(self.directory.join("store.lock"));
        let _ = fs::remove_dir(&self.directory);
        if let Some(config_dir) = self.directory.parent() {
            let _ = fs::remove_dir(config_dir);
        }
    }

    /// Whether the key can be read.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.key().await.map(|_| ())
    }

    /// The token of a site whose login is a plain token.
    pub async fn token(&self, id: &RecordId) -> Result<SecretString, StoreError> {
        match self.read(id).await? {
            Record::Token(token) => Ok(token),
            Record::OAuth(_) => Err(StoreError::OtherKind(id.site.clone())),
        }
    }

    pub async fn read(&self, id: &RecordId) -> Result<Record, StoreError> {
        let path = self.path(&id.site);
        let sealed = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Missing(id.site.clone()));
            }
            read => read.map_err(|error| StoreError::disk(&path, "read", &error))?,
        };
        let key = self.key().await?;
        let open = match sealed::open(&key, id, &sealed) {
            // Somebody may have logged out and in again since this process read the key.
            Err(sealed::SealError::Closed) => {
                *self.key.lock().await = None;
                sealed::open(&*self.key().await?, id, &sealed)
            }
            opened => opened,
        };
        let open = open.map_err(|error| error.at(&path))?;
        Record::parse(&open).ok_or_else(|| StoreError::Foreign(path.display().to_string()))
    }

    /// Durable when it returns: an OAuth server may have forgotten the record's predecessor.
    pub async fn write(&self, id: &RecordId, record: &Record) -> Result<(), StoreError> {
        let key = self.key().await?;
        let sealed = sealed::seal(&key, id, record.to_bytes());
        let path = self.path(&id.site);
        write_whole(&path, &sealed, None)
            .map_err(|error| StoreError::disk(&path, "written", &error))
    }

    /// Held while a record is renewed or replaced; gone when its process is gone.
    pub async fn lock(&self, site: &SiteName) -> Result<Lock, StoreError> {
        let path = self.directory.join(format!("{}.lock", file_name(site)));
        lock::file(&path).await.map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => StoreError::Busy(site.clone()),
            _ => StoreError::disk(&path, "locked", &error),
        })
    }

    /// What tells the record of a site from one that was there before or comes after; `None` where there is none.
    pub fn stamp(&self, site: &SiteName) -> Option<Stamp> {
        let metadata = fs::metadata(self.path(site)).ok()?;
        Some(Stamp {
            written: metadata.modified().ok()?,
            length: metadata.len(),
            #[cfg(unix)]
            file: std::os::unix::fs::MetadataExt::ino(&metadata),
        })
    }

    /// Whether there is a record, readable or not.
    pub fn has(&self, site: &SiteName) -> bool {
        self.path(site).exists()
    }

    /// Takes the record of a site away; with the last one the whole store, key included.
    pub async fn remove(&self, site: &SiteName) -> Result<bool, StoreError> {
        if !self.directory.exists() {
            return Ok(false);
        }
        let lock = self.lock(site).await?;
        let path = self.path(site);
        let was_there = match fs::remove_file(&path) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(StoreError::disk(&path, "removed", &error)),
        };
        lock.remove();
        if !self.holds_records()? {
            self.remove_all().await?;
        }
        Ok(was_there)
    }

    /// Takes everything away: records, locks, key.
    pub async fn remove_all(&self) -> Result<(), StoreError> {
        if let Some(description) = Description::load(&self.directory)? {
            key::forget(&description, &self.keyring).await?;
        }
        match fs::remove_dir_all(&self.directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::disk(&self.directory, "removed", &error))
            }
            _ => Ok(()),
        }
    }

    fn holds_records(&self) -> Result<bool, StoreError> {
        let entries = fs::read_dir(&self.directory)
            .map_err(|error| StoreError::disk(&self.directory, "read", &error))?;
        Ok(entries.flatten().any(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|kind| kind == "sealed")
        }))
    }

    async fn key(&self) -> Result<Arc<Key>, StoreError> {
        let mut key = self.key.lock().await;
        if let Some(key) = &*key {
            return Ok(Arc::clone(key));
        }
        let description = Description::load(&self.directory)?
            .ok_or_else(|| StoreError::NoStore(self.directory.display().to_string()))?;
        let read = Arc::new(key::read(&description, &self.directory, &self.keyring).await?);
        *key = Some(Arc::clone(&read));
        Ok(read)
    }

    fn path(&self, site: &SiteName) -> PathBuf {
        self.directory.join(format!("{}.sealed", file_name(site)))
    }
}

/// Site names differ by case, file names on Windows and macOS do not; `=` stands in no site name.
fn file_name(site: &SiteName) -> String {
    site.as_str()
        .chars()
        .map(|letter| {
            if letter.is_ascii_uppercase() {
                format!("={}", letter.to_ascii_lowercase())
            } else {
                letter.to_string()
            }
        })
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests;
