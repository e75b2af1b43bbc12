//! A scripted site, a clock that moves when told, a sink that can fill up: everything outside of the gateway.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;

use secrecy::ExposeSecret;

pub(super) use std::future::Future;
pub(super) use std::pin::pin;
pub(super) use std::sync::Arc;
pub(super) use std::task::{Context, Poll, Waker};
pub(super) use std::time::Duration;

pub(super) use bytes::Bytes;
pub(super) use policy::{Caller, Deployment, Manifest, Method, Permit, Product, Site, SiteName};

pub(super) use crate::ask::{Answer, Ask, Body, Denial, Failure, Keep, Part};
pub(super) use crate::budget::{Budget, Limits};
pub(super) use crate::call::CallContext;
pub(super) use crate::gateway::Gateway;
pub(super) use crate::own::OwnRequest;
pub(super) use crate::ports::{
    AuditError, AuditSink, Clock, Credential, CredentialError, CredentialSource, Hop, Incoming,
    Outgoing, Wire, WireError,
};
pub(super) use crate::record::{AuditLine, LineKind, Verdict};

pub(super) const JIRA_TOKEN: &str = "CANARY-jira-7Qm2xVt9LrPz4KdW8sYbN3hF";
pub(super) const CONFLUENCE_TOKEN: &str = "CANARY-conf-u5Jc8ZoXq1Ew6RgTn0MvAy2S";
pub(super) const RENEWED_TOKEN: &str = "CANARY-renewed-u5Jc8ZoXq1Ew6RgTn0Mv";

pub(super) const POLICY: &str = r#"
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
response-max-bytes = 100

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

pub(super) const MANIFEST: &[u8] = br#"{"tools":[
    {"name":"all","routes":["jira.issue.get","jira.issue.search","jira.comment.add","jira.user.myself"]},
    {"name":"jira_get_issue","routes":["jira.issue.get"]}]}"#;

/// What crossed the wire, with the secret laid open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) url: String,
    pub(super) method: Method,
    pub(super) hop: Hop,
    pub(super) headers: Vec<(String, String)>,
    pub(super) authorization: Option<String>,
    pub(super) body: Option<Bytes>,
    pub(super) timeout: Duration,
    pub(super) cap: u64,
}

#[derive(Default)]
pub(super) struct World {
    pub(super) script: Mutex<VecDeque<Result<Incoming, WireError>>>,
    pub(super) sent: Mutex<Vec<Sent>>,
    pub(super) lines: Mutex<Vec<AuditLine>>,
    pub(super) now: Mutex<Duration>,
    pub(super) waits: Mutex<Vec<Duration>>,
    pub(super) asked: Mutex<Vec<(String, String)>>,
    /// The sink stops working before this line.
    pub(super) sink_ends_at: Option<usize>,
    /// The wire never answers.
    pub(super) hangs: bool,
    pub(super) renews: bool,
    pub(super) ended: bool,
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
            .push((caller.principal.to_string(), site.name.to_string()));
        assert_eq!(permit.site, site.name);
        match (caller.principal.as_str(), site.name.as_str(), self.ended) {
            (_, _, true) => Err(CredentialError::Ended),
            ("alice", "jira", _) => Ok(credential("alice-jira", JIRA_TOKEN)),
            ("alice", "confluence", _) => Ok(credential("alice-confluence", CONFLUENCE_TOKEN)),
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

pub(super) fn credential(name: &str, token: &str) -> Credential {
    Credential {
        name: name.into(),
        authorization: format!("Bearer {token}").into(),
        secrets: vec![token.into()],
    }
}

pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Incoming {
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
    pub(super) fn answering(
        answers: impl IntoIterator<Item = Result<Incoming, WireError>>,
    ) -> Self {
        Self {
            script: Mutex::new(answers.into_iter().collect()),
            ..Self::default()
        }
    }

    pub(super) fn gateway(&self) -> Gateway<&Self, &Self, &Self, &Self> {
        self.gateway_under(POLICY, MANIFEST)
    }

    pub(super) fn gateway_under(
        &self,
        policy: &str,
        manifest: &[u8],
    ) -> Gateway<&Self, &Self, &Self, &Self> {
        let policy = policy::parse(policy, "policy.toml").expect("the fixture is a policy");
        let manifest =
            Manifest::from_json(manifest, "sha256:c0").expect("the fixture is a manifest");
        Gateway::new(Arc::new(policy), Arc::new(manifest), self, self, self, self)
    }

    pub(super) fn send(&self, ask: Ask) -> Result<Answer, Failure> {
        self.send_in(&call("alice"), ask)
    }

    pub(super) fn send_in(&self, cx: &CallContext, ask: Ask) -> Result<Answer, Failure> {
        finish(self.gateway().send(cx, ask))
    }

    pub(super) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    pub(super) fn lines(&self) -> Vec<AuditLine> {
        self.lines.lock().unwrap().clone()
    }

    pub(super) fn line(&self) -> AuditLine {
        let lines = self.lines();
        assert_eq!(lines.len(), 1, "{lines:#?}");
        lines.into_iter().next().unwrap()
    }

    pub(super) fn waits(&self) -> Vec<f64> {
        self.waits
            .lock()
            .unwrap()
            .iter()
            .map(Duration::as_secs_f64)
            .collect()
    }
}

/// Nothing here waits for anything but the scripted world.
pub(super) fn finish<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the request waits for something that the world does not give"),
    }
}

pub(super) fn call(principal: &str) -> CallContext {
    with_limits(principal, Limits::default())
}

pub(super) fn with_limits(principal: &str, limits: Limits) -> CallContext {
    let caller = Caller {
        principal: policy::Principal::parse(principal).unwrap(),
        tool: "all".into(),
    };
    CallContext::new(
        caller,
        "call-1",
        Duration::from_secs(60),
        Budget::new(limits),
    )
}

pub(super) fn get(path: &str) -> Ask {
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

pub(super) fn issue() -> Ask {
    get("/rest/api/3/issue/PROJ-1")
}

pub(super) fn comment() -> Ask {
    Ask {
        method: Method::Post,
        body: Body::Json("{\"body\":{}}".into()),
        ..get("/rest/api/3/issue/PROJ-1/comment")
    }
}

pub(super) fn attachment() -> Ask {
    get("/rest/api/3/attachment/content/10001")
}

pub(super) fn denial(result: Result<Answer, Failure>) -> Denial {
    match result {
        Err(Failure::Denied(denial)) => *denial,
        other => panic!("not refused: {other:?}"),
    }
}
