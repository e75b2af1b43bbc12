//! `audit show`: the records, one line each, chosen by what they say and told as they come. Whatever a record holds
//! reaches the terminal as plain text.

use std::io::{ErrorKind, Write, stdout};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::Place;
use crate::audit::{Batch, Broken, Filter, Reader, Record};
use crate::cli::ask;

#[derive(Args)]
pub(in crate::cli) struct Show {
    /// Of this principal: the owner of a key, or `local`
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    #[arg(long, value_enum)]
    verdict: Option<VerdictName>,
    /// Decided by this rule of the policy
    #[arg(long, value_name = "ID")]
    rule: Option<String>,
    /// `decision`, `intent`, `redirect`, `start`, `end`, …
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// From then on: `90m`, `24h`, `7d`, 2026-11-22 or 2026-11-22T08:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    since: Option<String>,
    /// Before then
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    until: Option<String>,
    /// The last so many alone [default: 50, with --json all]
    #[arg(long, value_name = "NUMBER")]
    last: Option<usize>,
    /// Go on with what comes, until it is interrupted
    #[arg(long)]
    follow: bool,
    /// The lines as they stand in the files
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, ValueEnum)]
enum VerdictName {
    Allow,
    Deny,
}

/// As many as a screen holds.
const SCREEN: usize = 50;

const PAUSE: Duration = Duration::from_millis(250);

impl Show {
    pub(super) fn run(&self) -> anyhow::Result<u8> {
        match self.show() {
            // Nobody reads any more, as behind `| head`.
            Err(error) if is_broken_pipe(&error) => Ok(0),
            ended => ended,
        }
    }

    fn show(&self) -> anyhow::Result<u8> {
        let folders = self.place.folders()?;
        let shown = folders.records.display();
        if !self.follow && !folders.records.exists() {
            bail!("there is no record in `{shown}`; the first call makes one");
        }
        let filter = self.filter();
        let mut reader = Reader::of(&folders.records);
        let unread = || format!("cannot read {shown}");
        let mut batch = reader.read(&filter).with_context(unread)?;
        let left_out = self.shorten(&mut batch.records);
        let mut layout = Layout::default();
        self.print(&batch, &mut layout)?;
        if !self.follow {
            batch.broken.extend(reader.halves());
        }
        complain(&batch.broken);
        if left_out > 0 && !self.json {
            ask::say(&format!(
                "{left_out} earlier ones are not shown; `--last NUMBER` shows more"
            ));
        }
        if self.follow {
            loop {
                std::thread::sleep(PAUSE);
                let batch = reader.read(&filter).with_context(unread)?;
                self.print(&batch, &mut layout)?;
                complain(&batch.broken);
            }
        }
        Ok(u8::from(!batch.broken.is_empty()))
    }

    fn filter(&self) -> Filter {
        let verdict = self.verdict.map(|verdict| match verdict {
            VerdictName::Allow => "allow".to_owned(),
            VerdictName::Deny => "deny".to_owned(),
        });
        Filter {
            principal: self.principal.clone(),
            tool: self.tool.clone(),
            site: self.site.clone(),
            verdict,
            rule: self.rule.clone(),
            kind: self.kind.clone(),
            since: self.since.clone(),
            until: self.until.clone(),
        }
    }

    /// How many were left out.
    fn shorten(&self, records: &mut Vec<Record>) -> usize {
        let most = match self.last {
            Some(last) => last,
            None if self.json => return 0,
            None => SCREEN,
        };
        let left_out = records.len().saturating_sub(most);
        records.drain(..left_out);
        left_out
    }

    fn print(&self, batch: &Batch, layout: &mut Layout) -> anyhow::Result<()> {
        let mut out = stdout().lock();
        if self.json {
            for record in &batch.records {
                writeln!(out, "{}", record.text)?;
            }
        } else {
            for line in layout.lines(&batch.records) {
                writeln!(out, "{line}")?;
            }
        }
        Ok(out.flush()?)
    }
}

