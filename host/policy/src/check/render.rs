//! Findings as people read them, as JSON, and as SARIF 2.1.0, so that they land in a code review.

use std::fmt::Write as _;

use serde_json::json;

use super::{CODES, Finding, Findings, Level};
use crate::sarif::{SarifResult, sarif};
use crate::writing::WRITING;

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Findings {
    pub fn human(&self) -> String {
        let mut text = String::new();
        for finding in &self.list {
            let place = format!("{}:{}", self.file_name, finding.line);
            let head = format!(
                "{place}: {} {}: {}\n",
                finding.level.as_str(),
                finding.code,
                finding.message
            );
            text.push_str(&head);
            if let Some(example) = &finding.example {
                writeln!(text, "  example: {example}").expect(WRITING);
            }
            if !finding.help.is_empty() {
                writeln!(text, "  help: {}", finding.help).expect(WRITING);
            }
        }
        for accepted in &self.accepted {
            let finding = &accepted.finding;
            writeln!(
                text,
                "{}:{}: accepted {} until {}: {}",
                self.file_name, finding.line, finding.code, accepted.until, accepted.reason
            )
            .expect(WRITING);
        }
        let count = match self.list.len() {
            0 => "no findings".to_owned(),
            1 => "1 finding".to_owned(),
            many => format!("{many} findings"),
        };
        let accepted = match self.accepted.len() {
            0 => String::new(),
            many => format!(", {many} accepted"),
        };
        text + &format!("{}: {count}{accepted}\n", self.file_name)
    }

    pub fn json(&self) -> String {
        format!("{:#}\n", json!(self))
    }

    pub fn sarif(&self) -> String {
        let result = |finding: &Finding, accepted: Option<String>| SarifResult {
            code: finding.code,
            level: finding.level.as_str(),
            text: [finding.message.as_str(), finding.help.as_str()].join("\n"),
            file: self.file_name.clone(),
            line: finding.line,
            accepted,
        };
        let open = self.list.iter().map(|finding| result(finding, None));
        let accepted = self
            .accepted
            .iter()
            .map(|accepted| result(&accepted.finding, Some(accepted.reason.clone())));
        let results: Vec<SarifResult> = open.chain(accepted).collect();
        sarif("check", CODES, &results)
    }
}
