//! What a caller may ask for and what it gets back: the words of the component's interface,
//! already lifted out of WebAssembly. Nothing here decides anything.

use bytes::Bytes;
use policy::{Deployment, Method, Product, SiteName};

/// How many requests of one `send-many` are under way at once.
pub const SIDE_BY_SIDE: usize = 8;

/// One request, relative to a site. Everything in it was chosen by the component, except
/// `site`, `product` and `deployment`, which come from the handle that the host gave out.
#[derive(Clone, Debug)]
pub struct Ask {
    pub site: SiteName,
    pub product: Product,
    /// What the host knows the site to be; a configured deployment must agree.
    pub deployment: Deployment,
    pub method: Method,
    /// Not encoded, one entry a segment.
    pub segments: Vec<String>,
    /// Not encoded, sent in this order.
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Body,
    pub keep: Keep,
    /// Narrows the cap on the answer, never widens it.
    pub max_body: Option<u64>,
    /// Narrows the time for one exchange, never widens it.
    pub timeout_ms: Option<u32>,
    /// The component's word that sending it twice does no harm.
    pub idempotent: bool,
    /// The component's own name for what it does: audited, never believed.
    pub operation: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub enum Body {
    #[default]
    Empty,
    /// Has to be one valid JSON document.
    Json(String),
    Bytes {
        media_type: String,
        data: Bytes,
    },
    /// The host writes boundary and part headers.
    Multipart(Vec<Part>),
}

#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    pub file_name: Option<String>,
    /// Of the part; a part without a file name is a plain form field and has none.
    pub media_type: Option<String>,
    pub data: Bytes,
}

/// Where the body of the answer goes. The gateway treats `Inline` and `Blob` alike: what it
/// hands over is filtered either way. `Discard` leaves the body empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    #[default]
    Inline,
    Blob,
    Discard,
}

/// What came back, filtered: any HTTP status is an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Lower-case names from a short allow-list, each at most once.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// Something was replaced by `[REDACTED]`.
    pub redacted: bool,
}

impl Answer {
    pub fn media_type(&self) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(name, _)| name == "content-type")
            .map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer. The variants are those of the component's interface.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Failure {
    /// The component must see one uniform word for it; the detail is for the client.
    #[error("refused: {0}")]
    Denied(Box<Denial>),
    /// A person has to agree first: the call ends here, and the component hears nothing any more.
    #[error("a person is asked first")]
    Unconfirmed,
    #[error("the site no longer accepts the stored authorization")]
    Reauthorize,
    /// Seconds to wait, where known.
    #[error("the site's request quota is used up")]
    RateLimited(Option<u32>),
    #[error("no answer in time")]
    Timeout,
    #[error("no connection to the site")]
    Connect,
    #[error("no trusted TLS connection to the site")]
    Tls,
    #[error("the site's answer broke off or is not HTTP")]
    BadResponse,
    /// The cap that was passed, in bytes.
    #[error("the answer is larger than {0} bytes")]
    BodyTooLarge(u64),
    /// The component's own mistake, in words.
    #[error("the request is not valid: {0}")]
    InvalidRequest(String),
    #[error("requests, bytes or time of this call are used up")]
    Budget,
    #[error("the call was cancelled")]
    Cancelled,
    #[error("{0}")]
    Internal(String),
}

/// One refusal in full. It never reaches the component: an answer that differs by reason
/// would let it probe for sites, routes and credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The deny rule, `default-deny`, or `host.*` for what no rule can allow.
    pub rule: String,
    pub reason: String,
    /// The line of the policy file that would allow it, where one can.
    pub would_allow: Option<String>,
}

impl Denial {
    /// In the words that the client reads; the component never does.
    pub fn for_client(&self) -> String {
        let mut text = format!(
            "Refused by rule `{}`: {}.",
            self.rule,
            self.reason.trim_end_matches('.')
        );
        if let Some(line) = &self.would_allow {
            text += &format!(
                " A person can allow it in the policy file with:\n\n```toml\n{}\n```",
                line.trim_end()
            );
        }
        text
    }
}

impl std::fmt::Display for Denial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.reason, self.rule)
    }
}
