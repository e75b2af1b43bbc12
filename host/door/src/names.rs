//! Under which names the server may be spoken to, and by which web pages. A page that made its own name lead to this
//! address (DNS rebinding) still says that name in `Host`. Neither list can be empty.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use http::StatusCode;
use http::header::{HOST, ORIGIN};
use http::request::Parts;
use policy::{Origin, Scheme};

use crate::refusal::Refusal;

/// Names and pages that are let in. Comparing is by characters, never by resolving.
#[derive(Clone, Debug)]
pub struct Names {
    hosts: Vec<Authority>,
    /// As browsers write them (RFC 6454, section 6.1).
    origins: Vec<String>,
    /// What a name without a port means.
    default_port: u16,
}

/// A name and perhaps a port, as in `Host`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Lower case; an IPv6 address in its one short form, between brackets.
    host: String,
    port: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write a name or an address, with the port that clients use where it is not the usual one: mcp.example.com, mcp.example.com:8443, [2001:db8::1]:8443"
)]
pub struct AuthorityError;

/// By which names of its own machine a server is spoken to, beside those that a person gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// Others reach it.
    None,
    /// What it speaks itself, and its port; a proxy's TLS is not there for who comes past it.
    Loopback(Scheme, u16),
    /// A file has no name that could be made to lead there.
    File(Scheme),
}

impl Names {
    /// `None` where nobody could be let in: at an address that others reach, the names are for a person to say.
    ///
    /// `scheme` is what clients speak.
    pub fn new(hosts: &[Authority], origins: &[Origin], scheme: Scheme, own: Own) -> Option<Self> {
        let default_port = scheme.default_port();
        let mut hosts = hosts.to_vec();
        let named = origins.iter().map(ToString::to_string);
        let mut origins: Vec<String> = hosts
            .iter()
            .map(|host| host.origin(scheme.as_str(), default_port))
            .collect();
        let (names, scheme, port): (&[&str], _, _) = match own {
            Own::None => (&[], scheme, None),
            Own::Loopback(scheme, port) => {
                (&["127.0.0.1", "localhost", "[::1]"], scheme, Some(port))
            }
            Own::File(scheme) => (&["localhost"], scheme, None),
        };
        for name in names {
            let own = Authority {
                host: (*name).to_owned(),
                port,
            };
            origins.push(own.origin(scheme.as_str(), scheme.default_port()));
            hosts.push(own);
        }
        if hosts.is_empty() {
            return None;
        }
        origins.extend(named);
        Some(Self {
            hosts,
            origins,
            default_port,
        })
    }

    pub(crate) fn check(&self, head: &Parts) -> Result<(), Refusal> {
        self.check_host(head)?;
        self.check_page(head)
    }

    fn check_host(&self, head: &Parts) -> Result<(), Refusal> {
        let mut hosts = head.headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "a request has one Host header (RFC 9112, section 3.2)",
            ));
        };
        let named = host.to_str().ok().and_then(|text| text.parse().ok());
        let is_known = |authority: &Authority| {
            let port = |authority: &Authority| authority.port.unwrap_or(self.default_port);
            self.hosts
                .iter()
                .any(|known| known.host == authority.host && port(known) == port(authority))
        };
        let target = head
            .uri
            .authority()
            .map(|authority| authority.as_str().parse());
        let is_same_target = target.is_none_or(|target| target.ok() == named);
        if named.as_ref().is_some_and(is_known) && is_same_target {
            return Ok(());
        }
        Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "this server is not spoken to by the name in the Host header; whoever runs it can allow the name with `--allow-host`",
        ))
    }

    /// A client that is no browser sends neither header.
    fn check_page(&self, head: &Parts) -> Result<(), Refusal> {
        if gateway::mutant::is_on(gateway::mutant::Mutant::OriginOff) {
            return Ok(());
        }
        let mut origins = head.headers.get_all(ORIGIN).iter();
        let is_allowed = match (origins.next(), origins.next()) {
            (None, _) => true,
            (Some(origin), None) => self
                .origins
                .iter()
                .any(|allowed| allowed.as_bytes() == origin.as_bytes()),
            (Some(_), Some(_)) => false,
        };
        let has_origin = head.headers.contains_key(ORIGIN);
        // Fetch metadata: a page's request that carries no origin still says where it comes from.
        let site = head.headers.get_all("sec-fetch-site").iter();
        let is_own = has_origin
            || site
                .map(|value| value.as_bytes())
                .all(|value| value == b"same-origin" || value == b"none");
        if is_allowed && is_own {
            return Ok(());
        }
        Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "web pages of that origin may not use this server; whoever runs it can allow one with `--allow-origin`",
        ))
    }
}

impl Authority {
    fn origin(&self, scheme: &str, default_port: u16) -> String {
        match self.port.filter(|port| *port != default_port) {
            Some(port) => format!("{scheme}://{}:{port}", self.host),
            None => format!("{scheme}://{}", self.host),
        }
    }
}

impl std::str::FromStr for Authority {
    type Err = AuthorityError;

