//! What a well-behaved exchange puts on the wire, and what it leaves out.

use super::upstream::Then;
use super::*;

const EMPTY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

#[tokio::test]
async fn the_request_is_exactly_what_was_decided() {
    let upstream = Upstream::saying(EMPTY).await;
    let site = site(&upstream.origin());
    let authorization = SecretString::from(CANARY);
    let wire = HttpWire::new();
    for (method, body) in [
        (Method::Get, None),
        (Method::Post, Some("{\"a\":1}")),
        (Method::Delete, None),
    ] {
        wire.exchange(Outgoing {
            site: &site,
            origin: &site.origin,
            hop: Hop::Site,
            url: &format!("{}/rest/api/2/issue/A-1?fields=a%2Cb", upstream.origin()),
            method,
            headers: &[
                ("accept", "application/json".to_owned()),
                ("user-agent", "mcp-airlock/0".to_owned()),
            ],
            authorization: Some(&authorization),
            body: body.map(Bytes::from),
            timeout: PATIENCE,
            max_response_bytes: LIMIT,
        })
        .await
        .unwrap();
    }
    let sent = upstream
        .requests()
        .join("\n---\n")
        .replace(&upstream.address.to_string(), "HOST")
        .replace('\r', "");
    insta::assert_snapshot!(sent, @r#"
        GET /rest/api/2/issue/A-1?fields=a%2Cb HTTP/1.1
        accept: application/json
        user-agent: mcp-airlock/0
        accept-encoding: gzip
        authorization: Basic canary-canary-canary
        host: HOST


        ---
        POST /rest/api/2/issue/A-1?fields=a%2Cb HTTP/1.1
        accept: application/json
        user-agent: mcp-airlock/0
        accept-encoding: gzip
        authorization: Basic canary-canary-canary
        host: HOST
        content-length: 7

        {"a":1}
        ---
        DELETE /rest/api/2/issue/A-1?fields=a%2Cb HTTP/1.1
        accept: application/json
        user-agent: mcp-airlock/0
        accept-encoding: gzip
        authorization: Basic canary-canary-canary
        host: HOST
        "#);
}

#[tokio::test]
async fn an_address_with_two_readings_is_not_sent() {
    let upstream = Upstream::saying(EMPTY).await;
    let site = site(&upstream.origin());
    let origin = upstream.origin();
    for url in [
        format!("{origin}/a/../b"),
        format!("{origin}/a/%2e%2e/b"),
        format!("{origin}/a\tb"),
        format!("{origin}/a b"),
        format!("{origin}\\a"),
        origin.clone(),
        format!("{origin}@evil.test/"),
        format!("{origin}0/"),
        "http://evil.test/".to_owned(),
        format!("http://u:p@{}/", upstream.address),
        format!("HTTP://{}/", upstream.address),
    ] {
        let outcome = HttpWire::new()
            .exchange(Outgoing {
                site: &site,
                origin: &site.origin,
                hop: Hop::Site,
                url: &url,
                method: Method::Get,
                headers: &[],
                authorization: None,
                body: None,
                timeout: PATIENCE,
                max_response_bytes: LIMIT,
            })
            .await;
        assert!(matches!(outcome, Err(WireError::Connect(_))), "{url}");
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_cookies_are_forgotten() {
    let answer = "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\nset-cookie: JSESSIONID=abc; Path=/\r\n\
                  content-length: 0\r\n\r\n";
    let upstream = Upstream::saying(answer).await;
    let site = site(&upstream.origin());
    let wire = HttpWire::new();
    for _ in 0..2 {
        let incoming = get(&wire, &site).await.unwrap();
        assert_eq!(incoming.status, 302);
        let location = (("location".to_owned()), b"/elsewhere".to_vec());
        assert!(incoming.headers.contains(&location));
        assert_eq!(incoming.peer, Some(upstream.address.ip()));
    }
    let requests = upstream.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert!(request.starts_with("GET /rest/api/2/search?"));
        assert!(!request.contains("cookie") && !request.contains("referer"));
    }
}

#[tokio::test]
async fn a_healthy_connection_is_used_again() {
    let upstream = Upstream::saying(EMPTY).await;
    let site = site(&upstream.origin());
    let wire = HttpWire::new();
    for _ in 0..3 {
        get(&wire, &site).await.unwrap();
    }
    assert_eq!((upstream.requests().len(), upstream.connections()), (3, 1));
}

#[tokio::test]
async fn gzip_is_decoded() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"{\"key\":\"A-1\"}").unwrap();
    let body = encoder.finish().unwrap();
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend(body);
    let upstream = Upstream::saying(answer).await;
    let incoming = get(&HttpWire::new(), &site(&upstream.origin()))
        .await
        .unwrap();
    assert_eq!(incoming.body, "{\"key\":\"A-1\"}");
}

#[tokio::test]
async fn a_proxy_is_used_only_by_the_site_that_names_it() {
    let proxy = Upstream::saying(EMPTY).await;
    let resolver = Scripted::new(&[]);
    let wire = HttpWire::with_network(resolver.clone(), DialMap::default());
    let mut behind = site("http://jira.example.test");
    behind.proxy = Some(Origin::parse(&proxy.origin()).unwrap());
    get(&wire, &behind).await.unwrap();
    // The proxy resolves the name, so nobody here was asked.
    assert_eq!(resolver.questions(), 0);
    let request = &proxy.requests()[0];
    assert!(
        request.starts_with("GET http://jira.example.test/rest/"),
        "{request}"
    );

    let mut direct = site("http://jira.example.test");
    direct.name = SiteName::parse("direct").unwrap();
    assert!(get(&wire, &direct).await.is_err());
    assert_eq!(proxy.connections(), 1);
}

#[test]
fn the_header_with_the_credential_is_marked_secret() {
    let value = super::super::sensitive(&SecretString::from(CANARY)).unwrap();
    assert_eq!(format!("{value:?}"), "Sensitive");
    assert!(super::super::sensitive(&SecretString::from("Basic a\r\nx: y")).is_none());
}

#[tokio::test]
async fn a_site_that_is_asked_too_often_is_asked_less() {
    for (status, then_limit) in [
        ("429 Too Many Requests", 256),
        ("503 Service Unavailable", 256),
        ("500 Internal Server Error", 512),
        ("200 OK", 512),
    ] {
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        let good = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec();
        let upstream = Upstream::answering(vec![
            (answer.into_bytes(), Then::KeepOpen),
            (good, Then::KeepOpen),
        ])
        .await;
        let site = site(&upstream.origin());
        let wire = HttpWire::new();
        get(&wire, &site).await.unwrap();
        assert_eq!(wire.lanes.limit(&site.name).await, then_limit, "{status}");
        get(&wire, &site).await.unwrap();
        let wider = (then_limit + 1).min(512);
        assert_eq!(wire.lanes.limit(&site.name).await, wider, "after {status}");
    }
}
