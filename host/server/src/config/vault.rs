//! Decides how an entry of credentials.toml becomes a login: where its secret is looked up and what renews it. Reads no
//! secret but those of the environment, which is about to be emptied.

use std::path::Path;
use std::sync::Arc;

use policy::{Deployment, Site};

use super::environment::Environment;
use crate::auth::Login;
use crate::credentials::{Entry, Issue};
use crate::oauth::provider::Provider;
use crate::oauth::{ClientCredentials, Renewal, Session};
use crate::secrets::{Secret, SecretError, SecretRef};
use crate::store::{Keyring, RecordId, Store};
use crate::wire::HttpWire;

/// What it takes to find the secret of an entry; nothing is read before a call needs it.
pub(crate) struct Vault {
    /// For login servers; the gateway has its own.
    wire: Arc<HttpWire>,
    store: Arc<Store>,
    keyring: Arc<Keyring>,
}

impl Vault {
    pub(crate) fn new(config_dir: &Path) -> Self {
        let keyring = Arc::new(Keyring::of_system());
        Self {
            wire: Arc::new(HttpWire::new()),
            store: Arc::new(Store::in_directory(config_dir, Arc::clone(&keyring))),
            keyring,
        }
    }

    pub(super) fn login(
        &self,
        entry: &Entry,
        site: &Site,
        environment: &Environment,
    ) -> Result<Login, SecretError> {
        let record = RecordId {
            site: site.name.clone(),
            origin: site.origin.clone(),
            account: entry.account.clone(),
        };
        let secret = || match &entry.secret {
            SecretRef::Store => Ok(Secret::in_store(Arc::clone(&self.store), record.clone())),
            elsewhere => self.lookup(elsewhere, environment),
        };
        // A site whose deployment nobody stated was not logged in to by this program.
        let deployment = site.known_deployment().unwrap_or(Deployment::DataCenter);
        let provider = Provider::of(site, deployment);
        let renewal = match &entry.issue {
            Issue::Fixed => None,
            Issue::OAuth {
                client_id,
                redirect_uri,
            } => Some(Renewal::Session(Session {
                wire: Arc::clone(&self.wire),
                store: Arc::clone(&self.store),
                record: record.clone(),
                provider,
                client_id: client_id.clone(),
                redirect_uri: redirect_uri.clone(),
                seen: tokio::sync::Mutex::default(),
            })),
            Issue::Client { client_id } => Some(Renewal::Client(ClientCredentials {
                wire: Arc::clone(&self.wire),
                provider,
                client_id: client_id.clone(),
                secret: secret()?,
                token: tokio::sync::Mutex::default(),
            })),
        };
        Ok(Login {
            origin: site.origin.clone(),
            scheme: entry.scheme.clone(),
            secret: secret()?,
            renewal,
        })
    }

    /// A secret that does not depend on the site. Fails only for what is known at once: a variable that is not set, a
    /// service that systemd did not start.
    pub(crate) fn lookup(
        &self,
        reference: &SecretRef,
        environment: &Environment,
    ) -> Result<Secret, SecretError> {
        Ok(match reference {
            SecretRef::Env(name) => {
                let value = environment.secret(name);
                let value = value.ok_or_else(|| SecretError::Unset(name.clone()))?;
                Secret::from_variable(name, &value)?
            }
            SecretRef::File(path) => Secret::in_file(path.clone()),
            SecretRef::Credential(name) => {
                Secret::of_systemd(name, environment.systemd_credentials())?
            }
            SecretRef::Keyring { service, account } => {
                Secret::in_keyring(Arc::clone(&self.keyring), service, account)
            }
            SecretRef::Store => return Err(SecretError::NeedsSite),
            // Taken now, since the secret ones among them are about to go; by no other reference, since these are copies.
            SecretRef::Program(program) => {
                Secret::of_program(program.clone(), environment.for_children())
            }
        })
    }
}
