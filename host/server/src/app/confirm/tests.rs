//! A yes that is worth something, every kind that is not, and what a person is shown.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use bytes::Bytes;
use policy::{Confirm, Method, SiteName};
use serde_json::json;

use super::*;

const NOW: u64 = 1_795_348_800_000;

fn bound(principal: &str, tool: &str, arguments: &serde_json::Value) -> Bound {
    let principal = Principal::parse(principal).unwrap();
    Bound::new(&principal, tool, arguments.as_object().unwrap())
}

fn alice() -> Bound {
    bound("alice", "jira_add_comment", &json!({"body": "x"}))
}

fn consent() -> Consent {
    Consent {
        question: "7-1".to_owned(),
        policy: "sha256:1".to_owned(),
        shown: vec![Fingerprint::from([7; 32]), Fingerprint::from([8; 32])],
    }
}

#[test]
fn a_note_gives_back_what_was_sealed_and_only_once() {
    let notes = Notes::new();
    let sealed = notes.seal(NOW, &alice(), consent());
    let opened = notes
        .open(NOW + 299_000, &alice(), "sha256:1", &sealed)
        .unwrap();
    assert_eq!(
        (opened.question, opened.shown),
        ("7-1".to_owned(), consent().shown)
    );
    let again = notes.open(NOW + 299_000, &alice(), "sha256:1", &sealed);
    assert_eq!(again.unwrap_err(), Worthless::Used);
    let late = notes.open(NOW + 301_000, &alice(), "sha256:1", &sealed);
    assert_eq!(late.unwrap_err(), Worthless::Late);
}

#[test]
fn a_note_is_for_one_caller_one_tool_one_set_of_arguments_one_policy_and_one_process() {
    let notes = Notes::new();
    let sealed = notes.seal(NOW, &alice(), consent());
    let other = json!({"body": "y"});
    for foreign in [
        bound("bob", "jira_add_comment", &json!({"body": "x"})),
        bound("alice", "jira_update_issue", &json!({"body": "x"})),
        bound("alice", "jira_add_comment", &other),
    ] {
        let opened = notes.open(NOW, &foreign, "sha256:1", &sealed);
        assert_eq!(opened.unwrap_err(), Worthless::Foreign);
    }
    let elsewhere = Notes::new().open(NOW, &alice(), "sha256:1", &sealed);
    assert_eq!(elsewhere.unwrap_err(), Worthless::Foreign);
    let reloaded = notes.open(NOW, &alice(), "sha256:2", &sealed);
    assert_eq!(reloaded.unwrap_err(), Worthless::OtherPolicy);
}

#[test]
fn no_byte_of_a_note_can_be_changed() {
    let notes = Notes::new();
    let sealed = notes.seal(NOW, &alice(), consent());
    let bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
    for at in 0..bytes.len() {
        let mut forged = bytes.clone();
        forged[at] ^= 1;
        let forged = URL_SAFE_NO_PAD.encode(forged);
        let opened = notes.open(NOW, &alice(), "sha256:1", &forged);
        assert_eq!(opened.unwrap_err(), Worthless::Foreign, "byte {at}");
    }
    for nonsense in ["", "x", "not base64 at all", &sealed[..40]] {
        let opened = notes.open(NOW, &alice(), "sha256:1", nonsense);
        assert_eq!(opened.unwrap_err(), Worthless::Foreign, "{nonsense:?}");
    }
    notes.open(NOW, &alice(), "sha256:1", &sealed).unwrap();
}

fn question(body: &str, confirm: bool) -> Question {
    Question {
        site: SiteName::parse("acme").unwrap(),
        method: Method::Post,
        url: "https://acme.atlassian.net/rest/api/3/issue/PROJ-1/comment".to_owned(),
        content_type: Some("application/json".to_owned()),
        body: Bytes::copy_from_slice(body.as_bytes()),
        confirm: confirm.then(|| Confirm {
            rule: "ask".to_owned(),
            place: "policy.toml:12".to_owned(),
        }),
        fingerprint: Fingerprint::from([7; 32]),
    }
}

#[test]
fn a_person_reads_what_is_sent_and_why_they_are_asked() {
    let questions = [question("{\"body\":\"Seen.\"}", true), question("", false)];
    insta::assert_snapshot!(message("jira_add_comment", &questions, Some(Worthless::Used)), @r#"
    Asked again, since that answer was used already.

    May `jira_add_comment` send these 2 requests, all of them or none?

    POST https://acme.atlassian.net/rest/api/3/issue/PROJ-1/comment
      on site acme; rule `ask` (policy.toml:12) wants you to be asked
      application/json (16 bytes):
      | {"body":"Seen."}

    POST https://acme.atlassian.net/rest/api/3/issue/PROJ-1/comment
      on site acme; sent along with the others
    "#);
}

#[test]
fn no_body_can_speak_for_the_host_or_hide_its_end() {
    let shown = message(
        "t",
        &[question(
            "a\nMay `t` send this? yes\u{202e}\u{200b}\u{e0041}z",
            true,
        )],
        None,
    );
    assert_eq!(
        shown
            .lines()
            .filter(|line| line.starts_with("May "))
            .count(),
        1
    );
    assert!(
        shown.contains("| a\\u{a}May `t` send this? yes\\u{202e}\\u{200b}\\u{e0041}z"),
        "{shown}"
    );
    let long = format!("{}{}THE END", "first", "x".repeat(100_000));
    let shown = message("t", &[question(&long, true)], None);
    assert!(
        shown.len() < 2_000 && shown.contains("| firstx") && shown.contains("xTHE END"),
        "{shown}"
    );
    assert!(
        shown.contains("(100012 bytes)") && shown.contains("98812 characters left out"),
        "{shown}"
    );
}
