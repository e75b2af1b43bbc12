//! A day, as `until` keys name it. Knows no clock: whoever asks says what day it is.

use std::fmt;

/// Days compare by their parts, most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// `2027-01-31`
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts[..] else {
            return None;
        };
        let number = |text: &str, digits: usize| {
            let is_plain = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
            is_plain.then(|| text.parse::<u16>().ok()).flatten()
        };
        let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
        let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let days = match month {
            2 => 28 + u16::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then(|| Self {
            year,
            month: u8::try_from(month).unwrap_or(u8::MAX),
            day: u8::try_from(day).unwrap_or(u8::MAX),
        })
    }
}

pub(crate) const MS_OF_DAY: u64 = 24 * 60 * 60 * 1000;

impl Day {
    /// The day of a time that is counted from 1970-01-01T00:00Z; in UTC, so that a file is judged alike everywhere.
    pub fn of_unix_ms(ms: u64) -> Self {
        let days = ms / MS_OF_DAY;
        // The civil calendar in years that begin in March, so that the leap day comes last:
        // https://howardhinnant.github.io/date_algorithms.html#civil_from_days
        let shifted = days + 719_468;
        let era = shifted / 146_097;
        let of_era = shifted % 146_097;
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        Self {
            year: u16::try_from(year).unwrap_or(u16::MAX),
            month: u8::try_from(month).unwrap_or(u8::MAX),
            day: u8::try_from(day).unwrap_or(u8::MAX),
        }
    }

    /// Since 1970-01-01; 0 for a day before it.
    pub(crate) fn unix_days(self) -> u64 {
        let (year, month) = (u64::from(self.year), u64::from(self.month));
        let year = year.saturating_sub(u64::from(month <= 2));
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + u64::from(self.day) - 1;
        let of_era = (year % 400) * 365 + (year % 400) / 4 - (year % 400) / 100 + of_year;
        (year / 400 * 146_097 + of_era).saturating_sub(719_468)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl serde::Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_the_calendar_has_are_read_and_no_others() {
        for text in ["2027-01-31", "2028-02-29", "2000-02-29", "2026-11-30"] {
            assert_eq!(
                Day::parse(text).map(|day| day.to_string()),
                Some(text.to_owned())
            );
        }
        for text in [
            "",
            "2027-1-31",
            "2027-02-29",
            "2100-02-29",
            "2026-11-31",
            "2027-13-01",
            "2027-00-01",
            "2027-01-00",
            "2027-01-32",
            "27-01-01",
            "2027-01-01T00:00:00",
            "2027/01/01",
            "+027-01-01",
        ] {
            assert_eq!(Day::parse(text), None, "{text:?}");
        }
        for (ms, text) in [
            (0, "1970-01-01"),
            (MS_OF_DAY - 1, "1970-01-01"),
            (951_782_400_000, "2000-02-29"),
            (4_107_542_400_000, "2100-03-01"),
            (1_798_761_599_999, "2026-12-31"),
            (1_798_761_600_000, "2027-01-01"),
        ] {
            let day = Day::of_unix_ms(ms);
            assert_eq!(day.to_string(), text);
            assert_eq!(day.unix_days(), ms / MS_OF_DAY);
        }
        assert!(Day::parse("2026-12-31") < Day::parse("2027-01-01"));
        assert!(Day::parse("2026-01-31") < Day::parse("2026-02-01"));
    }
}
