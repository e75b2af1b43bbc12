//! A difference as people read it, as JSON, and as SARIF for the review of the new file.

use std::fmt::{self, Write as _};

use serde_json::json;

use super::{Change, Diff, ModeChange};
use crate::date::Day;
use crate::sarif::{SarifResult, sarif};
use crate::writing::{WRITING, joined};

const CODES: &[(&str, &str)] = &[
    ("D001", "the new policy allows what the old one refused"),
    ("D002", "the answer may be larger or come from elsewhere"),
    ("D003", "the same access leads elsewhere"),
    ("D004", "what no rule speaks of passes for a while"),
];

impl Diff {
    pub fn human(&self) -> String {
        let mut text = String::new();
        if let Some(mode) = &self.mode {
            let sign = if mode.is_new_access() { '+' } else { '-' };
            writeln!(text, "{sign} {mode}\n").expect(WRITING);
        }
        let (old, new) = (&self.old.file_name, &self.new.file_name);
        section(
            &mut text,
            '+',
            "newly allowed",
            &self.newly_allowed,
            "before",
        );
        section(
            &mut text,
            '+',
            "allowed as before, and looser",
            &self.looser,
            "now",
        );
        let changed: Vec<_> = self.sites.iter().collect();
        if !changed.is_empty() {
            writeln!(text, "where it leads\n").expect(WRITING);
        }
        for change in changed {
            let sign = if change.is_new_access { '+' } else { '-' };
            writeln!(
                text,
                "{sign} {}: {}: {} -> {}",
                change.about, change.what, change.old, change.new
            )
            .expect(WRITING);
        }
        if !self.sites.is_empty() {
            text.push('\n');
        }
        section(&mut text, '-', "newly denied", &self.newly_denied, "now");
        section(
            &mut text,
            '-',
            "allowed as before, and tighter",
            &self.tighter,
            "was",
        );
        let verdict = if self.has_new_access() {
            format!("NEW ACCESS: {new} allows what {old} does not")
        } else if self.has_lost_access() {
            format!("no new access: everything that {new} allows, {old} allows too")
        } else {
            format!("no change: {old} and {new} allow the same")
        };
        text + &verdict + "\n"
    }

    pub fn json(&self) -> String {
        let value = json!({
            "new_access": self.has_new_access(),
            "lost_access": self.has_lost_access(),
            "diff": self,
        });
        format!("{value:#}\n")
    }

    /// New access only: what is lost is nothing to stop a review for.
    pub fn sarif(&self) -> String {
        let file = &self.new.file_name;
        let result = |code, line, text| SarifResult {
            code,
            level: "warning",
            text,
            file: file.clone(),
            line,
            accepted: None,
        };
        let allowed = self.newly_allowed.iter().map(|change| {
            let text = format!(
                "newly allowed: {}\nfor example {}",
                head(change),
                change.witness.human()
            );
            result("D001", change.line, text)
        });
        let looser = self.looser.iter().map(|change| {
            result(
                "D002",
                change.line,
                format!("{}: {}", head(change), change.otherwise),
            )
        });
        let elsewhere = self
            .sites
            .iter()
            .filter(|change| change.is_new_access)
            .map(|change| {
                let text = format!(
                    "{}: {}: {} -> {}",
                    change.about, change.what, change.old, change.new
                );
                result("D003", change.line, text)
            });
        let mode = self.mode.filter(|mode| mode.is_new_access());
        let mode = mode.map(|mode| result("D004", 1, mode.to_string()));
        let results: Vec<SarifResult> = (mode.into_iter())
            .chain(allowed)
            .chain(looser)
            .chain(elsewhere)
            .collect();
        sarif("diff", CODES, &results)
    }
}

impl fmt::Display for ModeChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = |until: Option<Day>| {
            until.map_or_else(
                || "enforce".to_owned(),
                |until| format!("audit until {until}"),
            )
        };
        write!(f, "mode: {} -> {}", mode(self.old), mode(self.new))?;
        match self.new {
            Some(_) => f.write_str("; reads and writes that no rule speaks of pass until then"),
            None => Ok(()),
        }
    }
}

fn section(text: &mut String, sign: char, title: &str, changes: &[Change], other: &str) {
    if changes.is_empty() {
        return;
    }
    writeln!(text, "{title} ({})\n", changes.len()).expect(WRITING);
    for change in changes {
        writeln!(text, "{sign} {}", head(change)).expect(WRITING);
        let rows = [
            ("tools", change.tools.join(", ")),
            ("for", joined(&change.principals)),
            ("by", change.allowed_by.join(", ")),
            (other, change.otherwise.clone()),
            ("example", change.witness.human()),
        ];
        for (label, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
            writeln!(text, "    {label:8} {value}").expect(WRITING);
        }
        text.push('\n');
    }
}

/// `DELETE /rest/api/3/issue/{issue-key} on acme: jira.issue.delete (delete)`
fn head(change: &Change) -> String {
    let route = change
        .route
        .as_deref()
        .unwrap_or("a route of the file's own");
    let only = change
        .only
        .iter()
        .map(|only| format!(", {only}"))
        .collect::<String>();
    format!(
        "{} {} on {}: {route} ({}){only}",
        change.method, change.path, change.site, change.class
    )
}
