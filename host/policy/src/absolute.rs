//! Absolute URLs, for the two places that meet one: a question to `explain`, and the `Location` of a redirect.
//!
//! A URL is read only if it already is what every parser makes of it; otherwise it is refused.

use crate::origin::{Origin, OriginError};
use crate::segment::{self, SegmentError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsoluteUrl {
    pub origin: Origin,
    /// Empty for the bare origin and for `/`.
    pub segments: Vec<String>,
    /// As written, without the `?`.
    pub query: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    #[error("{0}")]
    Origin(#[from] OriginError),
    #[error("{0}")]
    Path(#[from] SegmentError),
    #[error("the URL has a fragment")]
    Fragment,
    #[error("the query holds characters that have to be encoded")]
    Query,
    #[error("the URL is not in the form that a URL parser gives back")]
    NotCanonical,
}

impl AbsoluteUrl {
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let after_scheme = text.find("://").map_or(0, |at| at + 3);
        let authority_end = text[after_scheme..]
            .find(['/', '?', '#', '\\'])
            .map_or(text.len(), |at| after_scheme + at);
        let origin = Origin::parse(&text[..authority_end])?;
        let rest = &text[authority_end..];
        if rest.contains('#') {
            return Err(UrlError::Fragment);
        }
        let (path, query) = rest
            .split_once('?')
            .map_or((rest, None), |(path, query)| (path, Some(query)));
        let segments = if matches!(path, "" | "/") {
            Vec::new()
        } else {
            segment::split(path)?
        };
        if query.is_some_and(|query| !is_encoded(query)) {
            return Err(UrlError::Query);
        }
        // The WHATWG parser is what browsers and our HTTP client use; any repair it would make is a refusal here.
        let read = url::Url::parse(text).map_err(|_| UrlError::NotCanonical)?;
        let without_path =
            path.is_empty() && read.as_str().replacen("/", "", 3) == text.replacen("/", "", 2);
        if read.as_str() != text && !without_path {
            return Err(UrlError::NotCanonical);
        }
        Ok(Self {
            origin,
            segments,
            query: query.map(str::to_owned),
        })
    }

    /// The pairs of the query, decoded.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        let query = self.query.as_deref().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }
}

/// RFC 3986 §3.4, with escapes that are complete.
fn is_encoded(query: &str) -> bool {
    let bytes = query.as_bytes();
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => bytes
            .get(at + 1..at + 3)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        byte => byte.is_ascii_alphanumeric() || b"-._~!$&()*+,;=:@/?".contains(byte),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_urls_are_read() {
        let url = AbsoluteUrl::parse(
            "https://jira.example.test:8443/rest/api/3/issue/PROJ-1?fields=a%2Cb&expand=x",
        )
        .expect("the URL is canonical");
        assert_eq!(url.origin.to_string(), "https://jira.example.test:8443");
        assert_eq!(url.segments, ["rest", "api", "3", "issue", "PROJ-1"]);
        assert_eq!(
            url.query_pairs(),
            [
                ("fields".to_owned(), "a,b".to_owned()),
                ("expand".to_owned(), "x".to_owned())
            ]
        );
        for bare in ["https://jira.example.test", "https://jira.example.test/"] {
            assert_eq!(
                AbsoluteUrl::parse(bare).map(|url| url.segments),
                Ok(Vec::new()),
                "{bare}"
            );
        }
    }

    #[test]
    fn a_url_that_a_parser_would_change_is_refused() {
        for text in [
            "",
            "/rest/api/3/issue/PROJ-1",
            "//jira.example.test/rest",
            "https:jira.example.test/rest",
            "https:///rest",
            "https:\\\\evil.test/rest",
            "https://evil.test\\@jira.example.test/rest",
            "https://jira.example.test\\rest",
            "https://jira.example.test?@evil.test/#x",
            "https://u:p@jira.example.test/rest",
            "https://jira.example.test:443/rest",
            "https://JIRA.example.test/rest",
            "https://jira.example.test/rest/../secure",
            "https://jira.example.test/rest/%2e%2e/secure",
            "https://jira.example.test//rest",
            "https://jira.example.test/rest/",
            "https://jira.example.test/rest#x",
            "https://jira.example.test/rest?a b",
            "https://jira.example.test/rest?a=%zz",
            "https://jira.example.test/rest?a='",
            "https://jira.example.test/rest?a=\u{e9}",
            "https://jira.example.test/rest/PROJ-1\0",
            "https://jira.example.test/rest\r\nX: y",
            "https://jira.example.test/a b",
            " https://jira.example.test/rest",
            "file:///etc/passwd",
            "gopher://127.0.0.1:6379/_INFO",
            "ws://jira.example.test/x",
        ] {
            assert!(AbsoluteUrl::parse(text).is_err(), "{text:?} was accepted");
        }
    }
}
