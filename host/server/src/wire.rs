//! The only HTTP client of the program. Decides nothing about what is sent: it sends one final request to one
//! checked address and gives back one bounded answer. Follows no redirect, repeats nothing, keeps no cookie.

mod body;
mod client;
mod fault;
mod pass;
mod resolve;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use gateway::{Hop, Incoming, Outgoing, Wire, WireError};
use policy::{Method, Origin, SiteName};
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, HeaderName, HeaderValue};
use reqwest::{Client, Request, Url};
use secrecy::{ExposeSecret, SecretString};

pub(crate) use client::Bridge;
use fault::Fault;
pub use pass::{Pass, Passes};
use resolve::Destination;
pub use resolve::{Answers, DialMap, Resolver, SystemResolver};

use crate::fairness::{Lanes, REQUESTS_TO_A_SITE};

/// Sends over TCP and TLS. Clients are made at the first use: reading the system's trust store takes milliseconds
/// that a start has no time for.
pub struct HttpWire {
    resolver: Arc<dyn Resolver>,
    dial: DialMap,
    passes: Arc<Passes>,
    clients: Mutex<HashMap<ClientKey, Client>>,
    lanes: Lanes<SiteName>,
}

/// One client, and with it one pool of connections, for each place that a site may send to.
#[derive(Clone, PartialEq, Eq, Hash)]
struct ClientKey {
    site: SiteName,
    origin: Origin,
    is_redirect: bool,
}

impl HttpWire {
    /// With the resolver of the operating system.
    pub fn new() -> Self {
        Self::with_network(Arc::new(SystemResolver), DialMap::default())
    }

    /// With another view of the network, for tests.
    pub fn with_network(resolver: Arc<dyn Resolver>, dial: DialMap) -> Self {
        Self {
            resolver,
            dial,
            passes: Arc::default(),
            clients: Mutex::default(),
            lanes: Lanes::new(REQUESTS_TO_A_SITE),
        }
    }

    /// The same wire, with what the gateways in front of sites ask for.
    #[must_use]
    pub fn with_passes(self, passes: Arc<Passes>) -> Self {
        Self { passes, ..self }
    }

    async fn send(
        &self,
        client: &Client,
        out: Outgoing<'_>,
        pass: Option<&Pass>,
    ) -> Result<Incoming, Fault> {
        let limit = out.max_response_bytes;
        let mut request = request(out)?;
        if let Some(pass) = pass {
            show(pass, &mut request).await?;
        }
        let response = client
            .execute(request)
            .await
            .map_err(|error| Fault::of(&error))?;
        let status = response.status().as_u16();
        let peer: Option<IpAddr> = response.remote_addr().map(|address| address.ip());
        // What was decoded here must not be called encoded further on.
        let headers = response
            .headers()
            .iter()
            .filter(|(name, _)| **name != CONTENT_ENCODING)
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_owned()))
            .collect();
        let body = body::read(response, limit).await?;
        Ok(Incoming {
            status,
            headers,
            body,
            peer,
        })
    }

    async fn client(
        &self,
        key: &ClientKey,
        out: &Outgoing<'_>,
        pass: Option<&Pass>,
    ) -> Result<Client, Fault> {
        if let Some(client) = self.clients().get(key) {
            return Ok(client.clone());
        }
        let certificate = out.site.client_cert.as_deref();
        let identity = match pass {
            Some(pass) => pass.identity(certificate).await?,
            None if certificate.is_some()
                && out.hop == Hop::Site
                && *out.origin == out.site.origin =>
            {
                return Err(pass::without_key());
            }
            None => None,
        };
        let destination = match &out.site.proxy {
            Some(proxy) => Destination::Proxy(proxy.clone()),
            None => Destination::Origin {
                site: Box::new(out.site.clone()),
                origin: out.origin.clone(),
                hop: out.hop,
            },
        };
        let client = client::build(
            out.site,
            out.origin,
            destination,
            Arc::clone(&self.resolver),
            self.dial.clone(),
            identity,
        )?;
        self.clients().insert(key.clone(), client.clone());
        Ok(client)
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<ClientKey, Client>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the client and its connections: after a failed exchange nobody knows where in the stream they stand.
    fn forget(&self, key: &ClientKey) {
        self.clients().remove(key);
    }
}

impl Default for HttpWire {
    fn default() -> Self {
        Self::new()
    }
}

impl Wire for HttpWire {
    async fn exchange(&self, mut out: Outgoing<'_>) -> Result<Incoming, WireError> {
        let came = Instant::now();
        let place = tokio::time::timeout(out.timeout, self.lanes.enter(&out.site.name))
            .await
            .map_err(|_elapsed| {
                Fault::Connect(
                    "so many requests to the site are under way that this one had no turn in time",
                )
            })?;
        out.timeout = out.timeout.saturating_sub(came.elapsed());
        let key = ClientKey {
            site: out.site.name.clone(),
            origin: out.origin.clone(),
            is_redirect: out.hop == Hop::Redirect,
        };
        let pass = self.passes.of(&out);
        let client = self.client(&key, &out, pass.as_deref()).await?;
        let outcome = self.send(&client, out, pass.as_deref()).await;
        match &outcome {
            Ok(answer) if matches!(answer.status, 429 | 503) => place.too_many(),
            Ok(_) => place.went_well(),
            Err(_) => self.forget(&key),
        }
        Ok(outcome?)
    }
}

/// Writes the request down for the library, and refuses what the library would write differently.
fn request(out: Outgoing<'_>) -> Result<Request, Fault> {
    let url = Url::parse(out.url)
        .ok()
        .filter(|url| url.as_str() == out.url && begins_with(out.url, out.origin))
        .ok_or_else(|| {
            Fault::Setup("the address of the request has more than one reading".to_owned())
        })?;
    let mut request = Request::new(method(out.method), url);
    *request.timeout_mut() = Some(out.timeout);
    *request.body_mut() = out.body.map(reqwest::Body::from);

    let unwritable =
        |name: &str| Fault::Setup(format!("the header `{name}` cannot be written as HTTP"));
    let headers = request.headers_mut();
    for (name, value) in out.headers {
        let value = HeaderValue::from_str(value).map_err(|_| unwritable(name))?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unwritable(name))?;
        headers.append(name, value);
    }
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    if let Some(secret) = out.authorization {
        headers.insert(
            AUTHORIZATION,
            sensitive(secret).ok_or_else(|| unwritable("authorization"))?,
        );
    }
    Ok(request)
}

/// Adds the headers of the pass, beside those that were decided on: the names are kept apart by the policy's grammar.
async fn show(pass: &Pass, request: &mut Request) -> Result<(), Fault> {
    let headers = pass.headers().await;
    let headers = headers.map_err(|error| Fault::Setup(error.to_string()))?;
    for (name, value) in headers {
        let unwritable = || Fault::Setup(format!("the header `{name}` cannot be written as HTTP"));
        let value = sensitive(&value).ok_or_else(unwritable)?;
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).map_err(|_| unwritable())?;
        request.headers_mut().insert(name, value);
    }
    Ok(())
}

/// The one place where a secret is turned into bytes for the network.
fn sensitive(secret: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(secret.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn begins_with(url: &str, origin: &Origin) -> bool {
    url.strip_prefix(&origin.to_string())
        .is_some_and(|rest| rest.starts_with('/'))
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}
