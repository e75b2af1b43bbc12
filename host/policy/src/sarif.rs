//! SARIF 2.1.0, the one form in which findings land in a code review.

use serde_json::{Value, json};

pub(crate) struct SarifResult {
    pub(crate) code: &'static str,
    pub(crate) level: &'static str,
    pub(crate) text: String,
    pub(crate) file: String,
    pub(crate) line: usize,
    /// Why it may stand, where somebody decided that.
    pub(crate) accepted: Option<String>,
}

/// One run of one verb; `codes` says what each code means.
pub(crate) fn sarif(verb: &str, codes: &[(&str, &str)], results: &[SarifResult]) -> String {
    let rules: Vec<Value> = codes
        .iter()
        .map(|(code, what)| json!({ "id": code, "shortDescription": { "text": what } }))
        .collect();
    let results: Vec<Value> = results
        .iter()
        .map(|result| {
            let mut value = json!({
                "ruleId": result.code,
                "level": result.level,
                "message": { "text": result.text.trim_end() },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": result.file },
                    "region": { "startLine": result.line },
                }}],
            });
            if let Some(reason) = &result.accepted {
                value["suppressions"] = json!([{ "kind": "inSource", "justification": reason }]);
            }
            value
        })
        .collect();
    let report = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": format!("mcp-airlock policy {verb}"), "rules": rules } },
            "results": results,
        }],
    });
    format!("{report:#}\n")
}