    fn from_str(text: &str) -> Result<Self, AuthorityError> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (text, None),
        };
        let port = match port {
            None => None,
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(port.parse().map_err(|_| AuthorityError)?)
            }
            Some(_) => return Err(AuthorityError),
        };
        Ok(Self {
            host: host_name(host).ok_or(AuthorityError)?,
            port,
        })
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// No trailing dot, no user, no percent, nothing beyond ASCII: what is not in its one spelling is not known.
fn host_name(text: &str) -> Option<String> {
    if let Some(inner) = text.strip_prefix('[') {
        let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if !text.split('.').all(is_label) {
        return None;
    }
    // Other spellings of an IPv4 address (decimal, octal, short) are no names.
    let is_numeric = text
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if is_numeric && text.parse::<IpAddr>().is_err() {
        return None;
    }
    Some(text.to_ascii_lowercase())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use http::Request;

    fn loopback(origins: &[&str]) -> Names {
        let origins: Vec<Origin> = origins
            .iter()
            .map(|origin| Origin::parse(origin).unwrap())
            .collect();
        let own = Own::Loopback(Scheme::Http, 8723);
        Names::new(&[], &origins, Scheme::Http, own).unwrap()
    }

    fn check(names: &Names, target: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let head = request.body(()).unwrap().into_parts().0;
        names
            .check(&head)
            .map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
    }

    #[test]
    fn loopback_is_known_by_its_names_and_its_port_alone() {
        let names = loopback(&[]);
        for host in [
            "127.0.0.1:8723",
            "localhost:8723",
            "LocalHost:8723",
            "[::1]:8723",
            "[0:0:0:0:0:0:0:1]:8723",
        ] {
            assert_eq!(check(&names, "/mcp", &[("host", host)]), 200, "{host}");
        }
        for host in [
            "evil.test",
            "evil.test:8723",
            "127.0.0.1",
            "127.0.0.1:9",
            "localhost.:8723",
            "localhost.evil.test:8723",
            "evil.test@localhost:8723",
            "127.1:8723",
            "2130706433:8723",
            "0x7f.0.0.1:8723",
            "127.0.0.1:08723x",
            "",
            ":8723",
            "localhost:",
            "[::1]",
            "[::ffff:127.0.0.1]:8723",
            "localhost:8723, evil.test",
            "localhost:18723",
        ] {
            assert_eq!(check(&names, "/mcp", &[("host", host)]), 403, "{host:?}");
        }
        let twice = [("host", "localhost:8723"), ("host", "localhost:8723")];
        assert_eq!(check(&names, "/mcp", &twice), 400);
        assert_eq!(check(&names, "/mcp", &[]), 400);
        let host = [("host", "localhost:8723")];
        assert_eq!(check(&names, "http://localhost:8723/mcp", &host), 200);
        assert_eq!(check(&names, "http://evil.test/mcp", &host), 403);
    }

    #[test]
    fn pages_are_let_in_by_their_whole_origin() {
        let names = loopback(&["https://app.example.com"]);
        let origin = |origin| {
            check(
                &names,
                "/mcp",
                &[("host", "localhost:8723"), ("origin", origin)],
            )
        };
        for good in [
            "http://localhost:8723",
            "http://127.0.0.1:8723",
            "http://[::1]:8723",
            "https://app.example.com",
        ] {
            assert_eq!(origin(good), 200, "{good}");
        }
        for bad in [
            "null",
            "",
            "http://localhost",
            "https://localhost:8723",
            "http://localhost:87230",
            "http://localhost.evil.test",
            "http://localhost:8723.evil.test",
            "http://localhost:8723/",
            "https://app.example.com.evil.test",
            "https://app.example.com:444",
            "http://app.example.com",
            "https://xapp.example.com",
            "file://",
            "*",
            "https://app.example.com https://evil.test",
            "https://app.example.com@evil.test",
        ] {
            assert_eq!(origin(bad), 403, "{bad:?}");
        }
        let host = ("host", "localhost:8723");
        for (site, status) in [
            ("none", 200),
            ("same-origin", 200),
            ("same-site", 403),
            ("cross-site", 403),
            ("x", 403),
        ] {
            assert_eq!(
                check(&names, "/mcp", &[host, ("sec-fetch-site", site)]),
                status,
                "{site}"
            );
        }
        let twice = [
            host,
            ("origin", "http://localhost:8723"),
            ("origin", "https://evil.test"),
        ];
        assert_eq!(check(&names, "/mcp", &twice), 403);
    }

    #[test]
    fn behind_a_proxy_the_public_name_is_that_of_https() {
        let hosts = ["mcp.example.com".parse().unwrap()];
        let names = Names::new(&hosts, &[], Scheme::Https, Own::None).unwrap();
        for (host, status) in [
            ("mcp.example.com", 200),
            ("mcp.example.com:443", 200),
            ("mcp.example.com:80", 403),
            ("mcp.example.com:8723", 403),
            ("localhost:8723", 403),
            ("10.0.0.1:8723", 403),
        ] {
            assert_eq!(check(&names, "/mcp", &[("host", host)]), status, "{host}");
        }
        let page = [
            ("host", "mcp.example.com"),
            ("origin", "https://mcp.example.com"),
        ];
        assert_eq!(check(&names, "/mcp", &page), 200);
        let plain = [
            ("host", "mcp.example.com"),
            ("origin", "http://mcp.example.com"),
        ];
        assert_eq!(check(&names, "/mcp", &plain), 403);
    }
}
