//! Whole requests through all seven steps, with a scripted wire.

use std::collections::VecDeque;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use policy::{Deployment, Method, Permit, Product, Site};
use secrecy::ExposeSecret;

use super::*;
use crate::ask::{Body, Keep, Part};
use crate::budget::{Budget, Limits};
use crate::ports::{AuditError, Credential, CredentialError, Hop, Incoming, Outgoing, WireError};
use crate::record::{AuditLine, LineKind, Verdict};

const JIRA_TOKEN: &str = "CANARY-jira-7Qm2xVt9LrPz4KdW8sYbN3hF";
const RENEWED_TOKEN: &str = "CANARY-renewed-u5Jc8ZoXq1Ew6RgTn0Mv";

const POLICY: &str = r#"
version = 1

[site.jira]
origin = "https://jira.example.test"
deployment = "cloud"
products = ["jira"]
redirect.media = "https://media.example.test"

[site.confluence]
origin = "https://confluence.example.test"
products = ["confluence"]

[[rule]]
id = "issue-read"
site = "jira"
routes = ["jira.issue.get", "jira.issue.search"]

[[rule]]
id = "comment-add"
site = "jira"
routes = ["jira.comment.add"]
request-max-bytes = 1000

[[rule]]
id = "attachment-get"
site = "jira"
methods = ["GET"]
path = "/rest/api/3/attachment/content/{id}"
redirect = "media"
tools = ["all"]

[[rule]]
id = "attachment-add"
site = "jira"
methods = ["POST"]
path = "/rest/api/3/issue/{issue-key}/attachments"
tools = ["all"]

[[deny]]
id = "never-delete"
site = "*"
classes = ["delete", "admin"]
"#;

const MANIFEST: &[u8] = br#"{"tools":[
    {"name":"all","routes":["jira.issue.get","jira.issue.search","jira.comment.add","jira.user.myself"]},
    {"name":"jira_get_issue","routes":["jira.issue.get"]}]}"#;

/// What crossed the wire, with the secret laid open.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sent {
    url: String,
    method: Method,
    hop: Hop,
    headers: Vec<(String, String)>,
    authorization: Option<String>,
    body: Option<Bytes>,
    timeout: Duration,
    cap: u64,
}

#[derive(Default)]
struct World {
    script: Mutex<VecDeque<Result<Incoming, WireError>>>,
    sent: Mutex<Vec<Sent>>,
    lines: Mutex<Vec<AuditLine>>,
    now: Mutex<Duration>,
    waits: Mutex<Vec<Duration>>,
    asked: Mutex<Vec<(String, String)>>,
    /// The sink stops working before this line.
    sink_ends_at: Option<usize>,
    /// The wire never answers.
    hangs: bool,
    renews: bool,
    ended: bool,
}

impl Wire for &World {
    async fn exchange(&self, out: Outgoing<'_>) -> Result<Incoming, WireError> {
        self.sent.lock().unwrap().push(Sent {
            url: out.url.to_owned(),
            method: out.method,
            hop: out.hop,
            headers: out
                .headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            authorization: out
                .authorization
                .map(|value| value.expose_secret().to_owned()),
            body: out.body,
            timeout: out.timeout,
            cap: out.max_response_bytes,
        });
        if self.hangs {
            std::future::pending::<()>().await;
        }
        let next = self.script.lock().unwrap().pop_front();
        next.unwrap_or_else(|| Ok(answer(200, &[], "{}")))
    }
}

impl Clock for &World {
    fn now_ms(&self) -> u64 {
        1_795_348_800_000 + u64::try_from(self.now.lock().unwrap().as_millis()).unwrap()
    }

    fn monotonic(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, time: Duration) {
        self.waits.lock().unwrap().push(time);
        *self.now.lock().unwrap() += time;
    }

    fn jitter(&self) -> f64 {
        0.5
    }
}

impl AuditSink for &World {
    fn ready(&self) -> Result<(), AuditError> {
        if self
            .sink_ends_at
            .is_some_and(|end| self.lines.lock().unwrap().len() >= end)
        {
            return Err(AuditError("disk full".into()));
        }
        Ok(())
    }

