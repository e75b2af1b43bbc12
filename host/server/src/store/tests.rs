//! The store on a real disk, with a keyring that lives in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;

use super::keyring::Backend;
use super::*;

const TOKEN: &str = "canary-canary-canary";

#[derive(Default)]
struct Memory(Mutex<BTreeMap<String, SecretString>>);

impl Backend for Memory {
    fn read(&self, service: &str, account: &str) -> Result<SecretString, KeyringError> {
        let name = format!("{service}/{account}");
        let found = self.0.lock().unwrap().get(&name).cloned();
        found.ok_or(KeyringError::Missing(name))
    }

    fn write(
        &self,
        service: &str,
        account: &str,
        secret: &SecretString,
    ) -> Result<(), KeyringError> {
        let name = format!("{service}/{account}");
        self.0.lock().unwrap().insert(name, secret.clone());
        Ok(())
    }

    fn remove(&self, service: &str, account: &str) -> Result<(), KeyringError> {
        self.0
            .lock()
            .unwrap()
            .remove(&format!("{service}/{account}"));
        Ok(())
    }
}

/// Waits like a locked keyring, or is not there at all.
struct Broken(Option<Duration>);

impl Broken {
    fn fail<T>(&self) -> Result<T, KeyringError> {
        if let Some(time) = self.0 {
            std::thread::sleep(time);
        }
        Err(KeyringError::Unavailable("no session bus".to_owned()))
    }
}

impl Backend for Broken {
    fn read(&self, _: &str, _: &str) -> Result<SecretString, KeyringError> {
        self.fail()
    }
    fn write(&self, _: &str, _: &str, _: &SecretString) -> Result<(), KeyringError> {
        self.fail()
    }
    fn remove(&self, _: &str, _: &str) -> Result<(), KeyringError> {
        self.fail()
    }
}

struct World {
    folder: tempfile::TempDir,
    memory: Arc<Memory>,
}

impl World {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            memory: Arc::default(),
        }
    }

    /// As another process would open it: nothing is cached.
    fn store(&self) -> Store {
        let backend: Arc<dyn Backend> = self.memory.clone();
        let keyring = Keyring::with_backend(backend, Duration::from_secs(5));
        Store::in_directory(self.folder.path(), Arc::new(keyring))
    }

    fn without_keyring(&self, wait: Option<Duration>) -> Store {
        let keyring = Keyring::with_backend(Arc::new(Broken(wait)), Duration::from_millis(100));
        Store::in_directory(self.folder.path(), Arc::new(keyring))
    }

    /// Every file below the configuration directory with its content.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    files.insert(entry.path(), fs::read(entry.path()).unwrap());
                }
            }
        }
        files
    }
}

fn id(site: &str, origin: &str, account: &str) -> RecordId {
    RecordId {
        site: SiteName::parse(site).unwrap(),
        origin: Origin::parse(origin).unwrap(),
        account: account.to_owned(),
    }
}

fn acme() -> RecordId {
    id("acme", "https://acme.atlassian.net", "me@example.com")
}

fn token() -> Record {
    Record::Token(SecretString::from(TOKEN))
}

