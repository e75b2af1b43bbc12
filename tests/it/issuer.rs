//! Tokens of a login server in place of keys: which of them let somebody in, whom, and to which tools. The login server
//! is a small one of ours on loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use demo_site::Deployment;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tests::http::{Answer, Server, modern, modern_lines, request};

use crate::program::Stage;

const PUBLIC: &str = "https://mcp.example.test/mcp";

const METADATA: &str = "https://mcp.example.test/.well-known/oauth-protected-resource/mcp";

/// Signs with one key; counts how often it was asked for it.
struct Login {
    address: String,
    key: rcgen::KeyPair,
    asked: Arc<AtomicUsize>,
    is_down: Arc<AtomicBool>,
}

impl Login {
    fn start() -> Login {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let key = rcgen::KeyPair::generate().expect("a key");
        let point = key.public_key_raw();
        let half = |range| URL_SAFE_NO_PAD.encode(&point[range]);
        let keys = json!({"keys": [
            {"kty": "of tomorrow", "kid": "k0"},
            {"kty": "EC", "crv": "P-256", "kid": "k1", "use": "sig", "alg": "ES256", "x": half(1..33), "y": half(33..65)},
        ]});
        let described = json!({"issuer": address, "jwks_uri": format!("{address}/keys")});
        let (asked, is_down) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (count, down) = (Arc::clone(&asked), Arc::clone(&is_down));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let path = path(&stream);
                let found = match path.as_str() {
                    _ if down.load(Ordering::SeqCst) => None,
                    "/.well-known/openid-configuration" => Some(&described),
                    "/keys" => {
                        count.fetch_add(1, Ordering::SeqCst);
                        Some(&keys)
                    }
                    _ => None,
                };
                answer(stream, found);
            }
        });
        Login {
            address,
            key,
            asked,
            is_down,
        }
    }

    fn claims(&self) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("it is after 1970").as_secs();
        json!({"iss": self.address, "aud": PUBLIC, "sub": "alice", "iat": now, "exp": now + 300,
            "scope": "openid jira:read"})
    }

    fn header() -> Header {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some("k1".to_owned());
        header
    }

    fn sign(&self, header: &Header, claims: &Value) -> String {
        let der = self.key.serialize_der();
        encode(header, claims, &EncodingKey::from_ec_der(&der)).expect("a token")
    }

    /// Good but for these claims; `null` takes one away.
    fn token(&self, others: Value) -> String {
        let mut claims = self.claims();
        for (name, value) in others.as_object().expect("claims") {
            match value {
                Value::Null => claims.as_object_mut().expect("claims").remove(name),
                value => claims
                    .as_object_mut()
                    .expect("claims")
                    .insert(name.clone(), value.clone()),
            };
        }
        self.sign(&Login::header(), &claims)
    }

    /// Good but for the header.
    fn headed(&self, change: impl FnOnce(&mut Header)) -> String {
        let mut header = Login::header();
        change(&mut header);
        self.sign(&header, &self.claims())
    }

    fn trusted_by(&self, stage: &Stage, more: &str) -> Server {
        let text = format!(
            "version = 1\nissuer = \"{}\"\npublic-url = \"{PUBLIC}\"\n{more}",
            self.address
        );
        std::fs::create_dir_all(stage.config_dir()).expect("a folder");
        std::fs::write(stage.config_dir().join("issuer.toml"), text).expect("the settings");
        let command = stage.command(&["serve", "--http", "127.0.0.1:0"]);
        Server::start(command).unwrap_or_else(|(status, said)| panic!("{status}: {said}"))
    }
}

fn path(stream: &TcpStream) -> String {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    first.split(' ').nth(1).unwrap_or_default().to_owned()
}

fn answer(mut stream: TcpStream, found: Option<&Value>) {
    let status = if found.is_some() {
        "200 OK"
    } else {
        "404 Not Found"
    };
    let body = found.unwrap_or(&Value::Null).to_string();
    // Whoever went away does not hear it.
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
}

fn post(server: &Server, token: &str, method: &str, params: Value) -> Answer {
    let message = modern(method, params);
    server.post(Some(token), &modern_lines(&message), &message)
}

fn challenge(answer: &Answer) -> &str {
    answer.header("www-authenticate").unwrap_or_default()
}

