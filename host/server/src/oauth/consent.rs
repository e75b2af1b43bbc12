//! Decides how a person consents in the browser: what the link says, and which answer is believed. The answer comes to
//! this machine alone, belongs to this very login by its `state`, and is taken once.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use aws_lc_rs::rand;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::Html;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use url::Url;

use super::provider::{Dialect, Provider};

/// As long as the link is worth waiting for.
const PATIENCE: Duration = Duration::from_secs(600);

/// One login on its way.
pub(crate) struct Consent {
    pub(crate) redirect_uri: String,
    pub(crate) verifier: SecretString,
    state: SecretString,
    link: Url,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConsentError {
    #[error(
        "port {port} of this machine cannot be listened on ({reason}). The address of the callback is registered with the app, so no other port is tried: end what uses it, or register another one and name it with `--port`"
    )]
    Busy { port: u16, reason: String },
    #[error("nobody consented within ten minutes")]
    TooLate,
    #[error(
        "the answer belongs to another login (its `state` is foreign); nothing was taken from it. Start again"
    )]
    Foreign,
    #[error("the login server did not consent: {0}")]
    Refused(String),
    #[error("this is not the address that the browser was sent to; it begins with {0}")]
    NotTheCallback(String),
}

impl Consent {
    pub(crate) fn new(provider: &Provider, client_id: &str, scopes: &[&str], port: u16) -> Self {
        let (state, verifier) = (random(), random());
        let redirect_uri = format!("http://localhost:{port}/callback");
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret().as_bytes()));
        let mut link =
            Url::parse(&provider.authorize).expect("an origin and a plain path are an address");
        {
            let mut query = link.query_pairs_mut();
            if provider.dialect == Dialect::Cloud {
                query
                    .append_pair("audience", "api.atlassian.com")
                    .append_pair("prompt", "consent");
            }
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", client_id)
                .append_pair("redirect_uri", &redirect_uri)
                .append_pair("scope", &scopes.join(" "))
                .append_pair("state", state.expose_secret())
                .append_pair("code_challenge", &challenge)
                .append_pair("code_challenge_method", "S256");
        }
        Self {
            redirect_uri,
            verifier,
            state,
            link,
        }
    }

    /// For the browser. Worth nothing without the verifier, which stays here.
    pub(crate) fn link(&self) -> &str {
        self.link.as_str()
    }

    /// The code in an address that a person pasted from the browser.
    pub(crate) fn code_in(&self, pasted: &str) -> Result<SecretString, ConsentError> {
        let url = Url::parse(pasted.trim())
            .ok()
            .filter(|url| pasted.trim().starts_with(&self.redirect_uri) && url.query().is_some())
            .ok_or_else(|| ConsentError::NotTheCallback(self.redirect_uri.clone()))?;
        self.code(url.query().unwrap_or_default())
    }

    fn code(&self, query: &str) -> Result<SecretString, ConsentError> {
        let find = |wanted: &str| {
            url::form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.into_owned())
        };
        // First of all: an error may be forged as well.
        let state = find("state").unwrap_or_default();
        if aws_lc_rs::constant_time::verify_slices_are_equal(
            state.as_bytes(),
            self.state.expose_secret().as_bytes(),
        )
        .is_err()
        {
            return Err(ConsentError::Foreign);
        }
        match (find("code"), find("error")) {
            (Some(code), None) if !code.is_empty() => Ok(SecretString::from(code)),
            (_, error) => {
                let word: String = error
                    .unwrap_or_else(|| "it sent no code".to_owned())
                    .chars()
                    .filter(|each| each.is_ascii_alphanumeric() || matches!(each, '_' | ' '))
                    .take(60)
                    .collect();
                Err(ConsentError::Refused(word))
            }
        }
    }
}

/// Where the browser's answer arrives. Bound before the link is shown.
pub(crate) struct Callback {
    listeners: Vec<TcpListener>,
}

impl Callback {
    pub(crate) async fn bind(port: u16) -> Result<Self, ConsentError> {
        let busy = |error: std::io::Error| ConsentError::Busy {
            port,
            reason: error.kind().to_string(),
        };
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(busy)?;
        let mut listeners = vec![four];
        // Browsers take `localhost` for either. A machine without IPv6 has nobody there.
        let six = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
        match TcpListener::bind(six).await {
            Ok(listener) => listeners.push(listener),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => return Err(busy(error)),
            Err(_) => {}
        }
        Ok(Self { listeners })
    }

    /// The code of the first answer that belongs to `consent`. A foreign one is shown an error and waited on from.
    pub(crate) async fn wait(self, consent: &Consent) -> Result<SecretString, ConsentError> {
        let (sender, mut queries) = mpsc::channel::<(String, mpsc::Sender<bool>)>(4);
        let router = Router::new()
            .route("/callback", get(receive))
            .with_state(sender);
        for listener in self.listeners {
            // Ends with the runtime of the command.
            tokio::spawn(axum::serve(listener, router.clone()).into_future());
        }
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let Ok(Some((query, reply))) = tokio::time::timeout_at(deadline, queries.recv()).await
            else {
                return Err(ConsentError::TooLate);
            };
            let code = consent.code(&query);
            // The browser may be gone already.
            let _ = reply.send(code.is_ok()).await;
            if !matches!(code, Err(ConsentError::Foreign)) {
                // Gives the page its way to the browser.
                tokio::time::sleep(Duration::from_millis(100)).await;
                return code;
            }
        }
    }
}

const HEADERS: [(HeaderName, &str); 3] = [
    (
        HeaderName::from_static("content-security-policy"),
        "default-src 'none'",
    ),
    (HeaderName::from_static("referrer-policy"), "no-referrer"),
    (HeaderName::from_static("cache-control"), "no-store"),
];

/// The page says whether it worked and repeats nothing of the address.
async fn receive(
    State(sender): State<mpsc::Sender<(String, mpsc::Sender<bool>)>>,
    RawQuery(query): RawQuery,
) -> (
    StatusCode,
    [(HeaderName, &'static str); 3],
    Html<&'static str>,
) {
    let (reply, mut is_good) = mpsc::channel(1);
    let is_taken = sender
        .send((query.unwrap_or_default(), reply))
        .await
        .is_ok();
    if is_taken && is_good.recv().await == Some(true) {
        let page = "<!doctype html><title>mcp-airlock</title><h1>Logged in</h1><p>You can close this window.";
        (StatusCode::OK, HEADERS, Html(page))
    } else {
        let page = "<!doctype html><title>mcp-airlock</title><h1>Not logged in</h1><p>The terminal says why.";
        (StatusCode::BAD_REQUEST, HEADERS, Html(page))
    }
}

/// 256 random bits, more than any guess needs.
fn random() -> SecretString {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    rand::fill(bytes.as_mut_slice()).expect("the operating system gives random numbers");
    SecretString::from(URL_SAFE_NO_PAD.encode(bytes.as_slice()))
}
