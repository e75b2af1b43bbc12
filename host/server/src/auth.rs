//! Decides whose credential goes to which site and how it is written into the header. A principal's own comes first; the
//! site's own is for whoever starts the program and for those it is shared with. Else there is none: nobody else's is
//! ever tried.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use door::LOCAL;
use gateway::{Credential, CredentialError, CredentialSource};
use policy::{Caller, Origin, Permit, Principal, Site, SiteName};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::oauth::{Renewal, RenewalError};
use crate::secrets::{Secret, SecretError};
use crate::wire::Pass;

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
pub struct Login {
    /// The credential goes to this origin and to no other, whatever the site is later said to be.
    pub origin: Origin,
    pub scheme: Scheme,
    pub secret: Secret,
    /// Where tokens come from that are not the secret itself.
    pub(crate) renewal: Option<Renewal>,
    /// What a gateway in front of the site is shown as well.
    pub(crate) pass: Option<Arc<Pass>>,
}

impl Login {
    /// A login whose secret is what is sent.
    pub fn fixed(origin: Origin, scheme: Scheme, secret: Secret) -> Self {
        Self {
            origin,
            scheme,
            secret,
            renewal: None,
            pass: None,
        }
    }

    /// Is there what it takes to make a header, as far as that can be told without asking a login server?
    pub(crate) async fn look(&self) -> Result<(), String> {
        match &self.renewal {
            Some(Renewal::Session(session)) => {
                session.life().await.map_err(|error| error.to_string())?;
            }
            _ => self
                .secret
                .look()
                .await
                .map_err(|error| error.to_string())?,
        }
        for secret in self.pass.iter().flat_map(|pass| pass.secrets()) {
            secret.look().await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// The header for `secret`, and everything that must not come back.
    async fn credential(&self, secret: &SecretString) -> Result<Credential, SecretError> {
        let mut secrets = vec![secret.clone()];
        if let Some(pass) = &self.pass {
            let headers = pass.headers().await?;
            secrets.extend(headers.into_iter().map(|(_, value)| value));
        }
        Ok(Credential {
            name: self.secret.reference().to_string(),
            authorization: authorization(&self.scheme, secret),
            secrets,
        })
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("origin", &self.origin)
            .field("scheme", &self.scheme)
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}

/// The credentials of all sites.
#[derive(Debug, Default)]
pub struct CredentialStore {
    logins: BTreeMap<SiteName, Login>,
    owned: BTreeMap<Principal, BTreeMap<SiteName, Login>>,
    pub sharing: Sharing,
}

/// Which sites' own credentials are used by principals that have none themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody is told apart.
    #[default]
    Everybody,
    /// Those of these sites alone.
    Sites(BTreeSet<SiteName>),
}

impl Sharing {
    /// Does `principal` use the site's own credential, where they have none themselves?
    pub(crate) fn reaches(&self, principal: &Principal, site: &SiteName) -> bool {
        principal.as_str() == LOCAL || self.covers(site)
    }

    /// Does everybody?
    pub(crate) fn covers(&self, site: &SiteName) -> bool {
        match self {
            Self::Everybody => true,
            Self::Sites(sites) => sites.contains(site),
        }
    }
}

impl CredentialStore {
    /// `false` when the site has a credential already, which stays.
    #[must_use]
    pub fn insert(&mut self, site: SiteName, login: Login) -> bool {
        insert(&mut self.logins, site, login)
    }

    /// For one principal alone; `false` as above.
    #[must_use]
    pub fn insert_for(&mut self, owner: Principal, site: SiteName, login: Login) -> bool {
        insert(self.owned.entry(owner).or_default(), site, login)
    }

    /// The site's own.
    pub fn login(&self, site: &SiteName) -> Option<&Login> {
        self.logins.get(site)
    }

    /// All of them, each with its place in credentials.toml.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (String, &Login)> {
        let own = self.logins.iter();
        let own = own.map(|(site, login)| (format!("[site.{site}]"), login));
        own.chain(self.owned.iter().flat_map(|(owner, logins)| {
            let titled = move |(site, login)| (format!("[principal.{owner}.site.{site}]"), login);
            logins.iter().map(titled)
        }))
    }

    /// Principals with a credential of their own for the site.
    pub(crate) fn owners<'a>(
        &'a self,
        site: &'a SiteName,
    ) -> impl Iterator<Item = &'a Principal> + 'a {
        let owned = self.owned.iter();
        owned.filter_map(move |(owner, logins)| logins.contains_key(site).then_some(owner))
    }

    /// What `principal` shows to `site`. Whoever has one of their own never gets another one, whatever is wrong with it.
    fn of(&self, principal: &Principal, site: &Site) -> Option<&Login> {
        let own = self
            .owned
            .get(principal)
            .and_then(|logins| logins.get(&site.name));
        let is_shared = || self.sharing.reaches(principal, &site.name);
        own.or_else(|| self.logins.get(&site.name).filter(|_| is_shared()))
            .filter(|login| login.origin == site.origin)
    }

