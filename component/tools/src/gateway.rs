//! The one door: how a tool reaches a site and what can come back. Addresses, credentials, retries
//! and the decision whether a request may go are the host's and are not known here.

use crate::route::Request;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Product {
    Jira,
    Confluence,
}

impl Product {
    pub const fn name(self) -> &'static str {
        match self {
            Product::Jira => "Jira",
            Product::Confluence => "Confluence",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deployment {
    Cloud,
    DataCenter,
}

impl Deployment {
    pub const fn name(self) -> &'static str {
        match self {
            Deployment::Cloud => "Cloud",
            Deployment::DataCenter => "Data Center",
        }
    }
}

/// All that a tool may know of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteInfo {
    /// Names one product of one site.
    pub id: String,
    /// As people say it.
    pub name: String,
    pub product: Product,
    pub deployment: Deployment,
    /// For links in answers; no trailing slash.
    pub browse_url: String,
    pub read_only: bool,
}

/// An answer of any HTTP status.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The host replaced something by `[REDACTED]`.
    pub redacted: bool,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayError {
    /// One word for every refusal, so that a component cannot probe the policy.
    Denied,
    Reauthorize,
    /// Seconds to wait, where the site said so.
    RateLimited(Option<u32>),
    Timeout,
    Connect,
    Tls,
    BadResponse,
    /// The cap in bytes.
    BodyTooLarge(u64),
    InvalidRequest(String),
    Budget,
    Cancelled,
    Internal(String),
}

/// What a tool can do with the world outside its arguments.
pub trait Gateway {
    /// The sites that this call may use.
    fn sites(&self) -> Vec<SiteInfo>;

    fn send(&self, site: &SiteInfo, request: &Request) -> Result<Response, GatewayError>;

    /// Side by side; answers in the order of the requests.
    fn send_many(
        &self,
        site: &SiteInfo,
        requests: &[Request],
    ) -> Vec<Result<Response, GatewayError>>;

    /// What an earlier call of the same principal remembered under this key.
    fn recall(&self, key: &str) -> Option<Vec<u8>>;

    fn remember(&self, key: &str, value: &[u8], ttl_ms: u32);
}
