//! A rule for one project and one space, on both kinds of site: what an agent of it can do, and what it can't.
//!
//! The real gateway and the demo site, with a wire of a few lines between them.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::future::Future;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use demo_site::{Options, Running};
use gateway::{
    Ask, AuditError, AuditLine, AuditSink, Body, Budget, CallContext, Clock, Credential,
    CredentialError, CredentialSource, Failure, Gateway, Incoming, Keep, Limits, Outgoing, Wire,
    WireError,
};
use policy::{
    Caller, Deployment, Manifest, Method, Permit, Policy, Principal, Product, Question, Site,
    SiteName, explain,
};
use serde_json::{Value, json};

struct Plain;

#[expect(
    clippy::disallowed_methods,
    reason = "the wire of this test leads to the demo site on loopback and nowhere else"
)]
impl Wire for Plain {
    async fn exchange(&self, out: Outgoing<'_>) -> Result<Incoming, WireError> {
        use secrecy::ExposeSecret;
        let lost = |error: std::io::Error| WireError::Lost(error.to_string());
        let rest = out.url.strip_prefix("http://").unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        let body = out.body.unwrap_or_default();
        let mut head = format!(
            "{} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n",
            out.method,
            body.len()
        );
        for (name, value) in out
            .headers
            .iter()
            .filter(|(name, _)| *name != "accept-encoding")
        {
            head += &format!("{name}: {value}\r\n");
        }
        let authorization = out.authorization.unwrap().expose_secret();
        head += &format!("authorization: {authorization}\r\n\r\n");
        let mut stream = TcpStream::connect(host).map_err(lost)?;
        stream.write_all(head.as_bytes()).map_err(lost)?;
        stream.write_all(&body).map_err(lost)?;
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw).map_err(lost)?;
        let end = raw.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&raw[..end]).to_ascii_lowercase();
        assert!(!head.contains("transfer-encoding"), "{head}");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Ok(Incoming {
            status,
            headers: vec![],
            body: Bytes::copy_from_slice(&raw[end + 4..]),
            peer: None,
        })
    }
}

struct Still;

impl Clock for Still {
    fn now_ms(&self) -> u64 {
        1_795_348_800_000
    }
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
    async fn sleep(&self, _: Duration) {}
    fn jitter(&self) -> f64 {
        0.5
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<AuditLine>>>);

impl AuditSink for Lines {
    fn ready(&self) -> Result<(), AuditError> {
        Ok(())
    }
    fn record(&self, line: &AuditLine) -> Result<(), AuditError> {
        self.0.lock().unwrap().push(line.clone());
        Ok(())
    }
}

struct One(Credential);

impl CredentialSource for One {
    async fn credential(
        &self,
        _: &Permit,
        _: &Site,
        _: &Caller,
    ) -> Result<Credential, CredentialError> {
        Ok(self.0.clone())
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

const TOOLS: &[u8] = br#"{"tools":[{"name":"all","routes":["jira.issue.get","jira.issue.search","jira.issue.create",
    "jira.issue.update","jira.issue.editmeta","jira.issue.transitions","jira.issue.transition","jira.comment.add",
    "jira.project.search","jira.project.list","jira.user.myself","jira.field.list","jira.createmeta.types",
    "jira.createmeta.fields","confluence.search","confluence.page.get","confluence.page.find","confluence.page.create",
    "confluence.content.create","confluence.page.update","confluence.space.find","confluence.comment.create",
    "confluence.comment.list"]}]}"#;

struct Stage {
    site: Running,
    deployment: Deployment,
    policy: Arc<Policy>,
    gateway: Gateway<Plain, Still, Lines, One>,
    lines: Lines,
}

