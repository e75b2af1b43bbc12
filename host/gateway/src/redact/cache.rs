//! Keeps one redactor for each credential, so that it is built once and not for every answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use super::Redactor;
use crate::ports::Credential;

/// More credentials than this are not in use at the same time; then all start anew.
const MOST: usize = 512;

/// Found by what the credential is, not by its name: a renewed token has the same name.
#[derive(Default)]
pub(crate) struct Cache {
    by_digest: Mutex<HashMap<[u8; 32], Arc<Redactor>>>,
}

impl Cache {
    pub(crate) fn redactor(&self, credential: &Credential) -> Arc<Redactor> {
        let digest = digest(credential);
        let mut known = self
            .by_digest
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(redactor) = known.get(&digest) {
            return Arc::clone(redactor);
        }
        if known.len() >= MOST {
            known.clear();
        }
        let redactor = Arc::new(Redactor::new(credential));
        known.insert(digest, Arc::clone(&redactor));
        redactor
    }
}

fn digest(credential: &Credential) -> [u8; 32] {
    let mut hash = Sha256::new();
    for text in std::iter::once(&credential.authorization).chain(&credential.secrets) {
        let text = text.expose_secret();
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

/// Those of one exchange: a token that was renewed halfway is still searched for.
#[derive(Default)]
pub(crate) struct Redactors(Vec<Arc<Redactor>>);

impl Redactors {
    pub(crate) fn add(&mut self, redactor: Arc<Redactor>) {
        self.0.push(redactor);
    }

    pub(crate) fn redact(&self, text: Bytes) -> (Bytes, u64) {
        self.0.iter().fold((text, 0), |(text, hits), redactor| {
            let (text, found) = redactor.redact(&text);
            (text, hits + found)
        })
    }

    /// For short texts such as header values.
    pub(crate) fn redact_str(&self, text: &str) -> (String, u64) {
        let (out, hits) = self.redact(Bytes::copy_from_slice(text.as_bytes()));
        match hits {
            0 => (text.to_owned(), 0),
            _ => (String::from_utf8_lossy(&out).into_owned(), hits),
        }
    }

    #[cfg(test)]
    pub(crate) fn with(mut self, credential: &Credential) -> Self {
        self.add(Arc::new(Redactor::new(credential)));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(token: &str) -> Credential {
        Credential {
            name: "jira".into(),
            authorization: format!("Bearer {token}").into(),
            secrets: vec![token.into()],
        }
    }

    #[test]
    fn the_same_credential_is_built_once_and_a_renewed_one_anew() {
        let cache = Cache::default();
        let first = cache.redactor(&credential("first-token-of-alice"));
        assert!(Arc::ptr_eq(
            &first,
            &cache.redactor(&credential("first-token-of-alice"))
        ));
        assert!(!Arc::ptr_eq(
            &first,
            &cache.redactor(&credential("second-token-of-alice"))
        ));
    }

    #[test]
    fn the_cache_does_not_grow_without_end() {
        let cache = Cache::default();
        for number in 0..MOST + 2 {
            cache.redactor(&credential(&format!("short-{number}")));
        }
        assert!(cache.by_digest.lock().expect("no panic while held").len() <= MOST);
    }

    #[test]
    fn old_and_renewed_tokens_are_both_removed() {
        let redactors = Redactors::default()
            .with(&credential("first-token-of-alice"))
            .with(&credential("RENEWED-4Hk7DfGs9Lq2"));
        let (out, hits) = redactors.redact_str("first-token-of-alice, RENEWED-4Hk7DfGs9Lq2");
        assert_eq!((out.as_str(), hits), ("[REDACTED], [REDACTED]", 2));
    }
}
