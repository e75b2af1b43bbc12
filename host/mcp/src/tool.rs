//! Tool descriptors: read from the component's manifest, shown to clients as rmcp tools.
//!
//! Decides which manifest entries are fit to be shown at all. Which of them a caller sees is the
//! policy's decision, taken between [`parse_manifest`] and [`ToolList::new`].

use std::sync::Arc;

use rmcp::model::{Tool, ToolAnnotations};
use serde::Deserialize;
use serde_json::Value;

use crate::{JsonObject, nearest};

/// One entry of the manifest.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolSpec {
    pub name: String,
    /// For people.
    pub title: String,
    /// For the model.
    pub description: String,
    pub input_schema: JsonObject,
    pub annotations: Hints,
    /// The group it is switched on and off with.
    pub toolset: String,
    pub product: ToolProduct,
    /// Ids of the routes that it may use.
    pub routes: Vec<String>,
}

/// The four annotations. None is optional: the protocol's defaults (destructive, open world) are
/// wrong for most tools, and clients ask their users by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hints {
    pub read_only_hint: bool,
    pub destructive_hint: bool,
    pub idempotent_hint: bool,
    pub open_world_hint: bool,
}

/// Whose sites a tool works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolProduct {
    Jira,
    Confluence,
    Any,
}

/// The tools of one caller, sorted by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ToolList {
    tools: Vec<Tool>,
}

/// Why a manifest is refused.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error(
        "the component's manifest is not what this host reads: {0}; build both from one source"
    )]
    Unreadable(#[from] serde_json::Error),
    #[error(
        "the component's manifest names a tool {0:?}: a name has 1 to 64 of a-z, A-Z, 0-9, `_`, `-`, `.`"
    )]
    Name(String),
    #[error("the component's manifest names the tool {0} twice")]
    Twice(String),
    #[error("the input schema of {0} is not of type object")]
    Schema(String),
}

/// Reads the manifest's tools, sorted by name.
pub fn parse_manifest(json: &str) -> Result<Vec<ToolSpec>, ManifestError> {
    #[derive(Deserialize)]
    struct Manifest {
        tools: Vec<ToolSpec>,
    }
    let mut tools = serde_json::from_str::<Manifest>(json)?.tools;
    tools.sort_by(|left, right| left.name.cmp(&right.name));
    for tool in &tools {
        if !is_tool_name(&tool.name) {
            return Err(ManifestError::Name(tool.name.clone()));
        }
        if tool.input_schema.get("type").and_then(Value::as_str) != Some("object") {
            return Err(ManifestError::Schema(tool.name.clone()));
        }
    }
    for pair in tools.windows(2) {
        if pair[0].name == pair[1].name {
            return Err(ManifestError::Twice(pair[0].name.clone()));
        }
    }
    Ok(tools)
}

/// The protocol allows 128 characters, model interfaces that clients pass names on to only 64.
fn is_tool_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

impl ToolList {
    /// The order is the name's whatever the order given: clients cache prompts by it.
    pub fn new(specs: impl IntoIterator<Item = ToolSpec>) -> Self {
        let mut tools: Vec<Tool> = specs.into_iter().map(Tool::from).collect();
        tools.sort_by(|left, right| left.name.cmp(&right.name));
        Self { tools }
    }

    pub fn contains(&self, name: &str) -> bool {
        self.tools
            .binary_search_by(|tool| tool.name.as_ref().cmp(name))
            .is_ok()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tools.iter().map(|tool| tool.name.as_ref())
    }

    /// The listed names that `wrong` may have meant.
    pub fn nearest(&self, wrong: &str) -> Vec<String> {
        nearest(wrong, self.names())
    }

    /// As `tools/list` shows them.
    pub fn as_tools(&self) -> &[Tool] {
        &self.tools
    }
}

impl From<ToolSpec> for Tool {
    /// No output schema: clients hand the model only the structured half of an answer that has
    /// both, and these tools answer in Markdown.
    fn from(spec: ToolSpec) -> Self {
        let hints = spec.annotations;
        Tool::new(spec.name, spec.description, Arc::new(spec.input_schema))
            .with_title(spec.title)
            .with_annotations(
                ToolAnnotations::new()
                    .read_only(hints.read_only_hint)
                    .destructive(hints.destructive_hint)
                    .idempotent(hints.idempotent_hint)
                    .open_world(hints.open_world_hint),
            )
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        reason = "a manifest that does not parse fails the test"
    )]

    use serde_json::json;

    use super::*;

    fn entry(name: &str) -> Value {
        json!({
            "name": name,
            "title": "Get an issue",
            "description": "Reads one issue.",
            "inputSchema": {"type": "object"},
            "annotations": {
                "readOnlyHint": false,
                "destructiveHint": true,
                "idempotentHint": false,
                "openWorldHint": true,
            },
            "toolset": "issues",
            "product": "any",
            "routes": ["jira.issue.get"],
        })
    }

    fn parse(tools: &[Value]) -> Result<Vec<ToolSpec>, ManifestError> {
        parse_manifest(&json!({"name": "x", "wit": "0.1.0", "tools": tools}).to_string())
    }

    #[test]
    fn a_manifest_becomes_a_sorted_list() {
        let specs = parse(&[entry("b"), entry("a_c"), entry("a.b")]).unwrap();
        assert_eq!(specs[0].product, ToolProduct::Any);
        assert_eq!(specs[0].routes, ["jira.issue.get"]);
        let list = ToolList::new(specs.into_iter().rev());
        assert_eq!(list.names().collect::<Vec<_>>(), ["a.b", "a_c", "b"]);
        assert!(list.contains("a_c") && !list.contains("a") && !list.contains("A_C"));
        assert_eq!(list.nearest("a-c"), ["a_c"]);
        assert_eq!(
            serde_json::to_value(&list.as_tools()[2]).unwrap(),
            json!({
                "name": "b",
                "title": "Get an issue",
                "description": "Reads one issue.",
                "inputSchema": {"type": "object"},
                "annotations": {
                    "readOnlyHint": false,
                    "destructiveHint": true,
                    "idempotentHint": false,
                    "openWorldHint": true,
                },
            })
        );
    }

    #[test]
    fn a_manifest_that_clients_would_stumble_over_is_refused() {
        for name in ["", "a b", "a/b", "jira\u{202e}", &"x".repeat(65)] {
            let refused = parse(&[entry(name)]);
            assert!(matches!(refused, Err(ManifestError::Name(_))), "{name:?}");
        }
        let twice = parse(&[entry("a"), entry("b"), entry("a")]);
        assert!(matches!(twice, Err(ManifestError::Twice(name)) if name == "a"));
        for schema in [
            json!({}),
            json!({"type": "string"}),
            json!({"type": ["object"]}),
        ] {
            let mut tool = entry("a");
            tool["inputSchema"] = schema;
            assert!(matches!(parse(&[tool]), Err(ManifestError::Schema(_))));
        }
        for field in ["title", "description", "annotations", "product", "routes"] {
            let mut tool = entry("a");
            tool.as_object_mut().unwrap().remove(field);
            let refused = parse(&[tool]);
            assert!(
                matches!(refused, Err(ManifestError::Unreadable(_))),
                "{field}"
            );
        }
        let mut silent = entry("a");
        silent["annotations"]
            .as_object_mut()
            .unwrap()
            .remove("openWorldHint");
        assert!(matches!(
            parse(&[silent]),
            Err(ManifestError::Unreadable(_))
        ));
    }
}