impl Stage {
    fn new(deployment: Deployment) -> Self {
        let kind = match deployment {
            Deployment::Cloud => demo_site::Deployment::Cloud,
            Deployment::DataCenter => demo_site::Deployment::DataCenter,
        };
        let site = demo_site::spawn(Options::new(kind)).unwrap();
        let ready = site.ready();
        let scheme_and_host = |url: &str| url.split('/').take(3).collect::<Vec<_>>().join("/");
        let path = |url: &str| url.replacen(&scheme_and_host(url), "", 1);
        let context = match deployment {
            Deployment::Cloud => String::new(),
            Deployment::DataCenter => format!(
                "context.jira = {:?}\ncontext.confluence = {:?}\n",
                path(&ready.jira),
                path(&ready.confluence)
            ),
        };
        let text = format!(
            "version = 1\n[site.demo]\norigin = {:?}\ndeployment = {:?}\nproducts = [\"jira\", \"confluence\"]\n{context}\n\
             [[rule]]\nid = \"work\"\nsite = \"demo\"\nclasses = [\"read\", \"write\"]\nprojects = [\"PROJ\"]\nspaces = [\"ENG\"]\n",
            scheme_and_host(&ready.jira),
            deployment.as_str(),
        );
        let policy = match Policy::parse(&text, "policy.toml") {
            Ok(policy) => Arc::new(policy),
            Err(diagnostics) => panic!("{diagnostics}"),
        };
        let authorization = match &ready.user {
            Some(user) => {
                use base64::Engine as _;
                let pair = format!("{user}:{}", ready.token);
                format!(
                    "Basic {}",
                    base64::engine::general_purpose::STANDARD.encode(pair)
                )
            }
            None => format!("Bearer {}", ready.token),
        };
        let credential = Credential {
            name: "demo".to_owned(),
            authorization: authorization.into(),
            secrets: vec![ready.token.clone().into()],
        };
        let lines = Lines::default();
        let gateway = Gateway::new(
            policy.clone(),
            Arc::new(Manifest::from_json(TOOLS, "sha256:all").unwrap()),
            Plain,
            Still,
            lines.clone(),
            One(credential),
        );
        Self {
            site,
            deployment,
            policy,
            gateway,
            lines,
        }
    }

    fn is_cloud(&self) -> bool {
        self.deployment == Deployment::Cloud
    }

    /// By the paths of Cloud; those of Data Center differ in the version.
    fn jira(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let version = if self.is_cloud() { "3" } else { "2" };
        self.send(
            Product::Jira,
            method,
            &format!("/rest/api/{version}{path}"),
            &[],
            body,
        )
    }

    fn search(&self, jql: &str) -> Result<Value, String> {
        let path = if self.is_cloud() {
            "/search/jql"
        } else {
            "/search"
        };
        let body = json!({ "jql": jql, "fields": ["*all"], "maxResults": 100 });
        self.jira(Method::Post, path, Some(body))
    }

