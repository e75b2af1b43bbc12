//! How much one call may use: requests, bytes out, bytes in. Counts, and says no; waits for nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::ask::Failure;

/// The limits of one tool call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Every attempt and every redirect hop counts.
    pub requests: u64,
    pub request_bytes: u64,
    /// Of one answer, decoded. More than 1 GiB counts as 1 GiB.
    pub response_bytes: u64,
    /// Of all answers, decoded.
    pub response_bytes_total: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 100,
            request_bytes: 32 << 20,
            response_bytes: 16 << 20,
            response_bytes_total: 32 << 20,
        }
    }
}

/// Where the count of a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Within,
    /// Worth a line in the record.
    FirstOver,
    /// The same again, as often as a component likes: not worth one.
    Over,
}

/// What is left of the limits. Requests that run side by side share it.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    asks: AtomicU64,
    requests: AtomicU64,
    request_bytes: AtomicU64,
    response_bytes: AtomicU64,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Budget {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits: Limits {
                response_bytes: limits.response_bytes.min(1 << 30),
                ..limits
            },
            asks: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            request_bytes: AtomicU64::new(0),
            response_bytes: AtomicU64::new(0),
        }
    }

    /// Requests sent so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// One more wish, granted or not: refusals cost time and a line in the audit record too.
    pub(crate) fn spend_ask(&self) -> Wish {
        let number = self.asks.fetch_add(1, Ordering::Relaxed);
        match number.cmp(&self.limits.requests) {
            std::cmp::Ordering::Less => Wish::Within,
            std::cmp::Ordering::Equal => Wish::FirstOver,
            std::cmp::Ordering::Greater => Wish::Over,
        }
    }

    /// One more attempt with a body of `bytes`.
    pub(crate) fn spend_request(&self, bytes: u64) -> Result<(), Failure> {
        spend(&self.requests, 1, self.limits.requests)?;
        spend(&self.request_bytes, bytes, self.limits.request_bytes)
    }

    /// The cap for the next answer: the request's own wish, one answer's limit, and the rest of the sum.
    pub(crate) fn response_cap(&self, wish: Option<u64>) -> u64 {
        let left = self
            .limits
            .response_bytes_total
            .saturating_sub(self.response_bytes.load(Ordering::Relaxed));
        wish.unwrap_or(u64::MAX)
            .min(self.limits.response_bytes)
            .min(left)
    }

    /// What to say of an answer over `cap`: too large in itself, or too large for what is left.
    pub(crate) fn over_cap(&self, cap: u64, wish: Option<u64>) -> Failure {
        let own = wish.unwrap_or(u64::MAX).min(self.limits.response_bytes);
        if cap < own {
            Failure::Budget
        } else {
            Failure::BodyTooLarge(cap)
        }
    }

    /// Side-by-side answers were capped before each other's bytes were known, so the sum is
    /// settled here.
    pub(crate) fn spend_response(&self, bytes: u64) -> Result<(), Failure> {
        spend(
            &self.response_bytes,
            bytes,
            self.limits.response_bytes_total,
        )
    }
}

fn spend(used: &AtomicU64, amount: u64, limit: u64) -> Result<(), Failure> {
    used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
        used.checked_add(amount).filter(|sum| *sum <= limit)
    })
    .map(|_| ())
    .map_err(|_| Failure::Budget)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Budget {
        Budget::new(Limits {
            requests: 2,
            request_bytes: 10,
            response_bytes: 100,
            response_bytes_total: 150,
        })
    }

    #[test]
    fn the_request_after_the_last_is_refused() {
        let budget = small();
        assert_eq!(budget.spend_request(0), Ok(()));
        assert_eq!(budget.spend_request(0), Ok(()));
        assert_eq!(budget.spend_request(0), Err(Failure::Budget));
        assert_eq!(budget.requests(), 2);
    }

    #[test]
    fn the_first_wish_over_the_limit_is_told_from_the_rest() {
        let budget = small();
        let wishes: Vec<Wish> = (0..4).map(|_| budget.spend_ask()).collect();
        assert_eq!(
            wishes,
            [Wish::Within, Wish::Within, Wish::FirstOver, Wish::Over]
        );
    }

    #[test]
    fn request_bytes_add_up() {
        let budget = small();
        assert_eq!(budget.spend_request(6), Ok(()));
        assert_eq!(budget.spend_request(5), Err(Failure::Budget));
    }

    #[test]
    fn a_huge_body_does_not_wrap_around() {
        let budget = small();
        assert_eq!(budget.spend_request(1), Ok(()));
        assert_eq!(budget.spend_request(u64::MAX), Err(Failure::Budget));
    }

    #[test]
    fn the_cap_is_the_smallest_of_three() {
        let budget = small();
        assert_eq!(budget.response_cap(None), 100);
        assert_eq!(budget.response_cap(Some(7)), 7);
        assert_eq!(budget.response_cap(Some(1_000_000)), 100);
        assert_eq!(budget.spend_response(120), Ok(()));
        assert_eq!(budget.response_cap(None), 30);
    }

    #[test]
    fn too_large_in_itself_and_too_large_for_the_rest_are_told_apart() {
        let budget = small();
        assert_eq!(budget.over_cap(100, None), Failure::BodyTooLarge(100));
        assert_eq!(budget.over_cap(7, Some(7)), Failure::BodyTooLarge(7));
        assert_eq!(budget.over_cap(30, None), Failure::Budget);
    }

    #[test]
    fn side_by_side_answers_cannot_pass_the_sum() {
        let budget = small();
        assert_eq!(budget.spend_response(100), Ok(()));
        assert_eq!(budget.spend_response(100), Err(Failure::Budget));
    }
}
