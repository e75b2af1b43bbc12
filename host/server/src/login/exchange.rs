//! Decides how `login`, `status` and `doctor` ask a site something: one request at a time, through the program's one
//! HTTP client, to the site's own address or to Atlassian's gateway for it. Never shows what came back beside JSON.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway::{Errand, ErrandError, Hop, Outgoing, run_errand};
use policy::{Deployment, Product, Site};
use secrecy::SecretString;
use serde_json::Value;

use crate::audit::Journal;
use crate::clock::SystemClock;
use crate::wire::HttpWire;

const TIME: Duration = Duration::from_secs(20);

/// Descriptions of a person and of a site are a few kilobytes.
const LONGEST: u64 = 256 << 10;

/// Runs the host's own errands, each of which leaves a line in the record.
pub(crate) struct Errands {
    wire: HttpWire,
    audit: Arc<Journal>,
    clock: SystemClock,
}

impl std::fmt::Debug for Errands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Errands")
            .field("audit", &self.audit)
            .finish_non_exhaustive()
    }
}

impl Errands {
    pub(crate) fn new(wire: HttpWire, audit: Arc<Journal>) -> Self {
        Self {
            wire,
            audit,
            clock: SystemClock::new(),
        }
    }

    /// With a record of its own in `folder`.
    #[cfg(test)]
    pub(crate) fn below(folder: &std::path::Path, wire: HttpWire) -> Arc<Self> {
        let started = time::OffsetDateTime::now_utc();
        let audit = Journal::below(folder, crate::audit::Settings::default(), started);
        Arc::new(Self::new(wire, Arc::new(audit)))
    }
}

/// What a site said.
pub(crate) struct Said {
    pub(crate) status: u16,
    /// Absent where the body was something else, like the page of a login portal.
    pub(crate) json: Option<Value>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
}

impl Said {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(each, _)| each == name)?;
        std::str::from_utf8(value).ok()
    }

    /// A text at the top of the answer.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.json.as_ref()?.get(key)?.as_str()
    }
}

/// Why there is no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("{0}")]
    NoAnswer(String),
    #[error(
        "there is no Jira and no Confluence at this address; give the address that you open in the browser, with its path (`https://example.com/jira`)"
    )]
    NotASite,
}

impl From<ErrandError> for Trouble {
    fn from(error: ErrandError) -> Self {
        Self::NoAnswer(error.to_string())
    }
}

/// A GET at a product's own path, such as `/rest/api/3/myself`.
pub(crate) async fn ask(
    errands: &Errands,
    site: &Site,
    deployment: Deployment,
    product: Product,
    errand: Errand,
    authorization: Option<&SecretString>,
) -> Result<Said, Trouble> {
    let mut base: String = (site.base_segments(product).iter())
        .map(|segment| format!("/{segment}"))
        .collect();
    if (product, deployment) == (Product::Confluence, Deployment::Cloud) {
        base += "/wiki";
    }
    let path = errand.path(deployment).unwrap_or_default();
    let request = Request {
        errand,
        path: format!("{base}{path}"),
        body: None,
    };
    send(errands, site, request, authorization).await
}

/// One request at the origin that the site is dialled at.
pub(crate) struct Request {
    pub(crate) errand: Errand,
    /// Encoded, with query.
    pub(crate) path: String,
    /// With its media type.
    pub(crate) body: Option<(&'static str, Bytes)>,
}

pub(crate) async fn send(
    errands: &Errands,
    site: &Site,
    request: Request,
    authorization: Option<&SecretString>,
) -> Result<Said, Trouble> {
    let origin = site.dial_origin();
    let mut headers = vec![
        ("accept", "application/json".to_owned()),
        (
            "user-agent",
            concat!("mcp-airlock/", env!("CARGO_PKG_VERSION")).to_owned(),
        ),
    ];
    let body = request.body.map(|(media_type, body)| {
        headers.push(("content-type", media_type.to_owned()));
        body
    });
    let out = Outgoing {
        site,
        origin: &origin,
        hop: Hop::Site,
        url: &format!("{origin}{}", request.path),
        method: request.errand.method(),
        headers: &headers,
        authorization,
        body,
        timeout: TIME,
        max_response_bytes: LONGEST,
    };
    let Errands { wire, audit, clock } = errands;
    let incoming = run_errand(wire, clock, audit, request.errand, out).await?;
    Ok(Said {
        status: incoming.status,
        json: serde_json::from_slice(&incoming.body).ok(),
        headers: incoming.headers,
    })
}
