//! Decides how a secret is read and kept: lazily, once for many calls side by side, in memory that is wiped.
//! Configuration holds references; this module turns one into a value. Never prints a value, never writes one down,
//! never falls back from one reference to another.

mod file;
mod program;
mod reference;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::process::{ProgramError, Variables};
use crate::store::{Keyring, KeyringError, RecordId, Stamp, Store, StoreError};
pub use reference::{ProgramRef, SecretRef, SecretRefError};

/// A shorter secret gets a warning: the gateway cannot blank it out as text, it would hit everyday words.
pub const SHORT_SECRET: usize = 12;

/// Longest value that is taken: OAuth access tokens stay under 3 kB, nothing real is near this.
pub(crate) const LONGEST_SECRET: usize = 64 * 1024;

/// A site that answers 401 to everything must not make a password manager ask for a fingerprint with each call.
const YOUNGEST_TO_READ_AGAIN: Duration = Duration::from_secs(60);

/// Why a reference gave no secret. Names the reference, never any part of a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error(
        "the environment variable `{0}` is not set or empty; set it where the client starts this server"
    )]
    Unset(String),
    #[error("the secret file `{path}` cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("the secret file `{path}` is not a regular file")]
    NotAFile { path: String },
    #[error(
        "the secret file `{path}` can be read by others (mode {mode:04o}); run `chmod 600 {path}`, \
         and replace the secret if others use this machine"
    )]
    ReadableByOthers { path: String, mode: u32 },
    #[error(
        "the secret file `{path}` belongs to user {owner}; it must belong to the user of this server or to root"
    )]
    ForeignOwner { path: String, owner: u32 },
    #[error("{reference} holds more than {LONGEST_SECRET} bytes; that is no token")]
    TooLong { reference: String },
    #[error("{reference} is empty")]
    Empty { reference: String },
    #[error(
        "{reference} holds more than one line, control characters or text that is not UTF-8; it must hold the bare token"
    )]
    Malformed { reference: String },
    #[error("{reference} holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)")]
    NoKey { reference: String },
    #[error(
        "`cred:{0}` needs a service that systemd started with LoadCredential=; CREDENTIALS_DIRECTORY is not set"
    )]
    NoCredentials(String),
    #[error("`store:` is a record of one site and cannot be read without it")]
    NeedsSite,
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One secret: its reference and, once somebody needed it, its value.
///
/// Environment values are taken at start, because they are then removed from the process; everything else is read at
/// the first use.
pub struct Secret {
    reference: SecretRef,
    place: Place,
    form: Form,
    state: Mutex<State>,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// One line, which fits into a header.
    Token,
    /// A private key: text of several lines between two marks (RFC 7468).
    Pem,
}

/// What it takes to read the value.
enum Place {
    /// It was read at start.
    Memory,
    File(PathBuf),
    Program(ProgramRef, Variables),
    Keyring(Arc<Keyring>, String, String),
    Store(Arc<Store>, RecordId),
}

#[derive(Default)]
struct State {
    value: Option<(SecretString, Instant)>,
    /// Of the record that the value was read from.
    stamp: Option<Stamp>,
    /// Shared by those who were already waiting while it happened; nobody else hears of it.
    failure: Option<(SecretError, Instant)>,
}

impl Secret {
    /// A secret in a file, not read yet.
    pub fn in_file(path: PathBuf) -> Self {
        Self::unread(SecretRef::File(path.clone()), Place::File(path))
    }

    /// A systemd credential: a file below the folder that systemd names.
    pub(crate) fn of_systemd(name: &str, folder: Option<PathBuf>) -> Result<Self, SecretError> {
        let folder = folder.ok_or_else(|| SecretError::NoCredentials(name.to_owned()))?;
        let reference = SecretRef::Credential(name.to_owned());
        Ok(Self::unread(reference, Place::File(folder.join(name))))
    }

    pub(crate) fn of_program(program: ProgramRef, variables: Variables) -> Self {
        let reference = SecretRef::Program(program.clone());
        Self::unread(reference, Place::Program(program, variables))
    }

    pub(crate) fn in_keyring(keyring: Arc<Keyring>, service: &str, account: &str) -> Self {
        let reference = SecretRef::Keyring {
            service: service.to_owned(),
            account: account.to_owned(),
        };
        let place = Place::Keyring(keyring, service.to_owned(), account.to_owned());
        Self::unread(reference, place)
    }

    /// The token in a site's own record.
    pub(crate) fn in_store(store: Arc<Store>, record: RecordId) -> Self {
        Self::unread(SecretRef::Store, Place::Store(store, record))
    }

    fn unread(reference: SecretRef, place: Place) -> Self {
        Self {
            reference,
            place,
            form: Form::Token,
            state: Mutex::default(),
        }
    }

    /// The same secret, if it is a private key.
    pub(crate) fn into_key(self) -> Self {
        Self {
            form: Form::Pem,
            ..self
        }
    }

    /// A secret that stood in the environment variable `name`.
    pub fn from_variable(name: &str, value: &SecretString) -> Result<Self, SecretError> {
        Self::of_variable(name, value, Form::Token)
    }

