//! Decides how one HTTP client is set up: TLS trust, proxy, limits. Each default of the library that would send,
//! follow, remember or read something unasked is switched off here. Never sends anything itself.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gateway::mutant::{self, Mutant};
use policy::{Origin, Scheme, Site};
use reqwest::{Certificate, Client, ClientBuilder, Identity, Proxy, redirect, retry, tls};

use super::fault::Fault;
use super::resolve::{CheckedResolver, Destination, DialMap, Resolver};

/// From the first packet to the end of the TLS handshake, name look-up included.
const CONNECT: Duration = Duration::from_secs(10);

/// Between two reads of the body. A slower sender is stopped by the time for the whole exchange.
const SILENCE: Duration = Duration::from_secs(30);

/// An idle connection keeps its checked address; this bounds for how long.
const IDLE: Duration = Duration::from_secs(60);

/// As many as the component may have under way at once.
const MOST_IDLE: usize = 8;

/// Of an answer's head. Atlassian sends about 30.
const MOST_HEADERS: usize = 100;

/// The client for `destination`, which may be reached through the site's proxy.
pub(super) fn build(
    site: &Site,
    origin: &Origin,
    destination: Destination,
    resolver: Arc<dyn Resolver>,
    dial: DialMap,
    identity: Option<Identity>,
) -> Result<Client, Fault> {
    destination.check_literal()?;
    let mut builder = careful().read_timeout(SILENCE);
    if !mutant::is_on(Mutant::EnvironmentProxy) {
        builder = builder.no_proxy();
    }
    if let Destination::Proxy(proxy) = &destination {
        let proxy = Proxy::all(proxy.to_string())
            .map_err(|_| Fault::Setup("the `proxy` of the site cannot be used".to_owned()))?;
        builder = builder.proxy(proxy);
    }
    let shows_identity = identity.is_some();
    if let Some(identity) = identity {
        builder = builder.identity(identity);
    }
    builder = builder.dns_resolver(CheckedResolver {
        destination,
        resolver,
        dial,
    });
    trust_for(builder, site, origin)?
        .build()
        .map_err(|_| {
            let reason = if shows_identity {
                "the TLS library does not take the `client-cert` of the site with its `client-key`; do they belong together?"
            } else {
                "the TLS library does not start"
            };
            Fault::Setup(reason.to_owned())
        })
}

/// The way from `connect` to a server of ours; no site is on it.
pub(crate) struct Bridge<'a> {
    pub(crate) is_encrypted: bool,
    pub(crate) ca_file: Option<&'a Path>,
    /// A socket in the file system in the place of an address.
    pub(crate) socket: Option<&'a Path>,
}

impl Bridge<'_> {
    pub(crate) fn client(&self) -> Result<Client, String> {
        let ca_file = self.ca_file.map(|path| path.display().to_string());
        let mut builder = if self.is_encrypted {
            trust(careful().https_only(true), ca_file.as_deref())
                .map_err(|fault| fault.to_string())?
        } else {
            careful().tls_certs_only([])
        };
        #[cfg(unix)]
        if let Some(path) = self.socket {
            builder = builder.unix_socket(path);
        }
        builder
            .no_proxy()
            .build()
            .map_err(|_| "the TLS library does not start".to_owned())
    }
}

/// Does nothing unasked.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where an HTTP client begins"
)]
fn careful() -> ClientBuilder {
    Client::builder()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .http1_only()
        .http1_max_headers(MOST_HEADERS)
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(MOST_IDLE)
}

fn trust_for(builder: ClientBuilder, site: &Site, origin: &Origin) -> Result<ClientBuilder, Fault> {
    let is_encrypted = |origin: &Origin| origin.scheme() == Scheme::Https;
    if !is_encrypted(origin) && !site.proxy.as_ref().is_some_and(is_encrypted) {
        // Nothing is verified on a plain connection; reading the system's store would cost milliseconds for nothing.
        return Ok(builder.tls_certs_only([]));
    }
    trust(
        builder.https_only(is_encrypted(origin)),
        site.ca_file.as_deref(),
    )
}

/// The certificates that count: the operating system's and those of an authority of one's own. There is no way to count
/// none.
fn trust(builder: ClientBuilder, ca_file: Option<&str>) -> Result<ClientBuilder, Fault> {
    let builder = builder.tls_version_min(tls::Version::TLS_1_2);
    match ca_file {
        None => Ok(builder),
        Some(path) => Ok(builder.tls_certs_merge(authorities(path)?)),
    }
}

fn authorities(path: &str) -> Result<Vec<Certificate>, Fault> {
    let unusable = |reason: &str| Fault::Setup(format!("the `ca-file` `{path}` {reason}"));
    let pem = std::fs::read(path)
        .map_err(|error| unusable(&format!("cannot be read: {}", error.kind())))?;
    let certificates = Certificate::from_pem_bundle(&pem)
        .map_err(|_| unusable("is not a list of certificates in PEM form"))?;
    if certificates.is_empty() {
        return Err(unusable("holds no certificate in PEM form"));
    }
    Ok(certificates)
}
