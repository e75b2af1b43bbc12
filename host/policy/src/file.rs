//! The policy file's grammar: TOML text in, a [`Policy`] or every complaint out.
//!
//! What is not enforced is refused: an unknown key, and a key of a later version, is an error and never ignored.
//! So is a file without a `[[rule]]`: it would deny everything, which nobody starts a server for.

mod accept;
mod assertions;
mod path;
mod principal;
mod reader;
mod rule;
mod site;

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeTable;

use crate::Policy;
use crate::acceptance::Acceptance;
use crate::audit_mode::AuditMode;
use crate::date::Day;
use crate::diagnostic::{Diagnostics, Problem, position};
use crate::rule::Effect;
use crate::site::Site;
pub(crate) use assertions::{Claim, read as read_assertions};
use reader::{Reader, Table};
pub(crate) use rule::MOST_A_MINUTE;

/// A policy that a person is to read is far smaller; beyond this someone wants the parser to work.
const MAX_BYTES: usize = 1 << 20;
const MAX_RULES: usize = 2_000;

const TOP_KEYS: &[&str] = &[
    "version",
    "mode",
    "audit-until",
    "site",
    "rule",
    "deny",
    "principal",
    "component",
];

/// Without a byte order mark and with plain line ends, so that copies are the same text.
fn plain(text: &str) -> String {
    text.strip_prefix('\u{feff}')
        .unwrap_or(text)
        .replace("\r\n", "\n")
}

fn open(text: &str) -> Result<Spanned<DeTable<'_>>, Problem> {
    if text.len() > MAX_BYTES {
        let message = format!(
            "the file has {} bytes; at most {MAX_BYTES} are read",
            text.len()
        );
        return Err(Problem::new(0..0, message));
    }
    DeTable::parse(text).map_err(|error| {
        let first_line = error.message().lines().next().unwrap_or_default();
        let message = format!("not TOML: {first_line}");
        Problem::new(error.span().unwrap_or(0..0), message)
    })
}

pub(crate) fn parse(text: &str, file_name: &str) -> Result<Policy, Diagnostics> {
    let text = plain(text);
    let fail = |problems| Diagnostics::new(file_name, &text, problems);
    let document = open(&text).map_err(|problem| fail(vec![problem]))?;
    let mut reader = Reader::default();
    let top = Table::of_file(document.get_ref());
    reader.refuse_unknown_keys(&top, TOP_KEYS, &[]);
    read_version(&mut reader, &top);
    let audit = read_mode(&mut reader, &top);
    let component = read_component(&mut reader, &top);
    let sites = site::read_all(&mut reader, &top);
    let mut rules = read_rules(&mut reader, &top, Effect::Allow, &sites);
    let mut denies = read_rules(&mut reader, &top, Effect::Deny, &sites);
    refuse_duplicate_ids(&mut reader, rules.iter().chain(&denies));
    let mut sections = principal::read_all(&mut reader, &top, &rules);
    if rules.is_empty() && reader.problems.is_empty() {
        reader.complain(
            Problem::new(text.len()..text.len(), "no [[rule]] allows anything, so no tool would exist")
                .help("add a rule, for example:  [[rule]]  id = \"read\"  site = \"*\"  classes = [\"read\"]"),
        );
    }
    if !reader.problems.is_empty() {
        return Err(fail(reader.problems));
    }
    let line_of = |offset: usize| position(&text, offset).0;
    for read in rules.iter_mut().chain(&mut denies) {
        read.rule.line = line_of(read.start);
    }
    let accepted = rules.iter_mut().chain(&mut denies);
    let acceptances = accepted
        .flat_map(|read| std::mem::take(&mut read.accepted))
        .chain(sites.accepted)
        .chain(sections.accepted)
        .map(|read| Acceptance {
            about: read.about,
            code: read.code,
            reason: read.reason,
            until: read.until,
            line: line_of(read.start),
        })
        .collect();
    let into_sorted = |read: Vec<rule::Read>| {
        let mut list: Vec<_> = read.into_iter().map(|read| read.rule).collect();
        list.sort_by(|a, b| a.id.cmp(&b.id));
        list
    };
    let remarks = sites
        .remarks
        .into_iter()
        .map(|remark| remark.into_finding(&line_of))
        .collect();
    let site_lines = sites
        .starts
        .into_iter()
        .map(|(name, start)| (name, line_of(start)))
        .collect();
    for (name, section) in &mut sections.by_name {
        section.line = sections.starts.get(name).map_or(0, |start| line_of(*start));
    }
    let audit_mode = audit.map(|(until, start)| AuditMode {
        until,
        line: line_of(start),
    });
    let (rules, denies) = (into_sorted(rules), into_sorted(denies));
    drop(document);
    let sites: Vec<Site> = sites.by_name.into_values().collect();
    Ok(Policy {
        file_name: file_name.to_owned(),
        rules_of_site: Policy::index(&sites, &rules),
        sites,
        site_lines,
        rules,
        denies,
        sections: sections.by_name,
        component,
        audit_mode,
        audits: false,
        remarks,
        acceptances,
        text,
    })
}

