//! `per-minute`: counted for each rule and caller, exactly, and seen by everything that compares.

use serde_json::json;

use super::*;
use crate::{
    Decision, Log, Permit, Rates, ReportInputs, UsedUp, derive, diff, explain, replay, report,
};

const READ: &str = "\n[[rule]]\nid = \"read\"\nsite = \"jira\"\nclasses = [\"read\"]\n";

/// As many a minute as `rate` says.
fn with(rate: &str) -> Policy {
    parse(&format!(
        "version = 1\n\n[site.jira]\norigin = \"https://jira.example.test\"\ndeployment = \"cloud\"\nproducts = [\"jira\"]\n{READ}{rate}\n"
    ))
}

fn issue() -> Ask {
    Ask::jira(Method::Get, "/rest/api/3/issue/PROJ-1")
}

fn with_permit<T>(policy: &Policy, look: impl FnOnce(&Permit) -> T) -> T {
    match decide(policy, "jira_get_issue", issue()) {
        Ok(Decision::Permitted(permitted)) => look(permitted.permit()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_minute_holds_more_than_the_rule_says() {
    let (alice, bob) = (principal("alice"), principal("bob"));
    with_permit(&with("per-minute = 2"), |permit| {
        let mut rates = Rates::default();
        let mut at = |who: &Principal, ms| rates.take(permit, who, ms);
        let used_up = |wait_ms| Err(UsedUp { most: 2, wait_ms });
        assert_eq!(at(&alice, 1_000), Ok(()));
        assert_eq!(at(&alice, 31_000), Ok(()));
        assert_eq!(at(&alice, 31_000), used_up(30_000));
        // Another caller has a count of their own.
        assert_eq!(at(&bob, 31_000), Ok(()));
        assert_eq!(at(&alice, 60_999), used_up(1));
        // What was refused has used nothing up.
        assert_eq!(at(&alice, 61_000), Ok(()));
        assert_eq!(at(&alice, 61_000), used_up(30_000));
        assert_eq!(at(&alice, 91_000), Ok(()));
        // What was not sent is given back, and only that.
        rates.give_back("read", &alice);
        assert_eq!(rates.take(permit, &alice, 91_000), Ok(()));
        assert_eq!(rates.take(permit, &alice, 91_000), used_up(30_000));
    });
    with_permit(&with(""), |permit| {
        let mut rates = Rates::default();
        assert!((0..20_000).all(|_| rates.take(permit, &alice, 0).is_ok()));
    });
}

#[test]
fn a_higher_rate_is_new_access_and_a_lower_one_is_not() {
    let (none, low, high) = (with(""), with("per-minute = 30"), with("per-minute = 60"));
    for (old, new, exit, said) in [
        (&low, &high, 1, "60 a minute for each caller instead of 30"),
        (
            &low,
            &none,
            1,
            "any number a minute for each caller instead of 30",
        ),
        (&high, &low, 0, "60 a minute for each caller instead of 30"),
        (
            &none,
            &low,
            0,
            "any number a minute for each caller instead of 30",
        ),
    ] {
        let told = diff(old, new, &manifest()).expect("within the bound");
        assert_eq!(told.exit_code(false), exit, "{}", told.human());
        assert!(told.human().contains(said), "{}", told.human());
    }
}

#[test]
fn it_is_explained_reported_and_derived() {
    let policy = with("per-minute = 30");
    let told = explain(
        &policy,
        &manifest(),
        &issue().question("jira_get_issue"),
        None,
    );
    assert!(
        told.human().contains("at most 30 a minute"),
        "{}",
        told.human()
    );
    let told = report(&policy, &manifest(), &ReportInputs::default()).expect("within the bound");
    assert!(
        told.human().contains("30 a minute for each caller"),
        "{}",
        told.human()
    );
    let derived = derive(&log(&["08:00:00.000"]), &policy, &manifest());
    let text = derived.text.expect("something was used");
    assert!(text.contains("per-minute = 30"), "{text}");
}

/// One request at each time.
fn log(times: &[&str]) -> Log {
    let lines = times.iter().map(|time| {
        json!({
            "v": 1, "ts": format!("2026-10-01T{time}Z"), "kind": "decision", "principal": "alice", "call": "c1",
            "tool": "jira_get_issue", "site": "jira", "product": "jira", "deployment": "cloud", "method": "GET",
            "template": "/rest/api/3/issue/{issue-key}", "params": {"issue-key": "PROJ-1"}, "path": null,
            "query_keys": [], "verdict": "allow", "rule": "read", "route": "jira.issue.get", "redirect": null,
            "reason": null, "req_bytes": 0, "tries": 1,
        })
        .to_string()
    });
    let mut log = Log::default();
    log.read(&lines.collect::<Vec<_>>().join("\n"), "audit.jsonl")
        .expect("the lines are like the host's");
    log
}

#[test]
fn times_of_the_log_are_read_to_the_millisecond() {
    let log = log(&["00:00:00.000", "08:15:42.987", "23:59:59.999", "08:15:42"]);
    let times: Vec<Option<u64>> = log.records.iter().map(crate::Record::unix_ms).collect();
    // `date -u -d 2026-10-01T08:15:42.987Z +%s%3N`
    assert_eq!(
        times,
        [
            Some(1_790_812_800_000),
            Some(1_790_842_542_987),
            Some(1_790_899_199_999),
            None
        ]
    );
}

#[test]
fn a_replay_counts_as_the_host_does() {
    // Several files need not be in the order of time.
    let log = log(&[
        "08:00:59.999",
        "08:00:00.000",
        "08:00:30.000",
        "08:01:00.000",
        "23:59:59.000",
    ]);
    for (rate, denied) in [
        ("", 0),
        ("per-minute = 3", 0),
        ("per-minute = 2", 1),
        ("per-minute = 1", 2),
    ] {
        let told = replay(&log, &with(rate), &manifest());
        assert_eq!(told.newly_denied, denied, "{rate}: {}", told.human());
    }
    let told = replay(&log, &with("per-minute = 2"), &manifest()).human();
    assert!(
        told.contains("the rule allows 2 a minute for each caller"),
        "{told}"
    );
}
