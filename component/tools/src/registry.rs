//! Every tool there is: the table of the families' tables, the lookup, and the manifest. Which of
//! them a caller sees is the host's decision.

use serde_json::{Value, json};

use crate::gateway::{Gateway, Product};
use crate::instructions::instructions;
use crate::text;
use crate::tool::{Access, Output, ToolDef};
use crate::{confluence, jira, sites};

/// Tools keep their own budget and say what they leave out; this holds whatever a site may send.
const LONGEST_ANSWER: usize = 11_500;

const FAMILIES: &[&[ToolDef]] = &[
    jira::comment::TOOLS,
    jira::create::TOOLS,
    jira::issue::TOOLS,
    jira::project::TOOLS,
    jira::search::TOOLS,
    jira::transition::TOOLS,
    jira::update::TOOLS,
    confluence::comment::TOOLS,
    confluence::page::TOOLS,
    confluence::search::TOOLS,
    confluence::write::TOOLS,
    sites::TOOLS,
];

const _: () = assert!(!has_duplicates(), "two tools have the same name");

/// What a client is told of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolDescription {
    pub name: &'static str,
    pub title: &'static str,
    pub description: String,
    pub input_schema: Value,
    pub access: Access,
    pub toolset: &'static str,
    pub product: Option<Product>,
    /// Route ids, sorted.
    pub routes: Vec<&'static str>,
}

/// Why a call has no answer at all. What the model can mend is an [`Output`] with `is_error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    UnknownName,
    InvalidArguments(String),
}

/// Sorted by name; the same list each time.
pub fn list() -> Vec<ToolDescription> {
    let mut tools: Vec<ToolDescription> = all().map(describe).collect();
    tools.sort_by_key(|tool| tool.name);
    tools
}

/// Runs one tool; `arguments` is a JSON object as text.
pub fn call(gateway: &dyn Gateway, name: &str, arguments: &str) -> Result<Output, CallError> {
    let tool = find(name)?;
    run(tool, gateway, &tool.schema().1, arguments)
}

/// The same for a caller who has [`list`]'s input schema of the tool at hand as JSON: deriving it
/// anew can take longer than the rest of the call.
pub fn call_with_schema(
    gateway: &dyn Gateway,
    name: &str,
    schema: &str,
    arguments: &str,
) -> Result<Output, CallError> {
    let tool = find(name)?;
    let schema = serde_json::from_str(schema).unwrap_or_else(|_| tool.schema().1);
    run(tool, gateway, &schema, arguments)
}

fn find(name: &str) -> Result<&'static ToolDef, CallError> {
    all()
        .find(|tool| tool.name == name)
        .ok_or(CallError::UnknownName)
}

fn run(
    tool: &ToolDef,
    gateway: &dyn Gateway,
    schema: &Value,
    arguments: &str,
) -> Result<Output, CallError> {
    let arguments = match arguments.trim() {
        "" => json!({}),
        text => serde_json::from_str(text).map_err(|error| {
            CallError::InvalidArguments(format!("the arguments are not JSON: {error}"))
        })?,
    };
    let output = tool
        .run(gateway, schema, arguments)
        .unwrap_or_else(Output::from);
    Ok(Output {
        text: text::cut(&output.text, LONGEST_ANSWER),
        ..output
    })
}

/// What the host pins: every tool with its schema and the routes it may use.
pub fn manifest_json() -> String {
    let tools: Vec<Value> = list().iter().map(ToolDescription::to_json).collect();
    let manifest = json!({
        "name": "mcp-airlock-tools",
        "version": env!("CARGO_PKG_VERSION"),
        "wit": "0.1.0",
        "instructions": instructions(),
        "tools": tools,
    });
    manifest.to_string()
}

impl ToolDescription {
    pub fn to_json(&self) -> Value {
        let product = match self.product {
            Some(Product::Jira) => "jira",
            Some(Product::Confluence) => "confluence",
            None => "any",
        };
        json!({
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "annotations": {
                "readOnlyHint": self.access.read_only,
                "destructiveHint": self.access.destructive,
                "idempotentHint": self.access.idempotent,
                "openWorldHint": self.access.open_world,
            },
            "toolset": self.toolset,
            "product": product,
            "routes": self.routes,
        })
    }
}

fn all() -> impl Iterator<Item = &'static ToolDef> {
    FAMILIES.iter().copied().flatten()
}

fn describe(tool: &ToolDef) -> ToolDescription {
    let (description, input_schema) = tool.schema();
    let mut routes: Vec<&'static str> = tool.routes.iter().map(|route| route.id).collect();
    routes.sort_unstable();
    ToolDescription {
        name: tool.name,
        title: tool.title,
        description,
        input_schema,
        access: tool.access,
        toolset: tool.toolset,
        product: tool.product,
        routes,
    }
}

const fn has_duplicates() -> bool {
    let mut family = 0;
    while family < FAMILIES.len() {
        let mut row = 0;
        while row < FAMILIES[family].len() {
            if occurrences(FAMILIES[family][row].name) != 1 {
                return true;
            }
            row += 1;
        }
        family += 1;
    }
    false
}

const fn occurrences(name: &str) -> usize {
    let mut count = 0;
    let mut family = 0;
    while family < FAMILIES.len() {
        let mut row = 0;
        while row < FAMILIES[family].len() {
            if equal(FAMILIES[family][row].name.as_bytes(), name.as_bytes()) {
                count += 1;
            }
            row += 1;
        }
        family += 1;
    }
    count
}

const fn equal(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut position = 0;
    while position < left.len() {
        if left[position] != right[position] {
            return false;
        }
        position += 1;
    }
    true
}
