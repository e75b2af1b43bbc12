//! What companies put in front of a site: TLS by their own authority, a demand for a client certificate or a header, and a
//! proxy that only lets `CONNECT` pass. What comes through is kept.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::clean::GATE_KEY;
use crate::stage::Stage;

/// What the gateway asks for beside the credential.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wants {
    Nothing,
    Certificate,
    Header,
}

/// TLS before the site of a stage.
pub(crate) struct Front {
    address: SocketAddr,
    folder: tempfile::TempDir,
    /// The heads of all requests that came through.
    heads: Arc<Mutex<Vec<String>>>,
}

type Authority = CertifiedIssuer<'static, KeyPair>;

impl Front {
    pub(crate) fn start(stage: &Stage, wants: Wants) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let company = authority();
        let (server, key) = leaf(&company, "127.0.0.1");
        let (client, client_key) = leaf(&company, "ada");
        for (name, text) in [
            ("authority.pem", &company.pem()),
            ("client.pem", &client.pem()),
            ("client.key", &client_key.serialize_pem()),
        ] {
            crate::stage::write_private(&folder.path().join(name), text, 0o600);
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if wants == Wants::Certificate {
            let mut roots = RootCertStore::empty();
            roots.add(company.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = builder
            .with_single_cert(vec![server.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let site = site_address(stage);
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&heads);
        let address = listen(move |stream| {
            let (acceptor, kept) = (acceptor.clone(), Arc::clone(&kept));
            async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    pass_on(stream, site, wants, &kept).await;
                }
            }
        });
        Self {
            address,
            folder,
            heads,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    pub(crate) fn ca_file(&self) -> String {
        self.path("authority.pem")
    }

    pub(crate) fn client_cert(&self) -> String {
        self.path("client.pem")
    }

    pub(crate) fn client_key(&self) -> String {
        self.path("client.key")
    }

    /// What came so far, and is forgotten then.
    pub(crate) fn taken_heads(&self) -> Vec<String> {
        std::mem::take(&mut self.heads.lock().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

/// One request for each connection: the site is asked to close.
async fn pass_on<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    site: SocketAddr,
    wants: Wants,
    kept: &Mutex<Vec<String>>,
) {
    let head = read_head(&mut stream).await;
    kept.lock().unwrap().push(head.clone());
    if wants == Wants::Header && !head.contains(&format!("x-gateway-key: {GATE_KEY}\r\n")) {
        let refusal = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let _ = stream.write_all(refusal).await;
    } else {
        let head = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        let mut site = TcpStream::connect(site).await.unwrap();
        site.write_all(head.as_bytes()).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut site).await;
    }
    let _ = stream.shutdown().await;
}

async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// A proxy that lets nothing pass but `CONNECT`, and counts.
pub(crate) struct Proxy {
    address: SocketAddr,
    targets: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        let targets = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&targets);
        let address = listen(move |mut stream| {
            let kept = Arc::clone(&kept);
            async move {
                let head = read_head(&mut stream).await;
                let target = head
                    .strip_prefix("CONNECT ")
                    .and_then(|rest| rest.split(' ').next())
                    .map(str::to_owned);
                let Some(target) = target else { return };
                kept.lock().unwrap().push(target.clone());
                let mut site = TcpStream::connect(target).await.unwrap();
                stream
                    .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    .await
                    .unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut site).await;
            }
        });
        Self { address, targets }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn taken_targets(&self) -> Vec<String> {
        std::mem::take(&mut self.targets.lock().unwrap())
    }
}

/// Serves each connection side by side, on a thread that ends with the tests.
fn listen<F, W>(serve: F) -> SocketAddr
where
    F: Fn(TcpStream) -> W + Send + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream));
            }
        });
    });
    address
}

fn site_address(stage: &Stage) -> SocketAddr {
    let url = &stage.site.ready().jira;
    let rest = url.strip_prefix("http://").unwrap();
    rest.split('/').next().unwrap().parse().unwrap()
}

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Authority::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn leaf(authority: &Authority, name: &str) -> (rcgen::Certificate, KeyPair) {
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    (params.signed_by(&key, authority).unwrap(), key)
}