    fn record(&self, line: &AuditLine) -> Result<(), AuditError> {
        self.ready()?;
        self.lines.lock().unwrap().push(line.clone());
        Ok(())
    }
}

impl CredentialSource for &World {
    async fn credential(
        &self,
        permit: &Permit,
        site: &Site,
        caller: &Caller,
    ) -> Result<Credential, CredentialError> {
        self.asked
            .lock()
            .unwrap()
            .push((caller.principal.clone(), site.name.to_string()));
        assert_eq!(permit.site, site.name);
        match (caller.principal.as_str(), site.name.as_str(), self.ended) {
            (_, _, true) => Err(CredentialError::Ended),
            ("alice", "jira", _) => Ok(credential("alice-jira", JIRA_TOKEN)),
            ("alice", "confluence", _) => Ok(credential(
                "alice-confluence",
                "CANARY-conf-u5Jc8ZoXq1Ew6RgTn0MvAy2S",
            )),
            _ => Err(CredentialError::Missing),
        }
    }

    async fn refreshed(
        &self,
        _: &Permit,
        _: &Site,
        _: &Caller,
        rejected: &Credential,
    ) -> Option<Credential> {
        assert_eq!(rejected.name, "alice-jira");
        self.renews
            .then(|| credential("alice-jira-2", RENEWED_TOKEN))
    }
}

fn credential(name: &str, token: &str) -> Credential {
    Credential {
        name: name.into(),
        authorization: format!("Bearer {token}").into(),
        secrets: vec![token.into()],
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Incoming {
    Incoming {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        peer: Some(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7))),
    }
}

impl World {
    fn answering(answers: impl IntoIterator<Item = Result<Incoming, WireError>>) -> Self {
        Self {
            script: Mutex::new(answers.into_iter().collect()),
            ..Self::default()
        }
    }

    fn gateway(&self) -> Gateway<&Self, &Self, &Self, &Self> {
        let policy = policy::parse(POLICY, "policy.toml").expect("the fixture is a policy");
        let manifest =
            Manifest::from_json(MANIFEST, "sha256:c0").expect("the fixture is a manifest");
        Gateway::new(Arc::new(policy), Arc::new(manifest), self, self, self, self)
    }

    fn send(&self, ask: Ask) -> Result<Answer, Failure> {
        self.send_in(&call("alice"), ask)
    }

    fn send_in(&self, cx: &CallContext, ask: Ask) -> Result<Answer, Failure> {
        finish(self.gateway().send(cx, ask))
    }

    fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    fn lines(&self) -> Vec<AuditLine> {
        self.lines.lock().unwrap().clone()
    }

    fn line(&self) -> AuditLine {
        let lines = self.lines();
        assert_eq!(lines.len(), 1, "{lines:#?}");
        lines.into_iter().next().unwrap()
    }

    fn waits(&self) -> Vec<f64> {
        self.waits
            .lock()
            .unwrap()
            .iter()
            .map(Duration::as_secs_f64)
            .collect()
    }
}

/// Nothing here waits for anything but the scripted world.
fn finish<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the request waits for something that the world does not give"),
    }
}

fn call(principal: &str) -> CallContext {
    with_limits(principal, Limits::default())
}

fn with_limits(principal: &str, limits: Limits) -> CallContext {
    let caller = Caller {
        principal: principal.into(),
        tool: "all".into(),
    };
    CallContext::new(
        caller,
        "call-1",
        Duration::from_secs(60),
        Budget::new(limits),
    )
}

fn get(path: &str) -> Ask {
    Ask {
        site: SiteName::parse("jira").unwrap(),
        product: Product::Jira,
        deployment: Deployment::Cloud,
        method: Method::Get,
        segments: path.split('/').skip(1).map(str::to_owned).collect(),
        query: vec![],
        headers: vec![],
        body: Body::Empty,
        keep: Keep::Inline,
        max_body: None,
        timeout_ms: None,
        idempotent: false,
        operation: None,
    }
}

