//! Keys and ids as people give them (any case, or the address from the browser), parsed once. What
//! parses here is a single harmless path segment; whether it exists is the site's to say.

use std::fmt;

use serde::{Deserialize, Deserializer};

use crate::route::PathParameter;

/// An address copied from a browser, taken apart only as far as keys and ids need.
struct BrowserAddress<'a> {
    host: String,
    segments: Vec<&'a str>,
    query: Vec<(&'a str, &'a str)>,
}

impl<'a> BrowserAddress<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))?;
        let rest = rest.split('#').next().unwrap_or(rest);
        let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut parts = before.split('/');
        let host = parts.next()?.to_ascii_lowercase();
        Some(Self {
            host,
            segments: parts.filter(|part| !part.is_empty()).collect(),
            query: query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .collect(),
        })
    }

    fn after(&self, marker: &str) -> Option<&'a str> {
        let position = self
            .segments
            .iter()
            .position(|segment| *segment == marker)?;
        self.segments.get(position + 1).copied()
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        self.query
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    }
}

/// Host (with port) of an address such as a site's browse URL.
pub(crate) fn host_of(address: &str) -> Option<String> {
    BrowserAddress::parse(address).map(|address| address.host)
}

/// `PROJ-123`, upper case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IssueKey {
    key: String,
    host: Option<String>,
}

impl IssueKey {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let refusal = || {
            format!(
                "`{}` is not an issue key; write it like PROJ-123, or give the issue's browser address",
                shorten(text)
            )
        };
        let text = text.trim();
        let (candidate, host) = match BrowserAddress::parse(text) {
            Some(address) => {
                let found = address
                    .after("browse")
                    .or_else(|| address.value("selectedIssue"))
                    .or_else(|| address.after("issues"))
                    .ok_or_else(refusal)?;
                (found, Some(address.host))
            }
            None => (text, None),
        };
        let (project, number) = candidate.rsplit_once('-').ok_or_else(refusal)?;
        let numbered = !number.is_empty()
            && number.len() <= 18
            && number.bytes().all(|byte| byte.is_ascii_digit());
        if !numbered || !is_project_key(project) {
            return Err(refusal());
        }
        Ok(Self {
            key: candidate.to_ascii_uppercase(),
            host,
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.key
    }

    /// The host of the address that the key was taken from, if it was one.
    pub(crate) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }
}

/// `PROJ`, upper case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProjectKey(String);

impl ProjectKey {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let key = text.trim();
        match is_project_key(key) {
            true => Ok(Self(key.to_ascii_uppercase())),
            false => Err(format!(
                "`{}` is not a project key; write it like PROJ",
                shorten(text)
            )),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// `DOCS`, or `~…` for a personal space. Case is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpaceKey(String);

impl SpaceKey {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let key = text.trim();
        let bare = key.strip_prefix('~').unwrap_or(key);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:@".contains(&byte);
        let named = bare.bytes().any(|byte| byte.is_ascii_alphanumeric());
        match named && bare.len() <= 255 && bare.bytes().all(allowed) {
            true => Ok(Self(key.to_owned())),
            false => Err(format!(
                "`{}` is not a space key; write it like DOCS",
                shorten(text)
            )),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A numeric id of a page, an issue type and the like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NumericId(String);

impl NumericId {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits =
            !text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A page by id, taken from a number or from an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageId {
    id: NumericId,
    host: Option<String>,
}

impl PageId {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let refusal = || {
            format!(
                "`{}` is not a page id; give the number from the page's address, or the address itself",
                shorten(text)
            )
        };
        let text = text.trim();
        if let Some(id) = NumericId::parse(text) {
            return Ok(Self { id, host: None });
        }
        let address = BrowserAddress::parse(text).ok_or_else(refusal)?;
        let id = address
            .after("pages")
            .and_then(NumericId::parse)
            .or_else(|| address.value("pageId").and_then(NumericId::parse))
            .or_else(|| address.after("x").and_then(tiny_link))
            .ok_or_else(refusal)?;
        Ok(Self {
            id,
            host: Some(address.host),
        })
    }

    pub(crate) fn number(&self) -> &NumericId {
        &self.id
    }

    pub(crate) fn as_str(&self) -> &str {
        self.id.as_str()
    }

    pub(crate) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }
}

/// The page id in `…/x/CODE`: its little-endian bytes in base64 with `-` for `/`, `_` for `+`, and
/// trailing `A`s (zero bytes) cut off.
fn tiny_link(code: &str) -> Option<NumericId> {
    if code.is_empty() || code.len() > 11 {
        return None;
    }
    let mut id = 0_u128;
    for (position, byte) in code.bytes().enumerate() {
        let six_bits = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'_' | b'+' => 62,
            b'-' => 63,
            _ => return None,
        };
        // Base64 fills bytes from their high bits while the number starts with its low byte.
        for bit in 0..6 {
            if six_bits >> (5 - bit) & 1 == 1 {
                let index = position * 6 + bit;
                id |= 1 << (index / 8 * 8 + (7 - index % 8));
            }
        }
    }
    u64::try_from(id)
        .ok()
        .filter(|id| *id > 0)
        .and_then(|id| NumericId::parse(&id.to_string()))
}

/// Letters, digits and underscores with at least one letter; Data Center lets administrators allow
/// keys that begin with a digit.
fn is_project_key(text: &str) -> bool {
    text.len() <= 255
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !text.starts_with('_')
}

/// What was given may be long or hold line breaks; it is repeated for recognition only.
fn shorten(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(60)
        .collect();
    if text.chars().count() > 60 {
        format!("{line}…")
    } else {
        line
    }
}

impl PathParameter for IssueKey {
    fn segment(&self) -> &str {
        &self.key
    }
}

impl PathParameter for ProjectKey {
    fn segment(&self) -> &str {
        &self.0
    }
}

impl PathParameter for NumericId {
    fn segment(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IssueKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.key)
    }
}

impl fmt::Display for ProjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for SpaceKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A parsed key is a string to the model.
macro_rules! string_argument {
    ($($name:ident),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string" })
            }
        }
    )*};
}

