//! The world of the hostile cases: four sites on loopback behind made-up names and addresses, the
//! real gateway with the real HTTP client, and a sandbox with any component in it.
//!
//! Only names, addresses and the speed of waiting are made up. What a case expects stands with the
//! case; this file only builds the world and keeps what happened in it.

mod ports;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gateway::{Answer, Ask, Budget, CallContext, Clock, Denial, Failure, Gateway};
use mcp::CancellationToken;
use policy::{Caller, Deployment, Manifest, Origin, Policy, Principal, Product, SiteName};
use secrecy::SecretString;
use serde_json::Value;
use server::auth::{CredentialStore, Login, Scheme};
use server::sandbox::{
    BoxFuture, CallFailure, Content, Context, Egress, Limits, Outcome, Sandbox, Scope, SiteView,
};
use server::secrets::Secret;
use server::wire::{DialMap, HttpWire};

pub use ports::{ListedResolver, MemoryAudit, QuickClock};

use crate::canary::{Canary, Scanner};
use crate::evil;
use crate::upstream::{
    Authority, Certificate, Greeting, Lifetime, Request, Script, Step, Upstream, response,
};

pub const JIRA_CANARY: &str = "CANARY-jira-7Qm2xVt9LrPz4KdW8sYbN3hF";
pub const CONFLUENCE_CANARY: &str = "CANARY-conf-u5Jc8ZoXq1Ew6RgTn0MvAy2S";
pub const ONPREM_CANARY: &str = "CANARY-onprem-b4Hk7DfGs9Lq2WnXe6Tz";
pub const USER_CANARY: &str = "canary.user@example.test";
pub const SIGNED_CANARY: &str = "SIGNED-CANARY-m3Vx8Tq5";

/// The tools that the policy of the cases names.
pub const TOOLS: [&str; 5] = [
    "jira_get_issue",
    "jira_search",
    "jira_add_comment",
    "jira_download_attachment",
    "confluence_get_page",
];

/// The names of the world with their addresses.
pub const HOSTS: [(&str, &str); 4] = [
    ("jira.example.test", "198.51.100.7"),
    ("confluence.example.test", "198.51.100.8"),
    ("media.example.test", "198.51.100.9"),
    ("jira-onprem.example.test", "10.20.1.5"),
];

/// What may differ from one world to the next.
pub struct Setup {
    /// By host name; a host without one answers `200 {}`.
    pub scripts: BTreeMap<&'static str, Script>,
    /// How `jira.example.test` begins a connection; a good certificate where there is none.
    pub greeting: Option<Greeting>,
    /// Instead of the run's own authority.
    pub authority: Option<String>,
    /// Answers of the resolver, one list for each question about a name, the last one for all
    /// further ones.
    pub answers: BTreeMap<String, Vec<Vec<IpAddr>>>,
    /// How much faster than the wall the gateway's clock goes.
    pub speed: f64,
    /// On the gateway's clock.
    pub deadline: Duration,
    pub component: &'static str,
    pub limits: Limits,
    /// Sites that get no credential.
    pub without_credential: Vec<&'static str>,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            scripts: BTreeMap::new(),
            greeting: None,
            authority: None,
            answers: BTreeMap::new(),
            speed: 1.0,
            deadline: Duration::from_secs(20),
            component: "evil",
            limits: Limits {
                wall: Duration::from_secs(25),
                ..Limits::default()
            },
            without_credential: Vec::new(),
        }
    }
}

type TestGateway = Gateway<HttpWire, QuickClock, MemoryAudit, CredentialStore>;

/// Everything that one case needs, running.
pub struct World {
    sites: BTreeMap<&'static str, Upstream>,
    /// Listens wherever an address leads that no site has.
    trap: Upstream,
    resolver: Arc<ListedResolver>,
    gateway: Arc<TestGateway>,
    clock: QuickClock,
    audit: MemoryAudit,
    sandbox: Arc<Sandbox>,
    deadline: Duration,
    _files: tempfile::TempDir,
}

/// What became of one call.
pub struct Called {
    /// What the component returned, parsed.
    pub result: Result<Value, CallFailure>,
    /// The same as text; the failure in words otherwise.
    pub text: String,
    /// What the client would be told.
    pub denials: Vec<Denial>,
}

