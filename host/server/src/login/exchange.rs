//! Decides how `login`, `status` and `doctor` ask a site something: one request at a time, through the program's one
//! HTTP client, to the site's own address or to Atlassian's gateway for it. Never shows what came back beside JSON.

use std::time::Duration;

use bytes::Bytes;
use gateway::{Hop, Outgoing, Wire, WireError};
use policy::{Deployment, Method, Product, Site};
use secrecy::SecretString;
use serde_json::Value;

use crate::wire::HttpWire;

const TIME: Duration = Duration::from_secs(20);

/// Descriptions of a person and of a site are a few kilobytes.
const LONGEST: u64 = 256 << 10;

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

impl From<WireError> for Trouble {
    fn from(error: WireError) -> Self {
        Self::NoAnswer(error.to_string())
    }
}

/// A GET at a product's own path, such as `/rest/api/3/myself`.
pub(crate) async fn ask(
    wire: &HttpWire,
    site: &Site,
    deployment: Deployment,
    product: Product,
    path: &str,
    authorization: Option<&SecretString>,
) -> Result<Said, Trouble> {
    let mut base: String = (site.base_segments(product).iter())
        .map(|segment| format!("/{segment}"))
        .collect();
    if (product, deployment) == (Product::Confluence, Deployment::Cloud) {
        base += "/wiki";
    }
    let request = Request {
        method: Method::Get,
        path: format!("{base}{path}"),
        body: None,
    };
    send(wire, site, request, authorization).await
}

/// One request at the origin that the site is dialled at.
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Encoded, with query.
    pub(crate) path: String,
    /// With its media type.
    pub(crate) body: Option<(&'static str, Bytes)>,
}

pub(crate) async fn send(
    wire: &HttpWire,
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
    let incoming = wire
        .exchange(Outgoing {
            site,
            origin: &origin,
            hop: Hop::Site,
            url: &format!("{origin}{}", request.path),
            method: request.method,
            headers: &headers,
            authorization,
            body,
            timeout: TIME,
            max_response_bytes: LONGEST,
        })
        .await?;
    Ok(Said {
        status: incoming.status,
        json: serde_json::from_slice(&incoming.body).ok(),
        headers: incoming.headers,
    })
}
