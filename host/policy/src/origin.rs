//! Origins: scheme, host and port, read strictly and compared whole.
//!
//! Nothing is repaired here. A text that is not already in the one canonical form is an error; where only the
//! spelling is off (upper case, a default port, a trailing slash) the error carries what should have been written.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::mutant::{self, Mutant};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    Http,
    Https,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    Name(String),
    Literal(IpAddr),
}

/// An exact origin. Two origins are the same or they are not; there is no "below" and no "like".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    #[error("an origin begins with `https://` (or `http://` for this machine)")]
    Scheme,
    #[error("an origin holds no user name or password")]
    UserInfo,
    #[error("an origin holds no path; a context path goes into `context`")]
    Path,
    #[error("an origin holds no query")]
    Query,
    #[error("an origin holds no fragment")]
    Fragment,
    #[error("the host is empty")]
    EmptyHost,
    #[error("the host has a wildcard; every origin is written out")]
    Wildcard,
    #[error("the host ends with a dot: the same name for DNS, another one for every comparison")]
    TrailingDot,
    #[error(
        "the host holds characters outside ASCII; write the `xn--` form that your browser shows in the certificate"
    )]
    NotAscii,
    #[error("the host is not a valid DNS name")]
    Name,
    #[error("the host is an odd spelling of the address {0}; write the address in full")]
    OddAddress(IpAddr),
    #[error("the host is not a valid IP address")]
    Address,
    #[error("the port is not a number from 1 to 65535")]
    Port,
    #[error("a control character, a blank or a backslash stands in the origin")]
    Character,
    #[error("not in canonical form; write `{0}`")]
    NotCanonical(Origin),
}

impl Scheme {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Origin {
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        if !text.is_ascii() {
            return Err(OriginError::NotAscii);
        }
        if text
            .bytes()
            .any(|b| b.is_ascii_control() || b == b' ' || b == b'\\')
        {
            return Err(OriginError::Character);
        }
        let (scheme, rest) = match text.split_once("://") {
            Some(("https", rest)) => (Scheme::Https, rest),
            Some(("http", rest)) => (Scheme::Http, rest),
            _ => return Err(OriginError::Scheme),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        refuse_anything_else(authority)?;
        let (host, port) = split_port(authority)?;
        let origin = Self {
            scheme,
            host: parse_host(host)?,
            port: parse_port(port, scheme)?,
        };
        if origin.to_string() == text {
            Ok(origin)
        } else {
            Err(OriginError::NotCanonical(origin))
        }
    }

    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Always set, also where the text leaves the default out.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The address, where the host is one: such a host is never looked up, so it is checked by itself.
    pub const fn literal(&self) -> Option<IpAddr> {
        match self.host {
            Host::Literal(address) => Some(address),
            Host::Name(_) => None,
        }
    }

    /// `localhost` or a loopback address: the connection can't leave the machine.
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Name(name) => name == "localhost",
            Host::Literal(address) => address.is_loopback(),
        }
    }

    /// Atlassian Cloud sites all live below this one domain.
    pub fn is_atlassian_cloud(&self) -> bool {
        matches!(&self.host, Host::Name(name) if name.ends_with(".atlassian.net"))
    }

    /// The one comparison of origins in this program.
    pub fn is_same(&self, other: &Self) -> bool {
        if mutant::is_on(Mutant::StartsWithHost) {
            let (ours, theirs) = (self.host.to_string(), other.host.to_string());
            return self.scheme == other.scheme && theirs.starts_with(&ours);
        }
        self == other
    }
}

/// What must not stand in an authority, each with its own word for people.
fn refuse_anything_else(authority: &str) -> Result<(), OriginError> {
    for (character, error) in [
        ('#', OriginError::Fragment),
        ('?', OriginError::Query),
        ('/', OriginError::Path),
        ('@', OriginError::UserInfo),
        ('*', OriginError::Wildcard),
    ] {
        if authority.contains(character) {
            return Err(error);
        }
    }
    Ok(())
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), OriginError> {
    if authority.starts_with('[') {
        let end = authority.find(']').ok_or(OriginError::Address)?;
        let (host, rest) = authority.split_at(end + 1);
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(OriginError::Address),
        };
    }
    Ok(authority
        .split_once(':')
        .map_or((authority, None), |(host, port)| (host, Some(port))))
}

fn parse_port(port: Option<&str>, scheme: Scheme) -> Result<u16, OriginError> {
    let Some(digits) = port else {
        return Ok(scheme.default_port());
    };
    if digits.is_empty() || digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(OriginError::Port);
    }
    digits.parse().map_err(|_| OriginError::Port)
}

fn parse_host(host: &str) -> Result<Host, OriginError> {
    if let Some(inner) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return inner
            .parse::<Ipv6Addr>()
            .map(|address| Host::Literal(address.into()))
            .map_err(|_| OriginError::Address);
    }
    if host.is_empty() {
        return Err(OriginError::EmptyHost);
    }
    if host.ends_with('.') {
        return Err(OriginError::TrailingDot);
    }
    let name = host.to_ascii_lowercase();
    // The WHATWG reading is what every client on the way uses: it knows the odd spellings of IPv4 addresses
    // (`0x7f.1`, `2130706433`) and refuses broken punycode.
    match url::Host::parse(&name).map_err(|_| OriginError::Name)? {
        url::Host::Ipv4(address) if address.to_string() == name => {
            Ok(Host::Literal(address.into()))
        }
        url::Host::Ipv4(address) => Err(OriginError::OddAddress(address.into())),
        url::Host::Ipv6(_) => Err(OriginError::Address),
        url::Host::Domain(read) if read == name && is_dns_name(&name) => Ok(Host::Name(name)),
        url::Host::Domain(_) => Err(OriginError::Name),
    }
}

