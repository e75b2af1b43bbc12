//! What the shipped component may import and says of itself, read from its binary and asked of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway::{Answer, Ask, Failure};
use mcp::CancellationToken;
use serde_json::{Value, json};
use server::component;
use server::sandbox::{BoxFuture, Egress, Limits, Sandbox, Scope, SiteView};

/// A new line here is a new power of the component: think before you accept it.
#[test]
fn the_component_imports_exactly_these() {
    let imports = imports(component::WASM);
    insta::assert_snapshot!(imports.join("\n"), @r#"
airlock:atlassian/blobs
airlock:atlassian/egress
airlock:atlassian/host
airlock:atlassian/types
wasi:cli/environment
wasi:cli/exit
wasi:cli/stderr
wasi:cli/stdin
wasi:cli/stdout
wasi:cli/terminal-input
wasi:cli/terminal-output
wasi:cli/terminal-stderr
wasi:cli/terminal-stdin
wasi:cli/terminal-stdout
wasi:io/error
wasi:io/poll
wasi:io/streams
wasi:random/insecure-seed
"#);
}

#[test]
fn the_evil_components_show_that_the_reading_works() {
    let wanted = imports(tests::evil::component("wasi:http/outgoing-handler@0.2.0").wasm);
    assert_eq!(wanted, ["wasi:http/outgoing-handler"]);
    let files = imports(tests::evil::component("evil_files").wasm);
    assert!(
        files.contains(&"wasi:filesystem/types".to_owned()),
        "{files:?}"
    );
}

/// The host decides by the manifest; what the component says when it is asked must be the same.
#[tokio::test]
async fn the_component_and_its_manifest_tell_the_same() {
    let sandbox = Sandbox::load_embedded(Limits::default()).expect("our own component loads");
    let scope = Scope {
        egress: Arc::new(Nowhere),
        principal: "local".to_owned(),
        progress: None,
        cancelled: CancellationToken::new(),
    };
    let tools = sandbox.list_tools(scope).await.expect("a list");
    let told: Vec<Value> = tools
        .iter()
        .map(|tool| {
            json!({
                "name": tool.name,
                "title": tool.title,
                "description": tool.description,
                "inputSchema": serde_json::from_str::<Value>(&tool.input_schema).expect("JSON"),
                "hints": [tool.read_only, tool.destructive, tool.idempotent],
                "toolset": tool.toolset,
                "routes": tool.routes,
            })
        })
        .collect();
    let manifest: Value = serde_json::from_str(component::MANIFEST).expect("JSON");
    let written: Vec<Value> = manifest["tools"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|tool| {
            let hint = |name: &str| tool["annotations"][name].clone();
            json!({
                "name": tool["name"],
                "title": tool["title"],
                "description": tool["description"],
                "inputSchema": tool["inputSchema"],
                "hints": [hint("readOnlyHint"), hint("destructiveHint"), hint("idempotentHint")],
                "toolset": tool["toolset"],
                "routes": tool["routes"],
            })
        })
        .collect();
    assert_eq!(told, written);
}

/// No site, and no way out.
struct Nowhere;

impl Egress for Nowhere {
    fn gather<'a>(&'a self, _: &'a [Ask]) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async { Ok(()) })
    }

    fn sites(&self) -> BoxFuture<'_, Vec<SiteView>> {
        Box::pin(async { Vec::new() })
    }

    fn send(&self, _: Ask) -> BoxFuture<'_, Result<Answer, Failure>> {
        Box::pin(async { Err(Failure::Cancelled) })
    }
}

/// Names of the component's own imports, without versions.
pub(crate) fn imports(wasm: &[u8]) -> Vec<String> {
    let mut names = BTreeSet::new();
    let mut depth = 0_u32;
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        match payload.expect("the component is well-formed") {
            wasmparser::Payload::ModuleSection { .. }
            | wasmparser::Payload::ComponentSection { .. } => depth += 1,
            wasmparser::Payload::End(_) => depth = depth.saturating_sub(1),
            wasmparser::Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let import = import.expect("the component is well-formed");
                    let name = import.name.name;
                    names.insert(name.split('@').next().unwrap_or(name).to_owned());
                }
            }
            _ => {}
        }
    }
    names.into_iter().collect()
}
