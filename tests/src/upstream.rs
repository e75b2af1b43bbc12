//! A site that does not play by the rules: a server on loopback that answers with scripts of raw
//! bytes and records every byte it was sent.
//!
//! It knows HTTP only as far as it must to find the end of a request. What it is asked it never
//! judges; the test reads [`Upstream::requests`] afterwards.

mod certificates;
mod echo;
mod generate;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

pub use certificates::{Authority, Certificate, Lifetime, sha1_certificate};
pub use echo::{Place, echo};
pub use generate::{encode_secret, gzip, json_issue, response, zeros_gzip};

/// One piece of an answer.
#[derive(Clone, Debug)]
pub enum Step {
    Send(Vec<u8>),
    /// The same bytes this many times.
    Repeat(Vec<u8>, u64),
    /// The same bytes until the other side gives up.
    Forever(Vec<u8>),
    /// One byte at a time, with a pause after each.
    Drip(Vec<u8>, Duration),
    Pause(Duration),
    /// Nothing more, and the connection stays open.
    Silence,
    /// The connection is closed.
    Close,
    /// The connection is reset.
    Reset,
}

/// One request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Request {
    /// Counts from 0; requests with the same number came over the same connection.
    pub connection: u64,
    /// Head and body, byte for byte.
    pub raw: Vec<u8>,
    pub method: String,
    /// The request target as sent.
    pub target: String,
    /// Names in lower case, in the order sent.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What to answer; called once for each request.
pub type Script = Arc<dyn Fn(&Request) -> Vec<Step> + Send + Sync>;

/// How a connection begins.
pub enum Greeting {
    Plain,
    Tls(Arc<rustls::ServerConfig>),
    /// These bytes at once, whatever the client says first; no HTTP at all.
    Bytes(Vec<u8>),
}

/// A running server; dropped, it stops.
pub struct Upstream {
    address: SocketAddr,
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicU64,
    /// Bytes after TLS, so before it nothing counts.
    application_bytes: AtomicU64,
    requests: Mutex<Vec<Request>>,
}

impl Upstream {
    /// Listens on a free port of loopback.
    pub async fn start(greeting: Greeting, script: Script) -> Upstream {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let seen = Arc::new(Seen::default());
        let greeting = Arc::new(greeting);
        let state = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = state.connections.fetch_add(1, Ordering::SeqCst);
                let (greeting, script, seen) = (
                    Arc::clone(&greeting),
                    Arc::clone(&script),
                    Arc::clone(&state),
                );
                tokio::spawn(async move {
                    // The client may go away at any point; that is no news here.
                    let _ = welcome(stream, number, &greeting, &script, &seen).await;
                });
            }
        });
        Upstream {
            address,
            seen,
            task,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn connections(&self) -> u64 {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Bytes of HTTP that arrived, whether or not they made a whole request.
    pub fn application_bytes(&self) -> u64 {
        self.seen.application_bytes.load(Ordering::SeqCst)
    }

    /// Every whole request so far.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.seen.requests).clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Request {
    /// All values of a header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The query as sent, without the question mark.
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

async fn welcome(
    stream: TcpStream,
    number: u64,
    greeting: &Greeting,
    script: &Script,
    seen: &Seen,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    match greeting {
        Greeting::Plain => converse(stream, number, script, seen).await,
        Greeting::Tls(config) => {
            let stream = TlsAcceptor::from(Arc::clone(config)).accept(stream).await?;
            converse(stream, number, script, seen).await
        }
        Greeting::Bytes(bytes) => {
            let mut stream = stream;
            let mut hello = [0; 4096];
            let _ = stream.read(&mut hello).await?;
            stream.write_all(bytes).await?;
            tokio::time::sleep(Duration::from_millis(200)).await;
            Ok(())
        }
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    number: u64,
    script: &Script,
    seen: &Seen,
) -> std::io::Result<()> {
    let mut unread = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut unread, number, seen).await? {
        lock(&seen.requests).push(request.clone());
        for step in script(&request) {
            match step {
                Step::Send(bytes) => stream.write_all(&bytes).await?,
                Step::Repeat(bytes, times) => {
                    for _ in 0..times {
                        stream.write_all(&bytes).await?;
                    }
                }
                Step::Forever(bytes) => loop {
                    stream.write_all(&bytes).await?;
                },
                Step::Drip(bytes, pause) => {
                    for byte in bytes {
                        stream.write_all(&[byte]).await?;
                        stream.flush().await?;
                        tokio::time::sleep(pause).await;
                    }
                }
                Step::Pause(time) => {
                    stream.flush().await?;
                    tokio::time::sleep(time).await;
                }
                Step::Silence => {
                    stream.flush().await?;
                    // Ends when the client closes, or with the server.
                    let mut rest = [0; 1024];
                    while stream.read(&mut rest).await? > 0 {}
                    return Ok(());
                }
                Step::Close | Step::Reset => {
                    if matches!(step, Step::Close) {
                        stream.shutdown().await?;
                    }
                    return Ok(());
                }
            }
        }
        stream.flush().await?;
    }
    Ok(())
}

/// One request with a body by `content-length` or in chunks; `None` at the end of the connection.
async fn read_request<S: AsyncRead + Unpin>(
    stream: &mut S,
    unread: &mut Vec<u8>,
    connection: u64,
    seen: &Seen,
) -> std::io::Result<Option<Request>> {
    let head = loop {
        if let Some(end) = find(unread, b"\r\n\r\n") {
            break end + 4;
        }
        if !fill(stream, unread, seen).await? {
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(&unread[..head]).into_owned();
    let mut lines = text.split("\r\n");
    let mut first = lines.next().unwrap_or_default().splitn(3, ' ');
    let method = first.next().unwrap_or_default().to_owned();
    let target = first.next().unwrap_or_default().to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let value = |name: &str| {
        headers
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    };
    let end = if value("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
        loop {
            if let Some(end) = find(&unread[head..], b"0\r\n\r\n") {
                break head + end + 5;
            }
            if !fill(stream, unread, seen).await? {
                return Ok(None);
            }
        }
    } else {
        let length: usize = value("content-length")
            .and_then(|length| length.parse().ok())
            .unwrap_or(0);
        while unread.len() < head + length {
            if !fill(stream, unread, seen).await? {
                return Ok(None);
            }
        }
        head + length
    };
    let raw: Vec<u8> = unread.drain(..end).collect();
    let body = raw[head..].to_vec();
    Ok(Some(Request {
        connection,
        raw,
        method,
        target,
        headers,
        body,
    }))
}

async fn fill<S: AsyncRead + Unpin>(
    stream: &mut S,
    unread: &mut Vec<u8>,
    seen: &Seen,
) -> std::io::Result<bool> {
    let mut buffer = [0; 16 * 1024];
    let read = stream.read(&mut buffer).await?;
    seen.application_bytes
        .fetch_add(read as u64, Ordering::SeqCst);
    unread.extend_from_slice(&buffer[..read]);
    Ok(read > 0)
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes
        .windows(needle.len())
        .position(|window| window == needle)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