impl World {
    pub async fn new(setup: Setup) -> World {
        let files = tempfile::tempdir().expect("the machine has room for a file");
        let ca_file = files.path().join("authority.pem");
        let pem = setup.authority.unwrap_or_else(|| authority().pem());
        std::fs::write(&ca_file, pem).expect("the machine has room for a file");

        let mut sites = BTreeMap::new();
        let mut dial = BTreeMap::new();
        let mut greeting = setup.greeting;
        for (host, address) in HOSTS {
            let script = setup.scripts.get(host).cloned().unwrap_or_else(ordinary);
            let hello = match greeting.take() {
                Some(special) if host == HOSTS[0].0 => special,
                other => {
                    greeting = other;
                    Greeting::Tls(authority().certificate(&[host], Lifetime::Now).server())
                }
            };
            let upstream = Upstream::start(hello, script).await;
            dial.insert(SocketAddr::new(ip(address), 443), upstream.address());
            sites.insert(host, upstream);
        }
        let trap = Upstream::start(Greeting::Plain, ordinary()).await;
        for address in setup.answers.values().flatten().flatten() {
            dial.entry(SocketAddr::new(*address, 443))
                .or_insert(trap.address());
        }
        let mut answers = setup.answers;
        for (host, address) in HOSTS {
            answers
                .entry(host.to_owned())
                .or_insert_with(|| vec![vec![ip(address)]]);
        }
        let resolver = Arc::new(ListedResolver::new(answers));
        let text = policy_text(&ca_file.display().to_string());
        let policy = Policy::parse(&text, "hostile-policy.toml")
            .unwrap_or_else(|error| panic!("the fixture is not a policy:\n{error}"));
        let clock = QuickClock::new(setup.speed);
        let audit = MemoryAudit::default();
        let gateway = Gateway::new(
            Arc::new(policy),
            Arc::new(manifest()),
            HttpWire::with_network(Arc::clone(&resolver) as _, DialMap(dial)),
            clock.clone(),
            audit.clone(),
            credentials(&setup.without_credential),
        );
        World {
            sites,
            trap,
            resolver,
            gateway: Arc::new(gateway),
            clock,
            audit,
            sandbox: Arc::new(load(setup.component, setup.limits).expect("the component loads")),
            deadline: setup.deadline,
            _files: files,
        }
    }

    /// Calls the component as this tool.
    pub async fn call(&self, tool: &str, arguments: &Value) -> Called {
        let caller = Caller {
            principal: Principal::parse("local").expect("a name"),
            tool: tool.to_owned(),
        };
        let deadline = self.clock.monotonic() + self.deadline;
        let call = Arc::new(CallContext::new(
            caller,
            "call-1",
            deadline,
            Budget::default(),
        ));
        let scope = Scope {
            egress: Arc::new(Way {
                gateway: Arc::clone(&self.gateway),
                call: Arc::clone(&call),
            }),
            principal: "local".to_owned(),
            progress: None,
            cancelled: CancellationToken::new(),
        };
        let ended = self
            .sandbox
            .call_tool(scope, &tool.to_owned(), &arguments.to_string(), &context())
            .await;
        let result = ended.map(|outcome| match outcome {
            Ok(Outcome::Done(output)) => match output.content.first() {
                Some(Content::Text(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
                _ => Value::Null,
            },
            other => Value::String(format!("{other:?}")),
        });
        let text = match &result {
            Ok(value) => value.to_string(),
            Err(failure) => failure.to_string(),
        };
        Called {
            result,
            text,
            denials: call.denials(),
        }
    }

    pub fn site(&self, host: &str) -> &Upstream {
        &self.sites[host]
    }

    /// Connections to anything at all.
    pub fn connections(&self) -> u64 {
        self.sites.values().map(Upstream::connections).sum::<u64>() + self.trap.connections()
    }

    /// Connections to addresses that no site has.
    pub fn trapped(&self) -> u64 {
        self.trap.connections()
    }

    pub fn requests(&self) -> Vec<Request> {
        self.sites.values().flat_map(Upstream::requests).collect()
    }

    /// Names that were looked up.
    pub fn questions(&self) -> Vec<String> {
        self.resolver.questions()
    }

    /// The audit record so far, one JSON document a line.
    pub fn audit(&self) -> String {
        self.audit.text()
    }
}

/// A component in a sandbox of its own.
///
/// # Errors
/// When the host refuses to load it.
#[expect(
    unsafe_code,
    reason = "the code was compiled by this crate's build script"
)]
pub fn load(component: &str, limits: Limits) -> Result<Sandbox, server::sandbox::LoadError> {
    // SAFETY: made by this crate's build script with the server's own settings.
    unsafe { Sandbox::load(evil::component(component).compiled, limits) }
}

/// The policy of the cases.
pub fn policy_text(ca_file: &str) -> String {
    include_str!("../fixtures/hostile-policy.toml").replace("AUTHORITY", ca_file)
}