    /// A private key that stood in the environment variable `name`.
    pub(crate) fn key_from_variable(name: &str, value: &SecretString) -> Result<Self, SecretError> {
        Self::of_variable(name, value, Form::Pem)
    }

    fn of_variable(name: &str, value: &SecretString, form: Form) -> Result<Self, SecretError> {
        let reference = SecretRef::Env(name.to_owned());
        if value.expose_secret().trim().is_empty() {
            return Err(SecretError::Unset(name.to_owned()));
        }
        let bare = form.bare(&reference.to_string(), value.expose_secret().as_bytes())?;
        let state = State {
            value: Some((bare, Instant::now())),
            ..State::default()
        };
        Ok(Self {
            reference,
            place: Place::Memory,
            form,
            state: Mutex::new(state),
        })
    }

    pub fn reference(&self) -> &SecretRef {
        &self.reference
    }

    /// The value, read now if nobody needed it before. Calls side by side read once and share what came of it;
    /// a later call after a failure reads again.
    pub async fn reveal(&self) -> Result<SecretString, SecretError> {
        let arrived = Instant::now();
        let mut state = self.state.lock().await;
        let stamp = self.stamp();
        if state.stamp != stamp {
            state.value = None;
        }
        if let Some((value, _)) = &state.value {
            return Ok(value.clone());
        }
        if let Some((failure, at)) = &state.failure
            && *at >= arrived
        {
            return Err(failure.clone());
        }
        match self.read().await {
            Ok(value) => {
                state.value = Some((value.clone(), Instant::now()));
                state.stamp = stamp;
                Ok(value)
            }
            Err(error) => {
                state.failure = Some((error.clone(), Instant::now()));
                Err(error)
            }
        }
    }

    /// Another value than the one that the site refused, if the place holds one by now.
    pub async fn replacement(&self, refused: &SecretString) -> Option<SecretString> {
        let differs = |value: &SecretString| value.expose_secret() != refused.expose_secret();
        let mut state = self.state.lock().await;
        match &state.value {
            Some((value, _)) if differs(value) => return Some(value.clone()),
            Some((_, read_at))
                if self.is_costly() && read_at.elapsed() < YOUNGEST_TO_READ_AGAIN =>
            {
                return None;
            }
            _ => {}
        }
        let stamp = self.stamp();
        let value = self.read().await.ok()?;
        state.stamp = stamp;
        state.value = Some((value.clone(), Instant::now()));
        Some(value).filter(differs)
    }

    /// The value as it is now, for something that is replaced on disk from time to time. Kept only where reading it again
    /// may bother a person.
    pub(crate) async fn reveal_anew(&self) -> Result<SecretString, SecretError> {
        match self.place {
            Place::File(_) => self.read().await,
            _ => self.reveal().await,
        }
    }

    /// Is there a value, as far as that can be told without running a program? Some of those ask a person, some the
    /// network.
    pub(crate) async fn look(&self) -> Result<(), SecretError> {
        match self.place {
            Place::Program(..) => Ok(()),
            _ => self.reveal().await.map(drop),
        }
    }

    /// A logout takes the value from a running process at once.
    fn stamp(&self) -> Option<Stamp> {
        match &self.place {
            Place::Store(store, record) => store.stamp(&record.site),
            _ => None,
        }
    }

    /// Whether reading may bother a person.
    fn is_costly(&self) -> bool {
        matches!(self.place, Place::Program(..) | Place::Keyring(..))
    }

    async fn read(&self) -> Result<SecretString, SecretError> {
        match &self.place {
            Place::Memory => Err(SecretError::Unset(self.reference.to_string())),
            Place::File(path) => file::read(&self.reference, path, self.form),
            Place::Program(program, variables) => {
                program::read(program, variables, program::PATIENCE, self.form).await
            }
            Place::Keyring(keyring, service, account) => {
                let value = keyring.read(service, account).await?;
                let bytes = value.expose_secret().as_bytes();
                self.form.bare(&self.reference.to_string(), bytes)
            }
            Place::Store(store, record) => Ok(store.token(record).await?),
        }
    }

    /// Whether the value is known to be shorter than [`SHORT_SECRET`].
    pub fn is_short(&self) -> bool {
        self.state.try_lock().is_ok_and(|state| {
            state
                .value
                .as_ref()
                .is_some_and(|(value, _)| value.expose_secret().len() < SHORT_SECRET)
        })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({}, ****)", self.reference)
    }
}

impl Form {
    fn bare(self, reference: &str, bytes: &[u8]) -> Result<SecretString, SecretError> {
        match self {
            Self::Token => bare_token(reference, bytes),
            Self::Pem => private_key(reference, bytes),
        }
    }
}

/// Only a look from outside: the TLS library reads it.
fn private_key(reference: &str, bytes: &[u8]) -> Result<SecretString, SecretError> {
    let reference = || reference.to_owned();
    if bytes.len() > LONGEST_SECRET {
        return Err(SecretError::TooLong {
            reference: reference(),
        });
    }
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----"))
        .map(SecretString::from)
        .ok_or_else(|| SecretError::NoKey {
            reference: reference(),
        })
}

