//! Where the server may listen. An address that others can reach needs a declared way to be safe there, or the start is
//! refused with the reason; nothing is guessed from the network.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use door::{Authority, ENDPOINT, Names, Own};
use ipnet::IpNet;
use policy::{Origin, Scheme};
use tokio::net::TcpListener;

use super::clients::Clients;
use super::ears::Ears;
use super::tls::{Certificate, CertificateFiles, TlsError};
use super::vouched::TrustedHeader;

/// Where it listens.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Address(SocketAddr),
    /// A socket in the file system, for processes of this user on this machine.
    #[cfg(unix)]
    File(PathBuf),
}

/// What the command line says about the door.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) hosts: Vec<Authority>,
    pub(crate) origins: Vec<Origin>,
    /// Where a proxy with TLS speaks from; nobody else is listened to then.
    pub(crate) behind_proxy: Vec<Range>,
    /// Where it says who comes.
    pub(crate) trust_header: Option<TrustedHeader>,
    /// For TLS of its own.
    pub(crate) certificate: Option<CertificateFiles>,
}

impl Wanted {
    /// `bound` is missing for a file.
    fn names(&self, bound: Option<SocketAddr>) -> Option<Names> {
        let own_scheme = match self.certificate {
            Some(_) => Scheme::Https,
            None => Scheme::Http,
        };
        let scheme = if self.behind_proxy.is_empty() {
            own_scheme
        } else {
            Scheme::Https
        };
        let own = match bound {
            None => Own::File(own_scheme),
            Some(bound) if bound.ip().is_loopback() => Own::Loopback(own_scheme, bound.port()),
            Some(_) => Own::None,
        };
        Names::new(&self.hosts, &self.origins, scheme, own)
    }
}

/// Addresses that speak for others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range(IpNet);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write an address or a range of addresses that are the proxy's alone: 10.0.0.5, 10.0.0.0/28"
)]
pub(crate) struct RangeError;

impl Range {
    pub(super) fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl std::str::FromStr for Range {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let range = text
            .parse::<IpNet>()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| RangeError)?;
        // Everybody is not a proxy, and host bits say that something else was meant.
        if range.prefix_len() == 0 || range.trunc() != range {
            return Err(RangeError);
        }
        Ok(Self(range))
    }
}

/// What listens, and who may speak to it.
pub(crate) struct Listen {
    pub(crate) ears: Ears,
    /// As `connect` takes it.
    pub(crate) endpoint: String,
    pub(crate) certificate: Option<Certificate>,
    pub(super) names: Names,
    pub(super) proxies: Vec<Range>,
}

/// Why the server does not listen there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error(
        "{0} can be reached by others, and keys and answers would cross the network in clear text. Listen on 127.0.0.1; or give a certificate: `--tls-cert FILE --tls-key FILE`; or put a proxy with TLS in front and say where it speaks from: `--behind-proxy 10.0.0.5/32`"
    )]
    Plaintext(SocketAddr),
    #[error(
        "nobody could call this server at {0}: say the name that clients use, `--allow-host mcp.example.com`. Without a list of names any web page could reach it by a name of its own (DNS rebinding)"
    )]
    NoNames(Place),
    #[error(
        "there is no key, so nobody could be let in; make one for each person with `mcp-airlock key add --name NAME`"
    )]
    NoKeys,
    #[error(
        "`--trust-header` lets in whoever sends that header, so say where the proxy that sets it speaks from: `--behind-proxy 10.0.0.5/32`"
    )]
    TrustInAnybody,
    #[error(
        "the demo asks for no key, so it listens on loopback only: `--http 127.0.0.1:{}`",
        .0.port()
    )]
    OpenDemo(SocketAddr),
    #[error("nothing can listen on {0}: {1}")]
    Bind(Place, #[source] io::Error),
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A start that nothing speaks against, as far as can be read. Nothing listens yet.
pub(crate) struct Plan {
    place: Place,
    wanted: Wanted,
    certificate: Option<Certificate>,
}

impl Plan {
    pub(crate) async fn read(
        place: Place,
        wanted: Wanted,
        clients: &Clients,
    ) -> Result<Self, ListenError> {
        check(&place, &wanted, clients)?;
        let certificate = match &wanted.certificate {
            Some(files) => Some(Certificate::load(files.clone()).await?),
            None => None,
        };
        Ok(Self {
            place,
            wanted,
            certificate,
        })
    }

    fn scheme(&self) -> &'static str {
        self.certificate.as_ref().map_or("http", |_| "https")
    }

    pub(crate) async fn listen(self) -> Result<Listen, ListenError> {
        let scheme = self.scheme();
        let Self {
            place,
            wanted,
            certificate,
        } = self;
        let bind = |error| ListenError::Bind(place.clone(), error);
        let (ears, bound, endpoint) = match &place {
            Place::Address(address) => {
                let listener = TcpListener::bind(address).await.map_err(bind)?;
                let bound = listener.local_addr().map_err(bind)?;
                let endpoint = format!("{scheme}://{bound}{ENDPOINT}");
                (Ears::at_address(listener), Some(bound), endpoint)
            }
            #[cfg(unix)]
            Place::File(path) => {
                let ears = Ears::at_file(path).map_err(bind)?;
                (ears, None, format!("unix:{}", path.display()))
            }
        };
        let mut ears = ears.only(wanted.behind_proxy.clone());
        if let Some(certificate) = &certificate {
            ears = ears.with(certificate);
        }
        let names = wanted.names(bound);
        Ok(Listen {
            ears,
            endpoint,
            certificate,
            proxies: wanted.behind_proxy,
            names: names.ok_or(ListenError::NoNames(place))?,
        })
    }
}

