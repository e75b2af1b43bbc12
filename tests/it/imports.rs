//! What the shipped component may import, read from its binary.

use std::collections::BTreeSet;

use server::component;

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

/// Names of the component's own imports, without versions.
fn imports(wasm: &[u8]) -> Vec<String> {
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
