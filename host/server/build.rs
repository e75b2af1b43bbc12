//! Builds the tool component, compiles it ahead of time with the host's own engine settings and
//! leaves both in `OUT_DIR` for embedding, with the manifest that the component carries. It never
//! runs the component.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the bans are for the program; a build script talks to cargo by variables, commands and prints"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

#[path = "src/sandbox/engine_settings.rs"]
mod engine_settings;
#[path = "build/nested_cargo.rs"]
mod nested_cargo;

const GUEST_TARGET: &str = "wasm32-wasip2";
const MANIFEST_SECTION: &str = "airlock:manifest";

fn main() -> Result<()> {
    for input in [
        "../../component",
        "../../wit",
        "src/sandbox/engine_settings.rs",
        "build.rs",
        "build/nested_cargo.rs",
    ] {
        println!("cargo::rerun-if-changed={input}");
    }
    require_target();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let wasm = fs::read(build_guest(&out)?)?;
    let manifest = manifest(&wasm)?;
    let digest: String = Sha256::digest(&wasm)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let target = env::var("TARGET")?;
    let settings = engine_settings::engine_settings(Some(&target))?;
    let compiled = wasmtime::Engine::new(&settings)?.precompile_component(&wasm)?;
    fs::write(out.join("tools.wasm"), &wasm)?;
    fs::write(out.join("tools.cwasm"), compiled)?;
    let read: serde_json::Value = serde_json::from_slice(&manifest)?;
    let instructions = read["instructions"]
        .as_str()
        .context("the manifest has no instructions")?;
    fs::write(out.join("instructions.txt"), instructions)?;
    fs::write(out.join("manifest.json"), &manifest)?;
    println!("cargo::rustc-env=AIRLOCK_TOOLS_SHA256={digest}");
    Ok(())
}

/// Says in one line what is missing, before a page of errors from the standard library's absence.
fn require_target() {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let directory = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", GUEST_TARGET])
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    if !directory.is_ok_and(|directory| Path::new(&directory).is_dir()) {
        eprintln!(
            "the target for the tool component is not installed; run: rustup target add {GUEST_TARGET}"
        );
        exit(1);
    }
}

/// Returns the path of the built component.
fn build_guest(out: &Path) -> Result<PathBuf> {
    // Beside the profiles' own folders, so that a new hash of this script does not build it anew.
    let target_dir = out
        .ancestors()
        .nth(4)
        .context("OUT_DIR is not below a target directory")?
        .join("guest");
    let mut cargo = Command::new(env::var("CARGO")?);
    cargo
        .args([
            "build",
            "--package",
            "guest",
            "--profile",
            "guest",
            "--target",
            GUEST_TARGET,
        ])
        .arg("--manifest-path")
        .arg(Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../Cargo.toml"))
        .arg("--target-dir")
        .arg(&target_dir);
    nested_cargo::forget_outer_build(&mut cargo);
    let status = cargo
        .status()
        .context("cargo could not be started for the tool component")?;
    ensure!(
        status.success(),
        "the tool component did not build, see above"
    );
    Ok(target_dir
        .join(GUEST_TARGET)
        .join("guest")
        .join("guest.wasm"))
}

/// The tool list that the component was built with, read without running it.
fn manifest(wasm: &[u8]) -> Result<Vec<u8>> {
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::CustomSection(section) = payload?
            && section.name() == MANIFEST_SECTION
        {
            return Ok(section.data().to_vec());
        }
    }
    anyhow::bail!("the tool component has no custom section `{MANIFEST_SECTION}`")
}
