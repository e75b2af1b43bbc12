//! `policy check`: what a careful reviewer would say about a policy that parses.
//!
//! Each finding has a code, a line and a way out. Statements about coverage are exact, since they are made of sets
//! that can be compared, and come with a request that shows them. A finding is never a reason to refuse a request.

mod accept;
mod bounds;
mod coverage;
mod principals;
mod render;
mod rules;
mod sites;
mod tools;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::Policy;
use crate::acceptance::About;
use crate::audit_mode::AuditMode;
use crate::date::Day;
use crate::diagnostic::Diagnostics;
use crate::manifest::Manifest;
use crate::vocabulary::{Principal, SiteName};
pub use accept::Accepted;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub code: &'static str,
    pub level: Level,
    pub about: About,
    pub line: usize,
    pub message: String,
    pub help: String,
    /// A request that shows it.
    pub example: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The file is not a policy; nothing runs with it.
    Error,
    /// It is one, and someone should look at this.
    Warning,
}

/// All findings of one file, by line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Findings {
    pub file_name: String,
    pub list: Vec<Finding>,
    /// Those that the file itself lets stand, until a day that has not passed.
    pub accepted: Vec<Accepted>,
}

/// What is known beside the text. Whatever is left out is not judged.
#[derive(Clone, Debug, Default)]
pub struct Surroundings<'a> {
    pub manifest: Option<&'a Manifest>,
    /// The sites for which a credential is configured; never the credential.
    pub credentials: Option<&'a BTreeSet<SiteName>>,
    /// The names that callers can have: those of keys, and that of whoever starts the program.
    pub callers: Option<&'a BTreeSet<Principal>>,
    pub file: Option<FileFacts>,
    /// The rules that an audit log names, and since when it has been kept.
    pub used: Option<UsedRules<'a>>,
    /// Without it no acceptance holds.
    pub today: Option<Day>,
}

/// Who else may write the file. Whoever can write it can give themselves every right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileFacts {
    pub is_writable_by_others: bool,
    pub is_owned_by_another: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct UsedRules<'a> {
    pub rules: &'a BTreeSet<String>,
    pub since: &'a str,
}

/// What each code means, in one line.
pub const CODES: &[(&str, &str)] = &[
    ("P000", "the file is not a policy"),
    ("P001", "the path is over-broad"),
    ("P002", "a path parameter narrows nothing"),
    ("P003", "the rule has no effect"),
    ("P004", "everything the rule allows is denied"),
    ("P005", "the denial denies nothing that is allowed"),
    ("P006", "the rule is open to every tool"),
    ("P007", "no rule is about the site"),
    ("P008", "a tool that a rule names still does not exist"),
    ("P009", "no credential is configured for the site"),
    (
        "P010",
        "the rule opens an endpoint that hands out credentials",
    ),
    ("P011", "the rule opens an endpoint that fetches URLs"),
    ("P012", "the rule opens administration"),
    ("P013", "the address range is wide"),
    ("P014", "the credential travels in clear text"),
    (
        "P015",
        "what no rule speaks of passes, since the file is in audit mode",
    ),
    ("P016", "the rule was not used"),
    ("P017", "others may change the policy file"),
    ("P018", "the component has no tool of that name"),
    ("P019", "an origin is not in canonical form"),
    ("P020", "the site's address is one that it may not have"),
    ("P021", "a line does not read as it looks"),
    ("P022", "two sites lead to the same place"),
    ("P023", "an acceptance has expired"),
    ("P024", "an acceptance accepts nothing"),
    ("P025", "the rules could not be compared"),
    ("P026", "no tool uses what the rule allows"),
    ("P027", "nobody has the rule"),
    ("P028", "a principal is given a rule that is not for them"),
    ("P029", "nobody calls under the name"),
    ("P030", "a bound rule opens nothing in the other product"),
    ("P031", "a bound rule cannot hold what it names"),
];

