//! Sites whose points quota is used up: until it is reset no request of that credential is
//! sent there, since each one would only be refused and counted.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use policy::{Product, SiteName};

/// Atlassian resets at the full hour; a longer word is not believed.
const LONGEST: Duration = Duration::from_secs(3600);

/// Where the site names no time.
const USUAL: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Account {
    pub(crate) site: SiteName,
    pub(crate) product: Product,
    /// The credential's name.
    pub(crate) credential: String,
}

/// Times are on the clock's monotonic scale.
#[derive(Debug, Default)]
pub(crate) struct Quotas {
    until: Mutex<HashMap<Account, Duration>>,
}

impl Quotas {
    /// Seconds until the account may be used again.
    pub(crate) fn wait(&self, account: &Account, now: Duration) -> Option<u32> {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let left = until
            .get(account)?
            .checked_sub(now)
            .filter(|left| !left.is_zero());
        if left.is_none() {
            until.remove(account);
        }
        left.map(|left| u32::try_from(left.as_millis().div_ceil(1000)).unwrap_or(u32::MAX))
    }

    pub(crate) fn used_up(&self, account: Account, now: Duration, retry_after: Option<Duration>) {
        let hold = retry_after.unwrap_or(USUAL).min(LONGEST);
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.insert(account, now + hold);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(credential: &str) -> Account {
        Account {
            site: SiteName::parse("acme").expect("a name"),
            product: Product::Jira,
            credential: credential.into(),
        }
    }

    #[test]
    fn an_account_is_held_until_the_named_time_and_no_other_is() {
        let quotas = Quotas::default();
        let now = Duration::from_secs(100);
        quotas.used_up(account("alice"), now, Some(Duration::from_millis(1500)));
        assert_eq!(quotas.wait(&account("alice"), now), Some(2));
        assert_eq!(quotas.wait(&account("bob"), now), None);
        assert_eq!(
            quotas.wait(&account("alice"), now + Duration::from_secs(2)),
            None
        );
    }

    #[test]
    fn the_hold_has_a_usual_and_a_longest_time() {
        let quotas = Quotas::default();
        for (given, seconds) in [
            (None, 60),
            (Some(Duration::from_secs(u64::MAX)), 3600),
            (Some(Duration::from_secs(5)), 5),
        ] {
            quotas.used_up(account("alice"), Duration::ZERO, given);
            assert_eq!(
                quotas.wait(&account("alice"), Duration::ZERO),
                Some(seconds)
            );
        }
    }
}