/// In words for whoever is about to start it.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Address(address) => write!(f, "{}://{address}{ENDPOINT}", self.scheme())?,
            #[cfg(unix)]
            Place::File(path) => write!(f, "unix:{}", path.display())?,
        }
        let listed = |names: Vec<String>| names.join(", ");
        let hosts = self.wanted.hosts.iter().map(ToString::to_string).collect();
        let proxies = self.wanted.behind_proxy.iter();
        let proxies: Vec<String> = proxies.map(|range| range.0.to_string()).collect();
        if !self.wanted.hosts.is_empty() {
            write!(f, ", by the name {}", listed(hosts))?;
        }
        if !proxies.is_empty() {
            write!(f, ", for the proxy at {}", listed(proxies))?;
        }
        Ok(())
    }
}

fn check(place: &Place, wanted: &Wanted, clients: &Clients) -> Result<(), ListenError> {
    if wanted.trust_header.is_some() && wanted.behind_proxy.is_empty() {
        return Err(ListenError::TrustInAnybody);
    }
    if let Clients::Known {
        keys,
        issuer: None,
        vouched: None,
    } = clients
        && keys.is_empty()
    {
        return Err(ListenError::NoKeys);
    }
    let address = match place {
        Place::Address(address) if !address.ip().is_loopback() => *address,
        _ => return Ok(()),
    };
    if let Clients::Anyone = clients {
        return Err(ListenError::OpenDemo(address));
    }
    if wanted.certificate.is_none() && wanted.behind_proxy.is_empty() {
        return Err(ListenError::Plaintext(address));
    }
    if wanted.hosts.is_empty() {
        return Err(ListenError::NoNames(place.clone()));
    }
    Ok(())
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            #[cfg(unix)]
            Self::File(path) => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::keys::{KeyFile, KeyRing};

    async fn ring(names: &[&str]) -> (tempfile::TempDir, Clients) {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::in_directory(folder.path());
        for name in names {
            let name = policy::Principal::parse(name).unwrap();
            file.change(|keys| keys.add(&name, None)).await.unwrap();
        }
        let clients = Clients::Known {
            keys: KeyRing::open(file).unwrap(),
            issuer: None,
            vouched: None,
        };
        (folder, clients)
    }

    #[tokio::test]
    async fn a_start_that_would_be_unsafe_is_refused_with_the_reason() {
        let (_some, with_key) = ring(&["alice"]).await;
        let (_none, without_key) = ring(&[]).await;
        let named = Wanted {
            hosts: vec!["mcp.example.com".parse().unwrap()],
            ..Wanted::default()
        };
        let proxy = vec!["10.0.0.5/32".parse::<Range>().unwrap()];
        let unreadable = Wanted {
            certificate: Some(CertificateFiles {
                chain: "/nowhere/fullchain.pem".into(),
                key: "/nowhere/privkey.pem".into(),
            }),
            ..named.clone()
        };
        let proxied = Wanted {
            behind_proxy: proxy.clone(),
            ..Wanted::default()
        };
        let both = Wanted {
            behind_proxy: proxy,
            ..named.clone()
        };
        let trusting = Wanted {
            trust_header: Some("x-forwarded-user".parse().unwrap()),
            ..named.clone()
        };
        let nothing = Wanted::default();
        let at = |address: &str| Place::Address(address.parse().unwrap());
        let mut said = String::new();
        for (address, wanted, clients) in [
            ("0.0.0.0:0", &both, &without_key),
            ("127.0.0.1:0", &nothing, &without_key),
            ("0.0.0.0:0", &nothing, &with_key),
            ("[::]:0", &named, &with_key),
            ("0.0.0.0:0", &unreadable, &with_key),
            ("192.0.2.1:0", &named, &with_key),
            ("0.0.0.0:0", &proxied, &with_key),
            ("0.0.0.0:0", &both, &Clients::Anyone),
            ("127.0.0.1:0", &trusting, &with_key),
        ] {
            let refused = Plan::read(at(address), wanted.clone(), clients).await;
            said += &format!("{}\n", refused.err().unwrap());
        }
        insta::assert_snapshot!(said);
        for (address, wanted, clients) in [
            ("127.0.0.1:0", &nothing, &with_key),
            ("127.0.0.1:0", &nothing, &Clients::Anyone),
            ("127.0.0.2:0", &both, &with_key),
            ("0.0.0.0:0", &both, &with_key),
        ] {
            let plan = Plan::read(at(address), wanted.clone(), clients).await;
            assert!(plan.unwrap().listen().await.is_ok(), "{address}");
        }
    }

    #[test]
    fn a_proxy_is_somebody_in_particular() {
        for good in [
            "10.0.0.5",
            "10.0.0.0/28",
            "127.0.0.1/32",
            "::1",
            "fd00::/64",
        ] {
            assert!(good.parse::<Range>().is_ok(), "{good}");
        }
        for wrong in [
            "",
            "0.0.0.0/0",
            "::/0",
            "10.0.0.5/24",
            "10.0.0.5/33",
            "10.0.0",
            "proxy.local",
            "10.0.0.5/",
        ] {
            assert!(wrong.parse::<Range>().is_err(), "{wrong}");
        }
    }
}
