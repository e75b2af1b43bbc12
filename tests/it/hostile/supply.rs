//! What is loaded and built: components that want too much, dependencies that do not belong, and
//! the policy file of the cases itself.

use std::process::Command;

use policy::{Policy, Surroundings, check};
use tests::world::{manifest, policy_text};

use super::Case;
use super::guest;
use super::verdict::Ended;
use crate::program::{bare, home, output};

pub(crate) fn run(case: &Case) -> Ended {
    if let Some(import) = case.input["component_imports"][0].as_str() {
        return guest::refused(&format!("{import}@0.2.0"), import);
    }
    match case.input["scenario"].as_str().unwrap_or_default() {
        scenario
            if scenario.starts_with("component") || scenario.starts_with("older component") =>
        {
            no_other_component(scenario)
        }
        "dependency outside deny.toml sources" => deny(),
        "Cargo.lock not committed or not --locked" => locked(),
        other => Ended::Failed(format!("no scenario {other}")),
    }
}

/// Whatever its bytes or its signature: there is no way to name another component than the one
/// that the program was built with.
fn no_other_component(scenario: &str) -> Ended {
    let home = home();
    let file = home.path().join("tools.wasm");
    let mut bytes = server::component::WASM.to_vec();
    if let (true, Some(last)) = (scenario.contains("one bit"), bytes.last_mut()) {
        *last ^= 1;
    }
    std::fs::write(&file, bytes).expect("the machine has room for a file");
    let file = file.display().to_string();
    let mut problems = Vec::new();
    for arguments in [
        &["serve", "--component", &file][..],
        &["call", "--component", &file, "atlassian_sites", "{}"],
        &["serve", &file],
    ] {
        let out = output(bare(home.path(), arguments));
        if out.status.success() || !out.stdout.is_empty() {
            problems.push(format!("{arguments:?} is accepted"));
        }
    }
    Ended::of(problems)
}

/// The policy of the cases is a policy that has nothing to be said about.
pub(crate) fn run_policy(_: &Case) -> Ended {
    let policy = match Policy::parse(&policy_text("/etc/authority.pem"), "policy.toml") {
        Ok(policy) => policy,
        Err(error) => return Ended::Failed(error.to_string()),
    };
    let manifest = manifest();
    let around = Surroundings {
        manifest: Some(&manifest),
        ..Surroundings::default()
    };
    let findings = check(&policy, &around);
    if findings.list.is_empty() {
        Ended::Held
    } else {
        Ended::Failed(format!("{:?}", findings.list))
    }
}

fn deny() -> Ended {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let ran = Command::new("cargo")
        .args(["deny", "--offline", "check", "bans", "licenses", "sources"])
        .current_dir(root)
        .output();
    match ran {
        Ok(output) if output.status.success() => Ended::Held,
        Ok(output) => {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            if words.contains("no such command") {
                Ended::Lacking("cargo-deny is not installed")
            } else if words.contains("failed to download") {
                Ended::Lacking("crates for other systems are not on this machine")
            } else {
                Ended::Failed(words)
            }
        }
        Err(error) => Ended::Failed(error.to_string()),
    }
}

fn locked() -> Ended {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let ran = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--quiet"])
        .current_dir(root)
        .output();
    match ran {
        Ok(output) if output.status.success() => Ended::Held,
        Ok(output) => Ended::Failed(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Ended::Failed(error.to_string()),
    }
}