fn read_version(reader: &mut Reader, top: &Table<'_>) {
    let Some(value) = top.value("version") else {
        return reader.missing(top, "version", "begin the file with  version = 1");
    };
    let is_one = value
        .value
        .as_integer()
        .is_some_and(|number| number.as_str() == "1");
    if !is_one {
        reader.complain(
            Problem::new(
                value.span,
                "this version reads policy files of version 1 only",
            )
            .help("write  version = 1"),
        );
    }
}

/// The last day of the audit mode, where the file is in it, and where that stands.
fn read_mode(reader: &mut Reader, top: &Table<'_>) -> Option<(Day, usize)> {
    let mode = reader.string(top, "mode");
    let audits = match &mode {
        None => false,
        Some(mode) if mode.value == "audit" => true,
        Some(mode) if mode.value == "enforce" => false,
        Some(mode) => {
            reader.unknown_word("mode", mode, &["enforce", "audit"]);
            return None;
        }
    };
    let until = reader.day(top, "audit-until");
    if audits && !top.has("audit-until") {
        let problem = Problem::new(
            top.key_span("mode"),
            "an audit mode without an end would stay for ever",
        );
        reader.complain(problem.help(
            "name its last day beside it:  audit-until = 2027-01-31  (afterwards the rules are enforced)",
        ));
    } else if !audits && top.has("audit-until") {
        let problem = Problem::new(
            top.key_span("audit-until"),
            "`audit-until` is the end of an audit mode, and the file is in none",
        );
        reader.complain(problem.help("write  mode = \"audit\"  beside it, or remove it"));
    }
    let start = top.key_span("mode").start;
    until.filter(|_| audits).map(|until| (until, start))
}

fn read_component(reader: &mut Reader, top: &Table<'_>) -> Option<String> {
    let table = reader.table(top, "component", "[component]")?;
    reader.refuse_unknown_keys(&table, &["sha256"], &[]);
    let Some(hash) = reader.string(&table, "sha256") else {
        if !table.has("sha256") {
            reader.missing(
                &table,
                "sha256",
                "name the component by its digest, or remove [component]",
            );
        }
        return None;
    };
    let is_digest = hash.value.len() == 64
        && hash
            .value
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !is_digest {
        reader.complain(
            Problem::new(hash.span, "a sha256 is 64 characters of 0-9 and a-f")
                .help("print it with  sha256sum FILE"),
        );
        return None;
    }
    Some(hash.value.to_owned())
}

fn read_rules(
    reader: &mut Reader,
    top: &Table<'_>,
    effect: Effect,
    sites: &site::Sites,
) -> Vec<rule::Read> {
    let key = match effect {
        Effect::Allow => "rule",
        Effect::Deny => "deny",
    };
    let tables = reader.tables(top, key);
    if tables.len() > MAX_RULES {
        reader.complain(Problem::new(
            tables[MAX_RULES].span.clone(),
            format!(
                "{} [[{key}]] tables; at most {MAX_RULES} are read",
                tables.len()
            ),
        ));
        return Vec::new();
    }
    tables
        .iter()
        .filter_map(|table| rule::read(reader, table, effect, sites))
        .collect()
}

fn refuse_duplicate_ids<'a>(reader: &mut Reader, rules: impl Iterator<Item = &'a rule::Read>) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut in_order: Vec<_> = rules.collect();
    in_order.sort_by_key(|read| read.start);
    for read in in_order {
        if seen.insert(&read.rule.id, read.start).is_some() {
            reader.complain(
                Problem::new(
                    read.id_span.clone(),
                    format!("the id `{}` is used twice", read.rule.id),
                )
                .help("every refusal and audit record names a rule by its id, so each has its own"),
            );
        }
    }
}
