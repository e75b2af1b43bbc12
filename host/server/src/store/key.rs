//! Decides where the store's key lies and what names it. The key is random, one for each store, and never leaves the
//! keyring or the file but into this process's memory.

use std::fs;
use std::io;
use std::path::Path;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::StoreError;
use super::durable::write_whole;
use super::keyring::{Keyring, KeyringError};
use crate::secrets::Secret;

/// As the keyring's own programs show it.
const SERVICE: &str = "mcp-airlock";

/// Where the key lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum KeyPlace {
    /// In the operating system's keyring
    Keyring,
    /// In a file beside the records, readable by every program of this user
    File,
}

impl KeyPlace {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }

    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Keyring => "the operating system's keyring",
            Self::File => "a file beside the records, which every program of this user can read",
        }
    }
}

/// What `store.json` says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    version: u32,
    /// The account in the keyring: two stores of one user have two keys.
    id: String,
    pub(super) key: KeyPlace,
}

impl Description {
    pub(super) fn load(directory: &Path) -> Result<Option<Self>, StoreError> {
        let path = directory.join("store.json");
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| StoreError::disk(&path, "read", &error))?,
        };
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let foreign = || StoreError::Foreign(path.display().to_string());
        let Version { version } = serde_json::from_slice(&text).map_err(|_| foreign())?;
        if version > 1 {
            return Err(StoreError::Newer(path.display().to_string()));
        }
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|_| foreign())
    }

    fn save(&self, directory: &Path) -> Result<(), StoreError> {
        let path = directory.join("store.json");
        let text = serde_json::to_vec_pretty(self).expect("a description is plain data");
        write_whole(&path, &text, None).map_err(|error| StoreError::disk(&path, "written", &error))
    }
}

/// 256 random bits.
pub(crate) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    pub(crate) fn random() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::fill(bytes.as_mut_slice()).expect("the operating system gives random numbers");
        Self(bytes)
    }

    /// As text, since one of the keyrings takes nothing else.
    pub(crate) fn to_text(&self) -> SecretString {
        SecretString::from(STANDARD.encode(self.bytes()))
    }

    pub(crate) fn from_text(text: &SecretString) -> Option<Self> {
        let decoded = Zeroizing::new(STANDARD.decode(text.expose_secret().trim()).ok()?);
        let mut bytes = Zeroizing::new([0; 32]);
        if decoded.len() != bytes.len() {
            return None;
        }
        bytes.copy_from_slice(&decoded);
        Some(Self(bytes))
    }
}

/// Makes a key, and the description last: a store that is half made is no store.
pub(super) async fn create(
    directory: &Path,
    keyring: &Keyring,
    place: KeyPlace,
) -> Result<(), StoreError> {
    let key = Key::random();
    let mut name = [0; 8];
    rand::fill(&mut name).expect("the operating system gives random numbers");
    let id = name.iter().map(|byte| format!("{byte:02x}")).collect();
    let description = Description {
        version: 1,
        id,
        key: place,
    };
    match place {
        KeyPlace::Keyring => {
            keyring
                .write(SERVICE, &description.id, &key.to_text())
                .await
                .map_err(StoreError::NoKeyring)?;
        }
        KeyPlace::File => {
            let path = directory.join("key");
            write_whole(&path, key.to_text().expose_secret().as_bytes(), None)
                .map_err(|error| StoreError::disk(&path, "written", &error))?;
        }
    }
    // Read back before anything is sealed with it.
    let kept = read(&description, directory, keyring).await?;
    if kept.bytes() != key.bytes() {
        return Err(StoreError::KeyFile("it came back changed".to_owned()));
    }
    description.save(directory)
}

pub(super) async fn read(
    description: &Description,
    directory: &Path,
    keyring: &Keyring,
) -> Result<Key, StoreError> {
    let text = match description.key {
        KeyPlace::Keyring => keyring.read(SERVICE, &description.id).await?,
        // The same rules as for any secret in a file: mode and owner.
        KeyPlace::File => Box::pin(Secret::in_file(directory.join("key")).reveal())
            .await
            .map_err(|error| StoreError::KeyFile(error.to_string()))?,
    };
    Key::from_text(&text).ok_or_else(|| StoreError::KeyFile("it is no key".to_owned()))
}

pub(super) async fn forget(description: &Description, keyring: &Keyring) -> Result<(), StoreError> {
    match description.key {
        // The file goes with the folder.
        KeyPlace::File => Ok(()),
        KeyPlace::Keyring => match keyring.remove(SERVICE, &description.id).await {
            Err(KeyringError::Missing(_)) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        },
    }
}
