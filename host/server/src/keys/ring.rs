//! The keys as a running server sees them: the file is looked at again when it may have changed, so that a revoked key
//! stops without a restart. A file that cannot be read lets nobody in.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use door::{Keys, Presented, Rejected};
use policy::Principal;
use time::OffsetDateTime;

use super::{KeyFile, KeysError};
use crate::stamp::Stamp;

/// Revoking a key is promised to take effect within a second.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

pub(crate) struct KeyRing {
    file: KeyFile,
    seen: Mutex<Seen>,
}

struct Seen {
    at: Instant,
    stamp: Option<Stamp>,
    keys: Result<Arc<Keys>, String>,
}

impl KeyRing {
    /// Fails where the keys cannot be read now: whoever starts the server should know.
    pub(crate) fn open(file: KeyFile) -> Result<Self, KeysError> {
        let stamp = Stamp::of(&file.path);
        let keys = file.read()?;
        Ok(Self {
            seen: Mutex::new(Seen {
                at: Instant::now(),
                stamp,
                keys: Ok(Arc::new(keys)),
            }),
            file,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys().is_ok_and(|keys| keys.is_empty())
    }

    pub(crate) fn count(&self) -> usize {
        self.keys().map_or(0, |keys| keys.iter().count())
    }

    pub(crate) fn is_readable(&self) -> bool {
        self.keys().is_ok()
    }

    pub(crate) fn owner(&self, shown: &Presented) -> Result<Principal, Rejected> {
        let keys = self.keys().map_err(Rejected::Unreadable)?;
        keys.owner(shown, OffsetDateTime::now_utc()).cloned()
    }

    fn keys(&self) -> Result<Arc<Keys>, String> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.at.elapsed() >= LOOK_AGAIN {
            // Taken before reading: a change in between is found the next time.
            let stamp = Stamp::of(&self.file.path);
            if stamp != seen.stamp || seen.keys.is_err() {
                seen.keys = self.file.read().map(Arc::new).map_err(|error| {
                    tracing::error!(%error, "no client is let in");
                    error.to_string()
                });
                seen.stamp = stamp;
            }
            seen.at = Instant::now();
        }
        seen.keys.clone()
    }
}
