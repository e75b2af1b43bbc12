//! Answers that are too large, too slow, too many, or no HTTP at all. Each must end in its typed error, soon, and
//! the connection must not be used again.

use std::time::Instant;

use super::upstream::Then;
use super::*;

const HEAD: &str = "HTTP/1.1 200 OK\r\n";

fn kind(outcome: &Result<Incoming, WireError>) -> &'static str {
    match outcome {
        Ok(_) => "answer",
        Err(WireError::Connect(_)) => "connect",
        Err(WireError::Tls(_)) => "tls",
        Err(WireError::Timeout) => "timeout",
        Err(WireError::Lost(_)) => "lost",
        Err(WireError::BadResponse(_)) => "bad-response",
        Err(WireError::TooLarge(_)) => "too-large",
    }
}

/// One exchange with an upstream that does this; then one with a good answer, on another connection.
async fn ends_in(expected: &str, what: &str, answer: impl Into<Vec<u8>>, then: Then) {
    let good = (
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_vec(),
        Then::KeepOpen,
    );
    let upstream = Upstream::answering(vec![(answer.into(), then), good]).await;
    let site = site(&upstream.origin());
    let wire = HttpWire::new();
    let started = Instant::now();
    let outcome = get(&wire, &site).await;
    assert_eq!(kind(&outcome), expected, "{what}: {outcome:?}");
    assert!(started.elapsed() < PATIENCE * 3, "{what} took too long");
    assert_eq!(get(&wire, &site).await.unwrap().body, "ok", "{what}");
    assert_eq!(
        upstream.connections(),
        2,
        "{what}: the connection was used again"
    );
}

#[tokio::test]
async fn what_is_not_http_is_a_bad_response() {
    let chunked = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
    for (what, answer) in [
        ("bad header line", format!("{HEAD}bad header\r\n\r\n")),
        ("folded header", format!("{HEAD}\tfold: x\r\n\r\n")),
        ("later folded header", format!("{HEAD}a: b\r\n c\r\n\r\n")),
        ("blank before the colon", format!("{HEAD}a : b\r\n\r\n")),
        ("not a status", "HTTP/1.1 2OO OK\r\n\r\n".to_owned()),
        (
            "status of four digits",
            "HTTP/1.1 2000 OK\r\n\r\n".to_owned(),
        ),
        ("HTTP/0.9", "<html>hello</html>\r\n\r\n".to_owned()),
        ("HTTP/2", "HTTP/2 200 OK\r\n\r\n".to_owned()),
        ("another protocol", "SSH-2.0-OpenSSH_9.9\r\n\r\n".to_owned()),
        (
            "two lengths",
            format!("{HEAD}content-length: 2\r\ncontent-length: 3\r\n\r\nok!"),
        ),
        (
            "negative length",
            format!("{HEAD}content-length: -1\r\n\r\n"),
        ),
        (
            "length in words",
            format!("{HEAD}content-length: two\r\n\r\nok"),
        ),
        (
            "length beyond 64 bits",
            format!("{HEAD}content-length: {}9\r\n\r\n", u64::MAX),
        ),
        (
            "chunk size overflow",
            format!("{chunked}ffffffffffffffffffff\r\n"),
        ),
        (
            "chunk size in words",
            format!("{chunked}two\r\nok\r\n0\r\n\r\n"),
        ),
        (
            "chunk that is longer than it says",
            format!("{chunked}2\r\nokay\r\n0\r\n\r\n"),
        ),
        (
            "unknown transfer encoding",
            format!("{HEAD}transfer-encoding: gzip\r\n\r\nok"),
        ),
        (
            "brotli",
            format!("{HEAD}content-encoding: br\r\ncontent-length: 2\r\n\r\nok"),
        ),
        (
            "zstd",
            format!("{HEAD}content-encoding: zstd\r\ncontent-length: 2\r\n\r\nok"),
        ),
        (
            "gzip in gzip",
            format!("{HEAD}content-encoding: gzip, gzip\r\ncontent-length: 2\r\n\r\nok"),
        ),
        (
            "false gzip",
            format!("{HEAD}content-encoding: gzip\r\ncontent-length: 2\r\n\r\nok"),
        ),
        (
            "101 headers",
            format!("{HEAD}{}\r\n", "a: b\r\n".repeat(101)),
        ),
        (
            "a header of 16 MiB",
            format!("{HEAD}x: {}\r\n\r\n", "a".repeat(16 << 20)),
        ),
        (
            "100,000 headers",
            format!("{HEAD}{}\r\n", "a: b\r\n".repeat(100_000)),
        ),
        (
            "both lengths",
            format!(
                "{HEAD}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{HEAD}content-length: 9\r\n\r\nsmuggled!"
            ),
        ),
    ] {
        ends_in("bad-response", what, answer, Then::KeepOpen).await;
    }
    ends_in(
        "bad-response",
        "binary junk",
        vec![0xff; 64],
        Then::KeepOpen,
    )
    .await;
}

