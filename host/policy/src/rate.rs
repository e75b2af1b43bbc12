//! How many requests of one caller a rule has allowed within the last minute. Knows no clock; whoever counts says what
//! time it is. The gateway counts what it is about to send, and `replay` what a log says was sent.

use std::collections::{HashMap, VecDeque};

use crate::decide::Permit;
use crate::vocabulary::Principal;

const WINDOW_MS: u64 = 60_000;

/// The requests of the last minute, exactly: no caller gets more in any minute than the rule says.
#[derive(Debug, Default)]
pub struct Rates {
    times: HashMap<(String, Principal), VecDeque<u64>>,
}

/// A rule's requests of the last minute are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedUp {
    pub most: u64,
    pub wait_ms: u64,
}

impl Rates {
    /// Counts one request, unless it would be one too many; that one is not counted.
    pub fn take(
        &mut self,
        permit: &Permit,
        principal: &Principal,
        now_ms: u64,
    ) -> Result<(), UsedUp> {
        let Some(most) = permit.per_minute else {
            return Ok(());
        };
        let key = (permit.rule.clone(), principal.clone());
        let times = self.times.entry(key).or_default();
        while times
            .front()
            .is_some_and(|time| now_ms.saturating_sub(*time) >= WINDOW_MS)
        {
            times.pop_front();
        }
        match times.front() {
            Some(first) if times.len() as u64 >= most => Err(UsedUp {
                most,
                wait_ms: WINDOW_MS - now_ms.saturating_sub(*first),
            }),
            _ => {
                times.push_back(now_ms);
                Ok(())
            }
        }
    }

    /// What was counted last under this rule was not sent after all.
    pub fn give_back(&mut self, rule: &str, principal: &Principal) {
        let key = (rule.to_owned(), principal.clone());
        if let Some(times) = self.times.get_mut(&key) {
            times.pop_back();
        }
    }
}
