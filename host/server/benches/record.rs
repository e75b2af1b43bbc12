//! How long it takes to keep 100,000 decisions, and how long the program takes to prove them whole; printed.
//! `cargo bench -p server`. Fails where the proof takes longer than the ten seconds that are promised.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use gateway::{AuditLine, AuditSink as _, LineKind};
use policy::{Method, Product};
use server::audit::{Journal, Settings};
use time::OffsetDateTime;

const RECORDS: usize = 100_000;

const PROMISED: Duration = Duration::from_secs(10);

#[expect(clippy::disallowed_methods, reason = "the program itself is measured")]
fn main() {
    let home = tempfile::tempdir().expect("room for a folder");
    let started = Instant::now();
    keep(home.path());
    println!("{:>12.2?}  keep {RECORDS} records", started.elapsed());
    let started = Instant::now();
    let ended = Command::new(env!("CARGO_BIN_EXE_mcp-airlock"))
        .args(["audit", "verify", "--config-dir"])
        .arg(home.path())
        .output()
        .expect("the program starts");
    let took = started.elapsed();
    let said = String::from_utf8_lossy(&ended.stdout);
    // A start and an end in each of two files, and the word that leads from one to the other.
    assert!(
        ended.status.success() && said.contains("100004 records"),
        "{said}"
    );
    println!("{took:>12.2?}  prove them whole (at most {PROMISED:?})");
    assert!(took <= PROMISED, "it took {took:?}");
}

/// As long as those of a real call.
fn keep(home: &Path) {
    let journal = Journal::below(home, Settings::default(), OffsetDateTime::now_utc());
    let digest = format!("sha256:{}", "0".repeat(64));
    for number in 0..RECORDS {
        let whose = ("alice", "jira_get_issue");
        let line = AuditLine {
            call: format!("18ba3e2f0c1d4b5a-{number}"),
            deployment: Some("cloud"),
            template: Some("/rest/api/3/issue/{key}".into()),
            params: [("key".into(), format!("PROJ-{number}"))].into(),
            query_keys: ["expand", "fields", "properties"].map(Into::into).into(),
            rule: "work (policy.toml:7)".into(),
            route: Some("jira.issue.get".into()),
            class: Some("read"),
            secret: Some("that of site acme".into()),
            policy: digest.clone(),
            component: digest.clone(),
            addr: Some("203.0.113.7:443".into()),
            status: Some(200),
            resp_bytes: 4_096,
            ms: 120,
            tries: 1,
            ..AuditLine::blank(
                1_795_329_006_000,
                LineKind::Decision,
                whose,
                "acme",
                Product::Jira,
                Method::Get,
            )
        };
        journal.record(&line).expect("there is room for it");
    }
}
