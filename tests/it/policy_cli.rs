//! The policy verbs of the command line.

use demo_site::Deployment;
use tests::canary::{Canary, Scanner};

use crate::canary::write_config;
use crate::program::{Stage, TOKEN, bare, output};

#[test]
fn a_good_file_checks_clean_and_explains_itself() {
    let stage = Stage::new(Deployment::Cloud);
    write_config(&stage);
    let check = output(bare(stage.home.path(), &["policy", "check"]));
    assert_eq!(
        check.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&check.stdout)
    );
    let origin = stage.ready().jira.clone();
    for (method, path, code) in [
        ("GET", "/rest/api/3/issue/PROJ-1", 0),
        ("DELETE", "/rest/api/3/issue/PROJ-1", 1),
        ("GET", "/secure/admin", 1),
    ] {
        let url = format!("{origin}{path}");
        let explained = output(bare(
            stage.home.path(),
            &["policy", "explain", "--method", method, "--url", &url],
        ));
        let words = String::from_utf8_lossy(&explained.stdout).into_owned();
        assert_eq!(
            explained.status.code(),
            Some(code),
            "{method} {path}: {words}"
        );
        assert!(
            words.contains(if code == 0 { "all" } else { "default-deny" }),
            "{words}"
        );
    }
    assert!(stage.site.requests().is_empty(), "the verbs are offline");
}

#[test]
fn a_mistake_has_its_line_and_its_code() {
    let stage = Stage::new(Deployment::Cloud);
    write_config(&stage);
    let path = stage.config_dir().join("policy.toml");
    let text = std::fs::read_to_string(&path).expect("just written");
    for (wrong, line) in [
        (text.replace("classes", "clases"), "11"),
        (text.replace("version = 1", "version = 9"), "1"),
        (
            format!("{text}\n[[deny]]\nid = \"x\"\nsite = \"nowhere\"\nclasses = [\"delete\"]\n"),
            "15",
        ),
    ] {
        std::fs::write(&path, &wrong).expect("our own file");
        let check = output(bare(stage.home.path(), &["policy", "check"]));
        let words = format!(
            "{}{}",
            String::from_utf8_lossy(&check.stdout),
            String::from_utf8_lossy(&check.stderr)
        );
        assert_eq!(check.status.code(), Some(2), "{words}");
        assert!(
            words.contains(&format!("policy.toml:{line}")),
            "line {line}: {words}"
        );
        let serve = output(bare(stage.home.path(), &["serve"]));
        assert_ne!(
            serve.status.code(),
            Some(0),
            "a server does not start with a broken policy"
        );
        assert!(serve.stdout.is_empty());
    }
}

#[test]
fn no_verb_shows_a_secret() {
    let stage = Stage::new(Deployment::Cloud);
    write_config(&stage);
    let scanner = Scanner::new(&[Canary {
        name: "token",
        secret: TOKEN,
        user: stage.ready().user.as_deref(),
        pieces: true,
    }]);
    let url = format!("{}/rest/api/3/issue/PROJ-1", stage.ready().jira);
    for arguments in [
        &["policy", "check", "--format", "json"][..],
        &["policy", "check", "--format", "sarif"],
        &[
            "policy", "explain", "--method", "GET", "--url", &url, "--format", "json",
        ],
        &["policy", "explain", "--tool", "jira_get_issue"],
        &["policy", "explain", "--tool", "nonsense"],
    ] {
        let out = output(bare(stage.home.path(), arguments));
        assert!(
            !out.stdout.is_empty() || !out.stderr.is_empty(),
            "{arguments:?} says nothing"
        );
        assert_eq!(scanner.scan(&out.stdout), [], "{arguments:?}");
        assert_eq!(scanner.scan(&out.stderr), [], "{arguments:?}");
    }
}

#[test]
fn a_narrow_policy_is_kept_and_the_client_is_told_the_rule() {
    let stage = Stage::new(Deployment::Cloud);
    write_config(&stage);
    let path = stage.config_dir().join("policy.toml");
    let text = std::fs::read_to_string(&path).expect("just written");
    let narrow = text.replace(
        "classes = [\"read\", \"write\"]",
        "routes = [\"jira.issue.get\"]",
    );
    std::fs::write(&path, narrow).expect("our own file");
    let tools = output(bare(stage.home.path(), &["tools", "--json"]));
    let listed = String::from_utf8_lossy(&tools.stdout).into_owned();
    assert!(
        listed.contains("jira_get_issue") && !listed.contains("jira_add_comment"),
        "{listed}"
    );
}

/// Runs one policy verb and gives its exit code and its words.
fn verb(stage: &Stage, arguments: &[&str]) -> (Option<i32>, String) {
    let arguments: Vec<&str> = ["policy"].iter().chain(arguments).copied().collect();
    let out = output(bare(stage.home.path(), &arguments));
    let words = format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    (out.status.code(), words)
}