    /// For whoever starts the program.
    pub(crate) async fn for_site(&self, site: &Site) -> Result<Credential, CredentialError> {
        self.for_principal(&crate::app::local(), site).await
    }

    async fn for_principal(
        &self,
        principal: &Principal,
        site: &Site,
    ) -> Result<Credential, CredentialError> {
        let login = self.of(principal, site).ok_or(CredentialError::Missing)?;
        let secret = match &login.renewal {
            None => login
                .secret
                .reveal()
                .await
                .map_err(|error| CredentialError::Unavailable(error.to_string()))?,
            Some(renewal) => renewal.access().await.map_err(|error| match error {
                RenewalError::Ended(_) => CredentialError::Ended,
                other => CredentialError::Unavailable(other.to_string()),
            })?,
        };
        let credential = login.credential(&secret).await;
        credential.map_err(|error| CredentialError::Unavailable(error.to_string()))
    }
}

fn insert(logins: &mut BTreeMap<SiteName, Login>, site: SiteName, login: Login) -> bool {
    match logins.entry(site) {
        std::collections::btree_map::Entry::Vacant(free) => {
            free.insert(login);
            true
        }
        std::collections::btree_map::Entry::Occupied(_) => false,
    }
}

impl CredentialSource for CredentialStore {
    async fn credential(
        &self,
        _permit: &Permit,
        site: &Site,
        caller: &Caller,
    ) -> Result<Credential, CredentialError> {
        self.for_principal(&caller.principal, site).await
    }

    /// A token made by hand has no renewal, but a person may have put a new one in its place.
    /// A refused access token is renewed once, though its time had not come: it may have been revoked.
    async fn refreshed(
        &self,
        _permit: &Permit,
        site: &Site,
        caller: &Caller,
        rejected: &Credential,
    ) -> Option<Credential> {
        let login = self.of(&caller.principal, site)?;
        let refused = rejected.secrets.first()?;
        let secret = match &login.renewal {
            None => login.secret.replacement(refused).await?,
            Some(renewal) => match renewal.after(refused).await {
                Ok(secret) => secret,
                Err(error) => {
                    tracing::warn!(site = %site.name, %error, "the refused token was not renewed");
                    return None;
                }
            },
        };
        login.credential(&secret).await.ok()
    }
}

