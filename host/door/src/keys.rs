//! Decides who a client is by the key that it shows. A list of keys holds the digest of each key, its owner and its end;
//! the key itself is shown once and is nowhere. What an owner may do stands in the policy file, never here.

mod text;

use std::collections::{BTreeMap, HashMap};

use policy::Principal;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub use text::{KeyDigest, KeyId, NewKey, PREFIX, Presented};

/// Whoever started a server without keys. No key carries this name.
pub const LOCAL: &str = "local";

/// The keys of one configuration, each found by its identity.
#[derive(Debug, Default)]
pub struct Keys {
    by_name: BTreeMap<Principal, Key>,
    by_id: HashMap<KeyId, Principal>,
}

#[derive(Clone, Debug)]
pub struct Key {
    pub id: KeyId,
    digest: KeyDigest,
    pub created: OffsetDateTime,
    /// `None`: never.
    pub expires: Option<OffsetDateTime>,
}

/// Why a key opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// No such identity, or another secret: nobody is told which.
    Unknown,
    /// The secret is right, so its holder may know.
    Expired,
    /// Nobody can be let in; in words for the log.
    Unreadable(String),
}

/// Why a key was not made, found or taken away. The list is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(
        "there is a key for `{0}` already; `mcp-airlock key rotate {0}` puts a new one in its place"
    )]
    Exists(Principal),
    #[error("there is no key for `{0}`; `mcp-airlock key list` shows the keys there are")]
    Missing(Principal),
    #[error("`{LOCAL}` is the name of whoever starts a server without keys; take another")]
    Reserved,
}

/// A text that is no list of keys, and what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BrokenKeys(pub String);

impl Keys {
    pub fn iter(&self) -> impl Iterator<Item = (&Principal, &Key)> {
        self.by_name.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    pub fn add(
        &mut self,
        name: &Principal,
        expires: Option<OffsetDateTime>,
    ) -> Result<NewKey, KeyError> {
        self.check_new(name)?;
        Ok(self.put(name, expires))
    }

    /// May a key be made for this name?
    pub fn check_new(&self, name: &Principal) -> Result<(), KeyError> {
        if name.as_str() == LOCAL {
            return Err(KeyError::Reserved);
        }
        if self.by_name.contains_key(name) {
            return Err(KeyError::Exists(name.clone()));
        }
        Ok(())
    }

    /// The old key is worth nothing from then on.
    pub fn rotate(
        &mut self,
        name: &Principal,
        expires: Option<OffsetDateTime>,
    ) -> Result<NewKey, KeyError> {
        self.revoke(name)?;
        Ok(self.put(name, expires))
    }

    pub fn revoke(&mut self, name: &Principal) -> Result<(), KeyError> {
        let key = self
            .by_name
            .remove(name)
            .ok_or_else(|| KeyError::Missing(name.clone()))?;
        self.by_id.remove(&key.id);
        Ok(())
    }

    /// Whose key it is. Takes as long for an unknown identity as for a wrong secret.
    pub fn owner(&self, shown: &Presented, now: OffsetDateTime) -> Result<&Principal, Rejected> {
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

    /// Reads what [`Keys::to_text`] writes. Believes nothing that it does not know: such a key could be meant to
    /// open less than it would.
    pub fn parse(text: &str) -> Result<Self, BrokenKeys> {
        let broken = |what: String| Err(BrokenKeys(what));
        let file: File = match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => return broken(error.message().to_owned()),
        };
        if file.version != 1 {
            return broken(format!("version {} is not known", file.version));
        }
        let mut keys = Self::default();
        for (name, entry) in file.key {
            let owner = Principal::parse(&name)
                .ok()
                .filter(|name| name.as_str() != LOCAL);
            let Some((owner, key)) = owner.zip(entry.parse()) else {
                return broken(format!("[key.{name:?}] has a wrong value"));
            };
            if keys.by_id.contains_key(&key.id) {
                return broken(format!("two keys have the identity {}", key.id.as_str()));
            }
            keys.insert(owner, key);
        }
        Ok(keys)
    }

    pub fn to_text(&self) -> String {
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
            key: self
                .iter()
                .map(|(name, key)| (name.to_string(), entry(key)))
                .collect(),
        };
        toml::to_string(&file).expect("names and texts are TOML")
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

fn whole_second(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}

#[cfg(test)]
mod tests;
