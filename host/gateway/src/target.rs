//! Step 1, target: joins segments and pairs to the site's base. What comes out is final: the
//! policy decides on it and the wire sends it, and nothing in between rewrites it.
//!
//! Refuses what could be spelled in two ways; never normalises.

use std::time::Duration;

use bytes::Bytes;
use policy::{BodyView, Deployment, Method, Origin, Product, Site, SiteName, Subject, segment};

use crate::ask::{Ask, Failure, Keep};
use crate::headers::{self, Headers};
use crate::mutant::{self, Mutant};

/// Tomcat's default for request line and headers together is 8 KiB; the headers need their share.
const LONGEST_URL: usize = 7_000;

/// No Atlassian path is nearly as deep.
const MOST_SEGMENTS: usize = 24;

const MOST_PAIRS: usize = 32;

/// What one request may carry, whatever a rule says.
const LARGEST_BODY: u64 = 16 << 20;

/// For one exchange, unless the request asks for less.
const EXCHANGE_TIME: Duration = Duration::from_secs(30);

/// A request as it will stand on the wire, still without a credential.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    pub(crate) site: &'a Site,
    pub(crate) product: Product,
    pub(crate) deployment: Deployment,
    pub(crate) method: Method,
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) origin: Origin,
    pub(crate) url: String,
    pub(crate) headers: Headers,
    pub(crate) body: Option<(Bytes, String)>,
    pub(crate) keep: Keep,
    pub(crate) max_body: Option<u64>,
    pub(crate) timeout: Duration,
    pub(crate) idempotent: bool,
}

/// Why a request cannot be a target at all.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// Something that the component never needs and an attacker would try.
    Refused { rule: &'static str, reason: String },
    /// An honest mistake that the component may be told about.
    Mistake(Failure),
}

impl Misfit {
    pub(crate) fn header(reason: impl Into<String>) -> Self {
        Self::Refused {
            rule: "host.header",
            reason: reason.into(),
        }
    }

    pub(crate) fn body(reason: impl Into<String>) -> Self {
        Self::Refused {
            rule: "host.body",
            reason: reason.into(),
        }
    }

    pub(crate) fn size(reason: impl Into<String>) -> Self {
        Self::Refused {
            rule: "host.size",
            reason: reason.into(),
        }
    }

    fn path(reason: impl Into<String>) -> Self {
        Self::Refused {
            rule: "host.path",
            reason: reason.into(),
        }
    }

    fn query(reason: impl Into<String>) -> Self {
        Self::Refused {
            rule: "host.query",
            reason: reason.into(),
        }
    }

    pub(crate) fn site(reason: impl Into<String>) -> Self {
        Self::Refused {
            rule: "host.site",
            reason: reason.into(),
        }
    }
}

impl<'a> Target<'a> {
    pub(crate) fn new(site: &'a Site, ask: &Ask) -> Result<Self, Misfit> {
        check_site(site, ask)?;
        let segments = check_path(&ask.segments)?;
        check_query(&ask.query)?;
        let (headers, content_type) = headers::check(&ask.headers)?;
        let body = headers::body(ask.method, &ask.body, content_type.as_deref(), LARGEST_BODY)?;
        let origin = site.dial_origin();
        let url = url(
            site,
            &origin,
            (ask.product, ask.deployment),
            &ask.segments,
            &ask.query,
        )?;
        let asked = ask.timeout_ms.map(|ms| Duration::from_millis(ms.into()));
        Ok(Self {
            site,
            product: ask.product,
            deployment: ask.deployment,
            method: ask.method,
            segments,
            query: ask.query.clone(),
            origin,
            url,
            headers,
            body,
            keep: ask.keep,
            max_body: ask.max_body,
            timeout: asked.map_or(EXCHANGE_TIME, |asked| asked.min(EXCHANGE_TIME)),
            idempotent: ask.idempotent,
        })
    }

    /// For people: without the query, which may be long.
    pub(crate) fn in_words(&self) -> String {
        let (method, site) = (self.method, &self.site.name);
        format!("{method} /{} on {site}", self.segments.join("/"))
    }

    pub(crate) fn is_multipart(&self) -> bool {
        self.body
            .as_ref()
            .is_some_and(|(_, content_type)| content_type.starts_with("multipart/"))
    }

    pub(crate) fn body_bytes(&self) -> u64 {
        self.body
            .as_ref()
            .map_or(0, |(bytes, _)| bytes.len() as u64)
    }
}

