//! `setup` and `doctor` with the real program in a home of their own; clients' own commands are small scripts.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the test starts the program")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use demo_site::{Deployment, Options};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mcp-airlock");

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    fn read(&self, below: &str) -> String {
        fs::read_to_string(self.path(below)).unwrap_or_default()
    }

    /// A client's own command, found by its name.
    fn install(&self, name: &str, script: &str) {
        fs::create_dir_all(self.path("bin")).unwrap();
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
        let output = Command::new(PROGRAM)
            .args(arguments)
            .env_clear()
            .env("HOME", self.0.path())
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", self.path("bin").display()),
            )
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let text = [&output.stdout[..], &output.stderr[..]].concat();
        let text =
            String::from_utf8_lossy(&text).replace(&self.0.path().display().to_string(), "HOME");
        (output.status.code().unwrap(), text)
    }
}

fn entry_of(text: &str) -> serde_json::Value {
    let file: serde_json::Value = serde_json::from_str(text).unwrap();
    file["mcpServers"]["atlassian"].clone()
}

#[test]
fn a_clients_own_command_is_asked_first_and_believed_when_it_did_the_work() {
    let home = Home::new();
    let file = home.path(".codex/config.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    home.install(
        "codex",
        &format!(
            "echo \"$@\" >> {home}/asked\nprintf '[mcp_servers.%s]\\ncommand = \"%s\"\\nargs = [\"%s\"]\\n' \"$3\" \"$5\" \"$6\" > {file}",
            home = home.0.path().display(),
            file = file.display()
        ),
    );
    let (code, said) = home.run(&["setup", "codex"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("done by `codex`"), "{said}");
    assert_eq!(
        home.read("asked"),
        format!("mcp add atlassian -- {PROGRAM} serve\n")
    );
    assert!(!home.path(".codex/config.toml.before-mcp-airlock").exists());
    // Again: nothing to do, so nobody is asked.
    assert_eq!(home.run(&["setup", "codex"]).0, 0);
    assert_eq!(home.read("asked").lines().count(), 1);
}

#[test]
fn where_it_fails_or_does_nothing_the_file_is_changed() {
    for script in ["exit 3", "true", "echo 'canary' >&2; exit 1"] {
        let home = Home::new();
        home.install("claude", script);
        fs::write(home.path(".claude.json"), "{\"numStartups\": 4}").unwrap();
        let (code, said) = home.run(&["setup", "claude-code"]);
        assert_eq!(code, 0, "{said}");
        let entry = entry_of(&home.read(".claude.json"));
        assert_eq!(entry["command"], PROGRAM);
        assert_eq!(entry["type"], "stdio");
        assert_eq!(
            home.read(".claude.json.before-mcp-airlock"),
            "{\"numStartups\": 4}"
        );
        let (code, said) = home.run(&["setup", "claude-code", "--remove"]);
        assert_eq!(code, 0, "{said}");
        assert!(entry_of(&home.read(".claude.json")).is_null());
    }
}

#[test]
fn a_dry_run_shows_the_difference_and_touches_nothing() {
    let home = Home::new();
    home.install(
        "gemini",
        &format!("touch {}/asked", home.0.path().display()),
    );
    let (code, said) = home.run(&[
        "setup",
        "gemini",
        "zed",
        "goose",
        "--dry-run",
        "--config-dir",
        "/somewhere",
    ]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("+++ HOME/.gemini/settings.json")
            && said.contains("\"--config-dir\", \"/somewhere\""),
        "{said}"
    );
    for file in ["asked", ".gemini", ".config/zed", ".config/goose"] {
        assert!(!home.path(file).exists(), "{file}");
    }
}

#[test]
fn an_unknown_client_lists_the_known_ones_and_a_bad_file_spoils_only_itself() {
    let home = Home::new();
    let (code, said) = home.run(&["setup", "emacs"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("known are: claude-code, claude-desktop"),
        "{said}"
    );
    fs::create_dir_all(home.path(".cursor")).unwrap();
    fs::write(home.path(".cursor/mcp.json"), "{ not json").unwrap();
    let (code, said) = home.run(&["setup", "cursor", "kiro"]);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("is not JSON") && said.contains("Put this in by hand"),
        "{said}"
    );
    assert_eq!(home.read(".cursor/mcp.json"), "{ not json");
    assert_eq!(
        entry_of(&home.read(".kiro/settings/mcp.json"))["command"],
        PROGRAM
    );
}

#[test]
fn doctor_tells_what_only_a_client_runs_into() {
    let mut options = Options::new(Deployment::Cloud);
    options.token = Some("CANARY-token-3Kd8Zq".to_owned());
    let site = demo_site::spawn(options).unwrap();
    let ready = site.ready();
    let home = Home::new();
    let token = [("MY_TOKEN", ready.token.as_str())];
    let user = ready.user.as_deref().unwrap();
    let login = [
        "login",
        &ready.jira,
        "--user",
        user,
        "--token-ref",
        "env:MY_TOKEN",
        "--yes",
    ];
    let (code, said) = home.run_with(&login, &token);
    assert_eq!(code, 0, "{said}");
    let (code, said) = home.run_with(&["doctor"], &token);
    assert_eq!(code, 0, "{said}");
    let (code, seen) = home.run_with(&["doctor", "--as-client"], &token);
    assert_eq!(code, 1, "{seen}");
    assert!(seen.contains("only as a client starts it: credentials.toml line 3: the environment variable `MY_TOKEN` is not set"), "{seen}");
    assert!(!said.contains("CANARY") && !seen.contains("CANARY"));

    let file = home.path("token");
    fs::write(&file, &ready.token).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let reference = format!("file:{}", file.display());
    let login = [
        "login",
        &ready.jira,
        "--user",
        user,
        "--token-ref",
        &reference,
        "--yes",
    ];
    let (code, said) = home.run(&login);
    assert_eq!(code, 0, "{said}");
    let (code, said) = home.run(&["doctor", "--as-client"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("as a client starts it: the same"), "{said}");
}

#[test]
fn the_program_names_itself_by_an_absolute_path() {
    assert!(Path::new(PROGRAM).is_absolute());
    let home = Home::new();
    let (_, said) = home.run(&["setup", "--list"]);
    for client in [
        "claude-code",
        "cursor",
        "vscode",
        "codex",
        "zed",
        "goose",
        "kiro",
    ] {
        assert!(said.contains(client), "{said}");
    }
}
