//! The report as a table for terminals, as Markdown for reviews, as CSV for spreadsheets, and as JSON.

use std::fmt::Write as _;

use serde_json::json;

use super::{Report, Row};
use crate::vocabulary::Class;
use crate::writing::{WRITING, joined};

const COLUMNS: [&str; 11] = [
    "tool",
    "principal",
    "site",
    "method",
    "path",
    "class",
    "route",
    "credential",
    "rules",
    "limits",
    "last used",
];

fn cells(row: &Row) -> [String; 11] {
    let query = if row.query.is_empty() {
        String::new()
    } else {
        format!("?{}", row.query.join("&"))
    };
    [
        row.tool.clone(),
        joined(&row.principals),
        row.site.to_string(),
        row.method.to_string(),
        format!("{}{query}", row.path),
        row.class.to_string(),
        row.route.clone().unwrap_or_default(),
        row.credential.clone(),
        row.rules.join(", "),
        row.limits.join(", "),
        row.last_used.clone().unwrap_or_default(),
    ]
}

impl Report {
    /// By tool; wide columns that are empty everywhere are left out.
    pub fn human(&self) -> String {
        let mut text = format!(
            "policy     {} {}\ncomponent  {}\n",
            self.policy, self.policy_digest, self.component_digest
        );
        if let Some(banner) = &self.audit_mode {
            writeln!(text, "mode       {banner}").expect(WRITING);
        }
        for site in &self.sites {
            let deployment = site.deployment.map_or(
                "deployment asked at the first call",
                crate::Deployment::as_str,
            );
            writeln!(
                text,
                "site       {}: {}, {deployment}, credential {}",
                site.name,
                site.sent_to.join(", "),
                site.credential
            )
            .expect(WRITING);
        }
        for principal in &self.principals {
            writeln!(text, "principal  {principal}").expect(WRITING);
        }
        text.push('\n');
        let table: Vec<[String; 11]> = self.rows.iter().map(cells).collect();
        let shown: Vec<usize> = (0..COLUMNS.len())
            .filter(|at| table.iter().any(|row| !row[*at].is_empty()))
            .collect();
        let width = |at: usize| {
            let cells = table.iter().map(|row| row[at].chars().count());
            cells.max().unwrap_or(0).max(COLUMNS[at].len())
        };
        let mut push = |cells: &[String]| {
            let line: Vec<String> = shown
                .iter()
                .map(|at| format!("{:width$}", cells[*at], width = width(*at)))
                .collect();
            writeln!(text, "{}", line.join("  ").trim_end()).expect(WRITING);
        };
        push(&COLUMNS.map(str::to_uppercase));
        for row in &table {
            push(row);
        }
        text.push('\n');
        for denial in &self.denials {
            writeln!(text, "never      {denial}").expect(WRITING);
        }
        for accepted in &self.accepted {
            writeln!(
                text,
                "accepted   {} in line {} until {}: {}",
                accepted.code, accepted.line, accepted.until, accepted.reason
            )
            .expect(WRITING);
        }
        writeln!(text, "{}", self.summary()).expect(WRITING);
        text
    }

    /// `12 tools may make 40 kinds of requests: 30 read, 9 write, 1 delete, 0 admin`
    pub(super) fn summary(&self) -> String {
        let counts: Vec<String> = Class::ALL
            .iter()
            .map(|class| format!("{} {class}", self.count(*class)))
            .collect();
        let beyond = match &self.audit_mode {
            None => "everything else is refused",
            Some(_) => "of everything else, audit mode lets a part pass",
        };
        format!(
            "{} tools may make {} kinds of requests: {}; {beyond}",
            self.tools().len(),
            self.rows.len(),
            counts.join(", ")
        )
    }

    pub fn markdown(&self) -> String {
        let mut text = format!(
            "# What {} allows\n\n{}.\n\nPolicy `{}`, component `{}`.\n\n",
            markdown_cell(&self.policy),
            self.summary(),
            self.policy_digest,
            self.component_digest
        );
        if let Some(banner) = &self.audit_mode {
            writeln!(text, "**{}**\n", markdown_cell(banner)).expect(WRITING);
        }
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        text.push_str(&line(&COLUMNS.map(str::to_owned)));
        text.push_str(&line(&COLUMNS.map(|_| "---".to_owned())));
        for row in &self.rows {
            text.push_str(&line(&cells(row).map(|cell| markdown_cell(&cell))));
        }
        if !self.principals.is_empty() {
            text.push_str("\n## Principals that have these rules only\n\n");
        }
        for principal in &self.principals {
            writeln!(text, "- {}", markdown_cell(principal)).expect(WRITING);
        }
        if !self.denials.is_empty() {
            text.push_str("\n## Never, whatever else is allowed\n\n");
        }
        for denial in &self.denials {
            writeln!(text, "- {}", markdown_cell(denial)).expect(WRITING);
        }
        if !self.accepted.is_empty() {
            text.push_str("\n## Findings that are accepted\n\n");
        }
        for accepted in &self.accepted {
            writeln!(
                text,
                "- {} (line {}) until {}: {}",
                accepted.code,
                accepted.line,
                accepted.until,
                markdown_cell(&accepted.reason)
            )
            .expect(WRITING);
        }
        text
    }

    pub fn csv(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
            cells.join(",") + "\r\n"
        };
        let head = line(&COLUMNS.map(str::to_owned));
        let rows: String = self.rows.iter().map(|row| line(&cells(row))).collect();
        head + &rows
    }

    pub fn json(&self) -> String {
        format!("{:#}\n", json!(self))
    }
}

/// What means something in Markdown or HTML is written out, so that a cell stays text.
fn markdown_cell(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c {
            '|' | '\\' | '`' | '*' | '[' | ']' | '_' => vec!['\\', c],
            '<' => "&lt;".chars().collect(),
            '&' => "&amp;".chars().collect(),
            c if c.is_control() => vec![' '],
            c => vec![c],
        })
        .collect()
}

/// RFC 4180. A cell that a spreadsheet would take for a formula gets an apostrophe.
fn csv_cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guarded = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if guarded.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stay_cells() {
        assert_eq!(csv_cell("a,b"), "\"a,b\"");
        assert_eq!(csv_cell("say \"hi\"\n"), "\"say \"\"hi\"\"\n\"");
        assert_eq!(csv_cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(csv_cell("plain"), "plain");
        assert_eq!(markdown_cell("a|b\n<i>"), "a\\|b &lt;i>");
        assert_eq!(markdown_cell("{a|b} & `x`"), "{a\\|b} &amp; \\`x\\`");
    }
}
