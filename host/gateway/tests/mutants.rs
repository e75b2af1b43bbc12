//! Each known-bad variant shows the fault that it is named for, seen from outside. What stays
//! invisible here could not be caught by any other test either.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use gateway::mutant::{self, Mutant};
use gateway::{
    Answer, Ask, AuditError, AuditLine, AuditSink, Body, Budget, CallContext, Clock, Credential,
    CredentialError, CredentialSource, Failure, Gateway, Incoming, Keep, Outgoing, Wire, WireError,
};
use policy::{Caller, Deployment, Manifest, Method, Permit, Product, Site, SiteName};
use secrecy::ExposeSecret;

const TOKEN: &str = "CANARY-jira-7Qm2xVt9LrPz4KdW8sYbN3hF";

const POLICY: &str = r#"
version = 1
[site.jira]
origin = "https://jira.example.test"
deployment = "cloud"
products = ["jira"]
[[rule]]
id = "read"
site = "jira"
classes = ["read"]
"#;

/// Address, headers, authorization.
type Sent = (String, Vec<(String, String)>, Option<String>);

/// Answers everything with the same script and writes down what it saw.
#[derive(Default)]
struct World {
    sent: Mutex<Vec<Sent>>,
    lines: Mutex<Vec<String>>,
    location: Option<&'static str>,
    body: String,
}

impl Wire for &World {
    async fn exchange(&self, out: Outgoing<'_>) -> Result<Incoming, WireError> {
        let headers = out
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        let authorization = out
            .authorization
            .map(|value| value.expose_secret().to_owned());
        let mut sent = self.sent.lock().unwrap();
        sent.push((out.url.to_owned(), headers, authorization));
        let first = sent.len() == 1;
        Ok(match self.location.filter(|_| first) {
            Some(location) => incoming(302, vec![("location".into(), location.into())], ""),
            None => incoming(200, vec![], &self.body),
        })
    }
}

fn incoming(status: u16, headers: Vec<(String, Vec<u8>)>, body: &str) -> Incoming {
    Incoming {
        status,
        headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
        peer: None,
    }
}

impl Clock for &World {
    fn now_ms(&self) -> u64 {
        0
    }
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
    async fn sleep(&self, _: Duration) {}
    fn jitter(&self) -> f64 {
        0.5
    }
}

impl AuditSink for &World {
    fn ready(&self) -> Result<(), AuditError> {
        Ok(())
    }
    fn record(&self, line: &AuditLine) -> Result<(), AuditError> {
        self.lines
            .lock()
            .unwrap()
            .push(serde_json::to_string(line).unwrap());
        Ok(())
    }
}

impl CredentialSource for &World {
    async fn credential(
        &self,
        _: &Permit,
        _: &Site,
        caller: &Caller,
    ) -> Result<Credential, CredentialError> {
        if caller.principal.as_str() != "alice" {
            return Err(CredentialError::Missing);
        }
        Ok(Credential {
            name: "alice".into(),
            authorization: format!("Bearer {TOKEN}").into(),
            secrets: vec![],
        })
    }
    async fn refreshed(
        &self,
        _: &Permit,
        _: &Site,
        _: &Caller,
        _: &Credential,
    ) -> Option<Credential> {
        None
    }
}

fn finish<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here waits"),
    }
}

fn ask(path: &str, headers: &[(&str, &str)]) -> Ask {
    Ask {
        site: SiteName::parse("jira").unwrap(),
        product: Product::Jira,
        deployment: Deployment::Cloud,
        method: Method::Get,
        segments: path.split('/').skip(1).map(str::to_owned).collect(),
        query: vec![],
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: Body::Empty,
        keep: Keep::Inline,
        max_body: None,
        timeout_ms: None,
        idempotent: false,
        operation: None,
    }
}

const ISSUE: &str = "/rest/api/3/issue/PROJ-1";

fn send(world: &World, principal: &str, ask: Ask) -> Result<Answer, Failure> {
    let policy = policy::parse(POLICY, "policy.toml").unwrap();
    let manifest = Manifest::from_json(
        br#"{"tools":[{"name":"t","routes":["jira.issue.get"]}]}"#,
        "sha256:c0",
    )
    .unwrap();
    let gateway = Gateway::new(
        Arc::new(policy),
        Arc::new(manifest),
        world,
        world,
        world,
        world,
    );
    let caller = Caller {
        principal: policy::Principal::parse(principal).unwrap(),
        tool: "t".into(),
    };
    finish(gateway.send(
        &CallContext::new(caller, "1", Duration::from_secs(60), Budget::default()),
        ask,
    ))
}

