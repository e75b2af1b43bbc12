//! Findings as people read them, as JSON, and as SARIF 2.1.0, so that they land in a code review.

use std::fmt::Write as _;

use serde_json::json;

use super::{CODES, Findings, Level};

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
            if !finding.help.is_empty() {
                writeln!(text, "  help: {}", finding.help)
                    .expect("writing to a string does not fail");
            }
        }
        let count = match self.list.len() {
            0 => "no findings".to_owned(),
            1 => "1 finding".to_owned(),
            many => format!("{many} findings"),
        };
        text + &format!("{}: {count}\n", self.file_name)
    }

    pub fn json(&self) -> String {
        pretty(&json!(self))
    }

    pub fn sarif(&self) -> String {
        let rules: Vec<_> = CODES
            .iter()
            .map(|(code, what)| json!({ "id": code, "shortDescription": { "text": what } }))
            .collect();
        let results: Vec<_> = self
            .list
            .iter()
            .map(|finding| {
                let text = [finding.message.as_str(), finding.help.as_str()].join("\n");
                json!({
                    "ruleId": finding.code,
                    "level": finding.level.as_str(),
                    "message": { "text": text.trim_end() },
                    "locations": [{ "physicalLocation": {
                        "artifactLocation": { "uri": self.file_name },
                        "region": { "startLine": finding.line },
                    }}],
                })
            })
            .collect();
        pretty(&json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": { "name": "mcp-airlock policy check", "rules": rules } },
                "results": results,
            }],
        }))
    }
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}
