//! What the sandbox costs: the same tool called natively and through the component, in turn, both
//! over one gateway and one HTTP client, against the demo site. It prints and judges nothing.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use gateway::{Answer, Ask, Body, Budget, CallContext, Clock, Failure, Gateway, Keep};
use mcp::CancellationToken;
use policy::{Caller, Deployment, Manifest, Principal, Product, Site, SiteName};
use server::audit::{Journal, Settings};
use server::auth::CredentialStore;
use server::clock::SystemClock;
use server::component;
use server::config::environment::Environment;
use server::config::{Config, Options};
use server::sandbox::{
    BoxFuture, Content, Context, Egress, Limits, Outcome, Sandbox, Scope, SiteView,
};
use server::wire::HttpWire;
use tests::client::LEGACY;
use tokio::runtime::Runtime;

const TOOL: &str = "jira_get_issue";
const ARGUMENTS: &str = r#"{"issue_key":"PROJ-4"}"#;
/// One of each kind a round, so that a slow moment of the machine hits both.
const ROUNDS: usize = 400;
const WARM_UP: usize = 20;
/// A site on the same machine as the clients; real ones take a hundred times as long.
const DELAY: Duration = Duration::from_millis(1);

type NativeGateway = Gateway<HttpWire, SystemClock, Journal, CredentialStore>;

fn main() -> anyhow::Result<()> {
    let mut options = demo_site::Options::new(demo_site::Deployment::DataCenter);
    options.delay = DELAY;
    let site = demo_site::spawn(options).context("the demo site did not start")?;
    let folder = tempfile::tempdir()?;
    let bench = Bench::new(site.ready(), folder.path())?;

    let sandbox = Sandbox::load_embedded(Limits::default())?;
    let mut native = Vec::with_capacity(ROUNDS);
    let mut sandboxed = Vec::with_capacity(ROUNDS);
    for round in 0..WARM_UP + ROUNDS {
        let (mut text, mut other) = (String::new(), String::new());
        let first = timed(|| bench.natively(), &mut text)?;
        let second = timed(|| bench.sandboxed(&sandbox), &mut other)?;
        ensure!(
            text == other,
            "the component answers otherwise than the same code natively"
        );
        if round >= WARM_UP {
            native.push(first);
            sandboxed.push(second);
        }
    }
    site.stop();
    let (native, sandboxed) = (median(native), median(sandboxed));
    let difference = sandboxed.saturating_sub(native);
    say(&[
        format!("natively        {:>7.3} ms", milliseconds(native)),
        format!("in the sandbox  {:>7.3} ms", milliseconds(sandboxed)),
        format!("the sandbox     {:>7.3} ms", milliseconds(difference)),
        format!(
            "ratio           {:>7.2}",
            sandboxed.as_secs_f64() / native.as_secs_f64()
        ),
    ])
}

fn say(lines: &[String]) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut output = std::io::stdout().lock();
    for line in lines {
        writeln!(output, "{line}")?;
    }
    Ok(())
}

