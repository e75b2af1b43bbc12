//! Which requests fail on purpose, and with what. The choice depends on the seed and on the number
//! of the request alone, so a run can be repeated.

use std::str::FromStr;

use serde_json::json;

use crate::options::ParseError;
use crate::reply::Reply;

/// A share of all requests that is answered with an error, spelled `429:0.1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fault {
    pub status: u16,
    pub probability: f64,
}

impl FromStr for Fault {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wrong = |what: &str| {
            ParseError(format!(
                "`{text}` is no fault: {what}; write a status and a share, such as `429:0.1`"
            ))
        };
        let (status, share) = text.split_once(':').ok_or_else(|| wrong("no colon"))?;
        let status: u16 = status
            .parse()
            .map_err(|_| wrong("the status is no number"))?;
        if !(400..=599).contains(&status) {
            return Err(wrong("the status is not between 400 and 599"));
        }
        let probability: f64 = share.parse().map_err(|_| wrong("the share is no number"))?;
        if !(0.0..=1.0).contains(&probability) {
            return Err(wrong("the share is not between 0 and 1"));
        }
        Ok(Self {
            status,
            probability,
        })
    }
}

/// The fault that hits request number `count`, if any does.
pub(crate) fn pick(faults: &[Fault], seed: u64, count: u64) -> Option<u16> {
    faults.iter().enumerate().find_map(|(index, fault)| {
        let draw = mix(seed ^ mix(count) ^ mix(index as u64 + 1).rotate_left(32));
        // 53 bits are what a double holds exactly.
        let share = (draw >> 11) as f64 / (1_u64 << 53) as f64;
        (share < fault.probability).then_some(fault.status)
    })
}

/// What Atlassian's edge says with such a status.
pub(crate) fn reply(status: u16) -> Reply {
    match status {
        429 => Reply::json(
            429,
            json!({"errorMessages": ["Rate limit exceeded."], "errors": {}}),
        )
        .header("retry-after", "1")
        .header("x-ratelimit-limit", "100")
        .header("x-ratelimit-remaining", "0")
        .header("ratelimit-reason", "jira-burst-based"),
        503 => Reply::text(
            503,
            "text/html",
            "<html><body><h1>503 Service Unavailable</h1></body></html>",
        )
        .header("retry-after", "1"),
        500 => Reply::json(
            500,
            json!({"errorMessages": ["Internal server error"], "errors": {}}),
        ),
        other => Reply::text(
            other,
            "text/html",
            "<html><body><h1>We're sorry, something went wrong</h1></body></html>",
        ),
    }
}

/// SplitMix64's output step (Steele, Lea, Flood 2014): a bijection that spreads neighbouring inputs.
pub(crate) fn mix(input: u64) -> u64 {
    let mut z = input.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_a_status_and_a_share() {
        assert_eq!(
            "429:0.25".parse(),
            Ok(Fault {
                status: 429,
                probability: 0.25
            })
        );
        for text in [
            "", "429", "429:", "200:0.1", "600:0.1", "429:1.5", "429:-1", "429:NaN", "x:0.1",
        ] {
            assert!(text.parse::<Fault>().is_err(), "`{text}` was taken");
        }
    }

    #[test]
    fn a_share_of_requests_is_hit_and_the_same_ones_each_time() {
        let faults = [Fault {
            status: 429,
            probability: 0.1,
        }];
        let hits: Vec<u64> = (0..10_000)
            .filter(|n| pick(&faults, 7, *n).is_some())
            .collect();
        assert!((900..1_100).contains(&hits.len()), "{} hits", hits.len());
        let again: Vec<u64> = (0..10_000)
            .filter(|n| pick(&faults, 7, *n).is_some())
            .collect();
        assert_eq!(hits, again);
        let other: Vec<u64> = (0..10_000)
            .filter(|n| pick(&faults, 8, *n).is_some())
            .collect();
        assert_ne!(hits, other);
    }
}
