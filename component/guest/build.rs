//! Writes the manifest that the guest carries; what it says is decided by `tools`.

#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a build script runs on the building machine: writing the manifest is its work"
)]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let manifest = tools::manifest_json();
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    std::fs::write(std::path::Path::new(&out).join("manifest.json"), &manifest)
        .expect("OUT_DIR is writable");
}
