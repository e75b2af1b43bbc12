//! A component's memory across calls: field lists and the like, kept apart by principal, capped,
//! forgotten after a time. It never holds an answer of a site that was not given to that
//! principal, since only that principal's own calls write here.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MAX_ENTRY_BYTES: usize = 256 << 10;
const MAX_BYTES: usize = 4 << 20;
const MAX_LIFE: Duration = Duration::from_secs(3600);

#[derive(Default)]
pub(super) struct Cache {
    entries: Mutex<BTreeMap<(String, String), Entry>>,
}

struct Entry {
    value: Vec<u8>,
    until: Instant,
}

impl Cache {
    pub(super) fn read(&self, principal: &str, key: &str) -> Option<Vec<u8>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(&(principal.to_owned(), key.to_owned()))?;
        (entry.until > Instant::now()).then(|| entry.value.clone())
    }

    /// Drops what is too large and, when full, what ends soonest: a cache may forget.
    pub(super) fn write(&self, principal: &str, key: String, value: Vec<u8>, life: Duration) {
        if value.len() + key.len() > MAX_ENTRY_BYTES {
            return;
        }
        let until = Instant::now() + life.min(MAX_LIFE);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.insert((principal.to_owned(), key), Entry { value, until });
        entries.retain(|_, entry| entry.until > Instant::now());
        while entries
            .iter()
            .map(|((_, key), entry)| key.len() + entry.value.len())
            .sum::<usize>()
            > MAX_BYTES
        {
            let soonest = entries.iter().min_by_key(|(_, entry)| entry.until);
            let Some(key) = soonest.map(|(key, _)| key.clone()) else {
                return;
            };
            entries.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn principals_do_not_meet() {
        let cache = Cache::default();
        cache.write("alice", "fields".into(), b"hers".to_vec(), MINUTE);
        assert_eq!(cache.read("alice", "fields"), Some(b"hers".to_vec()));
        assert_eq!(cache.read("bob", "fields"), None);
    }

    #[test]
    fn forgets_what_is_over_and_what_is_too_much() {
        let cache = Cache::default();
        cache.write("a", "old".into(), vec![1], Duration::ZERO);
        assert_eq!(cache.read("a", "old"), None);
        cache.write("a", "huge".into(), vec![0; MAX_ENTRY_BYTES + 1], MINUTE);
        assert_eq!(cache.read("a", "huge"), None);
        for entry in 0..40 {
            cache.write("a", entry.to_string(), vec![0; 200 << 10], MINUTE);
        }
        let held = (0..40)
            .filter(|entry| cache.read("a", &entry.to_string()).is_some())
            .count();
        assert!(
            (1..=20).contains(&held),
            "{held} entries of 200 KiB in 4 MiB"
        );
    }
}
