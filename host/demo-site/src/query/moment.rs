//! Moments that are told from now: `-7d`, `4w 2d`, `startOfMonth("-1")`.

use time::{Date, Duration, Month, OffsetDateTime, Time};

/// A distance from now: signed, one or more numbers with the units y M w d h m.
pub(crate) fn relative(text: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let (negative, parts) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut at = now;
    let mut any = false;
    for part in parts.split_whitespace() {
        let (number, unit) = amount(part)?;
        let number = if negative { -number } else { number };
        at = shift(at, number, unit)?;
        any = true;
    }
    any.then_some(at)
}

/// The value of `startOfDay()`, `endOfMonth("-1")` and the like, if that is what the name says.
pub(crate) fn start_or_end(
    name: &str,
    argument: Option<&str>,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    let name = name.to_ascii_lowercase();
    let (end, unit) = match name.strip_prefix("startof") {
        Some(unit) => (false, unit),
        None => (true, name.strip_prefix("endof")?),
    };
    let unit = match unit {
        "day" => 'd',
        "week" => 'w',
        "month" => 'M',
        "year" => 'y',
        _ => return None,
    };
    // A bare number counts in the function's own unit.
    let moved = match argument.map(str::trim) {
        None | Some("") => now,
        Some(text) => match text.trim_start_matches('+').parse::<i64>() {
            Ok(number) => shift(now, number, unit)?,
            Err(_) => relative(text, now)?,
        },
    };
    let start = start_of(moved, unit)?;
    let at = if end {
        shift(start, 1, unit)? - Duration::milliseconds(1)
    } else {
        start
    };
    Some(at)
}

fn start_of(moment: OffsetDateTime, unit: char) -> Option<OffsetDateTime> {
    let date = moment.date();
    let first = match unit {
        'w' => date - Duration::days(i64::from(date.weekday().number_days_from_monday())),
        'M' => date.replace_day(1).ok()?,
        'y' => Date::from_calendar_date(date.year(), Month::January, 1).ok()?,
        _ => date,
    };
    Some(moment.replace_date(first).replace_time(Time::MIDNIGHT))
}

fn amount(text: &str) -> Option<(i64, char)> {
    let unit = text.chars().last()?;
    let digits = &text[..text.len() - unit.len_utf8()];
    // Larger numbers mean nothing and would leave the calendar.
    let number = digits
        .parse::<i64>()
        .ok()
        .filter(|number| (0..100_000).contains(number))?;
    Some((number, unit))
}

fn shift(at: OffsetDateTime, number: i64, unit: char) -> Option<OffsetDateTime> {
    match unit {
        'm' => at.checked_add(Duration::minutes(number)),
        'h' => at.checked_add(Duration::hours(number)),
        'd' => at.checked_add(Duration::days(number)),
        'w' => at.checked_add(Duration::weeks(number)),
        'M' => shift_months(at, number),
        'y' => shift_months(at, number * 12),
        _ => None,
    }
}

fn shift_months(at: OffsetDateTime, number: i64) -> Option<OffsetDateTime> {
    let months = i64::from(at.year()) * 12 + i64::from(u8::from(at.month())) - 1 + number;
    let year = i32::try_from(months.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(months.rem_euclid(12) + 1).ok()?).ok()?;
    let day = at.day().min(month.length(year));
    Some(at.replace_date(Date::from_calendar_date(year, month, day).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-03-31 15:30 UTC);

    #[test]
    fn distances_are_counted_from_now() {
        for (text, at) in [
            ("-7d", Some(datetime!(2026-03-24 15:30 UTC))),
            ("1w", Some(datetime!(2026-04-07 15:30 UTC))),
            ("-4w 2d", Some(datetime!(2026-03-01 15:30 UTC))),
            ("-90m", Some(datetime!(2026-03-31 14:00 UTC))),
            ("-1M", Some(datetime!(2026-02-28 15:30 UTC))),
            ("1y", Some(datetime!(2027-03-31 15:30 UTC))),
            ("d", None),
            ("-7x", None),
            ("", None),
            ("-999999999y", None),
        ] {
            assert_eq!(relative(text, NOW), at, "`{text}`");
        }
    }

    #[test]
    fn functions_give_the_edges_of_days_weeks_months_and_years() {
        for (name, argument, at) in [
            ("startOfDay", None, datetime!(2026-03-31 0:00 UTC)),
            ("startOfDay", Some("-1"), datetime!(2026-03-30 0:00 UTC)),
            ("startOfDay", Some("-1w"), datetime!(2026-03-24 0:00 UTC)),
            ("startOfWeek", None, datetime!(2026-03-30 0:00 UTC)),
            ("startOfMonth", Some("-1"), datetime!(2026-02-01 0:00 UTC)),
            ("startOfYear", None, datetime!(2026-01-01 0:00 UTC)),
            ("endOfMonth", None, datetime!(2026-03-31 23:59:59.999 UTC)),
            (
                "endofday",
                Some("+1"),
                datetime!(2026-04-01 23:59:59.999 UTC),
            ),
        ] {
            let found = start_or_end(name, argument, NOW);
            assert_eq!(found, Some(at), "{name}({argument:?})");
        }
        assert_eq!(start_or_end("currentUser", None, NOW), None);
    }
}