/// Is the fault to be seen?
fn shows(mutant: Mutant) -> bool {
    let echoing = |body: &str| World {
        body: body.to_owned(),
        ..World::default()
    };
    let world = World::default();
    match mutant {
        Mutant::NoRedirectBlock => {
            let world = World {
                location: Some("https://evil.test/collect"),
                ..World::default()
            };
            let _ = send(&world, "alice", ask(ISSUE, &[]));
            let sent = world.sent.lock().unwrap();
            sent.iter()
                .any(|(url, _, authorization)| url.contains("evil.test") && authorization.is_some())
        }
        Mutant::CheckRawSendNormalised => {
            for path in [
                "/rest/api/3/issue/PROJ-1/../PROJ-2",
                "/rest/api/3/issue/PROJ-1%2fcomment",
            ] {
                let _ = send(&world, "alice", ask(path, &[]));
            }
            let sent = world.sent.lock().unwrap();
            let urls: Vec<&str> = sent.iter().map(|(url, ..)| url.as_str()).collect();
            urls == [
                "https://jira.example.test/rest/api/3/issue/PROJ-2",
                "https://jira.example.test/rest/api/3/issue/PROJ-1/comment",
            ]
        }
        Mutant::FirstHeaderWins => send(
            &world,
            "alice",
            ask(ISSUE, &[("accept", "a/b"), ("Accept", "c/d")]),
        )
        .is_ok(),
        Mutant::FallbackCredential => {
            send(&world, "alice", ask(ISSUE, &[])).unwrap();
            send(&world, "bob", ask(ISSUE, &[])).is_ok()
        }
        Mutant::HeaderDenyList => {
            let _ = send(
                &world,
                "alice",
                ask(ISSUE, &[("X-Forwarded-For", "127.0.0.1")]),
            );
            world
                .sent
                .lock()
                .unwrap()
                .iter()
                .any(|(_, headers, _)| headers.iter().any(|(name, _)| name == "x-forwarded-for"))
        }
        Mutant::RedactRawOnly => {
            let hex: String = TOKEN.bytes().map(|byte| format!("{byte:02x}")).collect();
            let raw = send(&echoing(TOKEN), "alice", ask(ISSUE, &[])).unwrap();
            assert_eq!(raw.body, Bytes::from_static(b"[REDACTED]"));
            send(&echoing(&hex), "alice", ask(ISSUE, &[])).unwrap().body == hex
        }
        Mutant::EnvironmentProxy => unreachable!("a fault of the wire, which is not in this crate"),
        Mutant::LeakyGuest => {
            let answer = send(&world, "alice", ask(ISSUE, &[])).unwrap();
            answer
                .headers
                .iter()
                .any(|(_, value)| value.contains(TOKEN))
        }
        Mutant::LeakyAnswer => {
            let answer = send(&world, "alice", ask(ISSUE, &[])).unwrap();
            String::from_utf8_lossy(&answer.body).contains(TOKEN)
        }
        Mutant::LeakyLog => {
            send(&world, "alice", ask(ISSUE, &[])).unwrap();
            world
                .lines
                .lock()
                .unwrap()
                .iter()
                .any(|line| line.contains(TOKEN))
        }
    }
}

/// One test, since the switch is the whole process's.
#[test]
fn each_variant_has_its_fault_and_the_good_build_has_none() {
    for mutant in [
        Mutant::NoRedirectBlock,
        Mutant::CheckRawSendNormalised,
        Mutant::FirstHeaderWins,
        Mutant::FallbackCredential,
        Mutant::HeaderDenyList,
        Mutant::RedactRawOnly,
        Mutant::LeakyGuest,
        Mutant::LeakyLog,
        Mutant::LeakyAnswer,
    ] {
        mutant::set(None);
        assert!(!shows(mutant), "the good build behaves like {mutant:?}");
        mutant::set(Some(mutant));
        assert!(shows(mutant), "{mutant:?} shows no fault");
    }
    mutant::set(None);
}
