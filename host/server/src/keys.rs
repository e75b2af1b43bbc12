//! Decides who a client is by the key that it shows. `keys.toml` holds the digest of each key, its owner and its end;
//! the key itself is shown once and is nowhere. What an owner may do stands in the policy file, never here.

mod ring;
mod text;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use policy::Principal;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(crate) use ring::{KeyRing, Rejected};
use text::{KeyDigest, KeyId};
pub(crate) use text::{NewKey, PREFIX, Presented};

use crate::app::LOCAL;
use crate::config::{Finding, read_believed};
use crate::store::{lock_file, private_folder, write_whole};

const HEAD: &str = "# Keys of clients of `mcp-airlock serve --http`: digests, from which no key can be made.\n\
                    # Written by `mcp-airlock key`; running servers read it again within a second.\n\n";

/// The keys of one configuration, each found by its identity.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    by_name: BTreeMap<Principal, Key>,
    by_id: HashMap<KeyId, Principal>,
}

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: KeyId,
    digest: KeyDigest,
    pub(crate) created: OffsetDateTime,
    /// `None`: never.
    pub(crate) expires: Option<OffsetDateTime>,
}

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
    #[error(
        "there is a key for `{0}` already; `mcp-airlock key rotate {0}` puts a new one in its place"
    )]
    Exists(Principal),
    #[error("there is no key for `{0}`; `mcp-airlock key list` shows the keys there are")]
    Missing(Principal),
    #[error("`{LOCAL}` is the name of whoever starts a server without keys; take another")]
    Reserved,
}

impl Keys {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Principal, &Key)> {
        self.by_name.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    pub(crate) fn add(
        &mut self,
        name: &Principal,
        expires: Option<OffsetDateTime>,
    ) -> Result<NewKey, KeysError> {
        self.check_new(name)?;
        Ok(self.put(name, expires))
    }

    /// May a key be made for this name?
    pub(crate) fn check_new(&self, name: &Principal) -> Result<(), KeysError> {
        if name.as_str() == LOCAL {
            return Err(KeysError::Reserved);
        }
        if self.by_name.contains_key(name) {
            return Err(KeysError::Exists(name.clone()));
        }
        Ok(())
    }

    /// The old key is worth nothing from then on.
    pub(crate) fn rotate(
        &mut self,
        name: &Principal,
        expires: Option<OffsetDateTime>,
    ) -> Result<NewKey, KeysError> {
        self.revoke(name)?;
        Ok(self.put(name, expires))
    }

    pub(crate) fn revoke(&mut self, name: &Principal) -> Result<(), KeysError> {
        let key = self
            .by_name
            .remove(name)
            .ok_or_else(|| KeysError::Missing(name.clone()))?;
        self.by_id.remove(&key.id);
        Ok(())
    }

    /// Whose key it is. Takes as long for an unknown identity as for a wrong secret.
    fn owner(&self, shown: &Presented, now: OffsetDateTime) -> Result<&Principal, Rejected> {
        let found = self
            .by_id
            .get(&shown.id)
            .and_then(|name| self.by_name.get_key_value(name));
        let kept = found.map_or(&KeyDigest::NONE, |(_, key)| &key.digest);
        let is_right = kept.is_same(&shown.digest);
        match found {
            Some((_, key)) if is_right && key.expires.is_some_and(|end| end <= now) => {
                Err(Rejected::Expired)
            }
            Some((name, _)) if is_right => Ok(name),
            _ => Err(Rejected::Unknown),
        }
    }

    fn put(&mut self, name: &Principal, expires: Option<OffsetDateTime>) -> NewKey {
        let new = NewKey::random();
        let key = Key {
            id: new.id.clone(),
            digest: new.digest.clone(),
            created: whole_second(OffsetDateTime::now_utc()),
            expires: expires.map(whole_second),
        };
        self.insert(name.clone(), key);
        new
    }

    fn insert(&mut self, name: Principal, key: Key) {
        self.by_id.insert(key.id.clone(), name.clone());
        self.by_name.insert(name, key);
    }
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
        change: impl FnOnce(&mut Keys) -> Result<T, KeysError>,
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
        write_whole(&self.path, to_text(&keys).as_bytes(), None).map_err(disk)?;
        Ok(changed)
    }

    fn parse(&self, text: &str) -> Result<Keys, KeysError> {
        let broken = |what: String| KeysError::Broken {
            path: self.path.display().to_string(),
            what,
        };
        let file: File =
            toml::from_str(text).map_err(|error| broken(error.message().to_owned()))?;
        if file.version != 1 {
            return Err(broken(format!("version {} is not known", file.version)));
        }
        let mut keys = Keys::default();
        for (name, entry) in file.key {
            let key = Principal::parse(&name)
                .ok()
                .filter(|name| name.as_str() != LOCAL)
                .zip(entry.parse());
            let (name, key) =
                key.ok_or_else(|| broken(format!("[key.{name:?}] has a wrong value")))?;
            if keys.by_id.contains_key(&key.id) {
                return Err(broken(format!(
                    "two keys have the identity {}",
                    key.id.as_str()
                )));
            }
            keys.insert(name, key);
        }
        Ok(keys)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    #[serde(default)]
    key: BTreeMap<String, Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    sha256: String,
    created: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

impl Entry {
    fn parse(&self) -> Option<Key> {
        let date = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
        Some(Key {
            id: KeyId::parse(&self.id)?,
            digest: KeyDigest::from_hex(&self.sha256)?,
            created: date(&self.created)?,
            expires: match &self.expires {
                Some(text) => Some(date(text)?),
                None => None,
            },
        })
    }
}

fn to_text(keys: &Keys) -> String {
    let date = |time: OffsetDateTime| {
        time.format(&Rfc3339)
            .expect("a date of this century has an RFC 3339 form")
    };
    let entry = |key: &Key| Entry {
        id: key.id.as_str().to_owned(),
        sha256: key.digest.to_hex(),
        created: date(key.created),
        expires: key.expires.map(date),
    };
    let file = File {
        version: 1,
        key: keys
            .iter()
            .map(|(name, key)| (name.to_string(), entry(key)))
            .collect(),
    };
    let text = toml::to_string(&file).expect("names and texts are TOML");
    format!("{HEAD}{text}")
}

fn whole_second(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}

#[cfg(test)]
mod tests;
