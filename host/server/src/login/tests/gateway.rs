//! Cloud under its real names: a server on this machine answers for the site and for Atlassian's gateway, with a
//! certificate of an authority that only the site's `ca-file` names.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::wire::{Answers, DialMap, Resolver};

const SITE: &str = "acme.atlassian.net";
const GATEWAY: &str = "api.atlassian.com";
const ID: &str = "11111111-2222-3333-4444-555555555555";

/// Public, as a Cloud site's address must be.
const ADDRESS: &str = "104.192.136.1";

/// Every name leads to one address.
struct OneAddress;

impl Resolver for OneAddress {
    fn resolve(&self, _host: String) -> Answers {
        Box::pin(async { Ok(vec![ADDRESS.parse::<IpAddr>().unwrap()]) })
    }
}

/// What the server answers to a request line, a host and an `Authorization` header.
type Rules = fn(path: &str, host: &str, authorization: &str) -> (u16, String);

struct World {
    errands: Arc<Errands>,
    site: Site,
    /// Host, path and whether a credential came along.
    seen: Arc<Mutex<Vec<String>>>,
    _folder: tempfile::TempDir,
}

async fn world(rules: Rules) -> World {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let names = vec![SITE.to_owned(), GATEWAY.to_owned()];
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dialled = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut bytes = vec![0; 8192];
            let length = stream.read(&mut bytes).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&bytes[..length]).into_owned();
            let header = |name: &str| {
                head.lines()
                    .find_map(|line| {
                        line.to_lowercase()
                            .starts_with(name)
                            .then(|| line[name.len()..].trim().to_owned())
                    })
                    .unwrap_or_default()
            };
            let path = head.split(' ').nth(1).unwrap_or_default();
            let (host, authorization) = (header("host:"), header("authorization:"));
            let scheme = authorization.split(' ').next().unwrap_or_default();
            log.lock()
                .unwrap()
                .push(format!("{host}{path} {scheme}").trim_end().to_owned());
            let (status, body) = rules(path, &host, &authorization);
            let answer = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, pem).unwrap();
    let mut site = stranger(&Origin::parse(&format!("https://{SITE}")).unwrap());
    site.ca_file = Some(authority.display().to_string());
    let dial = BTreeMap::from([(SocketAddr::new(ADDRESS.parse().unwrap(), 443), dialled)]);
    let wire = HttpWire::with_network(Arc::new(OneAddress), DialMap(dial));
    World {
        errands: Errands::below(folder.path(), wire),
        site,
        seen,
        _folder: folder,
    }
}

impl World {
    async fn log_in(&self, user: Option<&str>) -> Result<Proven, NotKnown> {
        let survey = survey::of(&self.errands, &self.site, "").await?;
        let name = SiteName::parse("acme").unwrap();
        prove(
            &self.errands,
            &survey,
            name,
            user,
            &SecretString::from(TOKEN),
        )
        .await
    }

    fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn me() -> (u16, String) {
    (
        200,
        r#"{"accountId":"5b10","displayName":"Ada"}"#.to_owned(),
    )
}

fn tenant() -> (u16, String) {
    (200, format!(r#"{{"cloudId":"{ID}"}}"#))
}

/// Takes the token at the gateway alone.
fn scoped(path: &str, host: &str, authorization: &str) -> (u16, String) {
    match (host, path) {
        (SITE, "/_edge/tenant_info") => tenant(),
        (GATEWAY, _)
            if authorization.starts_with("Basic ") && path.ends_with("/rest/api/3/myself") =>
        {
            me()
        }
        (GATEWAY, _) if authorization.starts_with("Basic ") => (
            401,
            r#"{"message":"Unauthorized; scope does not match"}"#.to_owned(),
        ),
        _ => (401, String::new()),
    }
}

fn service(path: &str, host: &str, authorization: &str) -> (u16, String) {
    match (host, path) {
        (SITE, "/_edge/tenant_info") => tenant(),
        (GATEWAY, _) if authorization.starts_with("Bearer ") => me(),
        _ => (401, String::new()),
    }
}

fn classic(path: &str, host: &str, authorization: &str) -> (u16, String) {
    match (host, path) {
        (SITE, "/_edge/tenant_info") => tenant(),
        (SITE, _) if authorization.starts_with("Basic ") => me(),
        _ => (401, String::new()),
    }
}

fn nobody(path: &str, host: &str, _authorization: &str) -> (u16, String) {
    match (host, path) {
        (SITE, "/_edge/tenant_info") => tenant(),
        _ => (401, String::new()),
    }
}

#[tokio::test]
async fn a_token_with_scopes_is_found_by_trying_and_sent_to_the_gateway() {
    let world = world(scoped).await;
    let proven = world
        .log_in(Some("me@example.com"))
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(proven.kind, "API token with scopes");
    assert_eq!(proven.site.cloud_id.as_deref(), Some(ID));
    assert_eq!(proven.site.products, [Product::Jira]);
    assert_eq!(
        proven.without,
        [(Product::Confluence, NotKnown::Scope("read:confluence-user"))]
    );
    insta::assert_snapshot!(world.requests().join("\n"), @r#"
    acme.atlassian.net/_edge/tenant_info
    acme.atlassian.net/rest/api/3/myself Basic
    acme.atlassian.net/wiki/rest/api/user/current Basic
    api.atlassian.com/ex/jira/11111111-2222-3333-4444-555555555555/rest/api/3/myself Basic
    api.atlassian.com/ex/confluence/11111111-2222-3333-4444-555555555555/wiki/rest/api/user/current Basic
    "#);
}

#[tokio::test]
async fn each_other_kind_is_known_where_it_is_good() {
    for (rules, user, kind, id) in [
        (classic as Rules, Some("me@example.com"), "API token", None),
        (service, None, "service account's token", Some(ID)),
    ] {
        let world = world(rules).await;
        let proven = world
            .log_in(user)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((proven.kind, proven.site.cloud_id.as_deref()), (kind, id));
        assert_eq!(proven.without, []);
    }
}

#[tokio::test]
async fn a_token_of_another_site_is_refused_everywhere_and_shown_to_nobody_else() {
    let world = world(nobody).await;
    let refused = world.log_in(Some("me@example.com")).await.err().unwrap();
    assert!(matches!(refused, NotKnown::Refused(_)), "{refused}");
    for request in world.requests() {
        assert!(
            request.starts_with(SITE) || request.starts_with(GATEWAY),
            "{request}"
        );
        // What finds out about the site is asked without a credential.
        assert_eq!(
            request.contains("tenant_info"),
            !request.ends_with("Basic"),
            "{request}"
        );
    }
}

#[tokio::test]
async fn a_site_that_went_through_the_gateway_is_logged_in_to_again() {
    let mut world = world(scoped).await;
    world.site.cloud_id = Some(ID.to_owned());
    let proven = world
        .log_in(Some("me@example.com"))
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(proven.site.cloud_id.as_deref(), Some(ID));
    assert!(world.requests()[0].starts_with(&format!("{SITE}/_edge/tenant_info")));
}
