//! `mcp-airlock key`: makes, shows, replaces and takes away the keys of clients that come over HTTP. The key itself is
//! printed once on standard output, alone; everything said about it goes to standard error.

mod rights;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Context;
use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use door::NewKey;
use policy::Principal;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, Time};

use self::rights::Restriction;
use super::ask;
use crate::config::environment::Environment;
use crate::keys::KeyFile;

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Make a key for somebody and print it, once
    Add {
        #[command(flatten)]
        fresh: Fresh,
        #[command(flatten)]
        restriction: Restriction,
    },
    /// Show whose keys there are and when they end
    List(Place),
    /// Put a new key in the place of somebody's old one, which ends at once
    Rotate(Fresh),
    /// Take somebody's key away; running servers know within a second
    Revoke(Owner),
}

#[derive(Args)]
pub(super) struct Fresh {
    #[command(flatten)]
    owner: Owner,
    /// `90d`, a day such as 2027-01-31 (UTC), or `never`
    #[arg(long, value_name = "WHEN", default_value = "90d")]
    expires: Expiry,
}

#[derive(Args)]
pub(super) struct Owner {
    /// Whose key it is; audit records say this name
    #[arg(long, value_name = "NAME", value_parser = Principal::parse)]
    name: Principal,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(super) struct Place {
    /// Folder with policy.toml and keys.toml [default: ~/.config/mcp-airlock]
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
}

/// When a key ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expiry {
    After(Duration),
    /// With the end of that day.
    On(Date),
    Never,
}

pub(super) fn run(verb: &Verb) -> anyhow::Result<ExitCode> {
    super::runtime()?.block_on(async {
        match verb {
            Verb::Add { fresh, restriction } => {
                let end = fresh.expires.end()?;
                let name = &fresh.owner.name;
                let file = fresh.owner.place.file()?;
                // Before the key, so that it never opens more than was meant.
                file.read()?.check_new(name)?;
                restriction.write(&fresh.owner.place.folder()?, name)?;
                let key = file.change(|keys| keys.add(name, end)).await?;
                print(name, &key, end)
            }
            Verb::Rotate(fresh) => {
                let end = fresh.expires.end()?;
                let name = &fresh.owner.name;
                let file = fresh.owner.place.file()?;
                let key = file.change(|keys| keys.rotate(name, end)).await?;
                ask::say(&format!("The old key of `{name}` is worth nothing from now on."));
                print(name, &key, end)
            }
            Verb::Revoke(owner) => {
                let file = owner.place.file()?;
                file.change(|keys| keys.revoke(&owner.name)).await?;
                ask::say(&format!(
                    "The key of `{}` is taken away; running servers let nobody in with it within a second.",
                    owner.name
                ));
                Ok(())
            }
            Verb::List(place) => list(place),
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

impl Place {
    fn folder(&self) -> anyhow::Result<PathBuf> {
        self.config_dir
            .clone()
            .or_else(|| Environment::of_process().config_dir())
            .context("the environment does not say where your home is; give `--config-dir DIR`")
    }

    fn file(&self) -> anyhow::Result<KeyFile> {
        Ok(KeyFile::in_directory(&self.folder()?))
    }
}

fn print(name: &Principal, key: &NewKey, end: Option<OffsetDateTime>) -> anyhow::Result<()> {
    let until = match end {
        Some(end) => format!("until {}", day(end)?),
        None => "without an end".to_owned(),
    };
    ask::say(&format!(
        "The key of `{name}`, {until}. It is shown this once; the client sends it as `Authorization: Bearer KEY`."
    ));
    writeln!(std::io::stdout(), "{}", key.reveal())?;
    Ok(())
}

fn list(place: &Place) -> anyhow::Result<()> {
    let keys = place.file()?.read()?;
    if keys.is_empty() {
        ask::say("There is no key; `mcp-airlock key add --name NAME` makes one.");
        return Ok(());
    }
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_header(["name", "identity", "made", "ends"]);
    let now = OffsetDateTime::now_utc();
    for (name, key) in keys.iter() {
        let ends = match key.expires {
            None => "never".to_owned(),
            Some(end) if end <= now => format!("ended {}", day(end)?),
            Some(end) => day(end)?,
        };
        table.add_row([name.as_str(), key.id.as_str(), &day(key.created)?, &ends]);
    }
    writeln!(std::io::stdout(), "{table}")?;
    Ok(())
}

fn day(time: OffsetDateTime) -> anyhow::Result<String> {
    Ok(time.date().format(DAY)?)
}

impl Expiry {
    fn end(self) -> anyhow::Result<Option<OffsetDateTime>> {
        let now = OffsetDateTime::now_utc();
        let end = match self {
            Self::Never => return Ok(None),
            Self::After(time) => now.checked_add(time),
            Self::On(day) => day
                .next_day()
                .map(|next| next.with_time(Time::MIDNIGHT).assume_utc()),
        };
        let end = end
            .filter(|end| *end > now)
            .context("the key would have ended already; give a later `--expires`")?;
        Ok(Some(end))
    }
}

impl FromStr for Expiry {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "never" {
            return Ok(Self::Never);
        }
        let days = text
            .strip_suffix('d')
            .and_then(|days| days.parse::<u16>().ok());
        if let Some(days) = days {
            return Ok(Self::After(Duration::days(days.into())));
        }
        Date::parse(text, DAY)
            .map(Self::On)
            .map_err(|_| "write a number of days as in `90d`, a day as in 2027-01-31, or `never`")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_in_three_ways_and_lies_ahead() {
        assert_eq!("never".parse(), Ok(Expiry::Never));
        assert_eq!(Expiry::Never.end().unwrap(), None);
        let month = "30d".parse::<Expiry>().unwrap().end().unwrap().unwrap();
        let away = month - OffsetDateTime::now_utc();
        assert!(
            away > Duration::hours(719) && away <= Duration::days(30),
            "{away}"
        );
        let date = "2999-12-31".parse::<Expiry>().unwrap();
        let last = date.end().unwrap().unwrap();
        assert_eq!(day(last).unwrap(), "3000-01-01");
        for wrong in [
            "",
            "90",
            "d",
            "-1d",
            "1.5d",
            "70000d",
            "2027-02-30",
            "31.01.2027",
            "tomorrow",
            "Never",
        ] {
            assert!(wrong.parse::<Expiry>().is_err(), "{wrong}");
        }
        for past in ["0d", "2020-01-01"] {
            assert!(past.parse::<Expiry>().unwrap().end().is_err(), "{past}");
        }
    }
}
