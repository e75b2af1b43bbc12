//! What a child sees and what becomes of it, with small shell scripts in the place of other people's programs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use super::*;

const SOON: Duration = Duration::from_secs(10);

/// A folder with one program in it.
fn program(script: &str) -> (tempfile::TempDir, Invocation) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fake");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
    let invocation = Invocation {
        program: path.display().to_string(),
        arguments: vec![],
        variables: &[&["OP_"]],
    };
    (folder, invocation)
}

fn variables(pairs: &[(&str, &str)]) -> Variables {
    Variables::new(
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    )
}

async fn run(script: &str) -> Result<String, ProgramError> {
    let (_folder, invocation) = program(script);
    let path = variables(&[("PATH", "/usr/bin:/bin")]);
    let output = output(&invocation, &path, SOON).await?;
    Ok(String::from_utf8_lossy(&output).into_owned())
}

#[tokio::test]
async fn arguments_reach_the_program_as_they_are() {
    let (_folder, mut invocation) = program(r#"printf '%s|' "$@""#);
    invocation.arguments = ["$(id)", "; id", "a b", "*", "`id`"]
        .map(str::to_owned)
        .to_vec();
    let said = output(&invocation, &Variables::default(), SOON)
        .await
        .unwrap();
    assert_eq!(*said, b"$(id)|; id|a b|*|`id`|");
}

#[tokio::test]
async fn standard_input_is_at_its_end() {
    assert_eq!(run("cat; echo end").await.unwrap(), "end\n");
}

#[tokio::test]
async fn a_child_sees_the_variables_it_needs_and_no_other() {
    let (_folder, invocation) = program("/usr/bin/env");
    let variables = variables(&[
        ("HOME", "/home/me"),
        ("PATH", "/usr/bin:/bin"),
        ("OP_SERVICE_ACCOUNT_TOKEN", "for-op"),
        ("JIRA_API_TOKEN", "canary"),
        ("OPENAI_KEY", "canary"),
        ("BWS_ACCESS_TOKEN", "canary"),
        ("LD_PRELOAD", "canary"),
    ]);
    let seen = output(&invocation, &variables, SOON).await.unwrap();
    let seen = String::from_utf8_lossy(&seen);
    let mut names: Vec<_> = seen
        .lines()
        .filter_map(|line| line.split_once('=').map(|(name, _)| name))
        .filter(|name| !matches!(*name, "PWD" | "SHLVL" | "_" | "OLDPWD"))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["HOME", "OP_SERVICE_ACCOUNT_TOKEN", "PATH"]);
    assert!(!seen.contains("canary"));
}

#[tokio::test]
async fn a_slow_program_ends_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("late");
    let (_program, invocation) =
        program(&format!("(sleep 2; touch {}) & sleep 60", mark.display()));
    let path = variables(&[("PATH", "/usr/bin:/bin")]);
    let started = Instant::now();
    let ended = output(&invocation, &path, Duration::from_millis(300)).await;
    assert!(matches!(ended, Err(ProgramError::TooSlow { .. })));
    assert!(started.elapsed() < SOON);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(!mark.exists(), "a grandchild went on");
}

#[tokio::test]
async fn an_endless_output_is_cut() {
    let ended = run("while :; do echo 0123456789012345678901234567890123456789; done").await;
    assert!(matches!(ended, Err(ProgramError::TooMuch(_))), "{ended:?}");
}

#[tokio::test]
async fn a_failure_is_told_without_what_could_be_a_token() {
    let said = run("echo out-canary; echo '[ERROR] no item ATATT3xFfGF0canarycanarycanary in vault' >&2; exit 3")
        .await
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("(exit status: 3): [ERROR] no item **** in vault;"),
        "{said}"
    );
    assert!(!said.contains("canary"), "{said}");
}

#[test]
fn programs_are_looked_up_in_absolute_folders_alone() {
    let (folder, invocation) = program("true");
    let here = folder.path().display().to_string();
    assert_eq!(
        find("fake", &here),
        Some(PathBuf::from(&invocation.program))
    );
    assert_eq!(
        find(&invocation.program, ""),
        Some(PathBuf::from(&invocation.program))
    );
    for (name, search) in [
        ("fake", ""),
        ("fake", "."),
        ("fake", "bin::relative"),
        ("./fake", here.as_str()),
        ("sub/fake", here.as_str()),
        ("other", here.as_str()),
    ] {
        assert_eq!(find(name, search), None, "{name} in {search:?}");
    }
    fs::set_permissions(&invocation.program, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(find("fake", &here), None);
}
