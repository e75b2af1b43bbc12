//! No secret in anything that the commands write: what they say, what they keep, what their children see, their own face
//! in `/proc`.

#[path = "../../../../tests/src/canary.rs"]
#[expect(
    unreachable_pub,
    reason = "the scanner is a part of another crate, too"
)]
mod canary;

use std::path::Path;
use std::sync::LazyLock;

use canary::{Canary, Hit, Scanner};
use demo_site::Deployment;

use crate::front::{Front, Wants};
use crate::stage::{Stage, UNATTENDED, assert_success, ended, said, write_private};

/// Token, password and client secret of every site.
pub(crate) const SECRET: &str = "CANARY-client-8Vd2Lq9TzK4w";

/// The value of a header for a gateway in front.
pub(crate) const GATE_KEY: &str = "CANARY-gate-3Hn7Yp5XsWm2Rb";

/// In an environment that no child may see.
const OTHER: &str = "CANARY-other-6Tj4Uc8QfEz1Vk";

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| {
    let canary = |name, secret| Canary {
        name,
        secret,
        user: Some("ada@demo.example"),
        pieces: true,
    };
    Scanner::new(&[
        canary("secret", SECRET),
        canary("gate key", GATE_KEY),
        canary("other", OTHER),
    ])
});

/// Neither a secret in any spelling nor a token that the login server gave out.
#[track_caller]
pub(crate) fn assert_clean(bytes: &[u8]) {
    let hits: Vec<Hit> = SCANNER.scan(bytes);
    let text = String::from_utf8_lossy(bytes);
    assert!(hits.is_empty(), "{hits:?} in {text}");
    for (at, _) in text.match_indices("demo-") {
        let rest = &text[at + "demo-".len()..];
        let length = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        assert!(length < 32, "a token of the login server in {text}");
    }
}

/// Every file below `folder`, those of the tests' own aside.
fn assert_files_clean(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_files_clean(&path);
        } else {
            assert_clean(&std::fs::read(&path).unwrap());
        }
    }
}

#[test]
fn the_scan_finds_what_must_not_be_there() {
    for text in [
        SECRET.to_owned(),
        format!("state=demo-{}", "0123456789abcdef".repeat(2)),
        base64::Engine::encode(&base64::prelude::BASE64_STANDARD, GATE_KEY),
    ] {
        let found = std::panic::catch_unwind(|| assert_clean(text.as_bytes()));
        assert!(found.is_err(), "{text}");
    }
}

#[test]
fn no_kind_of_credential_shows_in_what_the_commands_say_or_keep() {
    for deployment in [Deployment::Cloud, Deployment::DataCenter] {
        let stage = Stage::new(deployment);
        for kind in ["token", "client-credentials", "oauth"] {
            match kind {
                "oauth" => {
                    stage.consent();
                    stage.expire();
                }
                "token" => {
                    let options = [&stage.person()[..], UNATTENDED].concat();
                    assert_success(&stage.log_in(&options, SECRET), kind);
                }
                _ => {
                    let options = ["--kind", kind, "--client-id", demo_site::CLIENT_ID];
                    let options = [&options[..], UNATTENDED].concat();
                    assert_success(&stage.log_in(&options, SECRET), kind);
                }
            }
            for arguments in [
                &["status"][..],
                &["status", "--json"],
                &["status", "--offline"],
                &["doctor"],
                &["doctor", "--json", "--as-client"],
                &["policy", "report"],
                &["call", "jira_get_issue", r#"{"issue_key":"PROJ-1"}"#],
            ] {
                let output = stage.run(arguments);
                assert!(!said(&output).is_empty(), "{arguments:?}");
            }
            assert_files_clean(stage.home.path());
            assert_success(&stage.run(&["logout", "demo", "--yes"]), kind);
            assert_files_clean(stage.home.path());
        }
    }
}

/// What stands in for 1Password writes down all that it can see.
#[test]
fn children_and_proc_see_no_secret_but_their_own() {
    let stage = Stage::new(Deployment::Cloud);
    let front = Front::start(&stage, Wants::Header);
    let seen = stage.home.path().join("seen");
    let programs = stage.home.path().join("bin");
    write_private(
        &programs.join("op"),
        "#!/bin/sh\n\
         { env; cat /proc/$$/environ /proc/$$/cmdline /proc/$PPID/cmdline; echo; ls -ln /proc/$PPID/environ; } >> \"$HOME/seen\"\n\
         case $3 in */gate) cat \"$HOME/.kept/gate\";; *) cat \"$HOME/.kept/token\";; esac\n",
        0o700,
    );
    write_private(&stage.home.path().join(".kept/gate"), GATE_KEY, 0o600);
    write_private(&stage.home.path().join(".kept/token"), SECRET, 0o600);
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let command = |arguments: &[&str]| {
        let mut command = stage.command(arguments);
        command
            .env("PATH", &path)
            .env("SITE_TOKEN", OTHER)
            .env("OP_SESSION", "the child's own");
        command
    };
    let person = stage.person();
    let (url, ca_file) = (front.url(), front.ca_file());
    let login = [
        &["login", &url][..],
        &person,
        &[
            "--token-ref",
            "op://Team/jira/token",
            "--yes",
            "--name",
            "demo",
        ],
        &[
            "--ca-file",
            &ca_file,
            "--header",
            "X-Gateway-Key=op://Team/jira/gate",
        ],
    ]
    .concat();
    assert_success(&ended(command(&login)), "login");
    let second = [
        &["login", &stage.site.ready().jira][..],
        &person,
        &["--token-ref", "env:SITE_TOKEN", "--name", "other"],
    ]
    .concat();
    // It is the token of nobody, and no message repeats it.
    assert_eq!(ended(command(&second)).status.code(), Some(2));
    for arguments in [
        &["status"][..],
        &["doctor", "--as-client"],
        &[
            "call",
            "jira_get_issue",
            r#"{"issue_key":"PROJ-1","site":"demo"}"#,
        ],
    ] {
        ended(command(arguments));
    }
    let seen = std::fs::read(&seen).unwrap();
    assert!(String::from_utf8_lossy(&seen).contains("OP_SESSION"));
    assert!(!String::from_utf8_lossy(&seen).contains("SITE_TOKEN"));
    assert_clean(&seen);
    // The face of the program itself belongs to root, so that no other process of the user reads it.
    let listed = String::from_utf8_lossy(&seen).into_owned();
    let owners = listed.lines().filter(|line| line.ends_with("/environ"));
    for line in owners {
        assert!(
            line.starts_with("-r--------") && line.split_whitespace().nth(2) == Some("0"),
            "{line}"
        );
    }
    assert_files_clean(&stage.config_dir());
}
