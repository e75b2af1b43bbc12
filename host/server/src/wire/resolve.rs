//! Decides which addresses a name may lead to: one look-up, every answer checked, only checked addresses dialled.
//! Never picks the good answers out of a mixed list and never asks again in the hope of a better one.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use gateway::Hop;
use policy::net::{AddressRefusal, AddressRules, MAX_ANSWERS, classify};
use policy::{Origin, Site};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::fault::Fault;

/// Host name to addresses. The production resolver is the operating system's.
pub trait Resolver: Send + Sync {
    fn resolve(&self, host: String) -> Answers;
}

pub type Answers = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// `getaddrinfo`, so hosts file, search domains and split DNS work as everywhere on the machine.
#[derive(Debug, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one look-up of names; every answer is checked by the caller"
    )]
    fn resolve(&self, host: String) -> Answers {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Where a checked address is really dialled. Empty outside tests, which put their listeners on loopback behind
/// addresses that look like a site's. A port that stands in the URL itself cannot be changed this way.
#[derive(Clone, Debug, Default)]
pub struct DialMap(pub BTreeMap<SocketAddr, SocketAddr>);

impl DialMap {
    fn apply(&self, checked: SocketAddr) -> SocketAddr {
        self.0.get(&checked).copied().unwrap_or(checked)
    }
}

/// What the connections of one client lead to, and which addresses that may have.
#[derive(Clone, Debug)]
pub(super) enum Destination {
    Origin {
        site: Box<Site>,
        origin: Origin,
        hop: Hop,
    },
    /// The proxy that the site names. It resolves the origin's name itself, so the site's address rules cannot be
    /// held here; whoever writes `proxy` hands that decision to the proxy.
    Proxy(Origin),
}

impl Destination {
    /// What the URL or the proxy line spells as an address never reaches a resolver, so it is checked here.
    pub(super) fn check_literal(&self) -> Result<(), Fault> {
        match self.dialled().literal() {
            Some(address) => self.check(&[address]),
            None => Ok(()),
        }
    }

    pub(super) fn dialled(&self) -> &Origin {
        match self {
            Self::Origin { origin, .. } | Self::Proxy(origin) => origin,
        }
    }

    fn check(&self, answers: &[IpAddr]) -> Result<(), Fault> {
        let checked = match self {
            Self::Origin { site, origin, hop } => match hop {
                Hop::Site => AddressRules::for_site(site),
                Hop::Redirect => AddressRules::for_redirect(site, origin),
            }
            .check_all(answers),
            Self::Proxy(proxy) => check_proxy(proxy, answers),
        };
        checked.map_err(|refusal| Fault::Address(refusal.to_string()))
    }
}

/// A proxy may stand anywhere that a machine can; metadata and link-local addresses are no place for one.
fn check_proxy(proxy: &Origin, answers: &[IpAddr]) -> Result<(), AddressRefusal> {
    if answers.is_empty() {
        return Err(AddressRefusal::NoAnswer);
    }
    if answers.len() > MAX_ANSWERS {
        return Err(AddressRefusal::TooMany(answers.len()));
    }
    for address in answers.iter().copied() {
        let class = classify(address);
        let is_own_machine = proxy.is_loopback() && address.is_loopback();
        if class.is_never_usable() && !is_own_machine {
            return Err(AddressRefusal::Never { address, class });
        }
    }
    Ok(())
}

/// The resolver that a client is built with.
pub(super) struct CheckedResolver {
    pub(super) destination: Destination,
    pub(super) resolver: Arc<dyn Resolver>,
    pub(super) dial: DialMap,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let answers = self.resolver.resolve(name.as_str().to_owned());
        let destination = self.destination.clone();
        let dial = self.dial.clone();
        Box::pin(async move {
            let answers = answers.await.map_err(|_| {
                Fault::Address(
                    "the name of the site cannot be looked up; check its spelling, the network and the VPN".to_owned(),
                )
            })?;
            destination.check(&answers)?;
            let port = destination.dialled().port();
            let dialled: Vec<SocketAddr> = answers
                .into_iter()
                .map(|address| dial.apply(SocketAddr::new(address, port)))
                .collect();
            Ok(Box::new(dialled.into_iter()) as Addrs)
        })
    }
}
