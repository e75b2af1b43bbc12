//! Decides what went wrong on the way to a site, in words of our own. Never passes on text of the HTTP library:
//! its messages carry addresses with their queries.

use std::error::Error;
use std::io;

use gateway::WireError;

/// Why an exchange has no answer. The sentences end up in front of people and models.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("{0}")]
    Connect(&'static str),
    /// The name resolved to nothing that may be dialled.
    #[error("{0}")]
    Address(String),
    #[error("{0}")]
    Tls(&'static str),
    #[error("the site did not answer in time")]
    Timeout,
    #[error("{0}")]
    Lost(&'static str),
    #[error("the site sent {0}")]
    BadResponse(&'static str),
    #[error("the answer is longer than {0} bytes")]
    BodyTooLarge(u64),
    /// The way to the site cannot be set up as configured; nothing was sent.
    #[error("{0}")]
    Setup(String),
}

impl From<Fault> for WireError {
    fn from(fault: Fault) -> Self {
        let text = fault.to_string();
        match fault {
            Fault::Connect(_) | Fault::Address(_) | Fault::Setup(_) => Self::Connect(text),
            Fault::Tls(_) => Self::Tls(text),
            Fault::Timeout => Self::Timeout,
            Fault::Lost(_) => Self::Lost(text),
            Fault::BadResponse(_) => Self::BadResponse(text),
            Fault::BodyTooLarge(limit) => Self::TooLarge(limit),
        }
    }
}

impl Fault {
    pub(super) fn bad_response(what: &'static str) -> Self {
        Self::BadResponse(what)
    }

    /// Reads the chain of causes, from the outside in.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let causes = || causes(error);
        if let Some(refusal) = causes().find_map(|each| each.downcast_ref::<Fault>()) {
            return refusal.clone();
        }
        if let Some(tls) = causes().find_map(tls_cause) {
            return Self::Tls(tls);
        }
        if error.is_timeout() {
            return if error.is_connect() {
                Self::Connect("no connection to the site came about in time")
            } else {
                Self::Timeout
            };
        }
        if error.is_connect() {
            return Self::Connect(connect_cause(causes()));
        }
        if error.is_builder() {
            return Self::Setup("the request cannot be written as HTTP".to_owned());
        }
        if causes().any(is_break) {
            return Self::Lost("the connection broke before the answer was whole");
        }
        Self::BadResponse("something that is not a valid HTTP answer")
    }
}

type Cause<'a> = &'a (dyn Error + 'static);

fn causes(error: &reqwest::Error) -> impl Iterator<Item = Cause<'_>> {
    // An io::Error hides the error it wraps: `source` skips it, so it is unwrapped here.
    let mut next: Option<Cause<'_>> = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = match current
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => current.source(),
        };
        Some(current)
    })
}

fn tls_cause(cause: Cause<'_>) -> Option<&'static str> {
    use rustls::CertificateError as Certificate;
    use rustls::Error as Tls;

    Some(match cause.downcast_ref::<Tls>()? {
        Tls::InvalidCertificate(certificate) => match certificate {
            Certificate::Expired | Certificate::ExpiredContext { .. } => {
                "its certificate has expired; the administrator of the site has to renew it"
            }
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                "its certificate is not valid yet; check the clock of this machine"
            }
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                "its certificate is for another host name; check the address of the site"
            }
            Certificate::UnknownIssuer => {
                "its certificate comes from an authority that this machine does not trust; \
                 if it is your company's, name its file with `ca-file` under the site in policy.toml"
            }
            Certificate::Revoked => "its certificate was revoked",
            _ => "its certificate is not acceptable",
        },
        Tls::InvalidMessage(_) => "it does not speak TLS on this port",
        Tls::AlertReceived(alert) if is_about_client(*alert) => {
            "it does not accept the client certificate, or there is none; `client-cert` under the site in policy.toml \
             and `client-key` in credentials.toml name one"
        }
        Tls::PeerIncompatible(_) | Tls::AlertReceived(_) => {
            "it speaks no TLS version or cipher that is still safe"
        }
        _ => "the TLS handshake failed",
    })
}

/// What a server says about a certificate can only be about ours (RFC 8446, section 6.2).
fn is_about_client(alert: rustls::AlertDescription) -> bool {
    use rustls::AlertDescription as Alert;
    matches!(
        alert,
        Alert::AccessDenied
            | Alert::BadCertificate
            | Alert::CertificateExpired
            | Alert::CertificateRequired
            | Alert::CertificateRevoked
            | Alert::CertificateUnknown
            | Alert::NoCertificate
            | Alert::UnknownCA
            | Alert::UnsupportedCertificate
    )
}

fn connect_cause<'a>(causes: impl Iterator<Item = Cause<'a>>) -> &'static str {
    let kind = causes
        .filter_map(|each| each.downcast_ref::<io::Error>())
        .last()
        .map(io::Error::kind);
    match kind {
        Some(io::ErrorKind::ConnectionRefused) => "nothing listens at the address of the site",
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            "the site cannot be reached from this machine"
        }
        Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => {
            "the site closed the connection before it could be used"
        }
        _ => "the connection to the site could not be made",
    }
}

fn is_break(cause: Cause<'_>) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::ConnectionAborted
        )
    })
}
