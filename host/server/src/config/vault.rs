//! Decides how an entry of credentials.toml becomes a login: where its secret is looked up and what renews it. Reads no
//! secret but those of the environment, which is about to be emptied.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use policy::{Deployment, ExtraHeader, Site};
use time::OffsetDateTime;

use super::Finding;
use super::environment::Environment;
use crate::audit::{Journal, Settings};
use crate::auth::Login;
use crate::credentials::{Entry, Gate, Issue};
use crate::login::exchange::Errands;
use crate::oauth::provider::Provider;
use crate::oauth::{ClientCredentials, Renewal, Session};
use crate::secrets::{Secret, SecretError, SecretRef};
use crate::store::{Keyring, RecordId, Store};
use crate::wire::{HttpWire, Pass, Passes};

/// What it takes to find the secret of an entry; nothing is read before a call needs it.
pub(crate) struct Vault {
    /// For login servers; the gateway has its own.
    errands: Arc<Errands>,
    pub(super) passes: Arc<Passes>,
    pub(super) audit: Arc<Journal>,
    store: Arc<Store>,
    keyring: Arc<Keyring>,
}

impl Vault {
    /// For one configuration directory, where the record of this process goes as well.
    pub(crate) fn below(config_dir: &Path) -> Result<Self, Finding> {
        Ok(Self::with_record(config_dir, Settings::load(config_dir)?))
    }

    pub(super) fn with_record(config_dir: &Path, record: Settings) -> Self {
        let started = OffsetDateTime::now_utc();
        let audit = Arc::new(Journal::below(config_dir, record, started));
        let passes = Arc::<Passes>::default();
        let wire = HttpWire::new().with_passes(Arc::clone(&passes));
        let keyring = Arc::new(Keyring::of_system());
        Self {
            errands: Arc::new(Errands::new(wire, Arc::clone(&audit))),
            passes,
            audit,
            store: Arc::new(Store::in_directory(config_dir, Arc::clone(&keyring))),
            keyring,
        }
    }

    pub(crate) fn errands(&self) -> &Arc<Errands> {
        &self.errands
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
                errands: Arc::clone(&self.errands),
                store: Arc::clone(&self.store),
                record: record.clone(),
                provider,
                client_id: client_id.clone(),
                redirect_uri: redirect_uri.clone(),
                seen: tokio::sync::Mutex::default(),
            })),
            Issue::Client { client_id } => Some(Renewal::Client(ClientCredentials {
                errands: Arc::clone(&self.errands),
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
            pass: match entry.owner {
                None => self.pass(&entry.gate, site, environment)?,
                Some(_) => self.passes.at(&site.name),
            },
        })
    }

    /// What the gateway in front of `site` is shown from now on.
    pub(crate) fn pass(
        &self,
        gate: &Gate,
        site: &Site,
        environment: &Environment,
    ) -> Result<Option<Arc<Pass>>, SecretError> {
        if *gate == Gate::default() {
            return Ok(None);
        }
        let client_key = match &gate.client_key {
            None => None,
            Some(SecretRef::Env(name)) => {
                let value = environment.secret(name);
                let value = value.ok_or_else(|| SecretError::Unset(name.clone()))?;
                Some(Secret::key_from_variable(name, &value)?)
            }
            Some(elsewhere) => Some(self.lookup(elsewhere, environment)?.into_key()),
        };
        let mut headers = BTreeMap::<ExtraHeader, Secret>::new();
        for (name, reference) in &gate.headers {
            headers.insert(name.clone(), self.lookup(reference, environment)?);
        }
        let pass = Arc::new(Pass {
            origin: site.origin.clone(),
            client_key,
            headers,
        });
        self.passes.insert(site.name.clone(), Arc::clone(&pass));
        Ok(Some(pass))
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