/// What people paste around a token goes: blanks, line ends, the byte order mark of Windows editors.
/// What is left must fit into one header line. `reference` only names the place in messages.
/// A secret of the program's own, under the same rules as everybody's: mode, owner, length.
pub(crate) fn read_secret_file(path: &Path) -> Result<SecretString, SecretError> {
    file::read(&SecretRef::File(path.to_owned()), path, Form::Token)
}

pub(crate) fn bare_token(reference: &str, bytes: &[u8]) -> Result<SecretString, SecretError> {
    let reference = || reference.to_owned();
    if bytes.len() > LONGEST_SECRET {
        return Err(SecretError::TooLong {
            reference: reference(),
        });
    }
    let malformed = || SecretError::Malformed {
        reference: reference(),
    };
    let text = std::str::from_utf8(bytes).map_err(|_| malformed())?;
    let bare = text.trim_start_matches('\u{feff}').trim();
    if bare.is_empty() {
        return Err(SecretError::Empty {
            reference: reference(),
        });
    }
    if bare.chars().any(char::is_control) {
        return Err(malformed());
    }
    Ok(SecretString::from(bare))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_reference_only() {
        let secret =
            Secret::from_variable("JIRA_API_TOKEN", &SecretString::from("canary-canary")).unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(env:JIRA_API_TOKEN, ****)");
    }

    #[tokio::test]
    async fn blanks_around_a_token_go_and_line_breaks_inside_are_refused() {
        for pasted in [
            "tok-tok",
            " tok-tok\r\n",
            "\u{feff}tok-tok\n\n",
            "\ttok-tok ",
        ] {
            let bare = bare_token("file:/x", pasted.as_bytes()).unwrap();
            assert_eq!(bare.expose_secret(), "tok-tok", "{pasted:?}");
        }
        for bad in [
            &b"two\nlines"[..],
            b"nul\0nul",
            b"\xff\xfe\x00",
            b" \n",
            b"",
        ] {
            assert!(bare_token("file:/x", bad).is_err(), "{bad:?}");
        }
        assert!(bare_token("file:/x", &vec![b'a'; LONGEST_SECRET + 1]).is_err());
    }

    #[test]
    fn an_empty_variable_is_an_unset_one() {
        assert_eq!(
            Secret::from_variable("T", &SecretString::from(" ")).unwrap_err(),
            SecretError::Unset("T".into())
        );
    }

    /// A program that counts how often it ran, and then does as `script` says.
    #[cfg(unix)]
    fn counting(folder: &std::path::Path, script: &str) -> Secret {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.join("get");
        std::fs::write(
            &path,
            format!("#!/bin/sh\necho x >> {}/runs\n{script}\n", folder.display()),
        )
        .unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        let variables = Variables::new([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]);
        Secret::of_program(
            ProgramRef::Command(vec![path.display().to_string()]),
            variables,
        )
    }

    #[cfg(unix)]
    fn runs(folder: &std::path::Path) -> usize {
        std::fs::read_to_string(folder.join("runs"))
            .unwrap_or_default()
            .lines()
            .count()
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn calls_side_by_side_ask_once_and_share_the_answer() {
        let folder = tempfile::tempdir().unwrap();
        let secret = counting(folder.path(), "sleep 0.2; echo tok-tok-tok");
        assert_eq!(
            runs(folder.path()),
            0,
            "nothing is read before it is needed"
        );
        let all = futures_util::future::join_all((0..8).map(|_| secret.reveal())).await;
        assert!(
            all.iter()
                .all(|one| one.as_ref().unwrap().expose_secret() == "tok-tok-tok")
        );
        assert_eq!(runs(folder.path()), 1);
        secret.reveal().await.unwrap();
        assert_eq!(runs(folder.path()), 1);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_failure_is_shared_by_those_who_waited_and_forgotten_then() {
        let folder = tempfile::tempdir().unwrap();
        let secret = counting(folder.path(), "sleep 0.2; exit 1");
        let all = futures_util::future::join_all((0..8).map(|_| secret.reveal())).await;
        assert!(all.iter().all(Result::is_err));
        assert_eq!(runs(folder.path()), 1);
        assert!(secret.reveal().await.is_err());
        assert_eq!(runs(folder.path()), 2);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_refused_value_is_read_again_but_nobody_is_bothered_with_each_call() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let write = |text: &str| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        };
        write("old-old-old");
        let secret = Secret::in_file(path.clone());
        let old = secret.reveal().await.unwrap();
        assert!(secret.replacement(&old).await.is_none());
        write("new-new-new");
        let new = secret.replacement(&old).await.unwrap();
        assert_eq!(new.expose_secret(), "new-new-new");
        assert_eq!(
            secret.reveal().await.unwrap().expose_secret(),
            "new-new-new"
        );

        let asked = counting(folder.path(), "echo tok-tok-tok");
        let token = asked.reveal().await.unwrap();
        for _ in 0..3 {
            assert!(asked.replacement(&token).await.is_none());
        }
        assert_eq!(runs(folder.path()), 1);
    }
}
