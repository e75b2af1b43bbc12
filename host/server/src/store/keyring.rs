//! Decides how the operating system's keyring is asked: on a thread of its own and for a limited time, since a locked
//! one waits for a dialogue that nobody may see. Never decides what is kept there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

/// Long enough for a person who has just been asked to unlock it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why the keyring gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    #[error("the keyring has no entry `{0}`")]
    Missing(String),
    #[error(
        "the keyring is locked or waits for an answer; unlock it (log in to the desktop, or open its settings) and try again"
    )]
    Locked,
    #[error("there is no keyring that this program can reach: {0}")]
    Unavailable(String),
}

/// A place for small secrets by service and account. Calls block.
pub trait Backend: Send + Sync {
    fn read(&self, service: &str, account: &str) -> Result<SecretString, KeyringError>;
    fn write(
        &self,
        service: &str,
        account: &str,
        secret: &SecretString,
    ) -> Result<(), KeyringError>;
    fn remove(&self, service: &str, account: &str) -> Result<(), KeyringError>;
}

pub struct Keyring {
    backend: Arc<dyn Backend>,
    patience: Duration,
    /// An earlier call was given up and still waits; another one would wait behind it.
    is_stuck: Arc<AtomicBool>,
}

impl Keyring {
    pub fn of_system() -> Self {
        Self::with_backend(Arc::new(System), PATIENCE)
    }

    pub fn with_backend(backend: Arc<dyn Backend>, patience: Duration) -> Self {
        Self {
            backend,
            patience,
            is_stuck: Arc::default(),
        }
    }

    pub async fn read(&self, service: &str, account: &str) -> Result<SecretString, KeyringError> {
        let (service, account) = (service.to_owned(), account.to_owned());
        self.ask(move |backend| backend.read(&service, &account))
            .await
    }

    pub async fn write(
        &self,
        service: &str,
        account: &str,
        secret: &SecretString,
    ) -> Result<(), KeyringError> {
        let (service, account, secret) = (service.to_owned(), account.to_owned(), secret.clone());
        self.ask(move |backend| backend.write(&service, &account, &secret))
            .await
    }

    pub async fn remove(&self, service: &str, account: &str) -> Result<(), KeyringError> {
        let (service, account) = (service.to_owned(), account.to_owned());
        self.ask(move |backend| backend.remove(&service, &account))
            .await
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Backend) -> Result<T, KeyringError> + Send + 'static,
    ) -> Result<T, KeyringError> {
        if self.is_stuck.load(Ordering::Acquire) {
            return Err(KeyringError::Locked);
        }
        let (answer, answered) = oneshot::channel();
        let backend = Arc::clone(&self.backend);
        let is_stuck = Arc::clone(&self.is_stuck);
        std::thread::Builder::new()
            .name("keyring".to_owned())
            .spawn(move || {
                let outcome = work(&*backend);
                is_stuck.store(false, Ordering::Release);
                // Whoever asked may have gone.
                let _ = answer.send(outcome);
            })
            .map_err(|error| KeyringError::Unavailable(error.kind().to_string()))?;
        match tokio::time::timeout(self.patience, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(KeyringError::Unavailable("its library failed".to_owned())),
            Err(_) => {
                self.is_stuck.store(true, Ordering::Release);
                Err(KeyringError::Locked)
            }
        }
    }
}

/// Secret Service, Keychain or Credential Manager.
struct System;

impl Backend for System {
    fn read(&self, service: &str, account: &str) -> Result<SecretString, KeyringError> {
        let password = entry(service, account)?.get_password();
        password
            .map(SecretString::from)
            .map_err(|error| explain(&error, service, account))
    }

    fn write(
        &self,
        service: &str,
        account: &str,
        secret: &SecretString,
    ) -> Result<(), KeyringError> {
        entry(service, account)?
            .set_password(secret.expose_secret())
            .map_err(|error| explain(&error, service, account))
    }

    fn remove(&self, service: &str, account: &str) -> Result<(), KeyringError> {
        entry(service, account)?
            .delete_credential()
            .map_err(|error| explain(&error, service, account))
    }
}

fn entry(service: &str, account: &str) -> Result<keyring_core::Entry, KeyringError> {
    let built = system_store().and_then(|store| store.build(service, account, None));
    built.map_err(|error| explain(&error, service, account))
}

#[cfg(target_os = "linux")]
fn system_store() -> keyring_core::Result<Arc<keyring_core::CredentialStore>> {
    let store: Arc<keyring_core::CredentialStore> =
        zbus_secret_service_keyring_store::Store::new()?;
    Ok(store)
}

#[cfg(target_os = "macos")]
fn system_store() -> keyring_core::Result<Arc<keyring_core::CredentialStore>> {
    let store: Arc<keyring_core::CredentialStore> =
        apple_native_keyring_store::keychain::Store::new()?;
    Ok(store)
}

#[cfg(windows)]
fn system_store() -> keyring_core::Result<Arc<keyring_core::CredentialStore>> {
    let store: Arc<keyring_core::CredentialStore> = windows_native_keyring_store::Store::new()?;
    Ok(store)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn system_store() -> keyring_core::Result<Arc<keyring_core::CredentialStore>> {
    Err(keyring_core::Error::NotSupportedByStore(
        "this operating system has none".to_owned(),
    ))
}

/// Never with the library's own text for data errors: that one may show the value.
fn explain(error: &keyring_core::Error, service: &str, account: &str) -> KeyringError {
    use keyring_core::Error;
    match error {
        Error::NoEntry => KeyringError::Missing(format!("{service}/{account}")),
        Error::NoStorageAccess(_) => KeyringError::Locked,
        Error::PlatformFailure(cause) => KeyringError::Unavailable(cause.to_string()),
        Error::NotSupportedByStore(reason) => KeyringError::Unavailable(reason.clone()),
        Error::Ambiguous(_) => {
            KeyringError::Unavailable(format!("it has several entries `{service}/{account}`"))
        }
        _ => KeyringError::Unavailable(format!("the entry `{service}/{account}` cannot be used")),
    }
}
