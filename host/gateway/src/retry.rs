//! Whether a request is sent again, and after how long. Values in, values out: the waiting is
//! done elsewhere.
//!
//! 429 says that nothing was executed, so any request may be repeated. After a 503 or a lost
//! connection nobody knows, so only what does no harm twice is. The schedule is Atlassian's:
//! 2, 4, 8 … seconds with jitter; a longer `Retry-After` is kept to where the call's time allows.

use std::time::Duration;

use policy::{Class, Method};
use time::PrimitiveDateTime;
use time::macros::format_description;

/// First try included.
pub(crate) const MOST_TRIES: u32 = 4;

const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What is known when a try has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try {
    /// 1 for the first.
    pub(crate) number: u32,
    /// From [`is_repeatable`].
    pub(crate) repeatable: bool,
    /// Until the call's deadline.
    pub(crate) left: Duration,
    pub(crate) now_ms: u64,
    /// `0.0..1.0`
    pub(crate) jitter: f64,
}

/// The component may call a request idempotent, but not one that creates something.
pub(crate) fn is_repeatable(method: Method, class: Class, idempotent: bool) -> bool {
    match method {
        Method::Get | Method::Head => true,
        Method::Put | Method::Delete => idempotent,
        Method::Post | Method::Patch => idempotent && class == Class::Read,
    }
}

/// How long to wait before the next try; `None` means that this answer is the answer.
pub(crate) fn after_answer(
    this: &Try,
    status: u16,
    headers: &[(String, Vec<u8>)],
) -> Option<Duration> {
    let again = match status {
        429 => !is_quota(headers),
        503 => this.repeatable,
        _ => false,
    };
    let asked = retry_after(headers, this.now_ms).unwrap_or_default();
    again.then(|| this.wait(asked)).flatten()
}

/// The same for a connection that was lost before the answer was whole.
pub(crate) fn after_loss(this: &Try) -> Option<Duration> {
    this.repeatable.then(|| this.wait(Duration::ZERO)).flatten()
}

/// The points quota of an app is used up until the hour is over: more tries only prolong it.
pub(crate) fn is_quota(headers: &[(String, Vec<u8>)]) -> bool {
    value(headers, "ratelimit-reason").is_some_and(|reason| reason.contains("quota"))
}

/// `Retry-After`, also under the trial name; seconds or a date (RFC 9110 §10.2.3).
pub(crate) fn retry_after(headers: &[(String, Vec<u8>)], now_ms: u64) -> Option<Duration> {
    let value = value(headers, "retry-after")?;
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let at = PrimitiveDateTime::parse(value, &date).ok()?.assume_utc();
    let at_ms = u64::try_from(at.unix_timestamp())
        .unwrap_or(0)
        .saturating_mul(1000);
    Some(Duration::from_millis(at_ms.saturating_sub(now_ms)))
}

impl Try {
    fn wait(&self, asked: Duration) -> Option<Duration> {
        if self.number >= MOST_TRIES {
            return None;
        }
        let doubled = FIRST_WAIT
            .saturating_mul(1 << (self.number - 1))
            .min(LONGEST_WAIT);
        let own = doubled.mul_f64(0.7 + 0.6 * self.jitter.clamp(0.0, 1.0));
        let wait = own.max(asked);
        (wait < self.left).then_some(wait)
    }
}