    fn confluence(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Value, String> {
        self.send(Product::Confluence, method, path, query, body)
    }

    fn send(
        &self,
        product: Product,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Value, String> {
        let caller = Caller {
            principal: Principal::parse("alice").unwrap(),
            tool: "all".to_owned(),
        };
        let cx = CallContext::new(
            caller,
            "call",
            Duration::from_secs(60),
            Budget::new(Limits::default()),
        );
        let ask = Ask {
            site: SiteName::parse("demo").unwrap(),
            product,
            deployment: self.deployment,
            method,
            segments: path.split('/').skip(1).map(str::to_owned).collect(),
            query: query
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            headers: vec![],
            body: body.map_or(Body::Empty, |body| Body::Json(body.to_string())),
            keep: Keep::Inline,
            max_body: None,
            timeout_ms: None,
            idempotent: false,
            operation: None,
        };
        match finish(self.gateway.send(&cx, ask)) {
            Ok(answer) if answer.status < 300 => {
                Ok(serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
            }
            Ok(answer) => panic!("{method} {path}: {} {:?}", answer.status, answer.body),
            Err(Failure::Denied(denial)) => Err(denial.reason),
            Err(other) => panic!("{method} {path}: {other}"),
        }
    }

    /// Refused, without anything but readings of the host's own having left.
    fn refuses(&self, refusal: Result<Value, String>) -> String {
        let reason = refusal.expect_err("it is refused");
        let asked = self.lines.0.lock().unwrap().clone();
        let sent = asked
            .iter()
            .filter(|line| line.tool == "all" && line.tries > 0 && line.method != "GET");
        let verdicts: Vec<_> = sent.map(|line| line.verdict).collect();
        assert!(
            verdicts
                .iter()
                .all(|verdict| *verdict == gateway::Verdict::Allow),
            "{reason}"
        );
        reason
    }
}

fn finish<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the wire blocks and the clock stands still"),
    }
}

/// Every project and space of the demo site but the two, where they stand as things.
fn assert_own(answer: &Value) {
    fn walk(value: &Value, member: &str) {
        match value {
            Value::Object(object) => object
                .iter()
                .for_each(|(member, child)| walk(child, member)),
            Value::Array(items) => items.iter().for_each(|item| walk(item, member)),
            Value::String(text)
                if ["key", "self", "webui", "url", "displayUrl"].contains(&member) =>
            {
                for foreign in ["OPS", "DESIGN", "SEC", "PROD", "POLICY", "~ada"] {
                    let words: Vec<&str> = text.split(['/', '-']).collect();
                    assert!(!words.contains(&foreign), "{member}: {text}");
                }
            }
            _ => {}
        }
    }
    walk(answer, "");
}

fn works_on_its_own_project(stage: &Stage) {
    let found = stage.search("order by created desc").unwrap();
    let issues = found["issues"].as_array().unwrap();
    assert!(issues.len() > 20, "{}", issues.len());
    for issue in issues {
        assert!(
            issue["key"].as_str().unwrap().starts_with("PROJ-"),
            "{issue}"
        );
    }
    assert_own(&found);
    let all = stage
        .search("project = OPS OR text ~ 'x' OR project = PROJ")
        .unwrap();
    assert_own(&all);

    let issue = stage.jira(Method::Get, "/issue/PROJ-6", None).unwrap();
    assert_eq!(
        issue["fields"]["parent"]["key"]
            .as_str()
            .unwrap_or("PROJ-1"),
        "PROJ-1"
    );
    assert_own(&issue);
    stage
        .jira(Method::Get, "/issue/PROJ-6/transitions", None)
        .unwrap();
    stage.jira(Method::Get, "/field", None).unwrap();
    stage.jira(Method::Get, "/myself", None).unwrap();
    let types = stage
        .jira(Method::Get, "/issue/createmeta/PROJ/issuetypes", None)
        .unwrap();
    let task = types["issueTypes"]
        .as_array()
        .or(types["values"].as_array())
        .unwrap();
    let task = task.iter().find(|kind| kind["name"] == "Task").unwrap();
    let id = task["id"].as_str().unwrap();
    let fields = stage
        .jira(
            Method::Get,
            &format!("/issue/createmeta/PROJ/issuetypes/{id}"),
            None,
        )
        .unwrap();
    assert!(!fields.to_string().contains("hidden by rule"), "{fields}");

    let made = stage
        .jira(Method::Post, "/issue", Some(json!({ "fields": { "project": { "key": "PROJ" }, "issuetype": { "name": "Task" }, "summary": "Made by a test" } })))
        .unwrap();
    let key = made["key"].as_str().unwrap();
    stage
        .jira(
            Method::Put,
            &format!("/issue/{key}"),
            Some(json!({ "fields": { "summary": "See OPS-1 and SEC-1" } })),
        )
        .unwrap();
    let issue = stage
        .jira(Method::Get, &format!("/issue/{key}"), None)
        .unwrap();
    assert_eq!(
        issue["fields"]["summary"], "See OPS-1 and SEC-1",
        "prose stays"
    );

    // What an own issue is linked to is known to be there, and no more.
    let linked = stage.jira(Method::Get, "/issue/PROJ-25", None).unwrap();
    let other = &linked["fields"]["issuelinks"][0];
    let other = other
        .get("outwardIssue")
        .or(other.get("inwardIssue"))
        .unwrap();
    assert!(other.get("fields").is_none(), "{other}");
    let links = linked["fields"]["issuelinks"].to_string();
    assert!(
        links.contains("hidden by rule") && !links.contains("OPS-"),
        "{links}"
    );

    let path = if stage.is_cloud() {
        "/project/search"
    } else {
        "/project"
    };
    let projects = stage.jira(Method::Get, path, None).unwrap();
    assert_own(&projects);
    assert!(
        projects.to_string().contains("hidden by rule"),
        "the others are there, and say no more"
    );
}

fn cannot_reach_another_project(stage: &Stage) {
    let create = |fields: Value| {
        let mut body = json!({ "fields": { "project": { "key": "PROJ" }, "issuetype": { "name": "Task" }, "summary": "x" } });
        for (name, value) in fields.as_object().unwrap() {
            body["fields"][name] = value.clone();
        }
        stage.jira(Method::Post, "/issue", Some(body))
    };
    for fields in [
        json!({ "project": { "key": "OPS" } }),
        json!({ "project": { "id": "10001" } }),
        json!({ "project": { "name": "Operations" } }),
        json!({ "parent": { "key": "OPS-1" } }),
        json!({ "customfield_10014": "OPS-1" }),
    ] {
        let reason = stage.refuses(create(fields.clone()));
        assert!(
            reason.starts_with("beyond its path, "),
            "{fields}: {reason}"
        );
    }
    for (method, path) in [
        (Method::Get, "/issue/OPS-1"),
        (Method::Get, "/issue/OPS-1/editmeta"),
        (Method::Get, "/issue/OPS-1/transitions"),
        (Method::Get, "/issue/createmeta/OPS/issuetypes"),
    ] {
        stage.refuses(stage.jira(method, path, None));
        assert!(!explained(stage, Product::Jira, method, path), "{path}");
    }
    let body = json!({ "body": "x", "transition": { "id": "31" } });
    for path in ["/issue/OPS-1/comment", "/issue/OPS-1/transitions"] {
        stage.refuses(stage.jira(Method::Post, path, Some(body.clone())));
        assert!(
            !explained(stage, Product::Jira, Method::Post, path),
            "{path}"
        );
    }
    // PROJ-900 is OPS-12 by now.
    let reason = stage.refuses(stage.jira(Method::Get, "/issue/PROJ-900", None));
    assert!(reason.contains("stands elsewhere"), "{reason}");
    let reason = stage.refuses(stage.jira(Method::Post, "/issue/PROJ-900/comment", Some(body)));
    assert!(reason.contains("OPS"), "{reason}");
    let parent = json!({ "update": { "parent": [{ "set": { "key": "OPS-1" } }] } });
    stage.refuses(stage.jira(Method::Put, "/issue/PROJ-6", Some(parent)));
    for jql in [
        "key = OPS-1",
        "parent = OPS-1",
        "issue in linkedIssues('OPS-1')",
        "a = 1) OR (project = OPS",
    ] {
        stage.refuses(stage.search(jql));
    }
    assert!(explained(
        stage,
        Product::Jira,
        Method::Get,
        "/issue/PROJ-1"
    ));
    assert!(explained(
        stage,
        Product::Jira,
        Method::Post,
        "/issue/PROJ-1/comment"
    ));
}

fn works_on_its_own_space(stage: &Stage) {
    let root = if stage.is_cloud() {
        "/wiki/rest/api"
    } else {
        "/rest/api"
    };
    let found = stage
        .confluence(
            Method::Get,
            &format!("{root}/search"),
            &[("cql", "type = page"), ("limit", "50")],
            None,
        )
        .unwrap();
    let results = found["results"].as_array().unwrap();
    assert!(results.len() > 5, "{}", results.len());
    assert_own(&found);
    assert!(
        !found.to_string().contains("hidden by rule"),
        "the search asks for own pages only"
    );
    let (own, other) = if stage.is_cloud() {
        ("/wiki/api/v2/pages/65602", "/wiki/api/v2/pages/65701")
    } else {
        ("/rest/api/content/65602", "/rest/api/content/65701")
    };
    assert_eq!(
        stage.confluence(Method::Get, own, &[], None).unwrap()["title"],
        "Runbooks"
    );
    stage.refuses(stage.confluence(Method::Get, other, &[], None));
    let below = if stage.is_cloud() {
        "footer-comments"
    } else {
        "child/comment"
    };
    stage
        .confluence(Method::Get, &format!("{own}/{below}"), &[], None)
        .unwrap();
    stage.refuses(stage.confluence(Method::Get, &format!("{other}/{below}"), &[], None));

    let create = |space: &str, number: &str, parent: &str| {
        if stage.is_cloud() {
            let body = json!({ "spaceId": number, "parentId": parent, "status": "current", "title": format!("Made below {parent}"), "body": { "representation": "storage", "value": "<p>x</p>" } });
            stage.confluence(Method::Post, "/wiki/api/v2/pages", &[], Some(body))
        } else {
            let body = json!({ "type": "page", "space": { "key": space }, "ancestors": [{ "id": parent }], "title": format!("Made below {parent}"), "body": { "storage": { "representation": "storage", "value": "<p>x</p>" } } });
            stage.confluence(Method::Post, "/rest/api/content", &[], Some(body))
        }
    };
    create("ENG", "98304", "65602").unwrap();
    stage.refuses(create("PROD", "98305", "65701"));
    stage.refuses(create("ENG", "98304", "65701"));
    stage.refuses(create("PROD", "98305", "65602"));
}

/// What `explain` says of the same path.
fn explained(stage: &Stage, product: Product, method: Method, path: &str) -> bool {
    let version = if stage.is_cloud() { "3" } else { "2" };
    let question = Question::Path {
        method: method.to_string(),
        site: "demo".to_owned(),
        product: Some(product),
        path: format!("/rest/api/{version}{path}"),
        query: vec![],
        tool: Some("all".to_owned()),
    };
    let manifest = Manifest::from_json(TOOLS, "sha256:all").unwrap();
    explain(&stage.policy, &manifest, &question, None).is_allowed()
}

fn all_of_it(deployment: Deployment) {
    let stage = Stage::new(deployment);
    works_on_its_own_project(&stage);
    cannot_reach_another_project(&stage);
    works_on_its_own_space(&stage);
    let lines = stage.lines.0.lock().unwrap();
    let asked = |rule: &str| lines.iter().filter(|line| line.rule == rule).count();
    for rule in [
        "work",
        "host-issue-place",
        "host-project-place",
        "host-page-place",
    ] {
        assert!(asked(rule) > 0, "{rule} left no line");
    }
    assert!(!stage.site.requests().is_empty());
}

#[test]
fn an_agent_of_one_project_stays_there_on_cloud() {
    all_of_it(Deployment::Cloud);
}

#[test]
fn an_agent_of_one_project_stays_there_on_data_center() {
    all_of_it(Deployment::DataCenter);
}