pub fn check(policy: &Policy, around: &Surroundings<'_>) -> Findings {
    let mut notes = Notes {
        list: policy.remarks.clone(),
    };
    check_text(policy, &mut notes);
    check_file(around, &mut notes);
    check_mode(policy, around.today, &mut notes);
    sites::check(policy, around, &mut notes);
    rules::check(policy, around, &mut notes);
    principals::check(policy, around, &mut notes);
    bounds::check(policy, &mut notes);
    coverage::check(policy, around.manifest, &mut notes);
    if let Some(manifest) = around.manifest {
        tools::check(policy, manifest, &mut notes);
    }
    let (mut list, accepted) = accept::apply(policy, around.today, notes.list);
    list.sort_by(|a, b| (a.line, a.code, &a.message).cmp(&(b.line, b.code, &b.message)));
    Findings {
        file_name: policy.file_name().to_owned(),
        list,
        accepted,
    }
}

impl Findings {
    /// What keeps a file from being a policy, in the same shape.
    pub fn of_errors(diagnostics: &Diagnostics) -> Self {
        let list = diagnostics.list.iter().map(|problem| Finding {
            code: "P000",
            level: Level::Error,
            about: About::File,
            line: problem.line,
            message: problem.message.clone(),
            help: problem.help.clone().unwrap_or_default(),
            example: None,
        });
        Self {
            file_name: diagnostics.file_name.clone(),
            list: list.collect(),
            accepted: Vec::new(),
        }
    }

    /// 0: nothing to say; 1: findings; 2: not a policy.
    pub fn exit_code(&self) -> u8 {
        let worst = self.list.iter().map(|finding| match finding.level {
            Level::Error => 2,
            Level::Warning => 1,
        });
        worst.max().unwrap_or(0)
    }
}

/// The findings while they are collected.
struct Notes {
    list: Vec<Finding>,
}

impl Notes {
    fn warn(&mut self, code: &'static str, about: About, line: usize, message: String, help: &str) {
        self.list.push(Finding {
            code,
            level: Level::Warning,
            about,
            line,
            message,
            help: help.to_owned(),
            example: None,
        });
    }

    fn about_rule(&mut self, code: &'static str, rule: &crate::Rule, message: String, help: &str) {
        self.warn(code, About::Rule(rule.id.clone()), rule.line, message, help);
    }

    /// Shows the last finding by a request.
    fn example(&mut self, example: Option<String>) {
        if let Some(last) = self.list.last_mut() {
            last.example = example;
        }
    }
}

/// Characters that turn the direction of a line or take no room can show a reviewer another policy than the
/// parser sees (CVE-2021-42574).
fn check_text(policy: &Policy, notes: &mut Notes) {
    let is_hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}' | '\u{e0000}'..='\u{e007f}');
    for (index, line) in policy.text().lines().enumerate() {
        if let Some(hidden) = line.chars().find(|c| is_hidden(*c)) {
            let message = format!(
                "the line holds the invisible character U+{:04X}",
                u32::from(hidden)
            );
            notes.warn(
                "P021",
                About::File,
                index + 1,
                message,
                "type the line anew",
            );
        }
    }
}

fn check_mode(policy: &Policy, today: Option<Day>, notes: &mut Notes) {
    let Some(AuditMode { until, line }) = policy.audit_mode else {
        return;
    };
    let (message, help) = if today.is_some_and(|today| today > until) {
        (
            format!("the audit mode ended on {until}, and every rule is enforced"),
            "remove `mode` and `audit-until`",
        )
    } else {
        (
            format!("until {until} reads and writes that no rule speaks of pass"),
            "look for the rule `audit-mode` in the record, write the rules that are missing, and remove `mode` and `audit-until`",
        )
    };
    notes.warn("P015", About::File, line, message, help);
}

fn check_file(around: &Surroundings<'_>, notes: &mut Notes) {
    let Some(facts) = around.file else { return };
    if facts.is_writable_by_others {
        let message =
            "others than its owner may write the file, and with it every right".to_owned();
        notes.warn("P017", About::File, 1, message, "run  chmod go-w  on it");
    }
    if facts.is_owned_by_another {
        let message = "the file belongs to another user, who may change it".to_owned();
        notes.warn(
            "P017",
            About::File,
            1,
            message,
            "let it belong to root or to the user that runs mcp-airlock",
        );
    }
}