/// A component that has all the tools of the policy, with the routes of the catalogue that they would
/// use; the two that are not in the catalogue are the policy file's own.
pub fn manifest() -> Manifest {
    let routes = |tool: &str| match tool {
        "jira_get_issue" => vec!["jira.issue.get"],
        "jira_search" => vec!["jira.issue.search"],
        "jira_add_comment" => vec!["jira.comment.add"],
        _ => Vec::new(),
    };
    let tools: Vec<Value> = TOOLS
        .iter()
        .map(|name| serde_json::json!({"name": name, "routes": routes(name)}))
        .collect();
    let json = serde_json::json!({"tools": tools}).to_string();
    Manifest::from_json(json.as_bytes(), "sha256:evil").expect("the JSON is a manifest")
}

/// Finds every canary of the world.
pub fn scanner() -> &'static Scanner {
    static SCANNER: OnceLock<Scanner> = OnceLock::new();
    SCANNER.get_or_init(|| {
        Scanner::new(&[
            Canary {
                name: "jira",
                secret: JIRA_CANARY,
                user: Some(USER_CANARY),
                pieces: true,
            },
            Canary {
                name: "confluence",
                secret: CONFLUENCE_CANARY,
                user: Some(USER_CANARY),
                pieces: true,
            },
            Canary {
                name: "onprem",
                secret: ONPREM_CANARY,
                user: None,
                pieces: true,
            },
            Canary {
                name: "signed link",
                secret: SIGNED_CANARY,
                user: None,
                pieces: true,
            },
            Canary {
                name: "user",
                secret: USER_CANARY,
                user: None,
                pieces: false,
            },
        ])
    })
}

/// The authority of this run, which the sites' `ca-file` names.
pub fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| Authority::new("authority of the test run"))
}

/// `jira.example.test` with a certificate of its own making.
pub fn greet_with(certificate: Certificate) -> Greeting {
    Greeting::Tls(certificate.server())
}

/// Always the same steps.
pub fn always(steps: Vec<Step>) -> Script {
    Arc::new(move |_| steps.clone())
}

/// `200 {}`.
pub fn ordinary() -> Script {
    always(vec![Step::Send(response(
        200,
        &[("content-type", "application/json")],
        b"{}",
    ))])
}

fn context() -> Context {
    Context {
        request_id: "1".to_owned(),
        protocol_version: crate::client::MODERN.to_owned(),
        deadline_ms: 60_000,
        locale: None,
        inputs: None,
        state: None,
        can_ask: false,
    }
}

fn credentials(without: &[&str]) -> CredentialStore {
    let mut store = CredentialStore::default();
    for (site, secret, is_basic) in [
        ("jira", JIRA_CANARY, true),
        ("confluence", CONFLUENCE_CANARY, true),
        ("jira-onprem", ONPREM_CANARY, false),
    ] {
        if without.contains(&site) {
            continue;
        }
        let variable = format!("{site}_token");
        let scheme = if is_basic {
            let user = USER_CANARY.to_owned();
            Scheme::Basic { user }
        } else {
            Scheme::Bearer
        };
        let origin = Origin::parse(&format!("https://{site}.example.test")).expect("an origin");
        let secret =
            Secret::from_variable(&variable, &SecretString::from(secret)).expect("a token");
        let login = Login::fixed(origin, scheme, secret);
        assert!(
            store.insert(name(site), login),
            "one credential for each site"
        );
    }
    store
}

struct Way {
    gateway: Arc<TestGateway>,
    call: Arc<CallContext>,
}

impl Egress for Way {
    fn gather<'a>(&'a self, asks: &'a [Ask]) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.gateway.gather(&self.call, asks))
    }

    fn sites(&self) -> BoxFuture<'_, Vec<SiteView>> {
        let view = |site, product, deployment| SiteView {
            name: name(site),
            product,
            deployment,
            browse_url: format!("https://{site}.example.test"),
            read_only: false,
        };
        Box::pin(std::future::ready(vec![
            view("jira", Product::Jira, Deployment::Cloud),
            view("jira-onprem", Product::Jira, Deployment::DataCenter),
            view("confluence", Product::Confluence, Deployment::Cloud),
        ]))
    }

    fn send(&self, ask: Ask) -> BoxFuture<'_, Result<Answer, Failure>> {
        Box::pin(self.gateway.send(&self.call, ask))
    }
}

fn name(site: &str) -> SiteName {
    SiteName::parse(site).expect("a site's name")
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}
