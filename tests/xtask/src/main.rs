//! What `cargo test` does not do by itself: `cargo xtask COMMAND`.

mod bench;

use std::process::{Command, ExitCode};

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("bench") => bench::run(arguments).map(|()| ExitCode::SUCCESS),
        Some("mutants") => mutants(),
        other => {
            anyhow::bail!(
                "no command `{}`; there is:\n  bench      measure start, memory and calls; --peer NAME=COMMAND beside another server\n  mutants    switch known-bad gateways on and see that the hostile cases catch each",
                other.unwrap_or_default()
            )
        }
    }
}

/// Builds the integration tests with the switchable known-bad gateways and runs the one test that
/// switches them; alone, because a switch holds for the whole process.
fn mutants() -> anyhow::Result<ExitCode> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "test",
            "--package",
            "tests",
            "--features",
            "mutants",
            "--test",
            "it",
            "--",
        ])
        .args([
            "--exact",
            "hostile::mutants::known_bad_gateways_are_caught",
            "--nocapture",
        ])
        .status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
