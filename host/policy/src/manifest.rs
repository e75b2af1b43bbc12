//! What the component declares: which tool uses which routes.
//!
//! Read from the component's own section and pinned by its digest. It can only take away: a route counts when
//! the catalogue has it, the manifest lists it and the policy allows it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// `sha256:…` of the component that the manifest was read from.
    pub digest: String,
    pub tools: BTreeMap<String, ToolEntry>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolEntry {
    /// Route ids that the tool may use.
    pub routes: BTreeSet<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the component's manifest is not the JSON that it should be: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the component's manifest lists the tool `{0}` twice")]
    DuplicateTool(String),
}

/// Only what decisions need; the descriptions are for others.
#[derive(Deserialize)]
struct ManifestJson {
    tools: Vec<ToolJson>,
}

#[derive(Deserialize)]
struct ToolJson {
    name: String,
    routes: Vec<String>,
}

impl Manifest {
    pub fn from_json(json: &[u8], digest: impl Into<String>) -> Result<Self, ManifestError> {
        let read: ManifestJson = serde_json::from_slice(json)?;
        let mut tools = BTreeMap::new();
        for tool in read.tools {
            let entry = ToolEntry {
                routes: tool.routes.into_iter().collect(),
            };
            if tools.insert(tool.name.clone(), entry).is_some() {
                return Err(ManifestError::DuplicateTool(tool.name));
            }
        }
        Ok(Self {
            digest: digest.into(),
            tools,
        })
    }

    pub(crate) fn declares(&self, tool: &str, route: &str) -> bool {
        self.tools
            .get(tool)
            .is_some_and(|entry| entry.routes.contains(route))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_routes_are_read_and_the_rest_is_left_alone() {
        let json = br#"{"name":"x","tools":[{"name":"jira_get_issue","title":"t","routes":["jira.issue.get"]}]}"#;
        let manifest = Manifest::from_json(json, "sha256:00").expect("the JSON is well formed");
        assert!(manifest.declares("jira_get_issue", "jira.issue.get"));
        assert!(!manifest.declares("jira_get_issue", "jira.issue.update"));
        assert!(!manifest.declares("other", "jira.issue.get"));
    }

    #[test]
    fn a_tool_without_routes_or_listed_twice_is_refused() {
        for json in [
            r#"{"tools":[{"name":"a"}]}"#,
            r#"{"tools":[{"name":"a","routes":[]},{"name":"a","routes":["jira.issue.get"]}]}"#,
            "{}",
            "[]",
            "",
        ] {
            assert!(Manifest::from_json(json.as_bytes(), "").is_err(), "{json}");
        }
    }
}