fn value<'a>(headers: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(given, _)| {
            let given = given.to_ascii_lowercase();
            given.strip_prefix("beta-").unwrap_or(&given) == name
        })
        .and_then(|(_, value)| std::str::from_utf8(value).ok())
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T12:00:00Z
    const NOW_MS: u64 = 1_795_348_800_000;

    fn the_try(number: u32) -> Try {
        Try {
            number,
            repeatable: true,
            left: Duration::from_secs(60),
            now_ms: NOW_MS,
            jitter: 0.5,
        }
    }

    fn headers(list: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn the_schedule_doubles_and_ends_after_four_tries() {
        let waits: Vec<Option<f64>> = (1..=5)
            .map(|number| after_answer(&the_try(number), 429, &[]).map(|wait| wait.as_secs_f64()))
            .collect();
        assert_eq!(waits, [Some(2.0), Some(4.0), Some(8.0), None, None]);
    }

    #[test]
    fn jitter_spreads_by_three_tenths_either_way() {
        for (jitter, seconds) in [(0.0, 1.4), (1.0, 2.6), (7.0, 2.6), (-1.0, 1.4)] {
            let wait = after_answer(
                &Try {
                    jitter,
                    ..the_try(1)
                },
                429,
                &[],
            );
            assert_eq!(wait, Some(Duration::from_secs_f64(seconds)));
        }
    }

    #[test]
    fn retry_after_is_the_least_that_is_waited() {
        for jitter in [0.0, 0.5, 0.999] {
            let wait = after_answer(
                &Try {
                    jitter,
                    ..the_try(1)
                },
                429,
                &headers(&[("retry-after", "2")]),
            )
            .expect("a retry");
            assert!((2.0..=4.0).contains(&wait.as_secs_f64()), "{wait:?}");
        }
        assert_eq!(
            after_answer(&the_try(1), 429, &headers(&[("Beta-Retry-After", "9")])),
            Some(Duration::from_secs(9))
        );
        assert_eq!(
            after_answer(&the_try(1), 503, &headers(&[("Retry-After", "45")])),
            Some(Duration::from_secs(45))
        );
    }

    #[test]
    fn a_wait_beyond_the_deadline_is_not_begun() {
        for value in [
            "60",
            "999999999",
            "99999999999999999999999999",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ] {
            assert_eq!(
                after_answer(&the_try(1), 429, &headers(&[("retry-after", value)])),
                None,
                "{value}"
            );
        }
        assert_eq!(
            after_answer(
                &Try {
                    left: Duration::from_secs(2),
                    ..the_try(1)
                },
                429,
                &[]
            ),
            None
        );
    }

    #[test]
    fn dates_are_read_and_anything_else_is_as_if_absent() {
        for (value, seconds) in [
            ("Sun, 22 Nov 2026 12:00:10 GMT", Some(10)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("0", Some(0)),
            ("7", Some(7)),
            (" 7 ", Some(7)),
            ("-7", None),
            ("7.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(
                retry_after(&headers(&[("retry-after", value)]), NOW_MS),
                seconds.map(Duration::from_secs),
                "{value:?}"
            );
        }
        assert_eq!(
            retry_after(&[("retry-after".to_owned(), vec![0xff])], NOW_MS),
            None
        );
    }

    #[test]
    fn a_quota_is_not_tried_again() {
        for (reason, again) in [
            ("jira-quota-global-based", false),
            ("jira-quota-tenant-based", false),
            ("jira-burst-based", true),
            ("jira-per-issue-on-write", true),
        ] {
            let given = headers(&[("RateLimit-Reason", reason), ("retry-after", "1")]);
            assert_eq!(
                after_answer(&the_try(1), 429, &given).is_some(),
                again,
                "{reason}"
            );
        }
    }

    #[test]
    fn what_may_have_been_executed_is_repeated_only_if_that_does_no_harm() {
        use Class::{Delete, Read, Write};
        for (method, class, idempotent, repeatable) in [
            (Method::Get, Read, false, true),
            (Method::Head, Read, false, true),
            (Method::Put, Write, false, false),
            (Method::Put, Write, true, true),
            (Method::Delete, Delete, true, true),
            (Method::Delete, Delete, false, false),
            (Method::Post, Read, true, true),
            (Method::Post, Read, false, false),
            (Method::Post, Write, true, false),
            (Method::Patch, Write, true, false),
        ] {
            assert_eq!(
                is_repeatable(method, class, idempotent),
                repeatable,
                "{method} {class} {idempotent}"
            );
        }
        let once = Try {
            repeatable: false,
            ..the_try(1)
        };
        assert_eq!(after_answer(&once, 503, &[]), None);
        assert_eq!(after_loss(&once), None);
        assert!(after_answer(&once, 429, &[]).is_some());
        assert!(after_loss(&the_try(1)).is_some());
    }

    #[test]
    fn other_answers_are_final() {
        for status in [200, 204, 301, 400, 401, 403, 404, 409, 500, 502, 504] {
            assert_eq!(
                after_answer(&the_try(1), status, &headers(&[("retry-after", "1")])),
                None,
                "{status}"
            );
        }
    }
}
