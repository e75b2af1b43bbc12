//! Decides how a token endpoint is asked and what its answer means. A refusal is told by its body, never by its status:
//! Atlassian answers 403 to a spent token and 401 to a wrong secret, and a proxy answers either to anything.

use std::collections::BTreeMap;

use bytes::Bytes;
use gateway::Errand;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::now;
use super::provider::{Dialect, Provider};
use crate::login::exchange::{self, Errands, Request};

/// What is asked for.
pub(crate) enum Grant<'a> {
    Code {
        code: &'a SecretString,
        redirect_uri: &'a str,
        verifier: &'a SecretString,
    },
    Refresh {
        token: &'a SecretString,
        redirect_uri: &'a str,
    },
    Client,
}

/// What came back.
pub(crate) struct Granted {
    pub(crate) access: SecretString,
    pub(crate) refresh: Option<SecretString>,
    /// Seconds since the Unix epoch.
    pub(crate) expires_at: u64,
    pub(crate) scopes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GrantError {
    /// The server knows what was sent and will never take it again.
    #[error("the login server says {0}")]
    Ended(String),
    #[error("the login server does not know this client id with this secret")]
    Client,
    /// Nothing is known about the token.
    #[error("{0}")]
    Outage(String),
}

/// One try at the token endpoint.
pub(crate) async fn request(
    errands: &Errands,
    provider: &Provider,
    client_id: &str,
    client_secret: Option<&SecretString>,
    grant: &Grant<'_>,
) -> Result<Granted, GrantError> {
    let fields = fields(client_id, client_secret, grant);
    let body = match provider.dialect {
        Dialect::Cloud => (
            "application/json",
            Bytes::from(serde_json::to_vec(&fields).expect("texts are JSON")),
        ),
        Dialect::DataCenter => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(fields.iter().map(|(name, value)| (*name, value.as_str())));
            (
                "application/x-www-form-urlencoded",
                Bytes::from(form.finish()),
            )
        }
    };
    let asked = Request {
        errand: Errand::Token,
        path: provider.token.clone(),
        body: Some(body),
    };
    let said = exchange::send(errands, &provider.site, asked, None)
        .await
        .map_err(|trouble| GrantError::Outage(trouble.to_string()))?;
    match said.status {
        200..=299 => said
            .json
            .and_then(|json| serde_json::from_value(json).ok())
            .map(granted)
            .ok_or_else(|| {
                GrantError::Outage("it answered with something that is no token".to_owned())
            }),
        status => Err(refusal(status, said.text("error"))),
    }
}

fn fields(
    client_id: &str,
    client_secret: Option<&SecretString>,
    grant: &Grant<'_>,
) -> BTreeMap<&'static str, Zeroizing<String>> {
    let text = |text: &str| Zeroizing::new(text.to_owned());
    let secret = |secret: &SecretString| Zeroizing::new(secret.expose_secret().to_owned());
    let mut fields = BTreeMap::from([("client_id", text(client_id))]);
    if let Some(client_secret) = client_secret {
        fields.insert("client_secret", secret(client_secret));
    }
    match grant {
        Grant::Code {
            code,
            redirect_uri,
            verifier,
        } => fields.extend([
            ("grant_type", text("authorization_code")),
            ("code", secret(code)),
            ("redirect_uri", text(redirect_uri)),
            ("code_verifier", secret(verifier)),
        ]),
        Grant::Refresh {
            token,
            redirect_uri,
        } => fields.extend([
            ("grant_type", text("refresh_token")),
            ("refresh_token", secret(token)),
            // Data Center compares it; Cloud does not look at it.
            ("redirect_uri", text(redirect_uri)),
        ]),
        Grant::Client => fields.extend([("grant_type", text("client_credentials"))]),
    }
    fields
}

#[derive(Deserialize)]
struct Answer {
    access_token: Zeroizing<String>,
    refresh_token: Option<Zeroizing<String>>,
    #[serde(default)]
    expires_in: u64,
    #[serde(default)]
    scope: String,
}

fn granted(answer: Answer) -> Granted {
    Granted {
        access: SecretString::from(answer.access_token.as_str()),
        refresh: answer
            .refresh_token
            .map(|token| SecretString::from(token.as_str())),
        expires_at: now().saturating_add(answer.expires_in),
        scopes: answer.scope.split_whitespace().map(str::to_owned).collect(),
    }
}

/// Only the words of RFC 6749 (section 5.2) and Atlassian's own decide about a login.
fn refusal(status: u16, error: Option<&str>) -> GrantError {
    match error {
        Some("invalid_grant" | "unauthorized_client") => {
            GrantError::Ended(error.unwrap_or_default().to_owned())
        }
        Some("access_denied" | "invalid_client") => GrantError::Client,
        _ => GrantError::Outage(format!("it answered with status {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_servers_own_words_end_a_login() {
        for (status, error, ended) in [
            (403, Some("unauthorized_client"), true),
            (403, Some("invalid_grant"), true),
            (400, Some("invalid_grant"), true),
            (403, None, false),
            (401, None, false),
            (400, Some("invalid_request"), false),
            (429, Some("rate_limited"), false),
            (500, Some("server_error"), false),
            (503, None, false),
            (302, None, false),
        ] {
            let refusal = refusal(status, error);
            assert_eq!(
                matches!(refusal, GrantError::Ended(_)),
                ended,
                "{status} {error:?}"
            );
        }
        assert_eq!(refusal(401, Some("access_denied")), GrantError::Client);
    }
}