#[tokio::test]
async fn what_is_too_large_stops_at_the_limit() {
    let zeros = "0".repeat(16 * 1024);
    for (what, answer, then) in [
        (
            "declared length",
            format!("{HEAD}content-length: 10737418240\r\n\r\n"),
            Then::KeepOpen,
        ),
        (
            "endless chunks",
            format!("{HEAD}transfer-encoding: chunked\r\n\r\n4000\r\n{zeros}\r\n").repeat(1)
                + &format!("4000\r\n{zeros}\r\n").repeat(8),
            Then::KeepOpen,
        ),
        (
            "endless body without a length",
            format!("{HEAD}\r\n{zeros}"),
            Then::Repeat(Duration::from_millis(1)),
        ),
    ] {
        ends_in("too-large", what, answer, then).await;
    }
}

#[tokio::test]
async fn gzip_that_decodes_to_nothing_for_ever_stops_at_the_limit() {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let empty = encoder.finish().unwrap();
    let mut answer = format!("{HEAD}content-encoding: gzip\r\n\r\n").into_bytes();
    answer.extend(empty.repeat(LIMIT as usize / empty.len() + 1));
    ends_in("too-large", "empty members", answer, Then::KeepOpen).await;
}

/// Before the first byte of a body the HTTP library does not tell a break from nonsense.
#[tokio::test]
async fn what_breaks_off_is_no_answer() {
    let chunked = format!("{HEAD}transfer-encoding: chunked\r\n\r\na\r\nhalf");
    for (what, answer, expected) in [
        ("nothing at all", String::new(), "bad-response"),
        (
            "half a status line",
            "HTTP/1.1 2".to_owned(),
            "bad-response",
        ),
        ("half a head", format!("{HEAD}content-le"), "bad-response"),
        (
            "half a body",
            format!("{HEAD}content-length: 10\r\n\r\nhalf"),
            "lost",
        ),
        ("half a chunk", chunked, "lost"),
    ] {
        ends_in(expected, what, answer, Then::Close).await;
    }
}

#[tokio::test]
async fn what_never_ends_runs_out_of_time() {
    let slowly = Then::Repeat(Duration::from_millis(50));
    for (what, answer, then) in [
        ("silence", String::new(), Then::KeepOpen),
        (
            "headers never end",
            format!("{HEAD}a: b\r\n"),
            Then::KeepOpen,
        ),
        ("headers drip", format!("{HEAD}a"), slowly),
        (
            "body never comes",
            format!("{HEAD}content-length: 2\r\n\r\n"),
            Then::KeepOpen,
        ),
        (
            "body drips",
            format!("{HEAD}content-length: 60000\r\n\r\na"),
            slowly,
        ),
        (
            "103 for ever",
            "HTTP/1.1 103 Early Hints\r\n\r\n".to_owned(),
            Then::Repeat(Duration::from_millis(1)),
        ),
    ] {
        ends_in("timeout", what, answer, then).await;
    }
}

#[tokio::test]
async fn nobody_listening_is_no_connection() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let outcome = get(&HttpWire::new(), &site(&format!("http://127.0.0.1:{port}"))).await;
    assert_eq!(kind(&outcome), "connect", "{outcome:?}");
}
