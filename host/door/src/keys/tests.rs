//! What becomes of a key: made, found, ended; and of a text that is no list of keys.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use time::Duration;

use super::*;

fn name(text: &str) -> Principal {
    Principal::parse(text).unwrap()
}

fn shown(key: &NewKey) -> Presented {
    Presented::parse(key.reveal()).unwrap()
}

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[test]
fn the_secret_of_one_key_under_the_identity_of_another_opens_nothing() {
    let mut keys = Keys::default();
    let alice = keys.add(&name("alice"), None).unwrap();
    let bob = keys.add(&name("bob"), None).unwrap();
    let mixed = Presented {
        id: shown(&alice).id,
        digest: shown(&bob).digest,
    };
    assert_eq!(keys.owner(&mixed, now()), Err(Rejected::Unknown));
}

#[test]
fn a_key_ends_with_its_day() {
    let mut keys = Keys::default();
    let end = whole_second(now() + Duration::days(1));
    let key = keys.add(&name("alice"), Some(end)).unwrap();
    let just_before = end - Duration::seconds(1);
    assert_eq!(keys.owner(&shown(&key), just_before), Ok(&name("alice")));
    assert_eq!(keys.owner(&shown(&key), end), Err(Rejected::Expired));
    let stranger = Presented {
        id: shown(&key).id,
        digest: KeyDigest::NONE,
    };
    assert_eq!(keys.owner(&stranger, end), Err(Rejected::Unknown));
}

#[test]
fn names_that_mean_somebody_else_are_refused() {
    let mut keys = Keys::default();
    keys.add(&name("alice"), None).unwrap();
    assert!(matches!(
        keys.add(&name("alice"), None),
        Err(KeyError::Exists(_))
    ));
    assert!(matches!(
        keys.add(&name("local"), None),
        Err(KeyError::Reserved)
    ));
}

#[test]
fn a_text_that_is_not_right_lets_nobody_in() {
    let digest = "0".repeat(64);
    let good = format!(
        "version = 1\n[key.alice]\nid = \"aaaaaaaaaa\"\nsha256 = \"{digest}\"\ncreated = \"2026-11-22T10:00:00Z\"\n"
    );
    assert_eq!(Keys::parse(&good).unwrap().iter().count(), 1);
    for wrong in [
        good.replace("version = 1", "version = 2"),
        good.replace("version = 1\n", ""),
        good.replace("key.alice", "key.\"al ice\""),
        good.replace("key.alice", "key.local"),
        good.replace("aaaaaaaaaa", "aaaa"),
        good.replace("aaaaaaaaaa", "AAAAAAAAAA"),
        good.replace(&digest, "00"),
        good.replace(&digest, &"g".repeat(64)),
        good.replace("2026-11-22T10:00:00Z", "yesterday"),
        format!("{good}expires = \"never\"\n"),
        format!("{good}principal = \"root\"\n"),
        format!(
            "{good}{}",
            good.replace("version = 1\n", "").replace("alice", "bob")
        ),
        "not a file of keys".to_owned(),
    ] {
        assert!(Keys::parse(&wrong).is_err(), "{wrong}");
    }
}