/// RFC 1035 lengths; underscores are no host name by RFC 952, but container networks have them.
fn is_dns_name(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        })
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Literal(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Literal(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        if self.port == self.scheme.default_port() {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

impl serde::Serialize for Origin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_origins_read_back_as_they_were_written() {
        for text in [
            "https://acme.atlassian.net",
            "https://jira.example.test:8443",
            "http://localhost:8080",
            "http://127.0.0.1:2990",
            "http://[::1]:2990",
            "https://10.0.0.1",
            "https://xn--bcher-kva.example",
            "https://jira",
            "https://my_jira:8443",
        ] {
            assert_eq!(
                Origin::parse(text).map(|origin| origin.to_string()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn spelling_alone_is_said_with_the_right_spelling() {
        for (text, canonical) in [
            ("https://JIRA.example.test", "https://jira.example.test"),
            ("https://jira.example.test:443", "https://jira.example.test"),
            ("http://localhost:80", "http://localhost"),
            ("https://jira.example.test/", "https://jira.example.test"),
            ("https://[0:0:0:0:0:0:0:1]", "https://[::1]"),
        ] {
            let Err(OriginError::NotCanonical(origin)) = Origin::parse(text) else {
                panic!("{text} was accepted")
            };
            assert_eq!(origin.to_string(), canonical);
        }
    }

    #[test]
    fn an_origin_that_two_parsers_could_read_differently_is_refused() {
        use OriginError as E;
        let odd = |a: [u8; 4]| E::OddAddress(IpAddr::from(a));
        let table = [
            ("https://jira.example.test.", E::TrailingDot),
            ("https://jira.example.test..", E::TrailingDot),
            ("https://jira.example.test@evil.test", E::UserInfo),
            ("https://mallory:pw@jira.example.test", E::UserInfo),
            ("https://jira.example.test%40evil.test", E::Name),
            ("https://jira.example.test%2eevil.test", E::Name),
            ("https://jira.example.test%00.evil.test", E::Name),
            ("https://jira.example.test%2f.evil.test", E::Name),
            ("https://evil.test\\@jira.example.test", E::Character),
            ("https:\\\\evil.test", E::Character),
            ("https://jira.example.test\n.evil.test", E::Character),
            ("https://jira.example.test\t", E::Character),
            (" https://jira.example.test", E::Character),
            ("https://jira.example.test evil.test", E::Character),
            ("https://jira.example.test/x/../y", E::Path),
            ("https://jira.example.test//", E::Path),
            ("https://jira.example.test?x", E::Query),
            ("https://jira.example.test#x", E::Fragment),
            ("https://*.example.test", E::Wildcard),
            ("https://xn--jira-.example.test", E::Name),
            ("https://jira\u{3002}example\u{3002}test", E::NotAscii),
            ("https://jir\u{430}.example.test", E::NotAscii),
            ("https://jira.example.test:65536", E::Port),
            ("https://jira.example.test:0", E::Port),
            ("https://jira.example.test:0443", E::Port),
            ("https://jira.example.test:", E::Port),
            ("https://jira.example.test:443x", E::Port),
            ("https://jira.example.test:+443", E::Port),
            ("https://jira.example.test:443:443", E::Port),
            ("ftp://jira.example.test", E::Scheme),
            ("HTTPS://jira.example.test", E::Scheme),
            ("//jira.example.test", E::Scheme),
            ("https:jira.example.test", E::Scheme),
            ("jira.example.test", E::Scheme),
            ("", E::Scheme),
            ("https://", E::EmptyHost),
            ("https://:443", E::EmptyHost),
            ("https://.", E::TrailingDot),
            ("https://jira..example.test", E::Name),
            ("https://.example.test", E::Name),
            ("https://-a.test", E::Name),
            ("https://0x7f000001", odd([127, 0, 0, 1])),
            ("https://0177.0.0.1", odd([127, 0, 0, 1])),
            ("https://2130706433", odd([127, 0, 0, 1])),
            ("https://127.1", odd([127, 0, 0, 1])),
            ("https://0", odd([0, 0, 0, 0])),
            ("https://1.2.3.4.5", E::Name),
            ("https://256.1.1.1", E::Name),
            ("https://[fe80::1%25eth0]", E::Address),
            ("https://[::1", E::Address),
            ("https://[::1]x", E::Address),
            ("https://[jira]", E::Address),
            ("https://::1", E::EmptyHost),
        ];
        for (text, expected) in table {
            assert_eq!(Origin::parse(text), Err(expected), "{text:?}");
        }
        let label = "a".repeat(60);
        assert_eq!(
            Origin::parse(&format!(
                "https://{label}.{label}.{label}.{label}.{label}.test"
            )),
            Err(E::Name)
        );
        assert_eq!(
            Origin::parse(&format!("https://{}.test", "a".repeat(64))),
            Err(E::Name)
        );
    }

    #[test]
    fn a_longer_name_or_another_port_is_another_origin() {
        let origin = |text| Origin::parse(text).expect(text);
        let jira = origin("https://jira.example.test");
        assert!(jira.is_same(&origin("https://jira.example.test")));
        for other in [
            "https://jira.example.test.evil.test",
            "https://sub.jira.example.test",
            "https://example.test",
            "https://jira.example.test:8443",
            "http://jira.example.test:443",
            "http://jira.example.test",
        ] {
            assert!(!jira.is_same(&origin(other)), "{other}");
        }
    }
}
