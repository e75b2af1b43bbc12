//! The socket that listens: an address or a file, with or without TLS, to everybody or to a proxy alone. Hands on streams
//! of bytes; what comes over them is no matter here.

use std::fmt;
use std::io;
use std::net::IpAddr;
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio_rustls::TlsAcceptor;

use super::Range;
use super::tls::Certificate;

/// A client that says nothing holds a handshake for no longer.
const LONGEST_HANDSHAKE: Duration = Duration::from_secs(10);

/// What listens, and to whom.
pub(crate) struct Ears {
    listener: Listener,
    /// Nobody else is heard; empty for everybody.
    only: Vec<Range>,
    tls: Option<TlsAcceptor>,
}

enum Listener {
    Address(TcpListener),
    #[cfg(unix)]
    File(SocketFile),
}

/// Bytes both ways, whatever carries them.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Bytes for S {}

pub(super) type Stream = Box<dyn Bytes>;

/// Who connected, as far as the operating system knows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Peer {
    Address(IpAddr),
    SameMachine,
}

/// A connection before anything was said on it.
pub(super) struct Arrived {
    pub(super) peer: Peer,
    stream: Stream,
    tls: Option<TlsAcceptor>,
}

impl Ears {
    pub(super) fn at_address(listener: TcpListener) -> Self {
        Self {
            listener: Listener::Address(listener),
            only: Vec::new(),
            tls: None,
        }
    }

    /// Makes the file, which only this user can open.
    #[cfg(unix)]
    pub(super) fn at_file(path: &Path) -> io::Result<Self> {
        Ok(Self {
            listener: Listener::File(SocketFile::bind(path)?),
            only: Vec::new(),
            tls: None,
        })
    }

    #[must_use]
    pub(super) fn only(self, only: Vec<Range>) -> Self {
        Self { only, ..self }
    }

    #[must_use]
    pub(super) fn with(self, certificate: &Certificate) -> Self {
        Self {
            tls: Some(certificate.acceptor()),
            ..self
        }
    }

    /// The next connection; `None` for one that is not heard.
    pub(super) async fn accept(&self) -> io::Result<Option<Arrived>> {
        let (stream, peer): (Stream, Peer) = match &self.listener {
            Listener::Address(listener) => {
                let (stream, peer) = listener.accept().await?;
                if !self.hears(peer.ip()) {
                    tracing::info!(peer = %peer.ip(), "not heard: it is not the declared proxy");
                    return Ok(None);
                }
                // An answer is one write; without this its last packet could wait 40 ms for the client's
                // acknowledgement.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "the connection ended as it began");
                    return Ok(None);
                }
                (Box::new(stream), Peer::Address(peer.ip()))
            }
            #[cfg(unix)]
            Listener::File(file) => {
                let (stream, _) = file.listener.accept().await?;
                (Box::new(stream), Peer::SameMachine)
            }
        };
        let tls = self.tls.clone();
        Ok(Some(Arrived { peer, stream, tls }))
    }

    fn hears(&self, peer: IpAddr) -> bool {
        self.only.is_empty() || self.only.iter().any(|range| range.contains(peer))
    }
}

impl Arrived {
    /// Shakes hands where there is TLS. Takes as long as the client does, within bounds.
    pub(super) async fn into_stream(self) -> io::Result<Stream> {
        let Some(tls) = self.tls else {
            return Ok(self.stream);
        };
        let stream = tokio::time::timeout(LONGEST_HANDSHAKE, tls.accept(self.stream)).await??;
        Ok(Box::new(stream))
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::SameMachine => f.write_str("a process of this machine"),
        }
    }
}

/// A socket's file; gone with the server.
#[cfg(unix)]
struct SocketFile {
    listener: UnixListener,
    path: PathBuf,
}

#[cfg(unix)]
impl SocketFile {
    fn bind(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::FileTypeExt;
        if let Ok(old) = std::fs::symlink_metadata(path) {
            if !old.file_type().is_socket() {
                return Err(io::Error::other(
                    "there is a file of that name, which is no socket",
                ));
            }
            if std::os::unix::net::UnixStream::connect(path).is_ok() {
                return Err(io::Error::other("another server listens there"));
            }
            // Left by a server that was killed.
            std::fs::remove_file(path)?;
        }
        // The file is born with its rights; a change afterwards would leave a moment for others.
        let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
        let bound = UnixListener::bind(path);
        rustix::process::umask(before);
        Ok(Self {
            listener: bound?,
            path: path.to_owned(),
        })
    }
}

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        // What cannot be removed is found to be dead by the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn behind_a_proxy_only_the_proxy_is_heard() {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let only = vec!["10.0.0.0/24".parse::<Range>().unwrap()];
        let ears = Ears::at_address(listener.unwrap()).only(only);
        for (peer, heard) in [
            ("10.0.0.5", true),
            ("::ffff:10.0.0.5", true),
            ("10.0.1.5", false),
            ("127.0.0.1", false),
            ("::1", false),
        ] {
            assert_eq!(ears.hears(peer.parse().unwrap()), heard, "{peer}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_socket_file_is_this_users_and_gone_with_the_server() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("airlock.sock");
        let ears = Ears::at_file(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let taken = Ears::at_file(&path).err().unwrap().to_string();
        assert_eq!(taken, "another server listens there");
        drop(ears);
        assert!(!path.exists());

        // Killed without a chance to clean up.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        assert!(Ears::at_file(&path).is_ok());

        let other = folder.path().join("notes.txt");
        std::fs::write(&other, "mine").unwrap();
        assert!(Ears::at_file(&other).is_err());
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "mine");
    }
}
