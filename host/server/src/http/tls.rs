//! The certificate that the server shows. Its files are looked at every few seconds, so that a renewed certificate counts
//! without a restart; a pair that does not load is said and leaves the one before in use. Decides nothing about who may
//! come in.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use secrecy::ExposeSecret as _;
use tokio_rustls::TlsAcceptor;

use crate::secrets::{Secret, SecretError};
use crate::stamp::Stamp;

/// How soon a renewed certificate is shown.
const LOOK: Duration = Duration::from_secs(2);

/// Where the certificate and its key lie, in PEM form.
#[derive(Clone, Debug)]
pub(crate) struct CertificateFiles {
    /// The server's own first, then those that lead to an authority.
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

/// Why there is no certificate to show.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("the certificate `{0}` cannot be read: {1}")]
    Unreadable(String, std::io::ErrorKind),
    #[error("`{0}` holds no certificate in PEM form (`-----BEGIN CERTIFICATE-----`)")]
    NoCertificate(String),
    #[error("the key of the certificate: {0}")]
    Key(#[from] SecretError),
    #[error(
        "`{0}` holds no private key in PEM form without a pass phrase (`-----BEGIN PRIVATE KEY-----`)"
    )]
    NoKey(String),
    #[error("the certificate `{chain}` and the key `{key}` do not belong together")]
    Apart { chain: String, key: String },
    #[error("the TLS library does not take the certificate `{0}`: {1}")]
    Refused(String, rustls::Error),
}

/// What is shown to each client that connects.
pub(crate) struct Certificate {
    files: CertificateFiles,
    provider: Arc<CryptoProvider>,
    shown: Arc<Shown>,
    seen: Seen,
}

/// Of each file, where there is one.
type Seen = [Option<Stamp>; 2];

struct Shown(RwLock<Arc<CertifiedKey>>);

impl Certificate {
    pub(crate) async fn load(files: CertificateFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let seen = files.seen();
        let first = files.read(&provider).await?;
        Ok(Self {
            shown: Arc::new(Shown(RwLock::new(first))),
            files,
            provider,
            seen,
        })
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .expect("the library's own list of versions goes with its own ciphers")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&self.shown) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }

    /// Looks at the files for as long as it is polled.
    pub(crate) async fn keep_fresh(mut self) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.look().await;
        }
    }

    async fn look(&mut self) {
        let seen = self.files.seen();
        if seen == self.seen {
            return;
        }
        // Also where it does not load: it is said once, and tried again when a file changes again.
        self.seen = seen;
        match self.files.read(&self.provider).await {
            Ok(fresh) => {
                *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = fresh;
                tracing::info!("the certificate was read anew");
            }
            Err(error) => {
                tracing::warn!("the certificate stays as it was: {error}");
            }
        }
    }
}

impl CertificateFiles {
    fn seen(&self) -> Seen {
        [&self.chain, &self.key].map(|path| Stamp::of(path))
    }

    async fn read(&self, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, TlsError> {
        let chain_name = self.chain.display().to_string();
        let bytes = std::fs::read(&self.chain)
            .map_err(|error| TlsError::Unreadable(chain_name.clone(), error.kind()))?;
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&bytes)
            .collect::<Result<_, pem::Error>>()
            .map_err(|_| TlsError::NoCertificate(chain_name.clone()))?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate(chain_name));
        }
        let key_name = self.key.display().to_string();
        let pem = Secret::in_file(self.key.clone())
            .into_key()
            .reveal()
            .await?;
        let key = PrivateKeyDer::from_pem_slice(pem.expose_secret().as_bytes())
            .map_err(|_| TlsError::NoKey(key_name.clone()))?;
        match CertifiedKey::from_der(chain, key, provider) {
            Ok(pair) => Ok(Arc::new(pair)),
            Err(rustls::Error::InconsistentKeys(_)) => Err(TlsError::Apart {
                chain: chain_name,
                key: key_name,
            }),
            Err(error) => Err(TlsError::Refused(chain_name, error)),
        }
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&shown))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use std::fs;
    use std::path::Path;

    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::ServerName;
    use tokio_rustls::TlsConnector;

    use super::*;

    struct Pair {
        der: CertificateDer<'static>,
        chain: String,
        key: String,
    }

    fn pair() -> Pair {
        let made = rcgen::generate_simple_self_signed(["mcp.example.test".to_owned()]).unwrap();
        Pair {
            der: made.cert.der().clone(),
            chain: made.cert.pem(),
            key: made.signing_key.serialize_pem(),
        }
    }

    fn put(files: &CertificateFiles, chain: &str, key: &str) {
        // A file system may tell two writings apart by no less than this.
        std::thread::sleep(Duration::from_millis(20));
        fs::write(&files.chain, chain).unwrap();
        fs::write(&files.key, key).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&files.key, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    fn files(folder: &Path) -> CertificateFiles {
        CertificateFiles {
            chain: folder.join("fullchain.pem"),
            key: folder.join("privkey.pem"),
        }
    }

    /// Whether a client that trusts nothing but `wanted` gets through.
    async fn shows(acceptor: &TlsAcceptor, wanted: &Pair) -> bool {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add(wanted.der.clone()).unwrap();
        let verifier: Arc<dyn ServerCertVerifier> =
            rustls::client::WebPkiServerVerifier::builder_with_provider(
                Arc::new(roots),
                Arc::clone(&provider),
            )
            .build()
            .unwrap();
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        let (near, far) = tokio::io::duplex(16 << 10);
        let name = ServerName::try_from("mcp.example.test").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let (client, server) = tokio::join!(connector.connect(name, near), acceptor.accept(far));
        client.is_ok() && server.is_ok()
    }

    #[tokio::test]
    async fn a_renewed_pair_is_shown_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let (old, new, newest) = (pair(), pair(), pair());
        put(&files, &old.chain, &old.key);
        let mut certificate = Certificate::load(files.clone()).await.unwrap();
        let acceptor = certificate.acceptor();
        assert!(shows(&acceptor, &old).await);
        assert!(!shows(&acceptor, &new).await);

        put(&files, &new.chain, &new.key);
        certificate.look().await;
        assert!(shows(&acceptor, &new).await);
        assert!(!shows(&acceptor, &old).await);

        // Half of a renewal, and what is no renewal at all.
        for (chain, key) in [
            (&*newest.chain, &*new.key),
            ("", &*new.key),
            (&*newest.chain, "nothing"),
        ] {
            put(&files, chain, key);
            certificate.look().await;
            assert!(shows(&acceptor, &new).await);
        }
        put(&files, &newest.chain, &newest.key);
        certificate.look().await;
        assert!(shows(&acceptor, &newest).await);
    }

    #[tokio::test]
    async fn what_cannot_be_shown_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let (one, other) = (pair(), pair());
        let mut said = String::new();
        for (chain, key) in [
            ("no certificate", &*one.key),
            (&*one.chain, "no key"),
            (&*one.chain, &*other.key),
            (&*one.chain, &*one.chain),
        ] {
            put(&files, chain, key);
            let refused = Certificate::load(files.clone()).await.err().unwrap();
            said += &format!("{refused}\n");
        }
        let said = said.replace(&folder.path().display().to_string(), "FOLDER");
        insta::assert_snapshot!(said);
    }
}