string_argument!(IssueKey, ProjectKey, SpaceKey, PageId);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn issue_keys_are_found_in_what_people_paste() {
        for (given, key) in [
            ("PROJ-1", "PROJ-1"),
            (" proj-12 ", "PROJ-12"),
            ("1abc-7", "1ABC-7"),
            ("https://acme.atlassian.net/browse/proj-3", "PROJ-3"),
            (
                "https://acme.atlassian.net/browse/PROJ-3?focusedCommentId=1#x",
                "PROJ-3",
            ),
            (
                "https://acme.atlassian.net/jira/software/projects/P/boards/1?selectedIssue=P-9",
                "P-9",
            ),
            (
                "https://acme.atlassian.net/jira/software/c/projects/P/issues/P-9",
                "P-9",
            ),
            ("http://jira.example:8080/jira/browse/OPS_X-4", "OPS_X-4"),
        ] {
            assert_eq!(
                IssueKey::parse(given).map(|key| key.to_string()),
                Ok(key.to_owned()),
                "{given}"
            );
        }
    }

    #[test]
    fn what_is_no_issue_key_is_refused() {
        for given in [
            "",
            "PROJ",
            "PROJ-",
            "-1",
            "1-1",
            "../../secure",
            "PROJ-1/../..",
            "PROJ-1?x",
            "PROJ-1%2f",
            "PROJ 1",
            "PROJ-1\n",
            "ПРОЕКТ-1",
            "https://acme.atlassian.net/browse/",
            "https://acme.atlassian.net/browse/..%2f",
            "_A-1",
            "PROJ-1x",
            "PROJ-1234567890123456789",
        ] {
            if given == "PROJ-1\n" {
                assert!(
                    IssueKey::parse(given).is_ok(),
                    "white space around a key is harmless"
                );
                continue;
            }
            assert!(IssueKey::parse(given).is_err(), "{given:?}");
        }
    }

    #[test]
    fn pages_are_found_in_numbers_addresses_and_tiny_links() {
        for (given, id) in [
            ("12345", "12345"),
            (
                "https://acme.atlassian.net/wiki/spaces/DOCS/pages/12345/Some+Title",
                "12345",
            ),
            ("https://wiki.example/pages/viewpage.action?pageId=98", "98"),
            ("https://wiki.example/x/AQAB", "65537"),
            ("https://wiki.example/x/BQ", "5"),
            ("https://acme.atlassian.net/wiki/x/BAAB", "65540"),
        ] {
            assert_eq!(
                PageId::parse(given).map(|page| page.as_str().to_owned()),
                Ok(id.to_owned()),
                "{given}"
            );
        }
        for given in [
            "",
            "Title",
            "-1",
            "1.5",
            "../1",
            "https://wiki.example/display/DOCS/Title",
            "https://wiki.example/x/",
        ] {
            assert!(PageId::parse(given).is_err(), "{given:?}");
        }
    }

    #[test]
    fn keys_of_projects_and_spaces() {
        assert_eq!(
            ProjectKey::parse("proj").as_ref().map(ProjectKey::as_str),
            Ok("PROJ")
        );
        assert!(ProjectKey::parse("a/b").is_err());
        assert_eq!(
            SpaceKey::parse("~5f:ab-c").as_ref().map(SpaceKey::as_str),
            Ok("~5f:ab-c")
        );
        for given in ["", "..", "a/b", "a b", "~", "a%2fb"] {
            assert!(SpaceKey::parse(given).is_err(), "{given:?}");
        }
    }

    proptest! {
        #[test]
        fn a_parsed_key_is_one_plain_segment(text in ".{0,40}") {
            let plain = |segment: &str| segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
            if let Ok(key) = IssueKey::parse(&text) {
                prop_assert!(plain(key.segment()));
            }
            if let Ok(page) = PageId::parse(&text) {
                prop_assert!(plain(page.as_str()));
            }
        }
    }
}
