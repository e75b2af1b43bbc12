//! Decides whose token of a trusted login server somebody shows, and what it was granted (RFC 9068): the server is a
//! resource server and issues nothing. What the caller may do at most stands in the policy file, as for holders of keys.

mod settings;
mod signers;

use std::sync::Arc;

use door::{Grant, Guide, Refusal, Visitor, scopes};
use hyper::StatusCode;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Header, Validation, decode, decode_header};
use policy::Principal;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::settings::Settings;
pub(crate) use self::settings::SettingsError;
use self::signers::{Known, Signers};
use crate::follow::Followed;
use crate::login::exchange::Errands;

/// Clocks differ.
const LEEWAY: u64 = 60;

/// Longer ones are no tokens that a login server gives out.
const LONGEST: usize = 16 << 10;

/// Where a client finds out who gives tokens for this server (RFC 9728, section 3).
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

pub(crate) struct Issuer {
    settings: Followed<Settings>,
    signers: Signers,
}

/// What is read of a token whose signature is right.
#[derive(Deserialize)]
struct Claims {
    /// Between spaces; by some login servers as a list, and under the shorter name.
    #[serde(alias = "scp")]
    scope: Option<Value>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// Why a token opens nothing.
#[derive(Debug)]
enum Worthless {
    /// Signed with a key that is not known, perhaps not yet.
    UnknownKey,
    /// In words for the log; its sender hears that it is worth nothing.
    Wrong(String),
    /// It was good before.
    Ended,
    /// The token is good, and nobody here is meant by it.
    Nobody(String),
}

impl Issuer {
    /// `None` where no login server is trusted.
    pub(crate) fn load(
        config_dir: &std::path::Path,
        errands: &Arc<Errands>,
    ) -> Result<Option<Self>, SettingsError> {
        let settings = Settings::load(config_dir)?;
        Ok(settings.map(|settings| Self {
            signers: Signers::new(&settings, Arc::clone(errands)),
            settings: Followed::new(&config_dir.join(settings::FILE), settings),
        }))
    }

    /// What it calls itself.
    pub(crate) fn name(&self) -> String {
        self.settings.now().issuer.clone()
    }

    /// The name that clients use.
    pub(crate) fn authority(&self) -> door::Authority {
        self.settings.now().authority.clone()
    }

    pub(crate) fn guide(&self) -> Guide {
        let public = &self.settings.now().public_url;
        Guide {
            metadata: format!("{}{WELL_KNOWN}{}", origin(public), public.path()),
            grant: Grant::READING,
        }
    }

    /// The metadata, where `path` is one of its two addresses. Nothing in it comes from a request.
    pub(crate) fn metadata(&self, path: &str) -> Option<String> {
        let rest = path.strip_prefix(WELL_KNOWN)?;
        let settings = self.settings.now();
        let public = &settings.public_url;
        (rest.is_empty() || rest == public.path()).then(|| {
            json!({
                "resource": public.as_str(),
                "authorization_servers": [settings.issuer],
                "bearer_methods_supported": ["header"],
                "scopes_supported": scopes().collect::<Vec<_>>(),
                "resource_name": "mcp-airlock",
            })
            .to_string()
        })
    }

    /// Knows the keys before the first token comes, and forgets those that the login server gave up.
    /// Who is let in and by what is read anew whenever the file changes.
    pub(crate) async fn keep_fresh(&self) {
        tokio::join!(
            self.signers.keep_fresh(),
            self.settings.follow(Settings::reread)
        );
    }

    /// Asks the login server for its keys where `token` names one that is not known, as often as it may be asked.
    pub(crate) async fn learn(&self, token: &str) {
        if let Err(Worthless::UnknownKey) = self.read(token) {
            self.signers.learn().await;
        }
    }

    pub(crate) fn visitor(&self, token: &str) -> Result<Visitor, Refusal> {
        self.read(token).map_err(|worthless| match worthless {
            Worthless::UnknownKey if !self.signers.has_any() => Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the keys of the login server could not be had yet, so no token can be looked at; try again in a minute",
            ),
            Worthless::UnknownKey => {
                tracing::info!("a token is signed with a key that the login server does not have");
                worth_nothing()
            }
            Worthless::Wrong(why) => {
                tracing::info!("a token is worth nothing: {why}");
                worth_nothing()
            }
            Worthless::Ended => Refusal::ended_key("this token has ended; log in again"),
            Worthless::Nobody(how) => {
                tracing::warn!("a good token of nobody's: {how}");
                Refusal::new(
                    StatusCode::FORBIDDEN,
                    "you are logged in, but this server does not know you; whoever runs it finds in its log how to let you in",
                )
            }
        })
    }

    fn read(&self, token: &str) -> Result<Visitor, Worthless> {
        let wrong = |why: &str| Worthless::Wrong(why.to_owned());
        if token.len() > LONGEST {
            return Err(wrong("it is too long"));
        }
        let header = decode_header(token).map_err(|error| Worthless::Wrong(error.to_string()))?;
        let settings = self.settings.now();
        check_header(&settings, &header)?;
        let kid = header
            .kid
            .as_deref()
            .ok_or_else(|| wrong("it names no key"))?;
        let known = self.signers.known();
        let signer = Known::find(&known, kid).ok_or(Worthless::UnknownKey)?;
        if !signer.may_sign(header.alg) {
            return Err(wrong("its algorithm is not its key's"));
        }
        let mut validation = Validation::new(header.alg);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&settings.issuer]);
        validation.set_audience(&[&settings.audience]);
        // The signature is looked at first.
        let claims = decode::<Claims>(token, &signer.key, &validation)
            .map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => Worthless::Ended,
                _ => Worthless::Wrong(error.to_string()),
            })?
            .claims;
        Ok(Visitor {
            principal: principal(&settings, &claims)?,
            grant: Grant::of_scopes(&claims.scopes()),
        })
    }
}

fn check_header(settings: &Settings, header: &Header) -> Result<(), Worthless> {
    let wrong = |why: &str| Err(Worthless::Wrong(why.to_owned()));
    if !settings.algorithms.contains(&header.alg) {
        return wrong("its algorithm is not on the list");
    }
    // RFC 9068, section 2.1; many login servers write the older word.
    let type_ = header
        .typ
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if !["at+jwt", "application/at+jwt", "jwt"].contains(&type_.as_str()) {
        return wrong("it does not say that it is an access token (`typ`)");
    }
    // RFC 7515, section 4.1.11: what has to be understood is not understood here.
    if header.crit.is_some() {
        return wrong("it has a critical header");
    }
    Ok(())
}

fn principal(settings: &Settings, claims: &Claims) -> Result<Principal, Worthless> {
    let Settings { claim, people, .. } = settings;
    let value = claims.others.get(claim).and_then(Value::as_str);
    let value =
        value.ok_or_else(|| Worthless::Nobody(format!("it has no text in the claim `{claim}`")))?;
    let named = people.principal(value);
    named.map_err(|how| Worthless::Nobody(format!("its claim `{claim}` is {how}")))
}

impl Claims {
    fn scopes(&self) -> String {
        match &self.scope {
            Some(Value::String(scopes)) => scopes.clone(),
            Some(Value::Array(scopes)) => {
                let scopes: Vec<&str> = scopes.iter().filter_map(Value::as_str).collect();
                scopes.join(" ")
            }
            _ => String::new(),
        }
    }
}

fn worth_nothing() -> Refusal {
    Refusal::wrong_key(
        "this token opens nothing here: it has ended, is for another server, or is of a login server that is not trusted; log in again",
    )
}

fn origin(url: &url::Url) -> String {
    url.origin().ascii_serialization()
}