fn timed(
    call: impl FnOnce() -> anyhow::Result<String>,
    text: &mut String,
) -> anyhow::Result<Duration> {
    let start = Instant::now();
    *text = call()?;
    Ok(start.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What both ways share.
struct Bench {
    runtime: Runtime,
    gateway: Arc<NativeGateway>,
    site: Site,
}

impl Bench {
    fn new(ready: &demo_site::Ready, folder: &Path) -> anyhow::Result<Self> {
        let options = Options {
            config_dir: Some(folder.to_owned()),
            ..Options::default()
        };
        let variables = [
            ("JIRA_URL", ready.jira.as_str()),
            ("JIRA_PERSONAL_TOKEN", &ready.token),
        ];
        let config = Config::load(&options, &Environment::fixed(variables))?;
        let site = config.policy.sites().first().context("no site")?.clone();
        let digest = format!("sha256:{}", component::SHA256);
        let manifest = Manifest::from_json(component::MANIFEST.as_bytes(), digest)
            .map_err(|error| anyhow::anyhow!("the manifest: {error}"))?;
        let gateway = Gateway::new(
            Arc::new(config.policy),
            Arc::new(manifest),
            HttpWire::new(),
            SystemClock::new(),
            Journal::below(folder, Settings::default(), time::OffsetDateTime::now_utc()),
            config.credentials,
        );
        // As the server has it: one thread for everything.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok(Self {
            runtime,
            gateway: Arc::new(gateway),
            site,
        })
    }

    fn call(&self) -> Arc<CallContext> {
        let caller = Caller {
            principal: Principal::parse("local").expect("a name"),
            tool: TOOL.to_owned(),
        };
        let deadline = self.gateway.clock().monotonic() + Duration::from_secs(30);
        Arc::new(CallContext::new(
            caller,
            "bench",
            deadline,
            Budget::default(),
        ))
    }

    fn natively(&self) -> anyhow::Result<String> {
        let native = Native {
            bench: self,
            call: self.call(),
        };
        match tools::call(&native, TOOL, ARGUMENTS) {
            Ok(output) if !output.is_error => Ok(output.text),
            other => bail!("the native call: {other:?}"),
        }
    }

    fn sandboxed(&self, sandbox: &Sandbox) -> anyhow::Result<String> {
        let scope = Scope {
            egress: Arc::new(Way {
                gateway: Arc::clone(&self.gateway),
                call: self.call(),
                site: self.site.name.clone(),
                browse_url: self.browse_url(),
            }),
            principal: "local".to_owned(),
            progress: None,
            cancelled: CancellationToken::new(),
        };
        let context = Context {
            request_id: "1".to_owned(),
            protocol_version: LEGACY.to_owned(),
            deadline_ms: 60_000,
            locale: None,
            inputs: None,
            state: None,
            can_ask: false,
        };
        let (tool, arguments) = (TOOL.to_owned(), ARGUMENTS.to_owned());
        let calling = sandbox.call_tool(scope, &tool, &arguments, &context);
        let outcome = self.runtime.block_on(calling)?;
        match outcome {
            Ok(Outcome::Done(output)) if !output.is_error => match output.content.first() {
                Some(Content::Text(text)) => Ok(text.clone()),
                other => bail!("the component's answer: {other:?}"),
            },
            other => bail!("the component's call: {other:?}"),
        }
    }

    fn browse_url(&self) -> String {
        format!("{}{}", self.site.origin, self.site.context(Product::Jira))
    }
}

/// The way out of the component.
struct Way {
    gateway: Arc<NativeGateway>,
    call: Arc<CallContext>,
    site: SiteName,
    browse_url: String,
}

impl Egress for Way {
    fn gather<'a>(&'a self, asks: &'a [Ask]) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.gateway.gather(&self.call, asks))
    }

    fn sites(&self) -> BoxFuture<'_, Vec<SiteView>> {
        Box::pin(std::future::ready(vec![SiteView {
            name: self.site.clone(),
            product: Product::Jira,
            deployment: Deployment::DataCenter,
            browse_url: self.browse_url.clone(),
            read_only: false,
        }]))
    }

    fn send(&self, ask: Ask) -> BoxFuture<'_, Result<Answer, Failure>> {
        Box::pin(self.gateway.send(&self.call, ask))
    }
}

/// The way out of the same code without a sandbox.
struct Native<'a> {
    bench: &'a Bench,
    call: Arc<CallContext>,
}

impl Native<'_> {
    fn ask(&self, request: &tools::route::Request) -> Ask {
        Ask {
            site: self.bench.site.name.clone(),
            product: Product::Jira,
            deployment: Deployment::DataCenter,
            method: policy::Method::Get,
            segments: request.path().to_vec(),
            query: request
                .query_pairs()
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            headers: vec![("accept".to_owned(), "application/json".to_owned())],
            body: Body::Empty,
            keep: Keep::Inline,
            max_body: None,
            timeout_ms: None,
            idempotent: request.is_idempotent(),
            operation: Some(request.route().id.to_owned()),
        }
    }
}

impl tools::Gateway for Native<'_> {
    fn sites(&self) -> Vec<tools::SiteInfo> {
        vec![tools::SiteInfo {
            id: "jira".to_owned(),
            name: self.bench.site.name.to_string(),
            product: tools::Product::Jira,
            deployment: tools::Deployment::DataCenter,
            browse_url: self.bench.browse_url(),
            read_only: false,
        }]
    }

    fn send(
        &self,
        _: &tools::SiteInfo,
        request: &tools::route::Request,
    ) -> Result<tools::Response, tools::GatewayError> {
        let sending = self.bench.gateway.send(&self.call, self.ask(request));
        match self.bench.runtime.block_on(sending) {
            Ok(answer) => Ok(tools::Response {
                status: answer.status,
                headers: answer.headers,
                body: answer.body.into(),
                redacted: answer.redacted,
            }),
            Err(failure) => Err(tools::GatewayError::Internal(failure.to_string())),
        }
    }

    fn send_many(
        &self,
        site: &tools::SiteInfo,
        requests: &[tools::route::Request],
    ) -> Vec<Result<tools::Response, tools::GatewayError>> {
        requests
            .iter()
            .map(|request| self.send(site, request))
            .collect()
    }

    fn recall(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn remember(&self, _: &str, _: &[u8], _: u32) {}
}
