//! What becomes of a key: made, found, replaced, taken away, ended; and of a file that is not one.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fs;

use door::{Keys, NewKey, Presented, Rejected};
use policy::Principal;
use time::OffsetDateTime;

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
    assert!(revoke_missing(keys, "alice"));
}

fn revoke_missing(mut keys: Keys, text: &str) -> bool {
    matches!(keys.revoke(&name(text)), Err(KeyError::Missing(_)))
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