#[test]
fn only_a_token_of_this_login_server_for_this_server_lets_in() {
    let (stage, login) = (Stage::new(Deployment::Cloud), Login::start());
    let key = stage.key(&["add", "--name", "bob"]);
    let server = login.trusted_by(&stage, "");
    let status = |token: &str| post(&server, token, "tools/list", json!({})).status;
    assert_eq!(status(&login.token(json!({}))), 200);
    assert_eq!(
        status(&login.token(json!({"aud": ["https://x.test", PUBLIC]}))),
        200
    );
    assert_eq!(
        status(&login.headed(|header| header.typ = Some("JWT".into()))),
        200
    );
    assert_eq!(status(&key), 200, "keys go on to count");

    let now = login.claims()["iat"].as_u64().expect("a time");
    let stranger = Login::start();
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let unsigned = part(json!({"alg": "none", "typ": "at+jwt", "kid": "k1"}));
    let unsigned = format!("{unsigned}.{}.", part(login.claims()));
    let good = login.token(json!({}));
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    let (head, _) = signed.split_once('.').expect("three parts");
    let mut wider = login.claims();
    wider["scope"] = json!("jira:admin confluence:admin");
    let public = EncodingKey::from_secret(login.key.public_key_raw());
    let mut shared = Login::header();
    shared.alg = Algorithm::HS256;
    let atlassian = format!(
        "e30.{}.c2ln",
        part(json!({"iss": "https://auth.atlassian.com", "aud": PUBLIC}))
    );
    let long = login.token(json!({"x": "x".repeat(17 << 10)}));
    let wrong = [
        (
            "another audience",
            login.token(json!({"aud": "https://other.test/mcp"})),
        ),
        (
            "a longer audience",
            login.token(json!({"aud": format!("{PUBLIC}/x")})),
        ),
        ("no audience", login.token(json!({"aud": null}))),
        (
            "another issuer",
            login.token(json!({"iss": "https://id.example.test"})),
        ),
        (
            "an issuer with a slash",
            login.token(json!({"iss": format!("{}/", login.address)})),
        ),
        ("no issuer", login.token(json!({"iss": null}))),
        ("no subject", login.token(json!({"sub": null}))),
        ("ended", login.token(json!({"exp": now - 120}))),
        ("no end", login.token(json!({"exp": null}))),
        ("not yet", login.token(json!({"nbf": now + 600}))),
        ("no algorithm", unsigned),
        (
            "the public key as a secret",
            encode(&shared, &login.claims(), &public).expect("a token"),
        ),
        (
            "another's signature",
            stranger.token(json!({"iss": login.address})),
        ),
        ("no signature", format!("{signed}.")),
        (
            "other claims",
            format!("{head}.{}.{signature}", part(wider)),
        ),
        (
            "another type",
            login.headed(|header| header.typ = Some("dpop+jwt".into())),
        ),
        ("no type", login.headed(|header| header.typ = None)),
        ("no key named", login.headed(|header| header.kid = None)),
        (
            "a key with a path",
            login.headed(|header| header.kid = Some("../../etc/passwd".into())),
        ),
        (
            "a key elsewhere",
            login.headed(|header| {
                header.jku = Some(format!("{}/keys", stranger.address));
                header.kid = Some("k2".into());
            }),
        ),
        ("too long", long),
        ("Atlassian's", atlassian),
        (
            "Atlassian's, of a person",
            STANDARD.encode("me@example.com:ATATT3xFfGF0abc"),
        ),
        ("parts", "a.b.c".to_owned()),
    ];
    for number in 0..20 {
        let token = login.headed(|header| header.kid = Some(format!("k{}", 9 + number)));
        assert_eq!(status(&token), 401);
    }
    assert_eq!(
        login.asked.load(Ordering::SeqCst),
        1,
        "a storm asks nothing"
    );
    let mut said = server.stderr();
    // Fewer to each server than it takes for it to lose patience.
    for some in wrong.chunks(12) {
        let server = login.trusted_by(&stage, "");
        for (what, token) in some {
            let answer = post(&server, token, "tools/list", json!({}));
            // The head may hold no more than this server reads of one.
            assert!(
                [401, 431].contains(&answer.status),
                "{what}: {} {}",
                answer.status,
                answer.text()
            );
            if answer.status == 401 {
                let expected = format!(
                    "Bearer realm=\"mcp-airlock\", error=\"invalid_token\", resource_metadata=\"{METADATA}\", scope=\"jira:read confluence:read\""
                );
                assert_eq!(challenge(&answer), expected, "{what}");
            }
        }
        said += &server.stderr();
    }
    assert_eq!(
        stranger.asked.load(Ordering::SeqCst),
        0,
        "a token says no address"
    );

    for (what, token) in wrong.iter().chain([&("good", good.clone())]) {
        let claims = token.split('.').nth(1).unwrap_or(token);
        assert!(
            claims.len() < 8 || !said.contains(claims),
            "{what} is in the log"
        );
    }
}

