//! Decides which credential goes to which site and how it is written into the header. One site has one credential;
//! a site without one gets none: nobody else's is ever tried.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::{Credential, CredentialError, CredentialSource};
use policy::{Caller, Origin, Permit, Site, SiteName};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::secrets::{SHORT_SECRET, Secret};

/// How a secret becomes an `Authorization` header.
#[derive(Clone, PartialEq, Eq)]
pub enum Scheme {
    /// Cloud API tokens: e-mail and token (RFC 7617).
    Basic { user: String },
    /// Data Center personal access tokens and service accounts (RFC 6750).
    Bearer,
}

impl fmt::Debug for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic",
            Self::Bearer => "Bearer",
        })
    }
}

/// The credential of one site.
#[derive(Debug)]
pub struct Login {
    /// The credential goes to this origin and to no other, whatever the site is later said to be.
    pub origin: Origin,
    pub scheme: Scheme,
    pub secret: Secret,
}

/// The credentials of all sites.
#[derive(Debug, Default)]
pub struct CredentialStore {
    logins: BTreeMap<SiteName, Login>,
}

impl CredentialStore {
    /// `false` when the site has a credential already, which stays.
    #[must_use]
    pub fn insert(&mut self, site: SiteName, login: Login) -> bool {
        match self.logins.entry(site) {
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(login);
                true
            }
            std::collections::btree_map::Entry::Occupied(_) => false,
        }
    }

    pub fn login(&self, site: &SiteName) -> Option<&Login> {
        self.logins.get(site)
    }

    async fn for_site(&self, site: &Site) -> Result<Credential, CredentialError> {
        let login = self
            .logins
            .get(&site.name)
            .filter(|login| login.origin == site.origin)
            .ok_or(CredentialError::Missing)?;
        let secret = login
            .secret
            .reveal()
            .await
            .map_err(|error| CredentialError::Unavailable(error.to_string()))?;
        Ok(credential(
            login.secret.reference().to_string(),
            &login.scheme,
            secret,
        ))
    }
}

impl CredentialSource for CredentialStore {
    async fn credential(
        &self,
        _permit: &Permit,
        site: &Site,
        _caller: &Caller,
    ) -> Result<Credential, CredentialError> {
        self.for_site(site).await
    }

    /// Tokens made by hand have no renewal: a rejected one stays rejected.
    async fn refreshed(
        &self,
        _permit: &Permit,
        _site: &Site,
        _caller: &Caller,
        _rejected: &Credential,
    ) -> Option<Credential> {
        None
    }
}

fn credential(name: String, scheme: &Scheme, secret: &SecretString) -> Credential {
    let token = secret.expose_secret();
    let mut secrets = Vec::new();
    // As plain text a short secret is also an everyday word; blanking it everywhere would garble answers.
    if token.len() >= SHORT_SECRET {
        secrets.push(secret.clone());
    }
    let authorization = match scheme {
        Scheme::Bearer => SecretString::from(format!("Bearer {token}")),
        Scheme::Basic { user } => {
            let pair = Zeroizing::new(format!("{user}:{token}"));
            let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
            secrets.push(SecretString::from(pair.as_str()));
            secrets.push(SecretString::from(encoded.as_str()));
            SecretString::from(format!("Basic {}", encoded.as_str()))
        }
    };
    Credential {
        name,
        authorization,
        secrets,
    }
}
