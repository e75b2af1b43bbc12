//! A listener that records what arrives and answers with the bytes it was given, right or wrong.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(super) struct Upstream {
    pub(super) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

/// What happens after the bytes were sent.
#[derive(Clone, Copy)]
pub(super) enum Then {
    KeepOpen,
    Close,
    /// The last bytes are repeated, with a pause, for ever.
    Repeat(Duration),
}

impl Upstream {
    /// Answers the first request with the first entry and so on; the last entry stands for all later ones.
    pub(super) async fn answering(answers: Vec<(Vec<u8>, Then)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (upstream.connections.clone(), upstream.requests.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(converse(stream, answers.clone(), requests.clone()));
            }
        });
        upstream
    }

    pub(super) async fn saying(answer: impl Into<Vec<u8>>) -> Self {
        Self::answering(vec![(answer.into(), Then::KeepOpen)]).await
    }

    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn converse(
    mut stream: TcpStream,
    answers: Vec<(Vec<u8>, Then)>,
    requests: Arc<Mutex<Vec<String>>>,
) {
    while let Some(request) = read_request(&mut stream).await {
        let at = {
            let mut requests = requests.lock().unwrap();
            requests.push(request);
            requests.len() - 1
        };
        let (bytes, then) = &answers[at.min(answers.len() - 1)];
        if stream.write_all(bytes).await.is_err() {
            return;
        }
        match then {
            Then::KeepOpen => {}
            Then::Close => return,
            Then::Repeat(pause) => loop {
                tokio::time::sleep(*pause).await;
                let last = &bytes[bytes.len() - bytes.len().min(16 * 1024)..];
                if stream.write_all(last).await.is_err() {
                    return;
                }
            },
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse::<usize>().unwrap());
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}