impl Subject for Target<'_> {
    fn site(&self) -> &SiteName {
        &self.site.name
    }

    fn product(&self) -> Product {
        self.product
    }

    fn deployment(&self) -> Deployment {
        self.deployment
    }

    fn method(&self) -> Method {
        self.method
    }

    fn segments(&self) -> &[String] {
        &self.segments
    }

    fn query(&self) -> &[(String, String)] {
        &self.query
    }

    fn body_len(&self) -> u64 {
        self.body_bytes()
    }

    fn body(&self) -> BodyView<'_> {
        match &self.body {
            None => BodyView::Unseen,
            Some((bytes, kind)) if headers::is_json(kind) => BodyView::Json(bytes),
            Some(_) => BodyView::Opaque,
        }
    }

    fn narrow(
        &mut self,
        query: Option<Vec<(String, String)>>,
        json: Option<Vec<u8>>,
    ) -> Result<(), String> {
        if let Some(query) = query {
            self.url = url(
                self.site,
                &self.origin,
                (self.product, self.deployment),
                &self.segments,
                &query,
            )
            .map_err(|_| format!("its address would be longer than {LONGEST_URL} bytes"))?;
            self.query = query;
        }
        if let (Some(json), Some((bytes, _))) = (json, &mut self.body) {
            *bytes = json.into();
        }
        Ok(())
    }
}

fn check_site(site: &Site, ask: &Ask) -> Result<(), Misfit> {
    if !site.products.contains(&ask.product) {
        return Err(Misfit::site(format!(
            "the site {} has no {}",
            site.name, ask.product
        )));
    }
    match site.known_deployment() {
        Some(known) if known != ask.deployment => Err(Misfit::site(format!(
            "the site {} is {known}, not {}",
            site.name, ask.deployment
        ))),
        _ => Ok(()),
    }
}

/// The segments that the policy decides on.
fn check_path(segments: &[String]) -> Result<Vec<String>, Misfit> {
    if segments.len() > MOST_SEGMENTS {
        return Err(Misfit::path(format!(
            "a path has at most {MOST_SEGMENTS} segments"
        )));
    }
    if mutant::is_on(Mutant::CheckRawSendNormalised) {
        return Ok(beginning_that_looks_right(segments));
    }
    segment::check_all(segments).map_err(|error| Misfit::path(error.to_string()))?;
    Ok(segments.to_vec())
}

fn check_query(query: &[(String, String)]) -> Result<(), Misfit> {
    if query.len() > MOST_PAIRS {
        return Err(Misfit::query(format!(
            "a query has at most {MOST_PAIRS} pairs"
        )));
    }
    for (at, (name, value)) in query.iter().enumerate() {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(Misfit::query(
                "a query name has letters, digits, `-`, `_` and `.` only",
            ));
        }
        // Which of two counts differs from server to server.
        if query[..at].iter().any(|(earlier, _)| earlier == name) {
            return Err(Misfit::query(format!(
                "the query name {name} is given twice"
            )));
        }
        if value.chars().any(char::is_control) {
            return Err(Misfit::query(format!(
                "the value of {name} holds a control character"
            )));
        }
    }
    Ok(())
}

fn url(
    site: &Site,
    origin: &Origin,
    (product, deployment): (Product, Deployment),
    segments: &[String],
    query: &[(String, String)],
) -> Result<String, Misfit> {
    let mut url = origin.to_string();
    // On Cloud the product's own paths begin with `wiki`; a context that an address brought along, before the site
    // was known to be Cloud, would say it twice.
    let is_bare = deployment == Deployment::Cloud && site.cloud_id.is_none();
    let base = (!is_bare).then(|| site.base_segments(product));
    for segment in base.into_iter().flatten() {
        url.push('/');
        url.push_str(&segment);
    }
    if mutant::is_on(Mutant::CheckRawSendNormalised) {
        url.push_str(&as_url_parsers_read_it(segments));
    } else {
        // Checked segments need no escapes: they hold nothing that a path could not.
        for segment in segments {
            url.push('/');
            url.push_str(segment);
        }
    }
    for (at, (name, value)) in query.iter().enumerate() {
        url.push(if at == 0 { '?' } else { '&' });
        url.push_str(name);
        url.push('=');
        push_encoded(&mut url, value);
    }
    if url.len() > LONGEST_URL {
        return Err(Misfit::size(format!(
            "the address has {} bytes, {LONGEST_URL} may be sent",
            url.len()
        )));
    }
    Ok(url)
}

/// RFC 3986 §2.3: everything but the unreserved characters, so that no reader has a choice.
fn push_encoded(out: &mut String, text: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// For [`Mutant::CheckRawSendNormalised`]: what a check on the raw text takes the path for.
fn beginning_that_looks_right(segments: &[String]) -> Vec<String> {
    let mut seen = Vec::new();
    for text in segments {
        let right = |end: &usize| segment::check(&text[..*end]).is_ok();
        let end = (1..=text.len())
            .rev()
            .filter(|end| text.is_char_boundary(*end))
            .find(right);
        seen.extend(end.map(|end| text[..end].to_owned()));
        if end != Some(text.len()) {
            break;
        }
    }
    seen
}

/// For [`Mutant::CheckRawSendNormalised`]: dots collapsed, escapes and backslashes undone.
fn as_url_parsers_read_it(segments: &[String]) -> String {
    let text = segments
        .join("/")
        .replace("%2e", ".")
        .replace("%2f", "/")
        .replace('\\', "/");
    let mut path: Vec<&str> = Vec::new();
    for segment in text.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    format!("/{}", path.join("/"))
}

#[cfg(test)]
mod tests;
