//! What becomes of a key: made, found, replaced, taken away, ended; and of a file that is not one.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fs;

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

#[tokio::test]
async fn a_key_lives_from_add_to_revoke() {
    let folder = tempfile::tempdir().unwrap();
    let file = KeyFile::in_directory(folder.path());
    assert!(file.read().unwrap().is_empty());
    let alice = file
        .change(|keys| keys.add(&name("alice"), None))
        .await
        .unwrap();
    let bob = file
        .change(|keys| keys.add(&name("bob"), None))
        .await
        .unwrap();
    let keys = file.read().unwrap();
    assert_eq!(keys.owner(&shown(&alice), now()), Ok(&name("alice")));
    assert_eq!(keys.owner(&shown(&bob), now()), Ok(&name("bob")));

    let again = file
        .change(|keys| keys.rotate(&name("alice"), None))
        .await
        .unwrap();
    let keys = file.read().unwrap();
    assert_eq!(keys.owner(&shown(&alice), now()), Err(Rejected::Unknown));
    assert_eq!(keys.owner(&shown(&again), now()), Ok(&name("alice")));

    file.change(|keys| keys.revoke(&name("alice")))
        .await
        .unwrap();
    let keys = file.read().unwrap();
    assert_eq!(keys.owner(&shown(&again), now()), Err(Rejected::Unknown));
    assert_eq!(keys.owner(&shown(&bob), now()), Ok(&name("bob")));
    assert!(keys.revoke_missing("alice"));
}

impl Keys {
    fn revoke_missing(mut self, text: &str) -> bool {
        matches!(self.revoke(&name(text)), Err(KeysError::Missing(_)))
    }
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
        Err(KeysError::Exists(_))
    ));
    assert!(matches!(
        keys.add(&name("local"), None),
        Err(KeysError::Reserved)
    ));
}

#[tokio::test]
async fn the_file_holds_no_key_and_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = KeyFile::in_directory(folder.path());
    let key = file
        .change(|keys| keys.add(&name("alice"), Some(now())))
        .await
        .unwrap();
    let text = fs::read_to_string(&file.path).unwrap();
    let secret = key.reveal().rsplit_once('_').unwrap().1;
    assert!(
        !text.contains(secret) && !text.contains(&secret[..20]),
        "{text}"
    );
    assert!(text.contains(shown(&key).id.as_str()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&file.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::set_permissions(&file.path, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(matches!(file.read(), Err(KeysError::Unbelieved(_))));
    }
}

#[test]
fn a_file_that_is_not_right_lets_nobody_in() {
    let folder = tempfile::tempdir().unwrap();
    let file = KeyFile::in_directory(folder.path());
    let digest = "0".repeat(64);
    let good = format!(
        "version = 1\n[key.alice]\nid = \"aaaaaaaaaa\"\nsha256 = \"{digest}\"\ncreated = \"2026-11-22T10:00:00Z\"\n"
    );
    assert_eq!(file.parse(&good).unwrap().iter().count(), 1);
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
        assert!(file.parse(&wrong).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn changes_of_many_at_once_are_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = KeyFile::in_directory(folder.path());
    let tasks: Vec<_> = (0..16)
        .map(|number| {
            let file = file.clone();
            tokio::spawn(async move {
                file.change(|keys| keys.add(&name(&format!("n{number}")), None))
                    .await
                    .map(drop)
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(file.read().unwrap().iter().count(), 16);
}

#[tokio::test]
async fn a_running_server_sees_a_revoked_key_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let file = KeyFile::in_directory(folder.path());
    let key = file
        .change(|keys| keys.add(&name("alice"), None))
        .await
        .unwrap();
    let ring = KeyRing::open(file.clone()).unwrap();
    assert_eq!(ring.owner(&shown(&key)), Ok(name("alice")));
    file.change(|keys| keys.revoke(&name("alice")))
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    assert_eq!(ring.owner(&shown(&key)), Err(Rejected::Unknown));

    fs::write(&file.path, "nonsense").unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    assert!(matches!(
        ring.owner(&shown(&key)),
        Err(Rejected::Unreadable(_))
    ));
}
