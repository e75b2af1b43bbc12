//! Decides what a record says: a plain token, or the state of an OAuth login. In memory its secrets cannot be printed
//! and are wiped; on disk it exists sealed only.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// One login.
#[derive(Clone)]
pub enum Record {
    /// An API token, a personal access token, a password or a client secret.
    Token(SecretString),
    OAuth(OAuthTokens),
}

/// The state of a login with refresh tokens.
#[derive(Clone)]
pub struct OAuthTokens {
    /// Cloud has no clients without one; Data Center gives one with every application link.
    pub client_secret: Option<SecretString>,
    pub refresh: SecretString,
    pub access: SecretString,
    /// Seconds since the Unix epoch.
    pub expires_at: u64,
    /// Rises with every renewal, so that a process sees that another one was first.
    pub generation: u64,
    /// What was granted, as far as the login server said.
    pub scopes: Vec<String>,
    /// The login server said that this login is over. Kept, so that `status` can say whose it was.
    pub has_ended: bool,
}

/// On disk. `Zeroizing` wipes what the conversion leaves behind.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum Written {
    Token {
        token: Zeroizing<String>,
    },
    Oauth {
        #[serde(skip_serializing_if = "Option::is_none")]
        client_secret: Option<Zeroizing<String>>,
        refresh: Zeroizing<String>,
        access: Zeroizing<String>,
        expires_at: u64,
        generation: u64,
        scopes: Vec<String>,
        has_ended: bool,
    },
}

impl Record {
    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let text = |secret: &SecretString| Zeroizing::new(secret.expose_secret().to_owned());
        let written = match self {
            Self::Token(token) => Written::Token { token: text(token) },
            Self::OAuth(tokens) => Written::Oauth {
                client_secret: tokens.client_secret.as_ref().map(text),
                refresh: text(&tokens.refresh),
                access: text(&tokens.access),
                expires_at: tokens.expires_at,
                generation: tokens.generation,
                scopes: tokens.scopes.clone(),
                has_ended: tokens.has_ended,
            },
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(16 * 1024));
        serde_json::to_writer(&mut *bytes, &written).expect("a record is plain data");
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let secret = |text: &Zeroizing<String>| SecretString::from(text.as_str());
        Some(match serde_json::from_slice(bytes).ok()? {
            Written::Token { token } => Self::Token(secret(&token)),
            Written::Oauth {
                client_secret,
                refresh,
                access,
                expires_at,
                generation,
                scopes,
                has_ended,
            } => Self::OAuth(OAuthTokens {
                client_secret: client_secret.as_ref().map(secret),
                refresh: secret(&refresh),
                access: secret(&access),
                expires_at,
                generation,
                scopes,
                has_ended,
            }),
        })
    }
}
