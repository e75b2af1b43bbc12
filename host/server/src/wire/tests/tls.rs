//! Certificates: the one that fits is taken, and with every other one not a byte of the request is sent.

use std::sync::Mutex;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;

const HOST: &str = "jira.example.test";
const ADDRESS: &str = "198.51.100.7";

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    Authority {
        issuer: Issuer::new(params, key),
        pem,
    }
}

type Identity = (CertificateDer<'static>, PrivateKeyDer<'static>);

fn identity(
    authority: Option<&Authority>,
    name: &str,
    change: fn(&mut CertificateParams),
) -> Identity {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2099, 1, 1);
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = match authority {
        Some(authority) => params.signed_by(&key, &authority.issuer).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    (certificate.der().clone(), key)
}

/// A TLS server; the bytes that came through its handshakes are kept.
async fn serve((certificate, key): Identity) -> (SocketAddr, Arc<Mutex<Vec<u8>>>) {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let received = Arc::new(Mutex::new(Vec::new()));
    let kept = received.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut bytes = [0; 4096];
            if let Ok(read) = stream.read(&mut bytes).await {
                kept.lock().unwrap().extend_from_slice(&bytes[..read]);
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                    .await;
            }
        }
    });
    (address, received)
}

/// The outcome of one exchange with the server at `address`, trusting the system and `authority`.
async fn ask(address: SocketAddr, authority: Option<&Authority>) -> Result<Incoming, WireError> {
    let directory = tempfile::tempdir().unwrap();
    let mut site = named_site(&format!("https://{HOST}"));
    if let Some(authority) = authority {
        let path = directory.path().join("authority.pem");
        std::fs::write(&path, &authority.pem).unwrap();
        site.ca_file = Some(path.display().to_string());
    }
    let dial = BTreeMap::from([(SocketAddr::new(ADDRESS.parse().unwrap(), 443), address)]);
    let wire = HttpWire::with_network(Scripted::new(&[&[ADDRESS]]), DialMap(dial));
    get(&wire, &site).await
}

#[tokio::test]
async fn a_fitting_certificate_is_taken() {
    let company = authority("company");
    for name in [HOST, "*.example.test"] {
        let (address, received) = serve(identity(Some(&company), name, |_| {})).await;
        assert_eq!(
            ask(address, Some(&company)).await.unwrap().body,
            "ok",
            "{name}"
        );
        let received = String::from_utf8(received.lock().unwrap().clone()).unwrap();
        assert!(received.contains(CANARY), "{received}");
    }
}

#[tokio::test]
async fn any_other_certificate_gets_not_a_byte() {
    let company = authority("company");
    let stranger = authority("stranger");
    let mut said = String::new();
    for (what, identity) in [
        ("self-signed", identity(None, HOST, |_| {})),
        (
            "expired",
            identity(Some(&company), HOST, |params| {
                params.not_after = date_time_ymd(2025, 6, 1);
            }),
        ),
        (
            "not valid yet",
            identity(Some(&company), HOST, |params| {
                params.not_before = date_time_ymd(2098, 1, 1);
            }),
        ),
        (
            "wrong host",
            identity(Some(&company), "jira.example.org", |_| {}),
        ),
        (
            "host as a suffix",
            identity(Some(&company), "example.test", |_| {}),
        ),
        (
            "wildcard two levels up",
            identity(Some(&company), "*.test", |_| {}),
        ),
        (
            "wildcard below",
            identity(Some(&company), "*.jira.example.test", |_| {}),
        ),
        ("untrusted root", identity(Some(&stranger), HOST, |_| {})),
    ] {
        let (address, received) = serve(identity).await;
        match ask(address, Some(&company)).await {
            Err(WireError::Tls(text)) => said.push_str(&format!("{what}: {text}\n")),
            other => panic!("{what}: {other:?}"),
        }
        assert!(received.lock().unwrap().is_empty(), "{what}");
    }
    insta::assert_snapshot!(said, @r#"
        self-signed: its certificate comes from an authority that this machine does not trust; if it is your company's, name its file with `ca-file` under the site in policy.toml
        expired: its certificate has expired; the administrator of the site has to renew it
        not valid yet: its certificate is not valid yet; check the clock of this machine
        wrong host: its certificate is for another host name; check the address of the site
        host as a suffix: its certificate is for another host name; check the address of the site
        wildcard two levels up: its certificate is for another host name; check the address of the site
        wildcard below: its certificate is for another host name; check the address of the site
        untrusted root: its certificate comes from an authority that this machine does not trust; if it is your company's, name its file with `ca-file` under the site in policy.toml
        "#);
}

#[tokio::test]
async fn an_authority_counts_only_for_the_site_that_names_it() {
    let company = authority("company");
    let (address, received) = serve(identity(Some(&company), HOST, |_| {})).await;
    assert!(matches!(ask(address, None).await, Err(WireError::Tls(_))));
    assert!(received.lock().unwrap().is_empty());
}

/// Servers that are no TLS 1.2 servers, in bytes.
#[tokio::test]
async fn what_is_no_safe_tls_gets_not_a_byte() {
    // ServerHello of TLS 1.1 (RFC 4346, section 7.4.1.3) with TLS_RSA_WITH_AES_128_CBC_SHA.
    let mut old_hello = vec![0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    old_hello.extend([7; 32]);
    old_hello.extend([0, 0, 0x2f, 0]);
    // Alert: fatal, protocol_version (RFC 5246, section 7.2).
    let alert = vec![0x15, 3, 1, 0, 2, 2, 70];
    let mut said = String::new();
    for (what, answer) in [
        ("TLS 1.1", old_hello),
        ("no common version", alert),
        (
            "plain HTTP",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_vec(),
        ),
        ("closed at once", vec![]),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = received.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                answer_hello(stream, &answer, &kept).await;
            }
        });
        match ask(address, None).await {
            Err(WireError::Tls(text) | WireError::Connect(text)) => {
                said.push_str(&format!("{what}: {text}\n"));
            }
            other => panic!("{what}: {other:?}"),
        }
        let received = received.lock().unwrap().clone();
        assert_eq!(received.first(), Some(&0x16), "{what}: not a handshake");
        let text = String::from_utf8_lossy(&received);
        assert!(!text.contains("canary") && !text.contains("GET "), "{what}");
    }
    insta::assert_snapshot!(said, @r#"
        TLS 1.1: it speaks no TLS version or cipher that is still safe
        no common version: it speaks no TLS version or cipher that is still safe
        plain HTTP: it does not speak TLS on this port
        closed at once: the site closed the connection before it could be used
        "#);
}

async fn answer_hello(mut stream: TcpStream, answer: &[u8], kept: &Mutex<Vec<u8>>) {
    let mut bytes = [0; 16 * 1024];
    if let Ok(read) = stream.read(&mut bytes).await {
        kept.lock().unwrap().extend_from_slice(&bytes[..read]);
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
    }
}

#[tokio::test]
async fn an_authority_file_that_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("authority.pem");
    std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nno\n").unwrap();
    let mut site = named_site(&format!("https://{HOST}"));
    for file in [path.display().to_string(), "/nonexistent.pem".to_owned()] {
        site.ca_file = Some(file.clone());
        let wire = HttpWire::with_network(Scripted::new(&[&[ADDRESS]]), DialMap::default());
        let error = get(&wire, &site).await.unwrap_err().to_string();
        assert!(
            error.contains(&file) && error.contains("ca-file"),
            "{error}"
        );
    }
}
