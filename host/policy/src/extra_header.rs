//! Decides which headers a site may be sent beside the credential: those that a gateway in front of it asks for. A name
//! that would change who asks, what is asked or where a message ends is refused, so that the request that is sent stays
//! the one that was decided on.

use std::fmt;

use serde::Serialize;

/// In lower case, as names of headers mean the same in either (RFC 9110, section 5.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ExtraHeader(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtraHeaderError {
    #[error("is no name of a header; write letters, digits and `-`, at most 64 of them")]
    NotAName,
    #[error("is a header that only the host writes, from the credential of the site")]
    Credential,
    #[error(
        "is a header that says where a message ends or who passed it on; no gateway needs it from a client"
    )]
    Framing,
    #[error("is a header that would make another request of the one that was decided on")]
    Meaning,
}

const LONGEST: usize = 64;

/// Whoever could set these could act as somebody else.
const CREDENTIALS: &[&str] = &["authorization", "cookie", "cookie2"];

/// Hop-by-hop headers (RFC 9110, section 7.6.1) and those that the HTTP client counts for itself.
const FRAMING: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];
const FRAMING_FAMILIES: &[&str] = &["proxy-", "x-forwarded-"];

/// What the gateway decides or the component says, and what servers take for another method or path.
const MEANING: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "content-encoding",
    "content-type",
    "origin",
    "range",
    "referer",
    "user-agent",
    "x-atlassian-token",
    "x-experimentalapi",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];
const MEANING_FAMILIES: &[&str] = &["access-control-", "if-", "sec-"];

impl ExtraHeader {
    pub fn parse(name: &str) -> Result<Self, ExtraHeaderError> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
        if name.len() > LONGEST || !begins_well || !name.bytes().all(is_letter) {
            return Err(ExtraHeaderError::NotAName);
        }
        let name = name.to_ascii_lowercase();
        let is_one_of = |names: &[&str]| names.contains(&name.as_str());
        let is_of = |families: &[&str]| families.iter().any(|family| name.starts_with(family));
        if is_one_of(CREDENTIALS) {
            Err(ExtraHeaderError::Credential)
        } else if is_one_of(FRAMING) || is_of(FRAMING_FAMILIES) {
            Err(ExtraHeaderError::Framing)
        } else if is_one_of(MEANING) || is_of(MEANING_FAMILIES) {
            Err(ExtraHeaderError::Meaning)
        } else {
            Ok(Self(name))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExtraHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gateways_ask_for_is_a_name() {
        for name in [
            "X-Gateway-Key",
            "CF-Access-Client-Id",
            "CF-Access-Client-Secret",
            "Ocp-Apim-Subscription-Key",
            "X-Api-Key",
        ] {
            assert_eq!(
                ExtraHeader::parse(name).as_ref().map(ExtraHeader::as_str),
                Ok(name.to_ascii_lowercase().as_str())
            );
        }
    }

    #[test]
    fn what_changes_the_request_is_refused_in_every_spelling() {
        use ExtraHeaderError::{Credential, Framing, Meaning, NotAName};
        for (name, expected) in [
            ("Authorization", Credential),
            ("COOKIE", Credential),
            ("Proxy-Authorization", Framing),
            ("Host", Framing),
            ("Connection", Framing),
            ("Content-Length", Framing),
            ("transfer-ENCODING", Framing),
            ("TE", Framing),
            ("X-Forwarded-Host", Framing),
            ("Content-Type", Meaning),
            ("X-HTTP-Method-Override", Meaning),
            ("X-Original-URL", Meaning),
            ("X-Atlassian-Token", Meaning),
            ("Sec-Fetch-Site", Meaning),
            ("If-None-Match", Meaning),
            ("", NotAName),
            ("-x", NotAName),
            ("x y", NotAName),
            ("x:y", NotAName),
            ("x\r\nAuthorization", NotAName),
            ("x_forwarded_host", NotAName),
            ("ключ", NotAName),
            (&"x".repeat(65), NotAName),
        ] {
            assert_eq!(ExtraHeader::parse(name), Err(expected), "{name:?}");
        }
    }
}
