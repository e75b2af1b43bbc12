//! What is loaded and built: components that want too much, dependencies that do not belong, and
//! the policy file of the cases itself.

use std::process::Command;

use policy::{Policy, check};
use tests::world::{manifest, policy_text};

use super::Case;
use super::guest;
use super::verdict::Ended;

pub(crate) fn run(case: &Case) -> Ended {
    if let Some(import) = case.input["component_imports"][0].as_str() {
        return guest::refused(&format!("{import}@0.2.0"), import);
    }
    match case.input["scenario"].as_str().unwrap_or_default() {
        scenario
            if scenario.starts_with("component") || scenario.starts_with("older component") =>
        {
            Ended::Later("only the built-in component runs")
        }
        "dependency outside deny.toml sources" => deny(),
        "Cargo.lock not committed or not --locked" => locked(),
        other => Ended::Failed(format!("no scenario {other}")),
    }
}

/// The policy of the cases is a policy that has nothing to be said about.
pub(crate) fn run_policy(_: &Case) -> Ended {
    let policy = match Policy::parse(&policy_text("/etc/authority.pem"), "policy.toml") {
        Ok(policy) => policy,
        Err(error) => return Ended::Failed(error.to_string()),
    };
    let findings = check(&policy, Some(&manifest()));
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
