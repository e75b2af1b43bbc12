//! Calendar days, as text and as the milliseconds ADF counts them in.
//!
//! Decides which days exist. Never asks what day it is.

use std::fmt;

/// A day that exists in the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

const DAY_MS: i64 = 86_400_000;

impl Day {
    /// Reads `2026-11-22`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shaped {
            return None;
        }
        let year = text[..4].parse().ok()?;
        let month = text[5..7].parse().ok()?;
        let day = text[8..].parse().ok()?;
        let exists = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        exists.then_some(Self { year, month, day })
    }

    /// The day in UTC that holds this moment, in milliseconds since 1970.
    pub(crate) fn from_epoch_ms(ms: i64) -> Option<Self> {
        // Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
        let days = ms.div_euclid(DAY_MS) + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self::parse(&format!("{year:04}-{month:02}-{day:02}"))
    }

    /// Midnight of the day in UTC, in milliseconds since 1970.
    pub(crate) fn epoch_ms(self) -> i64 {
        // The same source, days_from_civil.
        let month = i64::from(self.month);
        let year = i64::from(self.year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        (era * 146_097 + of_era - 719_468) * DAY_MS
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:04}-{:02}-{:02}",
            self.year, self.month, self.day
        )
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_that_do_not_exist() {
        for text in [
            "2026-02-29",
            "2100-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "2026-01-00",
            "20２6-01-1",
            "",
        ] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn known_moments() {
        for (text, ms) in [
            ("1970-01-01", 0),
            ("2024-02-29", 1_709_164_800_000),
            ("2026-11-22", 1_795_305_600_000),
            ("1969-12-31", -DAY_MS),
        ] {
            assert_eq!(Day::parse(text).map(Day::epoch_ms), Some(ms));
            assert_eq!(Day::from_epoch_ms(ms + 1), Day::parse(text));
        }
        assert_eq!(Day::from_epoch_ms(i64::MAX), None);
        assert_eq!(Day::from_epoch_ms(i64::MIN), None);
    }

    proptest! {
        #[test]
        fn every_day_comes_back(days in -719_528_i64..2_932_896) {
            let ms = days * DAY_MS;
            prop_assert_eq!(Day::from_epoch_ms(ms).map(Day::epoch_ms), Some(ms));
        }
    }
}
