//! Certificates for the hostile upstream, good and bad. Made anew for each run, but for the one
//! that no current library signs.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// An authority that a test may or may not trust.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// When a certificate is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    Now,
    Past,
}

/// A server's chain and key.
pub struct Certificate {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Authority {
    pub fn new(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("the library makes keys");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("the library signs");
        Authority { issuer }
    }

    /// For `ca-file`.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for these host names.
    pub fn certificate(&self, names: &[&str], lifetime: Lifetime) -> Certificate {
        let params = leaf(names, lifetime);
        let key = KeyPair::generate().expect("the library makes keys");
        let certificate = params
            .signed_by(&key, &self.issuer)
            .expect("the library signs");
        Certificate {
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::try_from(key.serialize_der()).expect("the library's own key"),
        }
    }
}

impl Certificate {
    /// Signed by itself.
    pub fn self_signed(names: &[&str]) -> Certificate {
        let key = KeyPair::generate().expect("the library makes keys");
        let certificate = leaf(names, Lifetime::Now)
            .self_signed(&key)
            .expect("the library signs");
        Certificate {
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::try_from(key.serialize_der()).expect("the library's own key"),
        }
    }

    pub fn server(self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider speaks TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_single_cert(self.chain, self.key)
            .expect("chain and key belong together");
        Arc::new(config)
    }
}

/// A certificate for `jira.example.test` with an SHA-1 signature, and its authority in PEM form.
/// Made once with `openssl req -sha1`, good until 2126.
pub fn sha1_certificate() -> (Certificate, &'static str) {
    let chain = CertificateDer::from_pem_slice(include_bytes!("../../fixtures/sha1/leaf.pem"))
        .expect("the fixture is a certificate");
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../fixtures/sha1/leaf-key.pem"))
        .expect("the fixture is a key");
    let authority = include_str!("../../fixtures/sha1/authority.pem");
    (
        Certificate {
            chain: vec![chain],
            key,
        },
        authority,
    )
}

fn leaf(names: &[&str], lifetime: Lifetime) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("the names are host names");
    if lifetime == Lifetime::Past {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    }
    params
}
