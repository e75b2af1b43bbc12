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