/// The value of the `Authorization` header.
pub(crate) fn authorization(scheme: &Scheme, secret: &SecretString) -> SecretString {
    let token = secret.expose_secret();
    match scheme {
        Scheme::Bearer => SecretString::from(format!("Bearer {token}")),
        Scheme::Basic { user } => {
            let pair = Zeroizing::new(format!("{user}:{token}"));
            let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
            SecretString::from(format!("Basic {}", encoded.as_str()))
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use policy::Product;

    const TOKEN: &str = "canary-canary-canary";

    fn site(name: &str, origin: &str) -> Site {
        Site::new(
            SiteName::parse(name).unwrap(),
            Origin::parse(origin).unwrap(),
            vec![Product::Jira],
        )
    }

    fn login(origin: &str, scheme: Scheme) -> Login {
        let secret = Secret::from_variable("T", &SecretString::from(TOKEN)).unwrap();
        Login::fixed(Origin::parse(origin).unwrap(), scheme, secret)
    }

    fn store() -> CredentialStore {
        let mut store = CredentialStore::default();
        let user = "me@example.com".to_owned();
        for (name, origin, scheme) in [
            (
                "cloud",
                "https://acme.atlassian.net",
                Scheme::Basic { user },
            ),
            ("jira", "https://jira.example.com", Scheme::Bearer),
        ] {
            assert!(store.insert(SiteName::parse(name).unwrap(), login(origin, scheme)));
        }
        store
    }

    #[tokio::test]
    async fn each_kind_is_written_as_its_rfc_says() {
        let store = store();
        for (site, header) in [
            (
                site("cloud", "https://acme.atlassian.net"),
                "Basic bWVAZXhhbXBsZS5jb206Y2FuYXJ5LWNhbmFyeS1jYW5hcnk=",
            ),
            (
                site("jira", "https://jira.example.com"),
                "Bearer canary-canary-canary",
            ),
        ] {
            let credential = store.for_site(&site).await.unwrap();
            assert_eq!(credential.authorization.expose_secret(), header);
            assert_eq!(credential.secrets[0].expose_secret(), TOKEN);
            assert_eq!(credential.name, "env:T");
        }
    }

    #[tokio::test]
    async fn nobody_gets_the_credential_of_another_site_or_address() {
        let store = store();
        for (name, origin) in [
            ("other", "https://acme.atlassian.net"),
            ("Cloud", "https://acme.atlassian.net"),
            ("cloud", "https://acme.atlassian.net:8443"),
            ("cloud", "http://acme.atlassian.net"),
            ("cloud", "https://jira.example.com"),
            ("jira", "https://jira.example.com.evil.test"),
        ] {
            let refused = store.for_site(&site(name, origin)).await;
            assert!(
                matches!(refused, Err(CredentialError::Missing)),
                "{name} {origin}"
            );
        }
    }

    #[tokio::test]
    async fn nobody_gets_the_credential_of_somebody_else() {
        let site = site("jira", "https://jira.example.com");
        let name = |text: &str| Principal::parse(text).unwrap();
        let own = |variable: &str, origin: &str| {
            let secret = Secret::from_variable(variable, &SecretString::from(TOKEN)).unwrap();
            Login::fixed(Origin::parse(origin).unwrap(), Scheme::Bearer, secret)
        };
        let mut store = store();
        for (owner, variable, origin) in [
            ("alice", "ALICE", "https://jira.example.com"),
            ("bob", "BOB", "https://jira.example.com"),
            ("moved", "MOVED", "https://old.example.com"),
        ] {
            assert!(store.insert_for(name(owner), site.name.clone(), own(variable, origin)));
        }
        let here = BTreeSet::from([site.name.clone()]);
        let elsewhere = BTreeSet::from([SiteName::parse("cloud").unwrap()]);
        for (sharing, of_others) in [
            (Sharing::Everybody, Some("env:T")),
            (Sharing::Sites(here), Some("env:T")),
            (Sharing::Sites(elsewhere), None),
            (Sharing::Sites(BTreeSet::new()), None),
        ] {
            store.sharing = sharing;
            for (principal, credential) in [
                ("alice", Some("env:ALICE")),
                ("bob", Some("env:BOB")),
                ("moved", None),
                (LOCAL, Some("env:T")),
                ("carol", of_others),
                ("Alice", of_others),
            ] {
                let found = store.for_principal(&name(principal), &site).await;
                let found = match &found {
                    Ok(credential) => Some(credential.name.as_str()),
                    Err(CredentialError::Missing) => None,
                    Err(other) => panic!("{other}"),
                };
                assert_eq!(found, credential, "{principal} {:?}", store.sharing);
            }
        }
    }

    #[tokio::test]
    async fn a_file_that_went_away_is_told_without_its_content() {
        let mut store = CredentialStore::default();
        let origin = Origin::parse("https://jira.example.com").unwrap();
        let secret = Secret::in_file("/nonexistent/token".into());
        let name = SiteName::parse("jira").unwrap();
        let _ = store.insert(name, Login::fixed(origin, Scheme::Bearer, secret));
        let refused = store
            .for_site(&site("jira", "https://jira.example.com"))
            .await
            .unwrap_err();
        insta::assert_snapshot!(refused, @"the credential cannot be read: the secret file `/nonexistent/token` cannot be read: entity not found");
    }

    #[test]
    fn the_first_credential_of_a_site_stays() {
        let mut store = store();
        let name = SiteName::parse("jira").unwrap();
        assert!(!store.insert(
            name.clone(),
            login("https://jira.example.com", Scheme::Bearer)
        ));
        assert_eq!(store.login(&name).unwrap().scheme, Scheme::Bearer);
    }

    #[tokio::test]
    async fn what_a_gateway_is_shown_must_not_come_back_either() {
        let name = SiteName::parse("jira").unwrap();
        let site = site("jira", "https://jira.example.com");
        let of = |header: Secret| {
            let mut login = login("https://jira.example.com", Scheme::Bearer);
            let headers = [(policy::ExtraHeader::parse("x-key").unwrap(), header)];
            login.pass = Some(Arc::new(Pass {
                origin: login.origin.clone(),
                client_key: None,
                headers: headers.into(),
            }));
            let mut store = CredentialStore::default();
            assert!(store.insert(name.clone(), login));
            store
        };
        let known = Secret::from_variable("K", &SecretString::from("gate-gate-gate")).unwrap();
        let credential = of(known).for_site(&site).await.unwrap();
        let secrets: Vec<_> = credential
            .secrets
            .iter()
            .map(ExposeSecret::expose_secret)
            .collect();
        assert_eq!(
            secrets,
            [TOKEN, "gate-gate-gate"],
            "the token first: it is what was refused"
        );
        let unknown = Secret::in_file("/nonexistent/key".into());
        let refused = of(unknown).for_site(&site).await;
        assert!(matches!(refused, Err(CredentialError::Unavailable(_))));
    }

    #[tokio::test]
    async fn nothing_prints_a_secret() {
        let store = store();
        let credential = store
            .for_site(&site("cloud", "https://acme.atlassian.net"))
            .await
            .unwrap();
        let printed = format!("{store:?} {credential:?}");
        for form in [TOKEN, "Y2FuYXJ5", "me@example.com"] {
            assert!(!printed.contains(form), "{printed}");
        }
    }
}
