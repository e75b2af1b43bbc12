//! Moments as the two products write them. Decides spelling only; the clock is the world's.

use time::macros::offset;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// Jira's spelling: milliseconds and an offset without a colon.
pub(crate) fn jira(moment: OffsetDateTime) -> String {
    format!("{}{}", clock(moment), offset_text(moment.offset(), ""))
}

/// Confluence Cloud's spelling: always UTC.
pub(crate) fn utc(moment: OffsetDateTime) -> String {
    format!("{}Z", clock(moment.to_offset(UtcOffset::UTC)))
}

/// Confluence Data Center's spelling: the server's own offset, with a colon.
pub(crate) fn server(moment: OffsetDateTime) -> String {
    let moment = moment.to_offset(offset!(+1));
    format!("{}{}", clock(moment), offset_text(moment.offset(), ":"))
}

/// A day, `2026-01-05`.
pub(crate) fn day(date: Date) -> String {
    let (year, month, day) = date.to_calendar_date();
    format!("{year:04}-{:02}-{day:02}", month as u8)
}

/// Reads a day written `2026-01-05`.
pub(crate) fn parse_day(text: &str) -> Option<Date> {
    let parsed = parse_local(text, '-')?;
    (text.len() == 10).then_some(parsed.date())
}

/// Reads what JQL and CQL take for an absolute moment: `2026-01-05`, `2026/01/05`, each with an
/// optional ` 14:30`.
pub(crate) fn parse_moment(text: &str) -> Option<OffsetDateTime> {
    let text = text.trim();
    parse_local(text, '-')
        .or_else(|| parse_local(text, '/'))
        .map(PrimitiveDateTime::assume_utc)
}

fn parse_local(text: &str, separator: char) -> Option<PrimitiveDateTime> {
    let (day, clock) = match text.split_once(' ') {
        Some((day, clock)) => (day, Some(clock)),
        None => (text, None),
    };
    let mut parts = day.split(separator);
    let year: i32 = digits(parts.next()?, 4..=4)?.try_into().ok()?;
    let month = u8::try_from(digits(parts.next()?, 1..=2)?).ok()?;
    let day = u8::try_from(digits(parts.next()?, 1..=2)?).ok()?;
    if parts.next().is_some() {
        return None;
    }
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    let time = match clock {
        None => Time::MIDNIGHT,
        Some(clock) => {
            let (hour, minute) = clock.split_once(':')?;
            let hour = u8::try_from(digits(hour, 1..=2)?).ok()?;
            Time::from_hms(hour, u8::try_from(digits(minute, 2..=2)?).ok()?, 0).ok()?
        }
    };
    Some(PrimitiveDateTime::new(date, time))
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<u32> {
    (length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn clock(moment: OffsetDateTime) -> String {
    let (hour, minute, second, milli) = moment.time().as_hms_milli();
    format!(
        "{}T{hour:02}:{minute:02}:{second:02}.{milli:03}",
        day(moment.date())
    )
}

fn offset_text(offset: UtcOffset, separator: &str) -> String {
    let (hours, minutes, _) = offset.as_hms();
    let sign = if offset.is_negative() { '-' } else { '+' };
    format!("{sign}{:02}{separator}{:02}", hours.abs(), minutes.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn each_product_spells_a_moment_its_own_way() {
        let moment = datetime!(2026-01-05 23:59:01.5 -03:30);
        assert_eq!(jira(moment), "2026-01-05T23:59:01.500-0330");
        assert_eq!(utc(moment), "2026-01-06T03:29:01.500Z");
        assert_eq!(server(moment), "2026-01-06T04:29:01.500+01:00");
    }

    #[test]
    fn the_dates_of_queries_are_read() {
        let midnight = Some(datetime!(2026-01-05 0:00 UTC));
        let later = Some(datetime!(2026-01-05 14:30 UTC));
        for (text, moment) in [
            ("2026-01-05", midnight),
            ("2026/01/05", midnight),
            ("2026/1/5", midnight),
            ("2026-01-05 14:30", later),
            ("2026/01/05 14:30", later),
            ("2026-13-05", None),
            ("2026-02-30", None),
            ("2026-01-05T14:30", None),
            ("2026-01-05 25:00", None),
            ("26-01-05", None),
            ("2026-01/05", None),
            ("+026-01-05", None),
            ("", None),
        ] {
            assert_eq!(parse_moment(text), moment, "`{text}`");
        }
        assert!(parse_day("2026-01-05").is_some());
        assert!(parse_day("2026-1-5").is_none());
    }
}