#[test]
fn a_token_counts_in_one_header_line_and_nowhere_else() {
    let (stage, login) = (Stage::new(Deployment::Cloud), Login::start());
    let server = login.trusted_by(&stage, "");
    let token = login.token(json!({}));
    let message = modern("tools/list", json!({}));
    let body = message.to_string();
    let send = |target: &str, lines: &[String]| {
        let host = format!("host: {}", server.address());
        let length = format!("content-length: {}", body.len());
        let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        lines.extend([
            host.as_str(),
            length.as_str(),
            "content-type: application/json",
        ]);
        let head = format!(
            "POST {target} HTTP/1.1\r\n{}\r\n\r\n{body}",
            lines.join("\r\n")
        );
        server.send(head.as_bytes()).status
    };
    let line = format!("authorization: Bearer {token}");
    assert_eq!(send("/mcp", &[line.clone(), line.clone()]), 400);
    assert_eq!(send(&format!("/mcp?access_token={token}"), &[]), 401);
    assert_eq!(send(&format!("/mcp?access_token={token}"), &[line]), 400);
    assert_eq!(send("/mcp", &[format!("authorization: DPoP {token}")]), 401);
}

#[test]
fn each_tool_asks_for_its_own_scope() {
    let (stage, login) = (Stage::new(Deployment::Cloud), Login::start());
    let server = login.trusted_by(&stage, "");
    let listed = |scope: Value| {
        let answer = post(
            &server,
            &login.token(json!({"scope": scope})),
            "tools/list",
            json!({}),
        );
        let tools = answer.json()["result"]["tools"].clone();
        let names = tools.as_array().expect("a list").iter();
        let names = names.map(|tool| tool["name"].as_str().unwrap_or_default().to_owned());
        names.collect::<Vec<_>>()
    };
    let call = |scope: &str, tool: &str, arguments: Value| {
        let params = json!({"name": tool, "arguments": arguments});
        post(
            &server,
            &login.token(json!({"scope": scope})),
            "tools/call",
            params,
        )
    };
    let read = listed(json!("jira:read"));
    assert!(read.contains(&"jira_get_issue".to_owned()));
    assert!(
        !read.iter().any(|name| name.starts_with("confluence_")),
        "{read:?}"
    );
    assert_eq!(listed(json!(["jira:read"])), read);
    let all = listed(json!("jira:admin confluence:admin"));
    assert!(all.len() > read.len());
    assert!(
        listed(json!(null))
            .iter()
            .all(|name| !name.ends_with("_issue"))
    );

    let arguments = json!({"issue_key": "PROJ-1", "body": "x"});
    // Not one that writes can be called with what reads.
    for tool in all.iter().filter(|tool| !read.contains(tool)) {
        let refused = call("jira:read", tool, arguments.clone());
        assert_eq!(refused.status, 403, "{tool}: {}", refused.text());
        assert!(
            challenge(&refused).contains("error=\"insufficient_scope\""),
            "{tool}"
        );
    }
    let refused = call("jira:read", "jira_add_comment", arguments.clone());
    assert_eq!(
        challenge(&refused),
        format!(
            "Bearer realm=\"mcp-airlock\", error=\"insufficient_scope\", resource_metadata=\"{METADATA}\", scope=\"jira:write\""
        )
    );
    let refused = call("confluence:read", "jira_add_comment", arguments.clone());
    assert!(challenge(&refused).ends_with("scope=\"jira:write confluence:read\""));
    let done = call("jira:write", "jira_add_comment", arguments);
    assert_eq!(
        (done.status, &done.json()["result"]["isError"]),
        (200, &json!(false)),
        "{}",
        done.text()
    );
    let unknown = call("jira:read", "no_such_tool", json!({}));
    assert_ne!(unknown.status, 403, "{}", unknown.text());
}

