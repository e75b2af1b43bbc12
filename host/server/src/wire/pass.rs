//! Decides what a gateway in front of a site is shown beside the credential: a client certificate and extra headers, both
//! by reference. They belong to the way to the site, like its proxy and its authority, so they go to the site's own origin
//! and nowhere else: not to a login server elsewhere, not after a redirect. The component never sees them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use gateway::{Hop, Outgoing};
use policy::{ExtraHeader, Origin, SiteName};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::fault::Fault;
use crate::secrets::{Secret, SecretError};

/// What one site is shown. Nothing is read before the first request.
pub struct Pass {
    pub(crate) origin: Origin,
    /// The key of the certificate that the policy file names.
    pub(crate) client_key: Option<Secret>,
    pub(crate) headers: BTreeMap<ExtraHeader, Secret>,
}

/// The passes of all sites. Filled while the configuration is read.
#[derive(Default)]
pub struct Passes(Mutex<BTreeMap<SiteName, Arc<Pass>>>);

impl Passes {
    pub(crate) fn insert(&self, site: SiteName, pass: Arc<Pass>) {
        self.lock().insert(site, pass);
    }

    /// Of one site, for those that go there with a credential of their own.
    pub(crate) fn at(&self, site: &SiteName) -> Option<Arc<Pass>> {
        self.lock().get(site).cloned()
    }

    pub(super) fn of(&self, out: &Outgoing<'_>) -> Option<Arc<Pass>> {
        let pass = self.lock().get(&out.site.name).cloned()?;
        (out.hop == Hop::Site && *out.origin == pass.origin).then_some(pass)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<SiteName, Arc<Pass>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.client_key.iter().chain(self.headers.values())
    }

    /// The headers with their values, which are also what must not come back.
    pub(crate) async fn headers(&self) -> Result<Vec<(&ExtraHeader, SecretString)>, SecretError> {
        let mut read = Vec::with_capacity(self.headers.len());
        for (name, secret) in &self.headers {
            read.push((name, secret.reveal().await?));
        }
        Ok(read)
    }

    /// Certificate and key as the TLS library wants them: one text.
    pub(super) async fn identity(
        &self,
        certificate: Option<&str>,
    ) -> Result<Option<reqwest::Identity>, Fault> {
        let Some(path) = certificate else {
            return Ok(None);
        };
        let key = match &self.client_key {
            Some(secret) => secret
                .reveal_anew()
                .await
                .map_err(|error| Fault::Setup(error.to_string()))?,
            None => return Err(without_key()),
        };
        let unusable = |reason: &str| Fault::Setup(format!("the `client-cert` `{path}` {reason}"));
        let certificate = std::fs::read_to_string(path)
            .map_err(|error| unusable(&format!("cannot be read: {}", error.kind())))?;
        let both = Zeroizing::new(format!("{certificate}\n{}\n", key.expose_secret()));
        reqwest::Identity::from_pem(both.as_bytes())
            .map(Some)
            .map_err(|_| {
                unusable(
                    "and its `client-key` are no certificate and key in PEM form; a key that is encrypted has to be decrypted first",
                )
            })
    }
}

pub(super) fn without_key() -> Fault {
    Fault::Setup(
        "the policy file names a `client-cert` for this site, and credentials.toml has no `client-key`"
            .to_owned(),
    )
}

impl fmt::Debug for Passes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.lock().keys()).finish()
    }
}