#[tokio::test]
async fn what_one_process_stores_another_one_reads_and_the_disk_shows_nothing() {
    for place in [KeyPlace::Keyring, KeyPlace::File] {
        let world = World::new();
        let store = world.store();
        assert_eq!(store.prepare(Some(place)).await.unwrap(), place);
        store.write(&acme(), &token()).await.unwrap();
        let read = world.store().token(&acme()).await.unwrap();
        assert_eq!(read.expose_secret(), TOKEN);
        assert_eq!(world.store().key_place().unwrap(), Some(place));
        for (path, content) in world.files() {
            let text = String::from_utf8_lossy(&content);
            assert!(
                !text.contains("canary") && !text.contains("me@example.com"),
                "{path:?}"
            );
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                let mode = path.metadata().unwrap().permissions().mode() & 0o777;
                assert_eq!(mode, 0o600, "{path:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_oauth_login_comes_back_as_it_was() {
    let world = World::new();
    let store = world.store();
    store.prepare(None).await.unwrap();
    let secret = |text: &str| SecretString::from(text);
    let tokens = OAuthTokens {
        client_secret: Some(secret("client")),
        refresh: secret("refresh"),
        access: secret(&"x".repeat(3000)),
        expires_at: 1_795_000_000,
        generation: 7,
        scopes: vec!["read:jira-work".to_owned()],
        has_ended: false,
    };
    store.write(&acme(), &Record::OAuth(tokens)).await.unwrap();
    let Record::OAuth(read) = store.read(&acme()).await.unwrap() else {
        panic!("another kind came back");
    };
    assert_eq!(read.refresh.expose_secret(), "refresh");
    assert_eq!(read.access.expose_secret().len(), 3000);
    assert_eq!(
        (read.expires_at, read.generation, read.has_ended),
        (1_795_000_000, 7, false)
    );
    assert_eq!(read.client_secret.unwrap().expose_secret(), "client");
    assert!(matches!(
        store.token(&acme()).await,
        Err(StoreError::OtherKind(_))
    ));
}

#[tokio::test]
async fn a_record_opens_for_its_own_site_address_and_account_alone() {
    let world = World::new();
    let store = world.store();
    store.prepare(None).await.unwrap();
    store.write(&acme(), &token()).await.unwrap();
    for other in [
        id("acme", "https://acme.atlassian.net", "you@example.com"),
        id("acme", "https://evil.example.com", "me@example.com"),
        id("acme", "https://acme.atlassian.net:8443", "me@example.com"),
    ] {
        assert!(
            matches!(store.read(&other).await, Err(StoreError::Sealed(_))),
            "{other:?}"
        );
    }
    let other = id("beta", "https://acme.atlassian.net", "me@example.com");
    let folder = store.directory();
    fs::copy(folder.join("acme.sealed"), folder.join("beta.sealed")).unwrap();
    assert!(matches!(
        store.read(&other).await,
        Err(StoreError::Sealed(_))
    ));
}

#[tokio::test]
async fn names_that_differ_by_case_have_files_of_their_own() {
    let world = World::new();
    let store = world.store();
    let (lower, upper) = (
        SiteName::parse("acme").unwrap(),
        SiteName::parse("Acme").unwrap(),
    );
    let names = [store.path(&lower), store.path(&upper)]
        .map(|path| path.display().to_string().to_lowercase());
    assert_ne!(names[0], names[1]);
}

#[tokio::test]
async fn damaged_files_are_named_and_left_alone() {
    let world = World::new();
    let store = world.store();
    store.prepare(None).await.unwrap();
    store.write(&acme(), &token()).await.unwrap();
    let path = store.directory().join("acme.sealed");
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let refused = store.read(&acme()).await.err().unwrap();
        assert!(
            matches!(refused, StoreError::Foreign(_) | StoreError::Sealed(_)),
            "{length}: {refused}"
        );
        assert_eq!(fs::read(&path).unwrap(), &whole[..length]);
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&path, &changed).unwrap();
        assert!(
            store.read(&acme()).await.is_err(),
            "a change at {at} was not seen"
        );
    }
    fs::write(&path, b"mcp-airlock sealed record 2\nsomething").unwrap();
    assert!(matches!(
        store.read(&acme()).await,
        Err(StoreError::Newer(_))
    ));
    fs::write(&path, &whole).unwrap();
    assert!(store.read(&acme()).await.is_ok());
}

#[tokio::test]
async fn a_foreign_description_stops_everything_and_stays() {
    for text in [
        "",
        "{",
        "[]",
        r#"{"version":1}"#,
        r#"{"version":1,"id":"x","key":"cloud"}"#,
    ] {
        let world = World::new();
        let store = world.store();
        fs::create_dir(store.directory()).unwrap();
        fs::write(store.directory().join("store.json"), text).unwrap();
        assert!(
            matches!(store.prepare(None).await, Err(StoreError::Foreign(_))),
            "{text}"
        );
        assert_eq!(
            fs::read_to_string(store.directory().join("store.json")).unwrap(),
            text
        );
    }
}

#[tokio::test]
async fn the_place_of_the_key_never_changes_by_itself() {
    let world = World::new();
    world.store().prepare(Some(KeyPlace::File)).await.unwrap();
    assert_eq!(world.store().prepare(None).await.unwrap(), KeyPlace::File);
    let refused = world
        .store()
        .prepare(Some(KeyPlace::Keyring))
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::OtherPlace { .. }));
    let bare = World::new();
    let refused = bare.without_keyring(None).prepare(None).await.unwrap_err();
    insta::assert_snapshot!(refused, @"there is no keyring that this program can reach: no session bus. Without a keyring `mcp-airlock login --store file` keeps the key in a file instead");
    assert_eq!(bare.store().key_place().unwrap(), None);
}

