//! Builds the three parts, each by a cargo of its own: what one needs must not turn on features of another, least of all
//! of the tool component, which shall be the very bytes that the native server runs.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

#[path = "../../../../host/server/build/nested_cargo.rs"]
mod nested_cargo;

/// Where the broker finds settings and tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    Environment,
    WasiConfig,
    SpinVariables,
}

impl Flavour {
    pub(super) fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "environment" => Self::Environment,
            "wasi-config" => Self::WasiConfig,
            "spin-variables" => Self::SpinVariables,
            other => bail!(
                "there is no flavour `{other}`; there are environment, wasi-config, spin-variables"
            ),
        })
    }

    const fn feature(self) -> Option<&'static str> {
        match self {
            Self::Environment => None,
            Self::WasiConfig => Some("wasi-config"),
            Self::SpinVariables => Some("spin-variables"),
        }
    }
}

pub fn broker(target: &Path, flavour: Flavour) -> Result<Vec<u8>> {
    build(target, "broker", "edge", flavour.feature())
}

pub fn shell(target: &Path) -> Result<Vec<u8>> {
    build(target, "shell", "edge", None)
}

/// The tool component, as the server's build script builds it.
pub fn guest(target: &Path) -> Result<Vec<u8>> {
    build(target, "guest", "guest", None)
}

fn build(target: &Path, package: &str, profile: &str, feature: Option<&str>) -> Result<Vec<u8>> {
    let target = target.join("guest");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--quiet", "--package", package])
        .args(["--profile", profile, "--target", "wasm32-wasip2"])
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml"))
        .arg("--target-dir")
        .arg(&target);
    if let Some(feature) = feature {
        cargo.args(["--features", feature]);
    }
    nested_cargo::forget_outer_build(&mut cargo);
    let status = cargo.status().context("cargo could not be started")?;
    ensure!(status.success(), "{package} did not build, see above");
    let file = target.join(format!("wasm32-wasip2/{profile}/{package}.wasm"));
    fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}
