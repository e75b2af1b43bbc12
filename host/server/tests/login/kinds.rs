//! Every kind of credential from login to logout, in an empty home.

use demo_site::{CLIENT_ID, Deployment};
use serde_json::{Value, json};

use crate::clean::{GATE_KEY, SECRET};
use crate::front::{Front, Wants};
use crate::session::Session;
use crate::stage::{Stage, UNATTENDED, assert_success, piped, said, write_private};

/// Everything that a person can log in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// API token on Cloud, personal access token on Data Center.
    Token,
    /// Data Center before it had tokens.
    Password,
    /// Two-legged OAuth.
    Client,
    /// Three-legged OAuth.
    Consent,
    /// Kept nowhere but where it stands already.
    Reference,
}

fn log_in(stage: &Stage, kind: Kind) {
    let what = format!("{kind:?}");
    let with = |options: &[&str]| {
        let options = [options, UNATTENDED].concat();
        assert_success(&stage.log_in(&options, &format!("{SECRET}\n")), &what);
    };
    match kind {
        Kind::Token => with(&stage.person()),
        Kind::Password => with(&["--user", "ada"]),
        Kind::Client => with(&["--kind", "client-credentials", "--client-id", CLIENT_ID]),
        Kind::Consent => stage.consent(),
        Kind::Reference => {
            let file = stage.home.path().join("token");
            write_private(&file, SECRET, 0o600);
            let reference = format!("file:{}", file.display());
            let options = ["--token-ref", &reference, "--yes", "--name", "demo"];
            let options = [&stage.person()[..], &options].concat();
            assert_success(&stage.log_in(&options, ""), &what);
        }
    }
}