#[tokio::test]
async fn a_locked_keyring_is_told_in_time_and_not_queued_for() {
    let world = World::new();
    let store = world.without_keyring(Some(Duration::from_secs(2)));
    let started = Instant::now();
    for _ in 0..5 {
        let refused = store.prepare(None).await.unwrap_err();
        assert!(
            matches!(refused, StoreError::NoKeyring(KeyringError::Locked)),
            "{refused}"
        );
    }
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn logging_out_of_the_last_site_leaves_nothing() {
    let world = World::new();
    let store = world.store();
    store.prepare(None).await.unwrap();
    let beta = id("beta", "https://beta.atlassian.net", "me@example.com");
    store.write(&acme(), &token()).await.unwrap();
    store.write(&beta, &token()).await.unwrap();
    assert!(store.remove(&acme().site).await.unwrap());
    assert!(store.has(&beta.site));
    assert!(!world.memory.0.lock().unwrap().is_empty());
    assert!(store.remove(&beta.site).await.unwrap());
    assert_eq!(world.files(), BTreeMap::new());
    assert!(world.memory.0.lock().unwrap().is_empty());
    assert!(!world.store().remove(&beta.site).await.unwrap());
}

#[tokio::test]
async fn a_server_that_runs_on_reads_a_new_login() {
    let world = World::new();
    let running = world.store();
    for place in [KeyPlace::Keyring, KeyPlace::File] {
        let person = world.store();
        person.prepare(Some(place)).await.unwrap();
        person.write(&acme(), &token()).await.unwrap();
        assert!(running.read(&acme()).await.is_ok(), "{place:?}");
        person.remove(&acme().site).await.unwrap();
        assert!(matches!(
            running.read(&acme()).await,
            Err(StoreError::Missing(_))
        ));
    }
}

#[tokio::test]
async fn one_process_at_a_time_holds_a_record() {
    let world = World::new();
    let store = world.store();
    store.prepare(None).await.unwrap();
    let other = world.store();
    let site = acme().site;
    let held = store.lock(&site).await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(200), other.lock(&site)).await;
    assert!(waiting.is_err(), "two held it at once");
    drop(held);
    tokio::time::timeout(Duration::from_secs(5), other.lock(&site))
        .await
        .unwrap()
        .unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_disk_that_takes_nothing_leaves_the_old_record() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let store = world.store();
    store.prepare(None).await.unwrap();
    store.write(&acme(), &token()).await.unwrap();
    let before = fs::read(store.directory().join("acme.sealed")).unwrap();
    let rights =
        |mode| fs::set_permissions(store.directory(), fs::Permissions::from_mode(mode)).unwrap();
    rights(0o500);
    let refused = store.write(&acme(), &token()).await;
    rights(0o700);
    if rustix::process::geteuid().is_root() {
        return; // root writes anywhere
    }
    assert!(matches!(refused, Err(StoreError::Disk { .. })));
    assert_eq!(
        fs::read(store.directory().join("acme.sealed")).unwrap(),
        before
    );
}
