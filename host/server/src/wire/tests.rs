//! The wire against upstreams on loopback that speak HTTP byte by byte, well and badly.

mod address;
mod hostile;
mod pass;
mod plain;
mod tls;
mod upstream;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use gateway::{Hop, Incoming, Outgoing, Wire, WireError};
use policy::net::Cidr;
use policy::{Method, Origin, Product, Site, SiteName};
use secrecy::SecretString;

use super::{Answers, DialMap, HttpWire, Resolver};
use upstream::Upstream;

/// Must appear on the wire and nowhere else.
const CANARY: &str = "Basic canary-canary-canary";

/// Must never be part of a message.
const QUERY: &str = "/rest/api/2/search?jql=query-canary";

fn site(origin: &str) -> Site {
    Site::new(
        SiteName::parse("acme").unwrap(),
        Origin::parse(origin).unwrap(),
        vec![Product::Jira],
    )
}

/// A site behind a name, which the test's resolver and dial map lead to a listener.
fn named_site(origin: &str) -> Site {
    let mut site = site(origin);
    site.addresses = Some(vec![Cidr::parse("198.51.100.0/24").unwrap()]);
    site
}

/// One GET with a credential; the parts that a test changes are arguments.
async fn exchange(
    wire: &HttpWire,
    site: &Site,
    origin: &Origin,
    hop: Hop,
) -> Result<Incoming, WireError> {
    let authorization = SecretString::from(CANARY);
    let url = format!("{origin}{QUERY}");
    let outcome = wire
        .exchange(Outgoing {
            site,
            origin,
            hop,
            url: &url,
            method: Method::Get,
            headers: &[("accept", "application/json".to_owned())],
            authorization: (hop == Hop::Site).then_some(&authorization),
            body: None::<Bytes>,
            timeout: PATIENCE,
            max_response_bytes: LIMIT,
        })
        .await;
    if let Err(error) = &outcome {
        let printed = format!("{error} {error:?}");
        for forbidden in ["canary", "/rest/", "jql"] {
            assert!(!printed.contains(forbidden), "{printed}");
        }
    }
    outcome
}

async fn get(wire: &HttpWire, site: &Site) -> Result<Incoming, WireError> {
    exchange(wire, site, &site.origin, Hop::Site).await
}

/// Long against loopback, short against a test run.
const PATIENCE: Duration = Duration::from_millis(700);

const LIMIT: u64 = 64 * 1024;

/// Answers every name with the next list, the last one for ever, and counts the questions.
#[derive(Default)]
struct Scripted {
    lists: Vec<Vec<IpAddr>>,
    questions: AtomicUsize,
}

impl Scripted {
    fn new(lists: &[&[&str]]) -> Arc<Self> {
        let parse = |list: &&[&str]| list.iter().map(|each| each.parse().unwrap()).collect();
        Arc::new(Self {
            lists: lists.iter().map(parse).collect(),
            questions: AtomicUsize::new(0),
        })
    }

    fn questions(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }
}

impl Resolver for Scripted {
    fn resolve(&self, _host: String) -> Answers {
        let asked = self.questions.fetch_add(1, Ordering::SeqCst);
        let list = self.lists.get(asked).or(self.lists.last()).cloned();
        Box::pin(async move { list.ok_or_else(|| std::io::ErrorKind::NotFound.into()) })
    }
}

/// A wire that finds `upstream` wherever the resolver's addresses and the given port lead.
fn wire_to(upstream: &Upstream, resolver: &Arc<Scripted>, port: u16) -> HttpWire {
    let addresses = resolver.lists.iter().flatten();
    let dial: BTreeMap<_, _> = addresses
        .map(|address| (SocketAddr::new(*address, port), upstream.address))
        .collect();
    HttpWire::with_network(resolver.clone(), DialMap(dial))
}
