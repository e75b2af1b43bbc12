//! Writes the manifest that the guest carries and the schemas that it reads arguments by; what they
//! say is decided by `tools`.

#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a build script runs on the building machine: writing these files is its work"
)]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let manifest = tools::manifest_json();
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    let schemas: Vec<(&str, String)> = tools::list()
        .into_iter()
        .map(|tool| (tool.name, tool.input_schema.to_string()))
        .collect();
    let out = std::path::Path::new(&out);
    std::fs::write(out.join("manifest.json"), &manifest).expect("OUT_DIR is writable");
    std::fs::write(out.join("schemas.rs"), format!("&{schemas:?}")).expect("OUT_DIR is writable");
}
