//! Where the server may listen. An address that others can reach needs a declared way to be safe there, or the start is
//! refused with the reason; nothing is guessed from the network.

use std::io;
use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use policy::Origin;
use tokio::net::TcpListener;

use super::connections::Ears;
use super::gate::Clients;
use super::names::{Authority, Names};

/// What the command line says about the door.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) hosts: Vec<Authority>,
    pub(crate) origins: Vec<Origin>,
    /// Where a proxy with TLS speaks from; nobody else is listened to then.
    pub(crate) behind_proxy: Vec<Range>,
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

/// A socket that listens, and who may speak to it.
#[derive(Debug)]
pub(crate) struct Listen {
    pub(crate) ears: Ears,
    pub(crate) address: SocketAddr,
    pub(super) names: Names,
}

/// Why the server does not listen there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error(
        "{0} can be reached by others, and keys and answers would cross the network in clear text. Listen on 127.0.0.1, or put a proxy with TLS in front and say where it speaks from: `--behind-proxy 10.0.0.5/32`"
    )]
    Plaintext(SocketAddr),
    #[error(
        "nobody could call this server at {0}: say the name that clients use, `--allow-host mcp.example.com`. Without a list of names any web page could reach it by a name of its own (DNS rebinding)"
    )]
    NoNames(SocketAddr),
    #[error(
        "there is no key, so nobody could be let in; make one for each person with `mcp-airlock key add --name NAME`"
    )]
    NoKeys,
    #[error(
        "the demo asks for no key, so it listens on loopback only: `--http 127.0.0.1:{}`",
        .0.port()
    )]
    OpenDemo(SocketAddr),
    #[error("nothing can listen on {0}: {1}")]
    Bind(SocketAddr, #[source] io::Error),
}

impl Listen {
    pub(crate) async fn on(
        address: SocketAddr,
        wanted: &Wanted,
        clients: &Clients,
    ) -> Result<Self, ListenError> {
        check(address, wanted, clients)?;
        let bind = |error| ListenError::Bind(address, error);
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let bound = listener.local_addr().map_err(bind)?;
        Ok(Self {
            ears: Ears::only(listener, wanted.behind_proxy.clone()),
            address: bound,
            names: Names::new(wanted, bound).ok_or(ListenError::NoNames(address))?,
        })
    }
}

fn check(address: SocketAddr, wanted: &Wanted, clients: &Clients) -> Result<(), ListenError> {
    let is_local = address.ip().is_loopback();
    match clients {
        Clients::Anyone if !is_local => return Err(ListenError::OpenDemo(address)),
        Clients::Keys(keys) if keys.is_empty() => return Err(ListenError::NoKeys),
        Clients::Anyone | Clients::Keys(_) => {}
    }
    if !is_local && wanted.behind_proxy.is_empty() {
        return Err(ListenError::Plaintext(address));
    }
    if !is_local && wanted.hosts.is_empty() {
        return Err(ListenError::NoNames(address));
    }
    Ok(())
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
        let clients = Clients::Keys(KeyRing::open(file).unwrap());
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
        let proxied = Wanted {
            behind_proxy: proxy.clone(),
            ..Wanted::default()
        };
        let both = Wanted {
            behind_proxy: proxy,
            ..named.clone()
        };
        let nothing = Wanted::default();
        let mut said = String::new();
        for (address, wanted, clients) in [
            ("0.0.0.0:0", &both, &without_key),
            ("127.0.0.1:0", &nothing, &without_key),
            ("0.0.0.0:0", &nothing, &with_key),
            ("[::]:0", &named, &with_key),
            ("192.0.2.1:0", &named, &with_key),
            ("0.0.0.0:0", &proxied, &with_key),
            ("0.0.0.0:0", &both, &Clients::Anyone),
        ] {
            let refused = Listen::on(address.parse().unwrap(), wanted, clients).await;
            said += &format!("{}\n", refused.unwrap_err());
        }
        insta::assert_snapshot!(said);
        for (address, wanted, clients) in [
            ("127.0.0.1:0", &nothing, &with_key),
            ("127.0.0.1:0", &nothing, &Clients::Anyone),
            ("127.0.0.2:0", &both, &with_key),
            ("0.0.0.0:0", &both, &with_key),
        ] {
            let heard = Listen::on(address.parse().unwrap(), wanted, clients).await;
            assert!(heard.is_ok(), "{address}: {heard:?}");
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
