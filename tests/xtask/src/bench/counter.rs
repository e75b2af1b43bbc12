//! Stands before a site and counts connections and requests on their way. It changes no byte.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::Context;

/// What ends the first line of each request.
const REQUEST: &[u8] = b" HTTP/1.1\r\n";

#[derive(Default)]
struct Counts {
    connections: AtomicU64,
    requests: AtomicU64,
}

pub(super) struct Counter {
    pub(super) address: String,
    counts: Arc<Counts>,
}

impl Counter {
    /// Serves until the process ends.
    pub(super) fn before(site: &str) -> anyhow::Result<Self> {
        let rest = site.strip_prefix("http://").context("not plain http")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = format!("http://{}/{path}", listener.local_addr()?);
        let counts = Arc::new(Counts::default());
        let (shared, host) = (Arc::clone(&counts), host.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                shared.connections.fetch_add(1, Ordering::Relaxed);
                if let Ok(site) = TcpStream::connect(&host) {
                    join(client, site, &shared);
                }
            }
        });
        Ok(Self { address, counts })
    }

    pub(super) fn requests(&self) -> u64 {
        self.counts.requests.load(Ordering::Relaxed)
    }

    pub(super) fn connections(&self) -> u64 {
        self.counts.connections.load(Ordering::Relaxed)
    }
}

fn join(client: TcpStream, site: TcpStream, counts: &Arc<Counts>) {
    let (Ok(to_client), Ok(to_site)) = (client.try_clone(), site.try_clone()) else {
        return;
    };
    let counts = Arc::clone(counts);
    thread::spawn(move || {
        let mut tail = Vec::new();
        pass(client, to_site, |bytes| {
            // The mark may lie across two reads.
            tail.extend_from_slice(bytes);
            let found = tail.windows(REQUEST.len()).filter(|part| *part == REQUEST);
            let found = u64::try_from(found.count()).unwrap_or(u64::MAX);
            counts.requests.fetch_add(found, Ordering::Relaxed);
            tail.drain(..tail.len().saturating_sub(REQUEST.len() - 1));
        });
    });
    thread::spawn(move || pass(site, to_client, |_| {}));
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut seen: impl FnMut(&[u8])) {
    let mut buffer = [0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        seen(&buffer[..read]);
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    // The other side may be gone already.
    let _ = to.shutdown(Shutdown::Both);
}