#[test]
fn each_kind_of_login_works_and_a_logout_leaves_only_the_record() {
    for deployment in [Deployment::Cloud, Deployment::DataCenter] {
        let stage = Stage::new(deployment);
        for kind in [
            Kind::Token,
            Kind::Password,
            Kind::Client,
            Kind::Consent,
            Kind::Reference,
        ] {
            if (kind, deployment) == (Kind::Password, Deployment::Cloud) {
                continue;
            }
            log_in(&stage, kind);
            let status = stage.run(&["status"]);
            assert_success(&status, &format!("{kind:?}"));
            let call = stage.run(&["call", "jira_get_issue", r#"{"issue_key":"PROJ-1"}"#]);
            assert_success(&call, &format!("{kind:?}"));
            let logout = stage.run(&["logout", "demo", "--yes"]);
            assert_success(&logout, &format!("{kind:?}"));
            stage.assert_logged_out(&format!("{kind:?}"));
            // Whoever pointed at a file keeps it.
            let _ = std::fs::remove_file(stage.home.path().join("token"));
            let left: Vec<_> = std::fs::read_dir(stage.home.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect();
            assert_eq!(left, [".config"], "{kind:?}");
        }
    }
}

#[test]
fn what_is_asked_beside_tool_calls_stands_in_the_record_too() {
    for (deployment, expected) in [
        (
            Deployment::Cloud,
            &[
                "host-accessible-resources",
                "host-confluence-current-user",
                "host-jira-myself",
                "host-jira-server-info",
                "host-tenant-info",
                "host-token",
            ][..],
        ),
        (
            Deployment::DataCenter,
            &[
                "host-confluence-current-user",
                "host-jira-myself",
                "host-jira-server-info",
                "host-token",
            ],
        ),
    ] {
        let stage = Stage::new(deployment);
        stage.consent();
        stage.expire();
        assert_success(&stage.run(&["status"]), "status");
        let lines = stage.record_lines();
        let decisions = lines.iter().filter(|line| line["kind"] == "decision");
        let mut rules: Vec<&str> = decisions
            .clone()
            .map(|line| line["rule"].as_str().unwrap())
            .collect();
        rules.sort_unstable();
        rules.dedup();
        assert_eq!(rules, expected, "{deployment}");
        // Each request that the site saw has a line, but for those of the browser.
        let requests = stage.site.requests();
        let seen = requests
            .iter()
            .filter(|line| !line.path.ends_with("/authorize"));
        assert_eq!(decisions.clone().count(), seen.count(), "{deployment}");
        for line in decisions.clone() {
            assert_eq!(
                (&line["tool"], &line["principal"]),
                (&json!("host"), &json!("local"))
            );
        }
        // What spends a token is announced before it is sent.
        let intents = lines.iter().filter(|line| line["kind"] == "intent");
        assert_eq!(intents.count(), 2, "{deployment}");
        // The report lists every one of these rules.
        let report = said(&stage.run(&["policy", "report"]));
        for rule in expected
            .iter()
            .filter(|rule| **rule != "host-jira-server-info")
        {
            assert!(report.contains(rule), "{rule}: {report}");
        }
    }
}

#[test]
fn a_record_that_cannot_be_written_stops_the_login() {
    let stage = Stage::new(Deployment::Cloud);
    write_private(
        &stage.config_dir().join("audit"),
        "a file in the way",
        0o600,
    );
    let output = stage.log_in(&[&stage.person()[..], UNATTENDED].concat(), SECRET);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("audit record"), "{}", said(&output));
    assert!(stage.site.requests().is_empty());
}

#[test]
fn the_end_of_a_token_is_told_before_it_comes() {
    let stage = Stage::new(Deployment::Cloud);
    let today = time::OffsetDateTime::now_utc().date();
    let day = |days| (today + time::Duration::days(days)).to_string();
    let log_in = |expires: &str| {
        let options = [&stage.person()[..], UNATTENDED, &["--expires", expires]].concat();
        stage.log_in(&options, SECRET)
    };
    for (expires, reason) in [
        (day(-1), "is past"),
        (day(400), "more than a year"),
        ("soon".to_owned(), "2027-01-31"),
    ] {
        let output = log_in(&expires);
        assert_eq!(output.status.code(), Some(2), "{expires}");
        assert!(said(&output).contains(reason), "{}", said(&output));
    }
    assert_success(&log_in(&day(9)), "login");
    assert!(
        stage
            .file("credentials.toml")
            .contains(&format!("expires = {}\n", day(9)))
    );
    for command in ["status", "doctor"] {
        let output = said(&stage.run(&[command]));
        assert!(output.contains("in 9 days"), "{output}");
    }
    assert_success(&log_in(&day(200)), "login");
    let json = stage.run(&["status", "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let site = &json["sites"][0];
    assert_eq!(site["last_day"], json!(day(200)));
    assert_eq!(site["notes"], json!([]));
    assert_eq!(site["kept_in"], json!("store:"));
    assert_eq!(json["store_key"], json!("file"));
    assert!(
        site["you_are"].as_str().unwrap().starts_with("Ada"),
        "{site}"
    );
    assert_success(&stage.run(&["logout", "demo", "--yes"]), "logout");

    stage.consent();
    let json = stage.run(&["status", "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let site = &json["sites"][0];
    assert_eq!(site["last_day"], json!(day(90)));
    assert!(
        site["expires"].as_str().unwrap().contains("renews itself"),
        "{site}"
    );
}

/// A server that is running does not go on with a token that was taken away.
#[test]
fn a_logout_counts_at_once_in_a_running_server() {
    for kind in [Kind::Token, Kind::Consent, Kind::Client] {
        let stage = Stage::new(Deployment::Cloud);
        log_in(&stage, kind);
        let mut session = Session::start(stage.command(&["serve"]));
        assert!(session.reads_an_issue(), "{kind:?}");
        assert_success(&stage.run(&["logout", "demo", "--yes"]), "logout");
        let before = stage.site.requests().len();
        assert!(!session.reads_an_issue(), "{kind:?}");
        assert_eq!(stage.site.requests().len(), before, "{kind:?}");
        log_in(&stage, kind);
        assert!(
            session.reads_an_issue(),
            "{kind:?}: the new login counts too"
        );
        session.end();
    }
}

/// A start costs the same wherever the secret lies, because nobody looks before it is needed.
#[test]
fn no_place_of_a_secret_is_asked_before_the_first_request() {
    let stage = Stage::new(Deployment::Cloud);
    let front = Front::start(&stage, Wants::Header);
    let place = |name: &str, secret: &str| {
        let program = stage.home.path().join(name);
        let asked = stage.home.path().join("asked");
        let script = format!(
            "#!/bin/sh\necho {name} >> {}\necho {secret}\n",
            asked.display()
        );
        write_private(&program, &script, 0o700);
        format!("cmd:[\"{}\"]", program.display())
    };
    let header = format!("X-Gateway-Key={}", place("gate", GATE_KEY));
    let (url, token, ca_file) = (front.url(), place("token", SECRET), front.ca_file());
    let login = [
        &[
            "login",
            &url,
            "--yes",
            "--name",
            "demo",
            "--token-ref",
            &token,
        ][..],
        &stage.person(),
        &["--ca-file", &ca_file, "--header", &header],
    ]
    .concat();
    assert_success(&stage.run(&login), "login");
    let asked = stage.home.path().join("asked");
    std::fs::remove_file(&asked).unwrap();
    let mut session = Session::start(stage.command(&["serve"]));
    let tools = session.ask("tools/list", json!({}));
    assert!(tools["tools"].as_array().unwrap().len() > 10, "{tools}");
    assert!(!asked.exists(), "somebody looked before it was needed");
    assert!(session.reads_an_issue());
    assert!(session.reads_an_issue());
    session.end();
    let mut names: Vec<_> = std::fs::read_to_string(&asked)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    names.sort();
    assert_eq!(names, ["gate", "token"], "each is asked once");
}

#[test]
fn several_sites_and_products_have_logins_of_their_own() {
    let cloud = Stage::new(Deployment::Cloud);
    let second = Stage::new(Deployment::Cloud);
    let own = Stage::new(Deployment::DataCenter);
    let user = cloud.site.ready().user.clone().unwrap();
    let into = |stage: &Stage, name: &str, options: &[&str]| {
        let url = stage.site.ready().jira.clone();
        let arguments = ["login", &url, "--token-stdin", "--yes", "--name", name];
        let mut command = cloud.command(&arguments);
        command.args(["--store", "file"]).args(options);
        piped(command, SECRET)
    };
    for (stage, name, options) in [
        (&cloud, "one", &["--user", user.as_str()][..]),
        (&second, "two", &["--user", user.as_str()]),
        (&own, "jira", &["--products", "jira"]),
        (&own, "wiki", &["--products", "confluence"]),
    ] {
        assert_success(&into(stage, name, options), name);
    }
    let status = cloud.run(&["status"]);
    assert_success(&status, "status");
    for name in ["one", "two", "jira", "wiki"] {
        assert!(
            said(&status)
                .lines()
                .any(|line| line.trim().starts_with(name)),
            "{}",
            said(&status)
        );
    }
    // The same name for another site is refused, and nothing changes.
    let before = cloud.file("policy.toml");
    let taken = into(&second, "one", &["--user", &user]);
    assert_eq!(taken.status.code(), Some(2));
    assert!(
        said(&taken).contains("choose another name"),
        "{}",
        said(&taken)
    );
    assert_eq!(cloud.file("policy.toml"), before);
    assert_success(&cloud.run(&["logout", "--all", "--yes"]), "logout");
    cloud.assert_logged_out("four logins");
}