#[test]
fn a_written_profile_is_sound_and_never_written_over() {
    let stage = Stage::new(Deployment::Cloud);
    let site = "acme=https://acme.atlassian.net";
    for profile in ["read-only", "standard", "full"] {
        let path = stage.home.path().join(format!("{profile}.toml"));
        let file = path.display().to_string();
        let init = [
            "init",
            "--profile",
            profile,
            "--site",
            site,
            "--policy",
            &file,
        ];
        let (code, words) = verb(&stage, &init);
        assert_eq!(code, Some(0), "{words}");
        let (code, words) = verb(&stage, &["check", "--policy", &file]);
        assert_eq!(code, Some(0), "{words}");
        let (code, words) = verb(&stage, &init);
        assert_eq!(code, Some(2), "{words}");
        assert!(words.contains("is there already"), "{words}");
    }
    let plain = "demo=http://jira.example.test";
    let (code, words) = verb(&stage, &["init", "--site", plain, "--print"]);
    assert_eq!(code, Some(2), "{words}");
    assert!(words.contains("plain http"), "{words}");
}

#[test]
fn new_access_fails_a_review_and_lost_access_does_not() {
    let stage = Stage::new(Deployment::Cloud);
    let written = |profile: &str| {
        let path = stage.home.path().join(format!("{profile}.toml"));
        let file = path.display().to_string();
        let site = "acme=https://acme.atlassian.net";
        verb(
            &stage,
            &[
                "init",
                "--profile",
                profile,
                "--site",
                site,
                "--policy",
                &file,
            ],
        );
        file
    };
    let (narrow, wide) = (written("read-only"), written("standard"));
    let (code, words) = verb(&stage, &["diff", &narrow, &wide]);
    assert_eq!(code, Some(1), "{words}");
    assert!(
        words.contains("NEW ACCESS") && words.contains("example"),
        "{words}"
    );
    let (code, words) = verb(&stage, &["diff", &wide, &narrow]);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("no new access"), "{words}");
    let (code, _) = verb(&stage, &["diff", &wide, &narrow, "--fail-on-removed"]);
    assert_eq!(code, Some(1));
    let (code, words) = verb(&stage, &["diff", &wide, &narrow, "--format", "sarif"]);
    assert_eq!(code, Some(0), "{words}");
    let claims = stage.home.path().join("must.toml");
    let text = "version = 1\n[[denied]]\nid = \"no-writes\"\nsite = \"*\"\nclasses = [\"write\", \"delete\"]\n";
    std::fs::write(&claims, text).expect("our own file");
    let claims = claims.display().to_string();
    for (policy, expected) in [(&narrow, 0), (&wide, 1)] {
        let (code, words) = verb(&stage, &["assert", &claims, "--policy", policy]);
        assert_eq!(code, Some(expected), "{words}");
    }
}

#[test]
fn what_a_real_call_left_can_be_replayed_derived_and_reported() {
    let stage = Stage::new(Deployment::Cloud);
    write_config(&stage);
    let call = ["call", "jira_get_issue", r#"{"issue_key":"PROJ-1"}"#];
    let called = output(bare(stage.home.path(), &call));
    assert_eq!(called.status.code(), Some(0), "{called:?}");
    let log = stage.config_dir().join("audit").display().to_string();
    let (code, words) = verb(&stage, &["replay", &log]);
    assert_eq!(code, Some(0), "{words}");
    let (code, derived) = verb(&stage, &["derive", &log]);
    assert_eq!(code, Some(0), "{derived}");
    assert!(
        derived.contains("jira.issue.get") && !derived.contains("classes"),
        "{derived}"
    );
    let narrow = stage.home.path().join("narrow.toml");
    std::fs::write(&narrow, &derived).expect("our own file");
    let narrow = narrow.display().to_string();
    let (code, words) = verb(&stage, &["replay", &log, "--policy", &narrow]);
    assert_eq!(code, Some(0), "{words}");
    let current = stage.config_dir().join("policy.toml").display().to_string();
    let (code, words) = verb(&stage, &["diff", &current, &narrow]);
    assert_eq!(code, Some(0), "{words}");
    let (code, words) = verb(&stage, &["report", "--log", &log, "--format", "csv"]);
    assert_eq!(code, Some(0), "{words}");
    let row = words
        .lines()
        .find(|line| line.starts_with("jira_get_issue,") && line.contains("jira.issue.get"));
    assert!(row.is_some_and(|row| row.contains("file:/")), "{words}");
    // A torn line is named, and nothing is made of the rest.
    let torn = stage.home.path().join("torn.jsonl");
    std::fs::write(&torn, "{\"v\":1,\"kind\":\"deci\n").expect("our own file");
    let torn = torn.display().to_string();
    for verb_name in ["replay", "derive"] {
        let (code, words) = verb(&stage, &[verb_name, &torn]);
        assert_eq!(code, Some(2), "{words}");
        assert!(words.contains("torn.jsonl:1"), "{words}");
    }
}

#[test]
fn the_schema_and_the_export_are_printed() {
    let stage = Stage::new(Deployment::Cloud);
    write_config(&stage);
    let (code, words) = verb(&stage, &["schema"]);
    assert_eq!(code, Some(0), "{words}");
    let schema: serde_json::Value = serde_json::from_str(&words).expect("the schema is JSON");
    assert!(schema["properties"]["rule"].is_object());
    let (code, words) = verb(&stage, &["export", "--for", "spin"]);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains(&stage.ready().jira), "{words}");
    let (code, words) = verb(&stage, &["report", "--format", "html"]);
    assert_eq!(code, Some(0), "{words}");
    assert!(
        words.contains("default-src 'none'") && !words.contains("<script"),
        "{words}"
    );
}
