//! Lines as syslog messages (RFC 5424), one each: over the local socket, UDP (RFC 5426), or TCP with counted octets (RFC
//! 6587, 3.4.1). Facility 13, log audit; a refusal is a warning, everything else a notice.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
#[cfg(unix)]
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use super::{Line, Sink};
use crate::audit::settings::SyslogAddress;

pub(super) struct Syslog {
    address: SyslogAddress,
    open: Option<Connection>,
}

enum Connection {
    #[cfg(unix)]
    Unix(UnixDatagram),
    Udp(UdpSocket),
    Tcp(TcpStream),
}

/// A call waits for it, so it is short.
const PATIENCE: Duration = Duration::from_secs(2);

impl Syslog {
    pub(super) fn to(address: SyslogAddress) -> Self {
        Self {
            address,
            open: None,
        }
    }

    fn connection(&mut self) -> io::Result<&mut Connection> {
        if self.open.as_mut().is_some_and(Connection::is_gone) {
            self.open = None;
        }
        match &mut self.open {
            Some(open) => Ok(open),
            none => Ok(none.insert(Connection::to(&self.address)?)),
        }
    }
}

impl Sink for Syslog {
    fn name(&self) -> String {
        format!("syslog {}", self.address)
    }

    fn ready(&mut self) -> Result<(), String> {
        self.connection()
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    fn give(&mut self, line: &Line) -> Result<(), String> {
        let message = message(line);
        let given = self.connection().and_then(|open| open.send(&message));
        given.map_err(|error| {
            // Half a message may be under way.
            self.open = None;
            error.to_string()
        })
    }
}

impl Connection {
    #[expect(
        clippy::disallowed_methods,
        reason = "to the one address that audit.toml names, and nothing of a site"
    )]
    fn to(address: &SyslogAddress) -> io::Result<Self> {
        match address {
            #[cfg(unix)]
            SyslogAddress::Unix(path) => {
                let socket = UnixDatagram::unbound()?;
                socket.connect(path)?;
                socket.set_write_timeout(Some(PATIENCE))?;
                Ok(Self::Unix(socket))
            }
            #[cfg(not(unix))]
            SyslogAddress::Unix(_) => Err(ErrorKind::Unsupported.into()),
            SyslogAddress::Udp(address) => {
                let any: SocketAddr = match address {
                    SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
                    SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
                };
                let socket = UdpSocket::bind(any)?;
                socket.connect(address)?;
                Ok(Self::Udp(socket))
            }
            SyslogAddress::Tcp(address) => {
                let stream = TcpStream::connect_timeout(address, PATIENCE)?;
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(PATIENCE))?;
                Ok(Self::Tcp(stream))
            }
        }
    }

    /// A receiver never answers, so whatever can be read of a stream is its end. Without this look the first line after
    /// a restart of the receiver would be lost.
    fn is_gone(&mut self) -> bool {
        let Self::Tcp(stream) = self else {
            return false;
        };
        let mut byte = [0];
        let looked = stream
            .set_nonblocking(true)
            .and_then(|()| match stream.read(&mut byte) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
                Ok(0) | Err(_) => Err(ErrorKind::ConnectionReset.into()),
                Ok(_) => Ok(()),
            });
        looked.and_then(|()| stream.set_nonblocking(false)).is_err()
    }

    fn send(&mut self, message: &str) -> io::Result<()> {
        match self {
            #[cfg(unix)]
            Self::Unix(socket) => socket.send(message.as_bytes()).map(|_| ()),
            Self::Udp(socket) => socket.send(message.as_bytes()).map(|_| ()),
            Self::Tcp(stream) => {
                let counted = format!("{} {message}", message.len());
                stream.write_all(counted.as_bytes())
            }
        }
    }
}

/// `<PRI>VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG`. The host is for the receiver to say, who
/// sees where the message comes from.
fn message(line: &Line) -> String {
    const LOG_AUDIT: u8 = 13 * 8;
    let severity = if line.is_refusal() { 4 } else { 5 };
    let gist = &line.gist;
    format!(
        "<{}>1 {} - mcp-airlock {} {} - {}",
        LOG_AUDIT + severity,
        or_nil(&gist.ts),
        std::process::id(),
        or_nil(&gist.kind),
        line.text
    )
}

/// RFC 5424's way to say nothing.
fn or_nil(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}
