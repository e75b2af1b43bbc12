//! What `cargo test` does not do by itself: `cargo xtask COMMAND`.

mod bench;
mod report_look;

use std::io::Write as _;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context as _;

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("bench") => bench::run(arguments).map(|()| ExitCode::SUCCESS),
        Some("canary") => canary(arguments.next()),
        Some("container") => script("container.py"),
        Some("edge") => xtask::edge::run(arguments, &target()?).map(|()| ExitCode::SUCCESS),
        Some("edge-load") => script("edge/load.py"),
        Some("edge-runs") => script("edge/runs.py"),
        Some("identities") => identities(),
        Some("mutants") => mutants(),
        Some("report-look") => report_look::run(&program()?, &target()?.join("report-look"))
            .map(|()| ExitCode::SUCCESS),
        other => {
            anyhow::bail!(
                "no command `{}`; there is:\n  bench        measure start, memory and calls; --peer NAME=COMMAND beside another server\n  canary       make 10,000 calls, or CALLS, and search all that is written for the secret\n  container    run the program as the container's files say, in a read-only root as another user; needs root\n  edge         put the component for edge runtimes together, from a policy file\n  edge-load    load one and two hosts with it, and write the page on capacity\n  edge-runs    run it in wasmtime, wash and jco, as far as they can be installed\n  identities   64 people with 200 calls each, and whether each was answered as themselves\n  mutants      switch known-bad gateways on and see that the hostile cases catch each\n  report-look  look at the report of a policy with Chromium, and leave pictures of it",
                other.unwrap_or_default()
            )
        }
    }
}

/// Runs the search for the secret over as many calls as it takes to believe it.
fn canary(calls: Option<String>) -> anyhow::Result<ExitCode> {
    let calls: NonZero<usize> = calls
        .as_deref()
        .unwrap_or("10000")
        .parse()
        .context("how many calls to make is a number above 0")?;
    let test = "canary::nothing_that_the_program_writes_holds_a_secret";
    at_length(test, ("CANARY_CALLS", calls.to_string()))
}

/// As many calls as it takes to see that nobody is ever answered as somebody else.
fn identities() -> anyhow::Result<ExitCode> {
    let test = "hostile::users::everybody_hears_their_own_name";
    at_length(test, ("IDENTITY_CALLS", "200".to_owned()))
}

/// One of the integration tests, which does by itself only a little of what it could.
fn at_length(test: &str, (variable, value): (&str, String)) -> anyhow::Result<ExitCode> {
    let status = cargo()
        .args(["test", "--workspace", "--test", "it", "--", "--exact", test])
        .env(variable, value)
        .status()?;
    Ok(ended(status))
}

/// The program in surroundings that are easier to arrange from a script: other runtimes than ours, from the registries of
/// Python and Node, or a container's.
fn script(name: &str) -> anyhow::Result<ExitCode> {
    program()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name);
    // `-B`: no folder of compiled scripts in the source tree.
    let status = Command::new("python3").arg("-B").arg(script).status()?;
    Ok(ended(status))
}

/// Nothing listens there: what a client sends by way of it fails.
const NO_PROXY_HERE: &str = "http://127.0.0.1:9";

/// Builds the integration tests with the switchable known-bad gateways and runs the one test that
/// switches them; alone, because a switch holds for the whole process, and with a proxy in the
/// environment, which every gateway but one has to pass over.
fn mutants() -> anyhow::Result<ExitCode> {
    // The whole workspace, as the other tests: a build of one package turns on fewer features of
    // what it depends on, and would compile the code generator a second time.
    let test = [
        "test",
        "--workspace",
        "--features",
        "tests/mutants",
        "--test",
        "it",
    ];
    // The program has them too, for the cases that come in over HTTP.
    let program = [
        "build",
        "--workspace",
        "--features",
        "tests/mutants",
        "--bin",
        "mcp-airlock",
    ];
    for built in [
        cargo().args(program).status()?,
        cargo().args(test).arg("--no-run").status()?,
    ] {
        if !built.success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    let status = cargo()
        .args(test)
        .args(["--", "--exact", "--nocapture"])
        .arg("hostile::mutants::known_bad_gateways_are_caught")
        .env("AIRLOCK_BINARY", target()?.join("debug/mcp-airlock"))
        .env("HTTP_PROXY", NO_PROXY_HERE)
        .env("HTTPS_PROXY", NO_PROXY_HERE)
        .env("http_proxy", NO_PROXY_HERE)
        .env("https_proxy", NO_PROXY_HERE)
        .status()?;
    Ok(ended(status))
}

/// The program as it is shipped, built where `AIRLOCK_BINARY` does not name one.
fn program() -> anyhow::Result<PathBuf> {
    if let Some(ready) = std::env::var_os("AIRLOCK_BINARY") {
        return Ok(ready.into());
    }
    let built = cargo()
        .args(["build", "--release", "--locked", "--package", "server"])
        .status()?;
    anyhow::ensure!(built.success(), "the program did not build");
    Ok(target()?.join("release/mcp-airlock"))
}

/// Where cargo puts what it builds, as a path that holds from anywhere.
fn target() -> anyhow::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let chosen =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    Ok(root.canonicalize()?.join(chosen))
}

fn ended(status: std::process::ExitStatus) -> ExitCode {
    if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}

/// The cargo that runs this.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
