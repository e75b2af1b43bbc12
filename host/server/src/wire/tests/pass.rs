//! What a gateway in front of a site asks for: to the site's own origin with every request, and nowhere else.

use policy::ExtraHeader;

use super::super::pass::{Pass, Passes};
use super::*;
use crate::secrets::Secret;

const EMPTY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

/// Must appear on the wire to the site and nowhere else.
const KEY: &str = "gate-canary-gate-canary";

fn wire_with(site: &Site, header: Secret) -> HttpWire {
    let passes = Passes::default();
    let name = ExtraHeader::parse("X-Gateway-Key").unwrap();
    let pass = Pass {
        origin: site.origin.clone(),
        client_key: None,
        headers: BTreeMap::from([(name, header)]),
    };
    passes.insert(site.name.clone(), Arc::new(pass));
    HttpWire::new().with_passes(Arc::new(passes))
}

fn key() -> Secret {
    Secret::from_variable("KEY", &SecretString::from(KEY)).unwrap()
}

#[tokio::test]
async fn a_header_goes_to_its_own_site_alone() {
    let (own, other) = (Upstream::saying(EMPTY).await, Upstream::saying(EMPTY).await);
    let site = site(&own.origin());
    let wire = wire_with(&site, key());
    for _ in 0..2 {
        get(&wire, &site).await.unwrap();
    }
    let line = format!("x-gateway-key: {KEY}\r\n");
    assert!(own.requests().iter().all(|request| request.contains(&line)));
    assert_eq!(own.requests().len(), 2);

    // The same site by a redirect, another origin of the same site, and another site at the same address.
    exchange(&wire, &site, &site.origin, Hop::Redirect)
        .await
        .unwrap();
    let beside = Origin::parse(&other.origin()).unwrap();
    for hop in [Hop::Site, Hop::Redirect] {
        exchange(&wire, &site, &beside, hop).await.unwrap();
    }
    let mut namesake = site.clone();
    namesake.name = SiteName::parse("another").unwrap();
    get(&wire, &namesake).await.unwrap();
    let later = [&own.requests()[2..], &other.requests()].concat();
    assert_eq!(later.len(), 4);
    for request in later {
        assert!(
            !request.to_lowercase().contains("x-gateway-key"),
            "{request}"
        );
        assert!(!request.contains(KEY), "{request}");
    }
}

#[tokio::test]
async fn without_its_secret_not_a_byte_is_sent() {
    let upstream = Upstream::saying(EMPTY).await;
    let mut site = site(&upstream.origin());
    let wire = wire_with(&site, Secret::in_file("/nonexistent/key".into()));
    let refused = get(&wire, &site).await.unwrap_err();
    assert!(matches!(refused, WireError::Connect(_)), "{refused}");
    site.client_cert = Some("/nonexistent/cert.pem".to_owned());
    site.name = SiteName::parse("another").unwrap();
    let refused = get(&wire, &site).await.unwrap_err();
    assert!(refused.to_string().contains("`client-key`"), "{refused}");
    assert!(upstream.requests().is_empty());
}