fn issue() -> Ask {
    get("/rest/api/3/issue/PROJ-1")
}

fn comment() -> Ask {
    Ask {
        method: Method::Post,
        body: Body::Json("{\"body\":{}}".into()),
        ..get("/rest/api/3/issue/PROJ-1/comment")
    }
}

fn attachment() -> Ask {
    get("/rest/api/3/attachment/content/10001")
}

fn denial(result: Result<Answer, Failure>) -> Denial {
    match result {
        Err(Failure::Denied(denial)) => *denial,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn an_allowed_request_goes_out_once_with_our_credential_and_our_headers() {
    let world = World::default();
    let ask = Ask {
        query: vec![("fields".into(), "summary,status".into())],
        ..issue()
    };
    world.send(ask).expect("allowed");
    let sent = world.sent();
    insta::assert_debug_snapshot!(sent, @r#"
    [
        Sent {
            url: "https://jira.example.test/rest/api/3/issue/PROJ-1?fields=summary%2Cstatus",
            method: Get,
            hop: Site,
            headers: [
                (
                    "accept",
                    "application/json",
                ),
                (
                    "user-agent",
                    "mcp-airlock/0.1.0",
                ),
                (
                    "accept-encoding",
                    "gzip",
                ),
            ],
            authorization: Some(
                "Bearer CANARY-jira-7Qm2xVt9LrPz4KdW8sYbN3hF",
            ),
            body: None,
            timeout: 30s,
            cap: 16777216,
        },
    ]
    "#);
}

#[test]
fn an_allowed_request_leaves_one_line() {
    let world = World::answering([Ok(answer(
        200,
        &[],
        &format!("{{\"echo\":\"{JIRA_TOKEN}\"}}"),
    ))]);
    let ask = Ask {
        query: vec![("fields".into(), "secret value".into())],
        operation: Some("get issue".into()),
        ..issue()
    };
    let answer = world.send(ask).expect("allowed");
    assert_eq!(
        answer.body,
        Bytes::from_static(b"{\"echo\":\"[REDACTED]\"}")
    );
    let mut line = world.line();
    assert!(line.policy.starts_with("sha256:"));
    line.policy = "sha256:…".into();
    insta::assert_snapshot!(serde_json::to_string_pretty(&line).unwrap(), @r#"
    {
      "v": 1,
      "ts": "2026-11-22T12:00:00.000Z",
      "kind": "decision",
      "principal": "alice",
      "call": "call-1",
      "tool": "all",
      "site": "jira",
      "product": "jira",
      "method": "GET",
      "template": "/rest/api/3/issue/{issue-key}",
      "params": {
        "issue-key": "PROJ-1"
      },
      "path": null,
      "query_keys": [
        "fields"
      ],
      "verdict": "allow",
      "rule": "issue-read",
      "route": "jira.issue.get",
      "class": "read",
      "reason": null,
      "secret": "alice-jira",
      "redirect": null,
      "policy": "sha256:…",
      "component": "sha256:c0",
      "addr": "198.51.100.7",
      "status": 200,
      "req_bytes": 0,
      "resp_bytes": 47,
      "ms": 0,
      "tries": 1,
      "redactions": 1,
      "operation": "get issue"
    }
    "#);
}

#[test]
fn refused_requests_reach_neither_the_wire_nor_the_credentials_and_leave_a_line() {
    let header = |name: &str| Ask {
        headers: vec![(name.into(), "x".into())],
        ..issue()
    };
    for (ask, rule) in [
        (get("/rest/api/3/issue/PROJ-1/../PROJ-2"), "host.path"),
        (header("authorization"), "host.header"),
        (header("x-http-method-override"), "host.header"),
        (
            Ask {
                query: vec![("fields".into(), "a\r\nb".into())],
                ..issue()
            },
            "host.query",
        ),
        (
            Ask {
                site: SiteName::parse("other").unwrap(),
                ..issue()
            },
            "host.site",
        ),
        (
            Ask {
                query: vec![("access_token".into(), "x".into())],
                ..issue()
            },
            "default-deny",
        ),
        (
            Ask {
                method: Method::Delete,
                ..issue()
            },
            "default-deny",
        ),
        (
            Ask {
                method: Method::Patch,
                ..issue()
            },
            "default-deny",
        ),
        (get("/rest/api/3/issue/PROJ-1/commentx"), "default-deny"),
        (get("/rest/api/2/issue/PROJ-1"), "default-deny"),
        (get("/rest/plugins/1.0"), "default-deny"),
        (
            Ask {
                body: Body::Json(format!("\"{}\"", "x".repeat(1000))),
                ..comment()
            },
            "comment-add",
        ),
    ] {
        let world = World::default();
        let cx = call("alice");
        let text = format!("{ask:?}");
        let denial = denial(world.send_in(&cx, ask));
        let line = world.line();
        assert!(
            world.sent().is_empty() && world.asked.lock().unwrap().is_empty(),
            "{text}"
        );
        assert_eq!(
            (line.verdict, line.tries, line.secret),
            (Verdict::Deny, 0, None),
            "{text}"
        );
        assert_eq!(line.rule, denial.rule);
        if rule != "comment-add" {
            assert_eq!(denial.rule, rule, "{text}");
        }
        assert_eq!(cx.denials(), [denial]);
    }
}

#[test]
fn a_tool_cannot_use_the_route_of_another() {
    let world = World::default();
    let caller = Caller {
        principal: "alice".into(),
        tool: "jira_get_issue".into(),
    };
    let cx = CallContext::new(caller, "call-1", Duration::from_secs(60), Budget::default());
    denial(world.send_in(&cx, comment()));
    assert!(world.send_in(&cx, issue()).is_ok());
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn a_refusal_says_what_would_allow_it_to_people_only() {
    let world = World::default();
    let refused = world.send(get("/rest/api/3/myself"));
    let denial = denial(refused);
    assert!(
        denial
            .would_allow
            .is_some_and(|line| line.contains("[[rule]]"))
    );
    assert_eq!(world.line().path.as_deref(), None);
    assert_eq!(world.line().template.as_deref(), Some("/rest/api/3/myself"));
}

#[test]
fn a_caller_without_a_credential_gets_nobody_elses() {
    let world = World::default();
    assert!(world.send(issue()).is_ok());
    let denial = denial(world.send_in(&call("bob"), issue()));
    assert_eq!(denial.rule, "host.credential");
    assert_eq!(world.sent().len(), 1);
    let asked = world.asked.lock().unwrap().clone();
    assert_eq!(
        asked,
        [
            ("alice".to_owned(), "jira".to_owned()),
            ("bob".to_owned(), "jira".to_owned())
        ]
    );
}

#[test]
fn an_ended_authorization_asks_for_a_person() {
    let world = World {
        ended: true,
        ..World::default()
    };
    assert_eq!(world.send(issue()), Err(Failure::Reauthorize));
    assert_eq!(
        world.line().reason.as_deref(),
        Some("the site no longer accepts the stored authorization")
    );
}

#[test]
fn busy_answers_are_repeated_with_the_named_wait() {
    let world = World::answering([
        Ok(answer(429, &[("retry-after", "2")], "")),
        Ok(answer(200, &[], "{}")),
    ]);
    assert_eq!(world.send(comment()).map(|answer| answer.status), Ok(200));
    assert_eq!(world.waits(), [2.0]);
    assert_eq!(world.lines().last().map(|line| line.tries), Some(2));
}

#[test]
fn a_site_that_stays_busy_is_asked_four_times() {
    let world = World::answering((0..1000).map(|_| Ok(answer(429, &[], ""))));
    assert_eq!(world.send(issue()).map(|answer| answer.status), Ok(429));
    assert_eq!(world.waits(), [2.0, 4.0, 8.0]);
    assert_eq!((world.sent().len(), world.line().tries), (4, 4));
}

#[test]
fn a_wait_beyond_the_deadline_hands_out_the_busy_answer_at_once() {
    let world = World::answering([Ok(answer(429, &[("retry-after", "999999999")], ""))]);
    let busy = world.send(issue()).expect("the answer as it is");
    assert_eq!(
        (busy.status, busy.headers),
        (
            429,
            vec![("retry-after".to_owned(), "999999999".to_owned())]
        )
    );
    assert_eq!((world.waits().len(), world.sent().len()), (0, 1));
}

#[test]
fn an_unavailable_site_is_asked_again_for_reads_only() {
    let past = [("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT")];
    let world = World::answering((0..9).map(|_| Ok(answer(503, &past, ""))));
    assert_eq!(world.send(issue()).map(|answer| answer.status), Ok(503));
    assert_eq!(world.sent().len(), 4);
    let world = World::answering((0..9).map(|_| Ok(answer(503, &past, ""))));
    assert_eq!(
        world
            .send(Ask {
                idempotent: true,
                ..comment()
            })
            .map(|answer| answer.status),
        Ok(503)
    );
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn a_write_whose_answer_was_lost_is_not_sent_twice() {
    let lost = || Err(WireError::Lost("reset".into()));
    let world = World::answering([lost(), lost()]);
    assert_eq!(
        world.send(Ask {
            idempotent: true,
            ..comment()
        }),
        Err(Failure::BadResponse)
    );
    assert_eq!(world.sent().len(), 1);
    let world = World::answering([lost(), Ok(answer(200, &[], "{}"))]);
    assert!(world.send(issue()).is_ok());
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn a_used_up_quota_stops_the_account_and_no_other() {
    let world = World::answering([Ok(answer(
        429,
        &[
            ("ratelimit-reason", "jira-quota-global-based"),
            ("retry-after", "30"),
        ],
        "",
    ))]);
    let gateway = world.gateway();
    let send = |cx: &CallContext| finish(gateway.send(cx, issue()));
    assert_eq!(send(&call("alice")).map(|answer| answer.status), Ok(429));
    assert_eq!(send(&call("alice")), Err(Failure::RateLimited(Some(30))));
    assert_eq!(world.sent().len(), 1);
    *world.now.lock().unwrap() += Duration::from_secs(31);
    assert_eq!(send(&call("alice")).map(|answer| answer.status), Ok(200));
}

#[test]
fn a_rejected_credential_is_renewed_once_and_otherwise_told_as_it_is() {
    let world = World::answering([Ok(answer(401, &[("www-authenticate", "Basic")], "no"))]);
    let refused = world.send(issue()).expect("a status is an answer");
    assert_eq!((refused.status, refused.headers), (401, vec![]));

    let echo = format!("{JIRA_TOKEN} {RENEWED_TOKEN}");
    let world = World {
        renews: true,
        ..World::answering([Ok(answer(401, &[], "")), Ok(answer(200, &[], &echo))])
    };
    let answer_after = world
        .send(issue())
        .expect("the renewed credential is accepted");
    assert_eq!(
        answer_after.body,
        Bytes::from_static(b"[REDACTED] [REDACTED]")
    );
    let used: Vec<Option<String>> = world
        .sent()
        .into_iter()
        .map(|sent| sent.authorization)
        .collect();
    assert_eq!(
        used,
        [
            Some(format!("Bearer {JIRA_TOKEN}")),
            Some(format!("Bearer {RENEWED_TOKEN}"))
        ]
    );
    assert_eq!(world.line().secret.as_deref(), Some("alice-jira-2"));

    let world = World {
        renews: true,
        ..World::answering((0..9).map(|_| Ok(answer(401, &[], ""))))
    };
    assert_eq!(world.send(issue()).map(|answer| answer.status), Ok(401));
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn the_named_redirect_is_followed_once_and_bare() {
    let location = "https://media.example.test/file/1?token=SIGNED-CANARY-m3Vx8Tq5";
    let world = World::answering([
        Ok(answer(303, &[("location", location)], "")),
        Ok(answer(200, &[("location", "x")], "bytes")),
    ]);
    let ask = Ask {
        headers: vec![
            ("accept".into(), "*/*".into()),
            ("x-experimentalapi".into(), "opt-in".into()),
        ],
        ..attachment()
    };
    let got = world.send(ask).expect("followed");
    assert_eq!(
        (got.status, got.body, got.headers),
        (200, Bytes::from_static(b"bytes"), vec![])
    );
    let sent = world.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(
        (sent[1].url.as_str(), sent[1].method, sent[1].hop),
        (location, Method::Get, Hop::Redirect)
    );
    assert_eq!((&sent[1].authorization, &sent[1].body), (&None, &None));
    let names: Vec<&str> = sent[1]
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["user-agent", "accept-encoding"]);
    let lines = world.lines();
    let kinds: Vec<(LineKind, Option<u16>)> =
        lines.iter().map(|line| (line.kind, line.status)).collect();
    assert_eq!(
        kinds,
        [
            (LineKind::Decision, Some(303)),
            (LineKind::Redirect, Some(200))
        ]
    );
    assert_eq!(
        (
            lines[0].redirect.as_deref(),
            lines[1].redirect.as_deref(),
            &lines[1].secret
        ),
        (Some("media"), Some("media"), &None)
    );
    assert!(!serde_json::to_string(&lines).unwrap().contains("SIGNED"));
}

#[test]
fn no_other_redirect_is_followed() {
    for (ask, status, location) in [
        (attachment(), 301, "https://evil.test/collect"),
        (attachment(), 302, "https://evil.test/collect"),
        (attachment(), 307, "https://evil.test/collect"),
        (attachment(), 308, "https://evil.test/collect"),
        (attachment(), 302, "https://media.example.test:8443/file/1"),
        (attachment(), 302, "/rest/api/3/issue/PROJ-1"),
        (attachment(), 302, "loop"),
        (issue(), 302, "https://media.example.test/file/1"),
        (comment(), 307, "https://media.example.test/file/1"),
    ] {
        let world = World::answering([Ok(answer(status, &[("Location", location)], "see there"))]);
        let denial = denial(world.send(ask));
        assert_eq!(denial.rule, "host.redirect", "{location}");
        assert!(!denial.reason.contains("test"), "{}", denial.reason);
        assert_eq!(world.sent().len(), 1, "{location}");
        let lines = world.lines();
        let line = lines.last().unwrap();
        assert_eq!((line.verdict, line.status), (Verdict::Deny, Some(status)));
    }
}

#[test]
fn a_second_redirect_ends_the_request() {
    let hop = || {
        Ok(answer(
            302,
            &[("location", "https://media.example.test/file/1")],
            "",
        ))
    };
    let world = World::answering((0..50).map(|_| hop()));
    assert_eq!(denial(world.send(attachment())).rule, "host.redirect");
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn a_login_page_is_an_ended_authorization() {
    let world = World::answering([Ok(answer(
        302,
        &[(
            "location",
            "https://jira.example.test/login.jsp?os_destination=x",
        )],
        "<html>",
    ))]);
    assert_eq!(world.send(issue()), Err(Failure::Reauthorize));
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn a_redirect_status_without_a_place_is_an_answer() {
    let world = World::answering([Ok(answer(304, &[], "")), Ok(answer(302, &[], ""))]);
    assert_eq!(world.send(issue()).map(|answer| answer.status), Ok(304));
    assert_eq!(world.send(issue()).map(|answer| answer.status), Ok(302));
}

#[test]
fn a_write_is_announced_before_it_is_sent() {
    let world = World::default();
    world.send(comment()).expect("allowed");
    let lines = world.lines();
    let kinds: Vec<(LineKind, u32, Option<u16>)> = lines
        .iter()
        .map(|line| (line.kind, line.tries, line.status))
        .collect();
    assert_eq!(
        kinds,
        [
            (LineKind::Intent, 0, None),
            (LineKind::Decision, 1, Some(200))
        ]
    );
    assert_eq!((lines[0].req_bytes, lines[1].req_bytes), (11, 11));
}

#[test]
fn what_cannot_be_recorded_is_not_sent() {
    for ask in [issue(), comment()] {
        let world = World {
            sink_ends_at: Some(0),
            ..World::default()
        };
        assert!(matches!(world.send(ask), Err(Failure::Internal(_))));
        assert!(world.sent().is_empty());
    }
}

#[test]
fn an_answer_that_cannot_be_recorded_is_not_handed_out() {
    let world = World {
        sink_ends_at: Some(1),
        ..World::default()
    };
    assert!(matches!(world.send(comment()), Err(Failure::Internal(_))));
    assert_eq!((world.sent().len(), world.lines().len()), (1, 1));
}

#[test]
fn a_request_that_the_client_gave_up_is_recorded() {
    let world = World {
        hangs: true,
        ..World::default()
    };
    let (gateway, cx) = (world.gateway(), call("alice"));
    {
        let mut future = pin!(gateway.send(&cx, issue()));
        assert!(
            future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
    }
    let line = world.line();
    assert_eq!(
        (line.verdict, line.tries, line.status),
        (Verdict::Allow, 1, None)
    );
    assert!(
        line.reason
            .is_some_and(|reason| reason.starts_with("abandoned"))
    );
}

#[test]
fn what_the_wire_says_of_a_failure_is_redacted_in_the_record() {
    let world = World::answering([Err(WireError::BadResponse(format!(
        "bad header line: {JIRA_TOKEN}"
    )))]);
    assert_eq!(world.send(issue()), Err(Failure::BadResponse));
    let line = world.line();
    assert_eq!(
        line.reason.as_deref(),
        Some("not a valid HTTP answer: bad header line: [REDACTED]")
    );
    assert_eq!(line.redactions, 1);
}

#[test]
fn failures_of_the_wire_have_their_own_words() {
    for (error, failure) in [
        (WireError::Connect("refused".into()), Failure::Connect),
        (WireError::Tls("expired".into()), Failure::Tls),
        (WireError::Timeout, Failure::Timeout),
        (
            WireError::TooLarge(16 << 20),
            Failure::BodyTooLarge(16 << 20),
        ),
    ] {
        let world = World::answering([Err(error)]);
        assert_eq!(world.send(issue()), Err(failure));
        assert_eq!(world.sent().len(), 1);
    }
}

#[test]
fn a_wire_that_ignores_the_cap_does_not_pass_it() {
    let world = World::answering([Ok(answer(200, &[], "12345"))]);
    assert_eq!(
        world.send(Ask {
            max_body: Some(4),
            ..issue()
        }),
        Err(Failure::BodyTooLarge(4))
    );
}

#[test]
fn a_call_ends_with_its_budget_and_floods_no_record() {
    let world = World::default();
    let cx = with_limits(
        "alice",
        Limits {
            requests: 2,
            ..Limits::default()
        },
    );
    let results: Vec<Result<u16, Failure>> = (0..50)
        .map(|_| world.send_in(&cx, issue()).map(|answer| answer.status))
        .collect();
    assert_eq!(results[..3], [Ok(200), Ok(200), Err(Failure::Budget)]);
    assert!(
        results[3..]
            .iter()
            .all(|result| *result == Err(Failure::Budget))
    );
    assert_eq!((world.sent().len(), world.lines().len()), (2, 3));
    assert_eq!(world.lines()[2].rule, "host.budget");
}

#[test]
fn tries_count_as_requests() {
    let world = World::answering((0..9).map(|_| Ok(answer(429, &[], ""))));
    let cx = with_limits(
        "alice",
        Limits {
            requests: 2,
            ..Limits::default()
        },
    );
    assert_eq!(world.send_in(&cx, issue()), Err(Failure::Budget));
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn nothing_is_sent_after_the_deadline_or_a_cancellation() {
    let world = World::default();
    *world.now.lock().unwrap() = Duration::from_secs(60);
    assert_eq!(world.send(issue()), Err(Failure::Timeout));
    *world.now.lock().unwrap() = Duration::ZERO;
    let cx = call("alice");
    cx.cancel();
    assert_eq!(world.send_in(&cx, issue()), Err(Failure::Cancelled));
    assert!(world.sent().is_empty());
}

#[test]
fn the_time_for_an_exchange_ends_with_the_call() {
    let world = World::default();
    *world.now.lock().unwrap() = Duration::from_secs(55);
    world.send(issue()).expect("there is time");
    assert_eq!(world.sent()[0].timeout, Duration::from_secs(5));
}

#[test]
fn an_upload_carries_the_token_that_atlassian_asks_for() {
    let part = Part {
        name: "file".into(),
        file_name: Some("a.txt".into()),
        media_type: None,
        data: Bytes::from_static(b"x"),
    };
    let ask = Ask {
        method: Method::Post,
        body: Body::Multipart(vec![part]),
        ..get("/rest/api/3/issue/PROJ-1/attachments")
    };
    let world = World::default();
    world.send(ask).expect("allowed");
    let headers = &world.sent()[0].headers;
    assert!(headers.contains(&("x-atlassian-token".into(), "no-check".into())));
    assert!(headers.iter().any(|(name, value)| name == "content-type"
        && value.starts_with("multipart/form-data; boundary=")));
}

#[test]
fn one_record_stays_one_line() {
    let world = World::default();
    let key = format!(
        "PROJ-1\n{{\"v\":1,\"kind\":\"decision\"}}\u{2028}{}",
        "A".repeat(1 << 20)
    );
    denial(world.send(Ask {
        segments: vec!["rest".into(), key.clone()],
        operation: Some(key),
        ..issue()
    }));
    let text = serde_json::to_string(&world.line()).unwrap();
    assert!(!text.contains('\n') && text.len() < 2_000, "{}", text.len());
    assert!(text.contains("sha256:"));
}

#[test]
fn the_hosts_own_requests_have_rules_with_names() {
    let world = World::answering([Ok(answer(200, &[], "{\"deploymentType\":\"Cloud\"}"))]);
    let gateway = world.gateway();
    let site = SiteName::parse("jira").unwrap();
    finish(gateway.send_own(&call("alice"), &site, OwnRequest::JiraServerInfo))
        .expect("a built-in rule");
    assert_eq!(
        world.sent()[0].url,
        "https://jira.example.test/rest/api/2/serverInfo"
    );
    let line = world.line();
    assert_eq!(
        (
            line.rule.as_str(),
            line.tool.as_str(),
            line.principal.as_str()
        ),
        ("host-jira-server-info", "host", "alice")
    );
    assert_eq!(line.component, "sha256:c0");
}

#[test]
fn an_own_request_is_for_sites_with_that_product_and_not_for_components() {
    let world = World::default();
    let site = |name| SiteName::parse(name).unwrap();
    let gateway = world.gateway();
    let confluence = finish(gateway.send_own(
        &call("alice"),
        &site("jira"),
        OwnRequest::ConfluenceManifest,
    ));
    assert_eq!(denial(confluence).rule, "host.site");
    let unknown =
        finish(gateway.send_own(&call("alice"), &site("other"), OwnRequest::JiraServerInfo));
    assert!(matches!(unknown, Err(Failure::Internal(_))));
    assert!(world.sent().is_empty());
    finish(gateway.send_own(
        &call("alice"),
        &site("confluence"),
        OwnRequest::ConfluenceManifest,
    ))
    .expect("a built-in rule");
    denial(world.send(get("/rest/api/2/serverInfo")));
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn futures_of_the_gateway_can_move_between_threads() {
    fn is_send<T: Send>(_: T) {}
    let world = World::default();
    let (gateway, cx) = (world.gateway(), call("alice"));
    is_send(gateway.send(&cx, issue()));
    is_send(gateway.send_own(
        &cx,
        &SiteName::parse("jira").unwrap(),
        OwnRequest::JiraServerInfo,
    ));
}
