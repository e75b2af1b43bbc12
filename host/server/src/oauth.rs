//! Decides how tokens that expire are renewed: with a refresh token, so that no process and no crash can lose the login,
//! or with the client's own secret. Never opens a browser; that is `login`'s.

pub(crate) mod consent;
mod grant;
pub(crate) mod provider;
mod session;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::login::exchange::Errands;
use crate::secrets::{Secret, SecretError};
use crate::store::StoreError;
pub(crate) use grant::{Grant, GrantError, Granted, request};
use provider::Provider;
pub(crate) use session::Session;

/// A token is renewed this long before it ends: clocks differ, and a request takes its time.
const MARGIN: Duration = Duration::from_secs(60);

/// Why there is no access token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RenewalError {
    #[error(
        "the login server ended this login ({0}); run `mcp-airlock login` again. What is stored is kept"
    )]
    Ended(String),
    #[error(
        "the login server refused the application itself: its client id or secret is wrong or was replaced; run `mcp-airlock login` again"
    )]
    Client,
    #[error("the login server cannot be used now ({0}); nothing is lost, try again later")]
    Outage(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl From<GrantError> for RenewalError {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Ended(reason) => Self::Ended(reason),
            GrantError::Client => Self::Client,
            GrantError::Outage(reason) => Self::Outage(reason),
        }
    }
}

/// How the access tokens of one site come about.
pub(crate) enum Renewal {
    /// A person's consent, kept alive by refresh tokens.
    Session(Session),
    /// A service's own right (RFC 6749, section 4.4): a new token whenever one is needed.
    Client(ClientCredentials),
}

impl Renewal {
    /// A token that is good for now.
    pub(crate) async fn access(&self) -> Result<SecretString, RenewalError> {
        match self {
            Self::Session(session) => session.access().await,
            Self::Client(client) => client.access(None).await,
        }
    }

    /// What a person granted; nothing where that is not known.
    pub(crate) async fn granted_scopes(&self) -> Vec<String> {
        match self {
            Self::Session(session) => session.scopes().await.unwrap_or_default(),
            Self::Client(_) => Vec::new(),
        }
    }

    /// Another token than the one that the site refused.
    pub(crate) async fn after(&self, refused: &SecretString) -> Result<SecretString, RenewalError> {
        match self {
            Self::Session(session) => session.after(refused).await,
            Self::Client(client) => client.access(Some(refused)).await,
        }
    }
}

pub(crate) struct ClientCredentials {
    pub(crate) errands: Arc<Errands>,
    pub(crate) provider: Provider,
    pub(crate) client_id: String,
    pub(crate) secret: Secret,
    /// Nothing is stored: each process may have a token of its own.
    pub(crate) token: Mutex<Option<Granted>>,
}

impl ClientCredentials {
    /// The token in memory, unless it has ended or is the refused one. Calls side by side ask once.
    async fn access(&self, refused: Option<&SecretString>) -> Result<SecretString, RenewalError> {
        let mut token = self.token.lock().await;
        // First of all: a logout takes it away, and what was made of it.
        let secret = self.secret.reveal().await?;
        if let Some(held) = &*token
            && is_fresh(held.expires_at)
            && !is_same(&held.access, refused)
        {
            return Ok(held.access.clone());
        }
        let grant = Grant::Client;
        let granted = request(
            &self.errands,
            &self.provider,
            &self.client_id,
            Some(&secret),
            &grant,
        )
        .await?;
        let access = granted.access.clone();
        *token = Some(granted);
        Ok(access)
    }
}

fn is_same(token: &SecretString, other: Option<&SecretString>) -> bool {
    other.is_some_and(|other| other.expose_secret() == token.expose_secret())
}

/// Seconds since the Unix epoch.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

fn is_fresh(expires_at: u64) -> bool {
    now() + MARGIN.as_secs() < expires_at
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests;
