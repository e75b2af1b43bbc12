//! Builds the evil components and compiles them ahead of time with the server's own engine
//! settings, so that the tests run them on a server without a compiler in it. Writes
//! `OUT_DIR/evil.rs`, a table of name, component and compiled code.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use wasm_encoder::{ComponentSection, InstanceSection, ModuleArg, RawSection};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

#[path = "../host/server/src/sandbox/engine_settings.rs"]
mod engine_settings;
#[path = "../host/server/build/nested_cargo.rs"]
mod nested_cargo;

#[path = "evil/cores.rs"]
mod cores;

fn main() -> Result<()> {
    for input in [
        "evil/src",
        "evil/Cargo.toml",
        "evil/cores.rs",
        "../wit",
        "../host/server/src/sandbox/engine_settings.rs",
        "../host/server/build/nested_cargo.rs",
        "build.rs",
    ] {
        println!("cargo::rerun-if-changed={input}");
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let settings = engine_settings::engine_settings(Some(&env::var("TARGET")?))?;
    let engine = wasmtime::Engine::new(&settings)?;

    let mut components = vec![
        ("evil".to_owned(), build_guest(&out, &[])?),
        ("evil_files".to_owned(), build_guest(&out, &["files"])?),
    ];
    let wit = Wit::read()?;
    for core in cores::CORES {
        let component = wit.component(&core.text()).with_context(|| core.name)?;
        components.push((core.name.to_owned(), component));
    }
    let honest = wit.component(&cores::CORES[0].text())?;
    for (name, module, count) in cores::CROWDS {
        components.push(((*name).to_owned(), crowd(&honest, module, *count)?));
    }
    for wish in cores::WISHES {
        let text = format!(r#"(component (import "{wish}" (instance)))"#);
        components.push(((*wish).to_owned(), wat::parse_str(text)?));
    }

    let mut table = String::from("&[\n");
    for (index, (name, wasm)) in components.iter().enumerate() {
        let compiled = engine
            .precompile_component(wasm)
            .map_err(|error| anyhow::anyhow!("{name}: {error:#}"))?;
        fs::write(out.join(format!("{index}.wasm")), wasm)?;
        fs::write(out.join(format!("{index}.cwasm")), compiled)?;
        writeln!(
            table,
            "Component {{ name: {name:?}, wasm: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{index}.wasm\")), \
             compiled: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{index}.cwasm\")) }},"
        )?;
    }
    table.push(']');
    fs::write(out.join("evil.rs"), table)?;
    Ok(())
}

fn build_guest(out: &Path, features: &[&str]) -> Result<Vec<u8>> {
    let suffix = if features.is_empty() {
        "evil"
    } else {
        "evil-files"
    };
    // Beside the profiles' own folders, so that a new hash of this script does not build it anew.
    let target_dir = out
        .ancestors()
        .nth(4)
        .context("OUT_DIR is not below a target directory")?
        .join(suffix);
    let mut cargo = Command::new(env::var("CARGO")?);
    cargo
        .args([
            "build",
            "--quiet",
            "--locked",
            "--release",
            "--target",
            "wasm32-wasip2",
        ])
        .args([
            "--manifest-path",
            "evil/Cargo.toml",
            "--features",
            &features.join(","),
        ])
        .arg("--target-dir")
        .arg(&target_dir);
    nested_cargo::forget_outer_build(&mut cargo);
    let status = cargo
        .status()
        .context("cargo could not be started for the evil guest")?;
    ensure!(status.success(), "the evil guest did not build, see above");
    Ok(fs::read(
        target_dir.join("wasm32-wasip2/release/evil.wasm"),
    )?)
}

/// The interface, for making components of hand-written modules.
struct Wit {
    resolve: Resolve,
    world: wit_parser::WorldId,
}

impl Wit {
    fn read() -> Result<Wit> {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir("../wit")?;
        let world = resolve.select_world(&[package], Some("tools"))?;
        Ok(Wit { resolve, world })
    }

    fn component(&self, core: &str) -> Result<Vec<u8>> {
        let mut module = wat::parse_str(core)?;
        wit_component::embed_component_metadata(
            &mut module,
            &self.resolve,
            self.world,
            StringEncoding::UTF8,
        )?;
        ComponentEncoder::default()
            .module(&module)?
            .validate(true)
            .encode()
    }
}

/// `component` with `count` instances of another module added. A component's sections may be
/// appended to: what stands before keeps its numbers.
fn crowd(component: &[u8], module: &str, count: u32) -> Result<Vec<u8>> {
    let mut modules = 0;
    for payload in wasmparser::Parser::new(0).parse_all(component) {
        if matches!(payload?, wasmparser::Payload::ModuleSection { .. }) {
            modules += 1;
        }
    }
    let mut whole = component.to_vec();
    RawSection {
        id: wasm_encoder::ComponentSectionId::CoreModule.into(),
        data: &wat::parse_str(module)?,
    }
    .append_to_component(&mut whole);
    let mut instances = InstanceSection::new();
    for _ in 0..count {
        instances.instantiate(modules, std::iter::empty::<(&str, ModuleArg)>());
    }
    instances.append_to_component(&mut whole);
    wasmparser::Validator::new().validate_all(&whole)?;
    Ok(whole)
}
