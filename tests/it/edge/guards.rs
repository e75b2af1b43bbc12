//! What keeps the door of an edge deployment: keys and names, rules, sealed lines, time, and that nobody is served by half
//! a configuration.

use std::time::Duration;

use demo_site::Deployment;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::deployment::{self, AUDIT_KEY, Deployed, World};
use super::runtime::{Answer, HOST};
use super::text_of;
use crate::program::TOKEN;

#[tokio::test(flavor = "multi_thread")]
async fn only_holders_of_a_key_come_in_by_a_known_name() {
    let deployed = Deployed::ours();
    let message = tests::http::modern("tools/list", json!({}));
    let good = || deployed.request(&message);
    assert_eq!(deployed.send(good()).await.status, 200);
    let with = |name: &'static str, value: &str| {
        let mut request = good();
        let value = value.parse().expect("a header");
        request.headers_mut().insert(name, value);
        request
    };
    let to = |method: &str, target: &str| {
        let mut request = good();
        *request.method_mut() = method.parse().expect("a method");
        *request.uri_mut() = target.parse().expect("a target");
        request
    };
    let mut without_key = good();
    without_key.headers_mut().remove("authorization");
    let mut old_session = with("mcp-session-id", "x");
    let older = "2025-11-25".parse().expect("a date");
    old_session
        .headers_mut()
        .insert("mcp-protocol-version", older);
    let strangers = format!("Bearer {}", deployment::stranger());
    let alices = good().headers()["authorization"].clone();
    let alices = alices.to_str().expect("a key is ASCII");
    let (rest, last) = alices.split_at(alices.len() - 1);
    let almost = format!("{rest}{}", if last == "A" { "B" } else { "A" });
    for (what, request, status) in [
        ("no key", without_key, 401),
        ("a stranger's key", with("authorization", &strangers), 401),
        ("almost alice's key", with("authorization", &almost), 401),
        (
            "a site's token",
            with("authorization", &format!("Bearer {TOKEN}")),
            401,
        ),
        ("another name", with("host", "evil.test"), 403),
        ("another page", with("origin", "https://evil.test"), 403),
        ("a page's fetch", with("sec-fetch-site", "cross-site"), 403),
        ("another type", with("content-type", "text/plain"), 415),
        (
            "a compressed message",
            with("content-encoding", "gzip"),
            415,
        ),
        ("an old session", old_session, 404),
        ("another place", to("POST", "/admin"), 404),
        ("another method", to("DELETE", "/mcp"), 405),
        ("a key in the address", to("POST", "/mcp?key=x"), 400),
        ("a batch", good().map(|_| "[]".to_owned()), 400),
        (
            "a message that says a thing twice",
            good().map(|body| body.replacen('{', "{\"id\":2,", 1)),
            400,
        ),
        ("too much", good().map(|_| "x".repeat(5 << 20)), 413),
    ] {
        let answer = deployed.send(request).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        assert!(answer.log.is_empty(), "{what}: {}", answer.log);
    }
    let refused = deployed.send(with("authorization", "Bearer x")).await;
    let challenge = refused.headers["www-authenticate"].to_str();
    assert!(challenge.is_ok_and(|value| value.contains("invalid_token")));
    let own_page = with("origin", &format!("https://{HOST}"));
    assert_eq!(deployed.send(own_page).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_its_rule_to_the_client_and_nothing_is_sent() {
    let deployed = Deployed::ours();
    let world = World::start(Deployment::DataCenter, TOKEN).await;
    let comment = |site: &str| json!({"name": "jira_add_comment", "arguments": {"issue_key": "PROJ-1", "site": site, "body": "x"}});
    let refused = deployed.ask("tools/call", comment("locked")).await;
    let text = text_of(&refused);
    assert!(text.contains("no-comments"), "{text}");
    let records = records(&refused);
    assert!(
        records
            .iter()
            .any(|record| record["rule"] == "no-comments" && record["verdict"] == "deny"),
        "{records:?}"
    );
    let sent = world.requests();
    assert!(sent.iter().all(|sent| sent.method == "GET"), "{sent:?}");
    let permitted = deployed.ask("tools/call", comment("center")).await;
    assert!(!text_of(&permitted).contains("no-comments"));
    let records = self::records(&permitted);
    assert!(
        records.iter().any(|record| record["rule"] == "work-center"),
        "{records:?}"
    );
    assert!(world.requests().iter().any(|sent| sent.method == "POST"));
}

/// The audit lines of an answer, each found to be sealed as it stands, of alice, and numbered from 0.
fn records(answer: &Answer) -> Vec<Value> {
    let lines = answer.log.lines().filter(|line| line.starts_with('{'));
    let records: Vec<Value> = lines
        .map(|line| {
            let (text, seal) = line
                .split_once(r#","mac":""#)
                .expect("every line is sealed");
            let seal = seal.trim_end_matches("\"}");
            assert_eq!(sealed(text), seal, "{line}");
            assert_ne!(sealed(&text.replacen("alice", "bob", 1)), seal);
            serde_json::from_str(line).expect("JSON")
        })
        .collect();
    assert!(!records.is_empty(), "nothing was recorded: {}", answer.log);
    for (number, record) in records.iter().enumerate() {
        assert_eq!(record["seq"], number, "{}", answer.log);
        assert_eq!(record["principal"], "alice", "{}", answer.log);
    }
    records
}

fn sealed(text: &str) -> String {
    let digits = AUDIT_KEY.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).expect("ASCII");
        u8::from_str_radix(pair, 16).expect("hexadecimal digits")
    });
    let key: Vec<u8> = digits.collect();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes every key");
    mac.update(b"edge\0");
    mac.update(text.as_bytes());
    let bytes = mac.finalize().into_bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_misses_something_serves_nobody_and_says_what() {
    let deployed = Deployed::ours();
    let message = tests::http::modern("tools/list", json!({}));
    let whole = deployment::environment(TOKEN);
    let health = async |environment: &[(String, String)], path: &str| {
        let request = http::Request::get(path).header("host", HOST);
        let request = request.body(String::new()).expect("a request");
        deployed
            .runtime
            .ask(environment, request, || ())
            .await
            .status
    };
    assert_eq!(health(&whole, "/readyz").await, 200);
    let changed = |name: &str, value: Option<&str>| -> Vec<(String, String)> {
        let mut environment = whole.clone();
        environment.retain(|(given, _)| given != name);
        environment.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        environment
    };
    for (name, value, said) in [
        ("AIRLOCK_TOKEN_CLOUD", None, "is not set"),
        ("AIRLOCK_TOKEN_CENTER", Some("  "), "is not set"),
        ("AIRLOCK_TOKEN_MUTE", Some("Bearer abc"), "is wrong"),
        ("AIRLOCK_KEYS", None, "is not set"),
        ("AIRLOCK_KEYS", Some("version = 1\n"), "is wrong"),
        ("AIRLOCK_KEYS", Some("version ="), "is wrong"),
        ("AIRLOCK_HOSTS", None, "is not set"),
        ("AIRLOCK_HOSTS", Some("*"), "is wrong"),
        ("AIRLOCK_AUDIT_KEY", None, "is not set"),
        ("AIRLOCK_AUDIT_KEY", Some("abc"), "is wrong"),
    ] {
        let environment = changed(name, value);
        let request = deployed.request(&message);
        let answer = deployed.runtime.ask(&environment, request, || ()).await;
        assert_eq!(answer.status, 503, "{name}={value:?}: {}", answer.text());
        let text = answer.text();
        assert!(!text.contains("AIRLOCK"), "a stranger is told: {text}");
        let log = &answer.log;
        assert!(
            log.contains(&format!("nobody is served: {name} {said}")),
            "{log}"
        );
        assert_eq!(health(&environment, "/readyz").await, 503, "{name}");
        assert_eq!(health(&environment, "/healthz").await, 200, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_hangs_ends_in_an_answer() {
    let deployed = Deployed::ours();
    let params = json!({"name": "jira_list_projects", "arguments": {"site": "mute"}});
    let answer = deployed.ask("tools/call", params).await;
    let text = text_of(&answer);
    assert_eq!(answer.json()["result"]["isError"], true, "{text}");
    assert!(answer.took < Duration::from_secs(58), "{:?}", answer.took);
    assert!(!records(&answer).is_empty());
}