fn complain(broken: &[Broken]) {
    for Broken { place, what } in broken {
        ask::say(&format!("{place}: {}", plain(what)));
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

const COLUMNS: usize = 5;

const TITLES: [&str; COLUMNS] = ["time (UTC)", "who", "tool", "decided by", "what came of it"];

/// Columns as wide as what they have held so far, so that lines which come later stand below the others.
#[derive(Default)]
struct Layout {
    widths: [usize; COLUMNS],
    has_begun: bool,
}

impl Layout {
    fn lines(&mut self, records: &[Record]) -> Vec<String> {
        let rows: Vec<_> = records.iter().map(row).collect();
        let heading = TITLES.map(str::to_owned);
        let title = (!self.has_begun && !rows.is_empty()).then_some(heading);
        self.has_begun |= title.is_some();
        let all: Vec<_> = title.into_iter().chain(rows).collect();
        for row in &all {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count()).min(WIDEST);
            }
        }
        all.iter().map(|row| self.line(row)).collect()
    }

    fn line(&self, row: &[String; COLUMNS]) -> String {
        let cells = row.iter().zip(self.widths);
        let padded = cells.map(|(cell, width)| format!("{cell:width$}  "));
        padded.collect::<String>().trim_end().to_owned()
    }
}

/// A longer cell moves the rest of its own line alone.
const WIDEST: usize = 40;

fn row(record: &Record) -> [String; COLUMNS] {
    let time = record.ts.replace('T', " ");
    let cells = [
        time.trim_end_matches('Z').to_owned(),
        record.principal.clone(),
        record.tool.clone(),
        decided(record),
        outcome(record),
    ];
    cells.map(|cell| plain(&cell))
}

fn decided(record: &Record) -> String {
    match record.verdict.as_str() {
        "" => record.kind.clone(),
        "deny" => format!("DENIED  {}", record.rule),
        verdict => format!("{verdict:6}  {}", record.rule),
    }
}

fn outcome(record: &Record) -> String {
    if record.verdict.is_empty() {
        let name = record.next.as_ref().or(record.file.as_ref());
        return name.cloned().unwrap_or_default();
    }
    let request = format!("{} {} {}", record.method, record.site, record.asked());
    let end = match (&record.reason, record.status, record.kind.as_str()) {
        (_, _, "intent") => "is about to be sent".to_owned(),
        (Some(reason), ..) => reason.clone(),
        (None, Some(status), _) => {
            let blanked = match record.redactions {
                0 => String::new(),
                count => format!(", {count} secrets blanked"),
            };
            let (bytes, ms) = (record.resp_bytes, record.ms);
            format!("{status}, {bytes} bytes in {ms} ms{blanked}")
        }
        (None, None, _) => String::new(),
    };
    match end.as_str() {
        "" => request,
        end => format!("{request}: {end}"),
    }
}

/// Nothing that a terminal would take for a command, or that turns the direction of a line.
fn plain(text: &str) -> String {
    let is_turning = |letter: char| matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() || is_turning(letter) {
            plain.extend(letter.escape_unicode());
        } else {
            plain.push(letter);
        }
    }
    plain
}

/// A time as records write it.
fn moment(text: &str) -> Result<String, &'static str> {
    let at = |time: OffsetDateTime| {
        let millis = time.unix_timestamp_nanos() / 1_000_000;
        u64::try_from(millis).ok().map(gateway::timestamp)
    };
    let day = format_description!("[year]-[month]-[day]");
    let ago = ago(text).and_then(|ago| OffsetDateTime::now_utc().checked_sub(ago));
    let time = ago
        .or_else(|| OffsetDateTime::parse(text, &Rfc3339).ok())
        .or_else(|| Some(Date::parse(text, day).ok()?.midnight().assume_utc()));
    time.and_then(at).ok_or(
        "write a time ago as in `90m`, `24h` or `7d`, a day as in 2026-11-22 (UTC), or a time as in 2026-11-22T08:00:00Z",
    )
}

fn ago(text: &str) -> Option<time::Duration> {
    let number = |unit| text.strip_suffix(unit)?.parse::<u32>().ok();
    let seconds = number('s')
        .map(i64::from)
        .or_else(|| Some(i64::from(number('m')?) * 60))
        .or_else(|| Some(i64::from(number('h')?) * 3_600))
        .or_else(|| Some(i64::from(number('d')?) * 86_400))?;
    Some(time::Duration::seconds(seconds))
}
