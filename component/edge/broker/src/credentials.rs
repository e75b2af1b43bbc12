//! Decides which credential goes to which site and how it is written into the header. One site has one; nobody else's is
//! ever tried. A token at the edge is fixed: it is changed by changing the deployment.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::{Credential, CredentialError, CredentialSource};
use policy::{Caller, Origin, Permit, Site, SiteName};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// How a token becomes an `Authorization` header.
pub(crate) enum Scheme {
    /// Cloud API tokens: e-mail and token (RFC 7617).
    Basic { user: String },
    /// Personal access tokens and service accounts (RFC 6750).
    Bearer,
}

/// The credential of one site. There is no `Debug`.
pub(crate) struct Login {
    /// It goes to this origin and to no other.
    pub(crate) origin: Origin,
    /// For the audit record.
    pub(crate) name: String,
    pub(crate) scheme: Scheme,
    pub(crate) token: SecretString,
}

#[derive(Default)]
pub(crate) struct Credentials(BTreeMap<SiteName, Login>);

impl Credentials {
    pub(crate) fn insert(&mut self, site: SiteName, login: Login) {
        self.0.insert(site, login);
    }

    fn for_site(&self, site: &Site) -> Result<Credential, CredentialError> {
        let login = self
            .0
            .get(&site.name)
            .filter(|login| login.origin == site.origin)
            .ok_or(CredentialError::Missing)?;
        Ok(Credential {
            name: login.name.clone(),
            authorization: login.authorization(),
            secrets: vec![login.token.clone()],
        })
    }
}

impl Login {
    fn authorization(&self) -> SecretString {
        let token = self.token.expose_secret();
        match &self.scheme {
            Scheme::Bearer => SecretString::from(format!("Bearer {token}")),
            Scheme::Basic { user } => {
                let pair = Zeroizing::new(format!("{user}:{token}"));
                SecretString::from(format!("Basic {}", STANDARD.encode(pair.as_bytes())))
            }
        }
    }
}

impl CredentialSource for Credentials {
    async fn credential(
        &self,
        _permit: &Permit,
        site: &Site,
        _caller: &Caller,
    ) -> Result<Credential, CredentialError> {
        self.for_site(site)
    }

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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use policy::Product;

    fn site(name: &str, origin: &str) -> Site {
        let name = SiteName::parse(name).unwrap();
        Site::new(name, Origin::parse(origin).unwrap(), vec![Product::Jira])
    }

    #[test]
    fn a_token_goes_to_its_own_site_and_origin_alone() {
        let origin = "https://acme.atlassian.net";
        let mut credentials = Credentials::default();
        let login = |scheme| Login {
            origin: Origin::parse(origin).unwrap(),
            name: "T".into(),
            scheme,
            token: SecretString::from("canary"),
        };
        credentials.insert(SiteName::parse("pat").unwrap(), login(Scheme::Bearer));
        let user = "me@example.com".to_owned();
        credentials.insert(
            SiteName::parse("acme").unwrap(),
            login(Scheme::Basic { user }),
        );
        let header = |name, origin| {
            let found = credentials.for_site(&site(name, origin));
            found.map(|found| found.authorization.expose_secret().to_owned())
        };
        assert_eq!(header("pat", origin).unwrap(), "Bearer canary");
        assert_eq!(
            header("acme", origin).unwrap(),
            "Basic bWVAZXhhbXBsZS5jb206Y2FuYXJ5"
        );
        for (name, origin) in [
            ("other", origin),
            ("acme", "https://acme.atlassian.net:8443"),
            ("acme", "https://acme.atlassian.net.evil.test"),
        ] {
            assert_eq!(
                header(name, origin),
                Err(CredentialError::Missing),
                "{name} {origin}"
            );
        }
    }
}
