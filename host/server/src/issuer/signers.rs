//! The keys that the login server signs with: fetched before they are needed and now and then after, and when a token
//! names one that is not known, once a minute at most. A fetch that fails leaves the keys as they were.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use gateway::Errand;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use policy::{Origin, Site, SiteName};
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::settings::{self, Settings};
use crate::login::exchange::{self, Errands, Request, Said};

/// A key that was given up is forgotten by then.
const REFRESH: Duration = Duration::from_secs(600);

/// Between two fetches for the sake of tokens, whoever sends them.
const SPELL: Duration = Duration::from_secs(60);

/// The same while there is no key at all.
const FIRST_SPELL: Duration = Duration::from_secs(5);

/// Login servers have two or three.
const MOST: usize = 64;

pub(super) struct Signers {
    issuer: String,
    jwks_uri: Option<Url>,
    errands: Arc<Errands>,
    known: RwLock<Arc<Vec<Known>>>,
    /// When it was last asked. Its lock makes those that wait for the same keys wait for one fetch.
    asked: Mutex<Option<Instant>>,
}

pub(super) struct Known {
    kid: String,
    algorithms: Vec<Algorithm>,
    pub(super) key: DecodingKey,
}

impl Signers {
    pub(super) fn new(settings: &Settings, errands: Arc<Errands>) -> Self {
        Self {
            issuer: settings.issuer.clone(),
            jwks_uri: settings.jwks_uri.clone(),
            errands,
            known: RwLock::default(),
            asked: Mutex::default(),
        }
    }

    pub(super) fn known(&self) -> Arc<Vec<Known>> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn has_any(&self) -> bool {
        !self.known().is_empty()
    }

    pub(super) async fn keep_fresh(&self) {
        loop {
            let mut asked = self.asked.lock().await;
            *asked = Some(Instant::now());
            self.fetch().await;
            drop(asked);
            tokio::time::sleep(REFRESH).await;
        }
    }

    pub(super) async fn learn(&self) {
        let mut asked = self.asked.lock().await;
        let spell = if self.has_any() { SPELL } else { FIRST_SPELL };
        if asked.is_some_and(|at| at.elapsed() < spell) {
            return;
        }
        *asked = Some(Instant::now());
        self.fetch().await;
    }

    async fn fetch(&self) {
        match self.fetched().await {
            Ok(keys) => {
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
            }
            Err(why) => {
                tracing::warn!(
                    "the keys of the login server were not read, so those known stay: {why}"
                );
            }
        }
    }

    async fn fetched(&self) -> Result<Vec<Known>, String> {
        let address = match &self.jwks_uri {
            Some(address) => address.clone(),
            None => self.discover().await?,
        };
        let said = self.get(&address, Errand::IssuerKeys).await?;
        let keys = said
            .json
            .as_ref()
            .and_then(|json| json.get("keys")?.as_array());
        let keys = keys.ok_or_else(|| format!("{address} has no list of keys"))?;
        // A key of a kind that is not known is nobody's concern until a token names it.
        let known: Vec<Known> = keys.iter().take(MOST).filter_map(Known::parse).collect();
        if known.is_empty() {
            return Err(format!("no key at {address} can be used"));
        }
        Ok(known)
    }

    /// As RFC 8414 has it, else as OpenID Connect does.
    async fn discover(&self) -> Result<Url, String> {
        let issuer = settings::address("issuer", &self.issuer)?;
        let path = issuer.path().trim_end_matches('/');
        let mut problem = String::new();
        for path in [
            format!("/.well-known/oauth-authorization-server{path}"),
            format!("{path}/.well-known/openid-configuration"),
        ] {
            let mut address = issuer.clone();
            address.set_path(&path);
            match self.get(&address, Errand::IssuerMetadata).await {
                Ok(said) if said.text("issuer") == Some(&self.issuer) => {
                    let keys = said.text("jwks_uri").unwrap_or_default();
                    return settings::address("jwks_uri", keys);
                }
                Ok(_) => problem = format!("{address} is the description of another issuer"),
                Err(why) => problem = why,
            }
        }
        Err(problem)
    }

    async fn get(&self, address: &Url, errand: Errand) -> Result<Said, String> {
        let origin = Origin::parse(&super::origin(address)).map_err(|error| error.to_string())?;
        let name = SiteName::parse("issuer").expect("the constant is a name");
        let request = Request {
            errand,
            path: address.path().to_owned(),
            body: None,
        };
        let site = Site::new(name, origin, Vec::new());
        let said = exchange::send(&self.errands, &site, request, None);
        let said = said
            .await
            .map_err(|trouble| format!("{address}: {trouble}"))?;
        if said.status != 200 {
            return Err(format!("{address} answered {}", said.status));
        }
        Ok(said)
    }
}

impl Known {
    pub(super) fn find<'a>(known: &'a [Self], kid: &str) -> Option<&'a Self> {
        known.iter().find(|key| key.kid == kid)
    }

    pub(super) fn may_sign(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    /// `None` for what signs nothing here: keys for encryption, shared secrets, curves of others.
    fn parse(json: &Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(json.clone()).ok()?;
        let common = &jwk.common;
        if !matches!(common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return None;
        }
        let mut algorithms = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => vec![Algorithm::RS256, Algorithm::PS256],
            AlgorithmParameters::EllipticCurve(_) => vec![Algorithm::ES256],
            AlgorithmParameters::OctetKeyPair(_) => vec![Algorithm::EdDSA],
            _ => return None,
        };
        if let Some(said) = common.key_algorithm {
            algorithms.retain(|algorithm| said.to_string().parse() == Ok(*algorithm));
        }
        Some(Self {
            kid: common.key_id.clone()?,
            algorithms,
            key: DecodingKey::from_jwk(&jwk).ok()?,
        })
    }
}
