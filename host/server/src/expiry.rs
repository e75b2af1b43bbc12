//! Decides what is known about the end of a login, and when a person has to hear of it. Sites do not tell when a token ends
//! that somebody made by hand, so that day is what the person stated; a login server tells it of its own tokens.

use policy::{Day, Site};
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime};

use crate::config::Config;
use crate::oauth::Renewal;

/// Time enough to find whoever makes the next token.
const NOTICE: Duration = Duration::days(14);

/// Both login servers forget a refresh token that nobody used for so long (Atlassian: "Refresh tokens … expire after 90
/// days" without use; Data Center: the default of an application link).
const UNUSED: Duration = Duration::days(90);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    Unknown,
    /// The last day.
    Stated(Date),
    /// The access token renews itself; the login ends if it is not used until then.
    Renewed {
        access: OffsetDateTime,
        unused: OffsetDateTime,
    },
    /// A token is made whenever one is needed.
    Issued,
    Ended,
}

/// What is known about the login of `site`.
pub(crate) async fn of(config: &Config, site: &Site) -> Expiry {
    let renewal = config
        .credentials
        .login(&site.name)
        .and_then(|login| login.renewal.as_ref());
    match renewal {
        Some(Renewal::Client(_)) => Expiry::Issued,
        Some(Renewal::Session(session)) => match session.life().await {
            Ok((tokens, _)) if tokens.has_ended => Expiry::Ended,
            Ok((tokens, written)) => {
                let access = i64::try_from(tokens.expires_at)
                    .ok()
                    .and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
                access.map_or(Expiry::Unknown, |access| Expiry::Renewed {
                    access,
                    unused: OffsetDateTime::from(written) + UNUSED,
                })
            }
            Err(_) => Expiry::Unknown,
        },
        None => config
            .expiries
            .get(&site.name)
            .and_then(date)
            .map_or(Expiry::Unknown, Expiry::Stated),
    }
}

impl Expiry {
    /// For a column.
    pub(crate) fn in_words(self) -> String {
        match self {
            Self::Unknown => "not known".to_owned(),
            Self::Stated(day) => day.to_string(),
            Self::Renewed { access, unused } => {
                format!(
                    "{}, renews itself; {} if unused",
                    minute(access),
                    unused.date()
                )
            }
            Self::Issued => "made anew when needed".to_owned(),
            Self::Ended => "ended".to_owned(),
        }
    }

    /// The day that a person has to act before.
    pub(crate) fn last_day(self) -> Option<Date> {
        match self {
            Self::Stated(day) => Some(day),
            Self::Renewed { unused, .. } => Some(unused.date()),
            Self::Unknown | Self::Issued | Self::Ended => None,
        }
    }

    /// What has to be said today.
    pub(crate) fn warning(self, today: Date) -> Option<String> {
        let day = self.last_day()?;
        let left = (day - today).whole_days();
        if day < today {
            Some(format!(
                "the credential was good until {day}, as you said at the login"
            ))
        } else if day - today <= NOTICE {
            Some(match left {
                0 => "the credential ends today".to_owned(),
                1 => "the credential ends tomorrow".to_owned(),
                days => format!("the credential ends on {day}, in {days} days"),
            })
        } else {
            None
        }
    }
}

fn date(day: &Day) -> Option<Date> {
    Date::parse(
        &day.to_string(),
        format_description!("[year]-[month]-[day]"),
    )
    .ok()
}

fn minute(at: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    at.format(format).unwrap_or_else(|_| at.to_string())
}

/// Why no token of Cloud can last until `day`: Atlassian makes none for more than a year.
pub(crate) fn impossible(day: Day, today: Date) -> Option<&'static str> {
    let day = date(&day)?;
    if day < today {
        Some("is past")
    } else if day - today > Duration::days(366) {
        Some("is more than a year away, and Atlassian makes no token that lives longer")
    } else {
        None
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use time::macros::{date, datetime};

    #[test]
    fn people_hear_of_the_end_two_weeks_before() {
        let today = date!(2026 - 11 - 22);
        let said = |day| Expiry::Stated(day).warning(today);
        assert_eq!(said(date!(2026 - 12 - 07)), None);
        insta::assert_snapshot!(
            [
                date!(2026 - 12 - 06),
                date!(2026 - 11 - 23),
                date!(2026 - 11 - 22),
                date!(2026 - 11 - 21),
            ]
            .map(|day| said(day).unwrap())
            .join("\n"),
            @r"
        the credential ends on 2026-12-06, in 14 days
        the credential ends tomorrow
        the credential ends today
        the credential was good until 2026-11-21, as you said at the login
        "
        );
        let renewed = |unused| Expiry::Renewed {
            access: datetime!(2026-11-22 13:05 UTC),
            unused,
        };
        assert_eq!(
            renewed(datetime!(2027-02-20 12:05 UTC)).warning(today),
            None
        );
        assert!(
            renewed(datetime!(2026-12-01 12:05 UTC))
                .warning(today)
                .is_some()
        );
        assert_eq!(
            renewed(datetime!(2027-02-20 12:05 UTC)).in_words(),
            "2026-11-22 13:05 UTC, renews itself; 2027-02-20 if unused"
        );
        for silent in [Expiry::Unknown, Expiry::Issued, Expiry::Ended] {
            assert_eq!(silent.warning(today), None);
        }
    }

    #[test]
    fn no_cloud_token_lives_longer_than_a_year() {
        let today = date!(2026 - 11 - 22);
        for (day, possible) in [
            ("2026-11-21", false),
            ("2026-11-22", true),
            ("2027-11-22", true),
            ("2027-12-01", false),
        ] {
            let day = Day::parse(day).unwrap();
            assert_eq!(impossible(day, today).is_none(), possible, "{day}");
        }
    }
}
