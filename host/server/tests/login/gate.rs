//! Sites behind a company's own authority, proxy and gateway: what is said at the login holds for every later request, and
//! goes nowhere else.

use demo_site::Deployment;

use crate::clean::{GATE_KEY, SECRET};
use crate::front::{Front, Proxy, Wants};
use crate::stage::{Stage, UNATTENDED, assert_success, piped, said, write_private};

const CALL: &[&str] = &["call", "jira_get_issue", r#"{"issue_key":"PROJ-1"}"#];

/// A login to the front of a stage's site.
fn log_in(stage: &Stage, front: &Front, more: &[&str]) -> std::process::Output {
    let mut command = stage.command(&["login", &front.url()]);
    command
        .args(stage.person())
        .args(UNATTENDED)
        .args(more)
        .env("GATE_KEY", GATE_KEY);
    piped(command, SECRET)
}

#[test]
fn an_authority_and_a_proxy_are_used_from_the_login_on() {
    for deployment in [Deployment::Cloud, Deployment::DataCenter] {
        let stage = Stage::new(deployment);
        let front = Front::start(&stage, Wants::Nothing);
        let proxy = Proxy::start();
        let (ca_file, origin) = (front.ca_file(), proxy.origin());
        let stranger = log_in(&stage, &front, &[]);
        assert_eq!(stranger.status.code(), Some(2));
        assert!(said(&stranger).contains("`ca-file`"), "{}", said(&stranger));
        assert!(front.taken_heads().is_empty(), "not a byte was sent");
        let options = ["--ca-file", &ca_file, "--proxy", &origin];
        assert_success(&log_in(&stage, &front, &options), "login");
        assert!(!proxy.taken_targets().is_empty());
        for command in [&["status"][..], CALL] {
            assert_success(&stage.run(command), "later");
            let targets = proxy.taken_targets();
            let front = front.url();
            assert!(
                !targets.is_empty() && targets.iter().all(|target| front.ends_with(target)),
                "{targets:?}"
            );
        }
        // What policy.toml says is changed there and not by a login.
        let again = log_in(&stage, &front, &options);
        assert!(
            said(&again).contains("change `ca-file`"),
            "{}",
            said(&again)
        );
        assert_success(&stage.run(&["logout", "demo", "--yes"]), "logout");
        stage.assert_logged_out("a login behind a proxy");
    }
}

#[test]
fn a_gateway_that_demands_a_client_certificate_lets_only_its_owner_in() {
    let stage = Stage::new(Deployment::DataCenter);
    let front = Front::start(&stage, Wants::Certificate);
    let (ca_file, cert, key) = (front.ca_file(), front.client_cert(), front.client_key());
    let without = log_in(&stage, &front, &["--ca-file", &ca_file]);
    assert_eq!(without.status.code(), Some(2));
    assert!(
        said(&without).contains("client certificate"),
        "{}",
        said(&without)
    );
    let half = log_in(
        &stage,
        &front,
        &["--ca-file", &ca_file, "--client-cert", &cert],
    );
    assert!(said(&half).contains("`--client-key`"), "{}", said(&half));
    let options = [
        "--ca-file",
        &ca_file,
        "--client-cert",
        &cert,
        "--client-key",
        &key,
    ];
    assert_success(&log_in(&stage, &front, &options), "login");
    assert!(stage.file("policy.toml").contains("client-cert = "));
    assert!(
        stage
            .file("credentials.toml")
            .contains("client-key = \"file:/")
    );
    let status = stage.run(&["status"]);
    assert_success(&status, "status");
    assert!(
        said(&status).contains("bearer token + client certificate"),
        "{}",
        said(&status)
    );
    let report = stage.run(&["policy", "report"]);
    assert!(
        said(&report).contains("client certificate"),
        "{}",
        said(&report)
    );
    assert_success(&stage.run(CALL), "call");
    // Another login keeps what is known about the gateway.
    assert_success(&log_in(&stage, &front, &[]), "second login");
    assert_success(&stage.run(CALL), "call after a second login");

    for (content, mode, reason) in [
        ("no key at all", 0o600, "no private key"),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            0o600,
            "belong together",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            0o644,
            "read by others",
        ),
    ] {
        write_private(std::path::Path::new(&key), content, mode);
        let refused = stage.run(&["status"]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(
            said(&refused).contains(reason),
            "{reason}: {}",
            said(&refused)
        );
    }
    std::fs::remove_file(&cert).unwrap();
    let gone = stage.run(CALL);
    assert!(said(&gone).contains("`client-cert`"), "{}", said(&gone));
}

#[test]
fn a_header_goes_to_its_own_site_with_every_request_and_to_no_other() {
    let stage = Stage::new(Deployment::Cloud);
    let front = Front::start(&stage, Wants::Header);
    let plain = Front::start(&stage, Wants::Nothing);
    let ca_file = front.ca_file();
    let without = log_in(&stage, &front, &["--ca-file", &ca_file]);
    assert_eq!(without.status.code(), Some(2));
    front.taken_heads();
    let header = "X-Gateway-Key=env:GATE_KEY";
    let options = ["--ca-file", &ca_file, "--header", header];
    assert_success(&log_in(&stage, &front, &options), "login");
    let second = [&stage.person()[..], UNATTENDED].concat();
    let mut command = stage.command(&["login", &plain.url()]);
    command
        .args(&second[..second.len() - 1])
        .args(["plain", "--ca-file", &plain.ca_file()]);
    assert_success(&piped(command, SECRET), "login to the second site");
    let status = |arguments: &[&str]| {
        let mut command = stage.command(arguments);
        command.env("GATE_KEY", GATE_KEY);
        crate::stage::ended(command)
    };
    let shown = status(&["status"]);
    assert_success(&shown, "status");
    assert!(
        said(&shown).contains("user and token + header x-gateway-key"),
        "{}",
        said(&shown)
    );
    let call = [
        "call",
        "jira_get_issue",
        r#"{"issue_key":"PROJ-1","site":"demo"}"#,
    ];
    assert_success(&status(&call), "call");
    let heads = front.taken_heads();
    assert!(heads.len() > 4, "{}", heads.len());
    assert!(heads.iter().all(|head| head.contains(GATE_KEY)));
    let others = plain.taken_heads();
    assert!(!others.is_empty());
    assert!(
        others
            .iter()
            .all(|head| !head.to_lowercase().contains("x-gateway-key"))
    );
    // A variable that is not set is named, and nothing is sent.
    let unset = stage.run(&["status"]);
    assert_eq!(unset.status.code(), Some(2));
    assert!(said(&unset).contains("`GATE_KEY`"), "{}", said(&unset));
    assert!(front.taken_heads().is_empty());
}

#[test]
fn what_cannot_be_a_gateways_header_is_refused_without_its_value() {
    let stage = Stage::new(Deployment::Cloud);
    for (header, reason) in [
        ("Authorization=env:T", "only the host writes"),
        ("Host=env:T", "where a message ends"),
        ("X-HTTP-Method-Override=env:T", "another request"),
        ("X Y=env:T", "no name of a header"),
        ("X-Gateway-Key", "NAME=REFERENCE"),
        ("X-Gateway-Key=store:", "cannot be `store:`"),
        ("X-Gateway-Key=env:NOT_SET_ANYWHERE", "`NOT_SET_ANYWHERE`"),
        (&format!("X-Gateway-Key={GATE_KEY}"), "is not a reference"),
    ] {
        let options = [&stage.person()[..], UNATTENDED, &["--header", header]].concat();
        let output = stage.log_in(&options, SECRET);
        assert_eq!(output.status.code(), Some(2), "{header}");
        assert!(
            said(&output).contains(reason),
            "{header}: {}",
            said(&output)
        );
        stage.assert_logged_out(header);
    }
}