#[test]
fn a_claim_becomes_the_principal_that_the_settings_name() {
    let (stage, login) = (Stage::new(Deployment::Cloud), Login::start());
    let server = login.trusted_by(
        &stage,
        "claim = \"oid\"\n[principals]\n\"00-17\" = \"carol\"\n",
    );
    let call = json!({"name": "jira_get_issue", "arguments": {"issue_key": "PROJ-1"}});
    let answer = post(
        &server,
        &login.token(json!({"oid": "00-17"})),
        "tools/call",
        call,
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    let shown = stage
        .command(&["audit", "show"])
        .output()
        .expect("the record");
    let record = String::from_utf8_lossy(&shown.stdout);
    assert!(record.contains("carol"), "{record}");
    for (others, status) in [
        (json!({"oid": "00-18"}), 403),
        (json!({"oid": "carol"}), 403),
        (json!({"oid": ["00-17"]}), 403),
        (json!({}), 403),
        (json!({"oid": "00-17", "sub": null}), 401),
    ] {
        let answer = post(
            &server,
            &login.token(others.clone()),
            "tools/list",
            json!({}),
        );
        assert_eq!(answer.status, status, "{others}");
        assert_eq!(challenge(&answer).is_empty(), status == 403, "{others}");
    }
    let said = server.stderr();
    assert!(
        said.contains("\"00-18\" = \"NAME\"") || said.contains("\\\"00-18\\\""),
        "{said}"
    );
}

#[test]
fn the_metadata_comes_from_the_settings_alone() {
    let (stage, login) = (Stage::new(Deployment::Cloud), Login::start());
    let server = login.trusted_by(&stage, "");
    let own = server.address().to_string();
    let get = |path: &str, host: &str, more: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{more}\r\n");
        server.send(head.as_bytes())
    };
    for path in ["", "/mcp"] {
        let path = format!("/.well-known/oauth-protected-resource{path}");
        for (host, more) in [
            (own.as_str(), ""),
            (
                "mcp.example.test",
                "x-forwarded-host: evil.test\r\nforwarded: host=evil.test\r\n",
            ),
        ] {
            let answer = get(&path, host, more);
            assert_eq!(answer.status, 200, "{}", answer.text());
            let json = answer.json();
            assert_eq!(json["resource"], PUBLIC);
            assert_eq!(json["authorization_servers"], json!([login.address]));
            assert_eq!(json["bearer_methods_supported"], json!(["header"]));
            assert!(!answer.text().contains("evil"), "{}", answer.text());
        }
        assert_eq!(get(&path, "evil.test", "").status, 403);
        assert_eq!(
            get(&path, &own, "origin: https://evil.test\r\n").status,
            403
        );
    }
    assert_eq!(
        get("/.well-known/oauth-protected-resource/other", &own, "").status,
        404
    );
    let nobody = server.send(&request(server.address(), None, &[], "{}"));
    assert_eq!(nobody.status, 401);
    assert!(
        challenge(&nobody).contains(METADATA),
        "{}",
        challenge(&nobody)
    );
    assert!(
        !challenge(&nobody).contains("error"),
        "{}",
        challenge(&nobody)
    );
}

#[test]
fn a_login_server_that_is_away_keeps_out_tokens_and_no_keys() {
    let (stage, login) = (Stage::new(Deployment::Cloud), Login::start());
    let key = stage.key(&["add", "--name", "bob"]);
    login.is_down.store(true, Ordering::SeqCst);
    let server = login.trusted_by(&stage, "");
    let status = |token: &str| post(&server, token, "tools/list", json!({})).status;
    let token = login.token(json!({}));
    assert_eq!((status(&token), status(&key)), (503, 200));
    login.is_down.store(false, Ordering::SeqCst);
    std::thread::sleep(Duration::from_secs(6));
    assert_eq!((status(&token), status(&key)), (200, 200));
    login.is_down.store(true, Ordering::SeqCst);
    assert_eq!(
        status(&login.headed(|header| header.kid = Some("k2".into()))),
        401
    );
    assert_eq!(status(&token), 200, "what was known stays");
}
