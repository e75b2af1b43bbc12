//! `config check` says what a start would say, and says it before anything listens.

use demo_site::Deployment;

use crate::program::{Stage, TOKEN, output};

fn stage(credentials: &str) -> Stage {
    let stage = Stage::new(Deployment::Cloud);
    let folder = stage.config_dir();
    std::fs::create_dir_all(&folder).expect("room for a folder");
    let policy = format!(
        "version = 1\n[site.acme]\norigin = \"{}\"\ndeployment = \"cloud\"\nproducts = [\"jira\", \"confluence\"]\n\
         [[rule]]\nid = \"read\"\nsite = \"acme\"\nclasses = [\"read\"]\n",
        stage.ready().jira
    );
    for (name, text) in [
        ("policy.toml", policy.as_str()),
        ("credentials.toml", credentials),
    ] {
        std::fs::write(folder.join(name), text).expect("room for a file");
    }
    stage
}

/// What it says, with what differs from run to run taken out.
fn check(stage: &Stage, arguments: &[&str]) -> (i32, String) {
    let mut command = crate::program::bare(
        stage.home.path(),
        &[&["config", "check"], arguments].concat(),
    );
    command.env("ALICE", "canary-of-alice");
    let ended = output(command);
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.stdout.is_empty(), "{said}");
    assert!(!said.contains("canary") && !said.contains(TOKEN), "{said}");
    let said = said
        .replace(&stage.ready().jira, "http://demo")
        .replace(&stage.home.path().display().to_string(), "HOME");
    (ended.status.code().unwrap_or(-1), said)
}

const ALICE: &str = "[principal.alice.site.acme]\nkind = \"bearer\"\nsecret = \"env:ALICE\"\n";

#[test]
fn a_good_configuration_is_told_and_nothing_is_asked_or_opened() {
    let stage = stage(ALICE);
    stage.key(&["add", "--name", "alice"]);
    let proxied = [
        "--http",
        "0.0.0.0:8723",
        "--behind-proxy",
        "10.0.0.5/32",
        "--allow-host",
        "mcp.example.com",
        "--trust-header",
        "X-Forwarded-User",
        "--operations",
        "127.0.0.1:9464",
    ];
    // Somebody else has the port: a check has no use for it.
    let _taken = std::net::TcpListener::bind("0.0.0.0:8723");
    let (status, said) = check(&stage, &proxied);
    assert_eq!(status, 0, "{said}");
    insta::assert_snapshot!(said);
    assert!(stage.site.requests().is_empty(), "the site was asked");
    assert_eq!(stage.audit(), "");
}

#[test]
fn what_would_stop_a_start_is_told_with_status_2() {
    let own = "[site.acme]\nkind = \"bearer\"\nsecret = ";
    for (credentials, arguments, reason) in [
        (ALICE, &["--http", "127.0.0.1:0"][..], "there is no key"),
        (
            ALICE,
            &["--http", "0.0.0.0:0", "--trust-header", "x-user"],
            "--behind-proxy",
        ),
        (
            ALICE,
            &[
                "--http",
                "127.0.0.1:0",
                "--tls-cert",
                "/x",
                "--tls-key",
                "/y",
            ],
            "there is no key",
        ),
        (
            ALICE,
            &["--tools", "jira_no_such_tool"],
            "jira_no_such_tool",
        ),
        ("[site.acme]\nkind = \"guess\"\n", &[], "line 1"),
        (&format!("{own}\"env:NOT_SET\"\n"), &[], "NOT_SET"),
        // A start would not see this one before the first call.
        (
            &format!("{own}\"file:/nonexistent/token\"\n"),
            &[],
            "[site.acme]",
        ),
    ] {
        let stage = stage(credentials);
        let (status, said) = check(&stage, arguments);
        assert_eq!(status, 2, "{arguments:?}: {said}");
        assert!(said.contains(reason), "{reason}: {said}");
    }
    let stage = stage(ALICE);
    stage.key(&["add", "--name", "alice"]);
    for (file, text, reason) in [
        ("keys.toml", "version = 7", "keys.toml"),
        (
            "issuer.toml",
            "version = 1\nissuer = \"http://x\"\n",
            "issuer.toml",
        ),
        ("audit.toml", "version = 7", "audit.toml"),
    ] {
        let path = stage.config_dir().join(file);
        let before = std::fs::read_to_string(&path);
        std::fs::write(&path, text).expect("room for a file");
        let (status, said) = check(&stage, &["--http", "127.0.0.1:0"]);
        assert_eq!(status, 2, "{file}: {said}");
        assert!(said.contains(reason), "{reason}: {said}");
        match before {
            Ok(text) => std::fs::write(&path, text).expect("room for a file"),
            Err(_) => std::fs::remove_file(&path).expect("it was written"),
        }
    }
}
