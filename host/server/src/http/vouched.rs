//! Who somebody is by the word of a proxy that asked them itself (`--trust-header`). The header is worth as much as the
//! addresses that may send it, so it counts behind declared proxies alone; one line of it, one name.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use door::{Refusal, Visitor};
use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName};
use serde::Deserialize;

use crate::config::{Finding, read_believed};
use crate::follow::Followed;
use crate::people::People;

const FILE: &str = "proxy.toml";

/// Headers that mean something else, to this server or on the way to it.
const TAKEN: [&str; 14] = [
    "accept",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "forwarded",
    "host",
    "origin",
    "referer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-forwarded-for",
];

/// A header in which a proxy may say who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrustedHeader(HeaderName);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write the name of a header that the proxy sets and takes away from what clients send, and that nothing else uses: X-Forwarded-User"
)]
pub(crate) struct HeaderError;

/// The header, and whom what stands in it means.
pub(crate) struct Vouched {
    header: HeaderName,
    people: Followed<People>,
}

/// Why the names cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeopleError {
    #[error("the names of people cannot be believed: {0}")]
    Unbelieved(Finding),
    #[error("`{path}`: {what}")]
    Broken { path: String, what: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    principals: BTreeMap<String, String>,
}

impl Vouched {
    /// Names are themselves where `proxy.toml` is not there.
    pub(crate) fn load(config_dir: &Path, header: &TrustedHeader) -> Result<Self, PeopleError> {
        let path = config_dir.join(FILE);
        let text = read_believed(&path).map_err(PeopleError::Unbelieved)?;
        let people = text.map_or_else(
            || People::parse(FILE, BTreeMap::new()),
            |text| people(&text),
        );
        let broken = |what| PeopleError::Broken {
            path: path.display().to_string(),
            what,
        };
        Ok(Self {
            header: header.0.clone(),
            people: Followed::new(&path, people.map_err(broken)?),
        })
    }

    /// Reads the names anew whenever the file changes.
    pub(super) async fn keep_fresh(&self) {
        self.people.follow(|text, _| people(text)).await;
    }

    pub(super) fn header(&self) -> &HeaderName {
        &self.header
    }

    /// `None` where the proxy says nothing.
    pub(super) fn visitor(&self, headers: &HeaderMap) -> Option<Result<Visitor, Refusal>> {
        let mut lines = headers.get_all(&self.header).iter();
        let line = lines.next()?;
        if lines.next().is_some() {
            return Some(Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "the proxy says twice who you are; whoever runs it has to take away what clients send in that header",
            )));
        }
        let named = match line.to_str() {
            Ok(name) => self.people.now().principal(name),
            Err(_) => Err("no text".to_owned()),
        };
        Some(named.map(Visitor::whole).map_err(|how| {
            tracing::warn!("the proxy vouches for nobody's: {how}");
            Refusal::new(
                StatusCode::FORBIDDEN,
                "the proxy let you in, but this server does not know you; whoever runs it finds in its log how to let you in",
            )
        }))
    }
}

fn people(text: &str) -> Result<People, String> {
    let file: File = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    if file.version != 1 {
        return Err(format!("version {} is not known", file.version));
    }
    if file.principals.is_empty() {
        return Err(
            "[principals] names nobody; without the file names are taken as they are".to_owned(),
        );
    }
    People::parse(FILE, file.principals)
}

impl FromStr for TrustedHeader {
    type Err = HeaderError;

    fn from_str(text: &str) -> Result<Self, HeaderError> {
        let name: HeaderName = text.parse().map_err(|_| HeaderError)?;
        if TAKEN.contains(&name.as_str()) || name.as_str().starts_with("mcp-") {
            return Err(HeaderError);
        }
        Ok(Self(name))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn vouched(file: Option<&str>) -> Result<Vouched, PeopleError> {
        let folder = tempfile::tempdir().unwrap();
        if let Some(text) = file {
            std::fs::write(folder.path().join(FILE), text).unwrap();
        }
        Vouched::load(folder.path(), &"X-Forwarded-User".parse().unwrap())
    }

    #[test]
    fn one_line_with_one_name_is_somebody() {
        let table = "version = 1\n[principals]\n\"alice@example.com\" = \"alice\"\n";
        for (file, lines, expected) in [
            (None, &["alice"][..], Ok("alice")),
            (None, &["alice@example.com"], Err(403)),
            (None, &["alice", "alice"], Err(400)),
            (None, &["alice", "bob"], Err(400)),
            (None, &["alice, bob"], Err(403)),
            (None, &["alice,bob"], Err(403)),
            (None, &[""], Err(403)),
            (None, &["local"], Err(403)),
            (None, &["al\u{456}ce"], Err(403)),
            (Some(table), &["alice@example.com"], Ok("alice")),
            (Some(table), &["alice"], Err(403)),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                let value = hyper::header::HeaderValue::from_bytes(line.as_bytes()).unwrap();
                headers.append("x-forwarded-user", value);
            }
            let answer = vouched(file).unwrap().visitor(&headers).unwrap();
            let found = answer
                .as_ref()
                .map(|visitor| visitor.principal.as_str())
                .map_err(|refusal| refusal.status.as_u16());
            assert_eq!(found, expected, "{lines:?}");
        }
        let nothing = vouched(None).unwrap().visitor(&HeaderMap::new());
        assert!(nothing.is_none());
    }

    #[test]
    fn a_header_with_another_meaning_and_a_broken_file_are_refused() {
        for name in ["X-Forwarded-User", "Remote-User", "X-Auth-Request-Email"] {
            assert!(name.parse::<TrustedHeader>().is_ok(), "{name}");
        }
        for name in TAKEN.iter().chain(&["", "a b", "Cookie", "MCP-Session-Id"]) {
            assert_eq!(name.parse::<TrustedHeader>(), Err(HeaderError), "{name}");
        }
        for text in [
            "version = 2\n[principals]\na = \"b\"\n",
            "version = 1\n",
            "version = 1\n[principals]\n",
            "version = 1\n[principals]\na = \"local\"\n",
            "version = 1\nheader = \"x\"\n[principals]\na = \"b\"\n",
        ] {
            assert!(vouched(Some(text)).is_err(), "{text}");
        }
    }
}
