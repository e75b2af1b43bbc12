//! The program put together: configuration, gateway, sandbox and tool list behind one handle, from
//! which the MCP server, the shell's `call` and the tour make their calls alike. It decides which
//! tools are offered, by asking the policy; it decides nothing about requests.

mod confirm;
mod egress;
mod offer;
mod provider;
mod reload;
mod rights;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use door::{Grant, Visitor};
use gateway::{Answer, Ask, Budget, CallContext, Clock, Failure, Gateway};
use policy::{Caller, Day, Deployment, Manifest, Principal, Product, SiteName};
use time::OffsetDateTime;
use tokio::sync::watch;

use crate::audit::Journal;
use crate::auth::CredentialStore;
use crate::clock::SystemClock;
use crate::component;
use crate::config::{Config, PolicySource, PolicyText};
use crate::fairness::{CALLS_OF_A_PRINCIPAL, Lanes};
use crate::sandbox::{Limits, LoadError, Sandbox};
use crate::site::Deployments;
use crate::wire::HttpWire;

use self::confirm::Notes;
pub use self::offer::{Offered, UnknownNames};
pub use self::provider::Server;
use self::rights::Rights;
pub use self::rights::Standing;

/// Who calls over standard input: whoever started the process.
pub use door::LOCAL;

/// [`LOCAL`], as decisions want it.
pub(crate) fn local() -> Principal {
    Principal::parse(LOCAL).expect("the constant is a name")
}

type NativeGateway = Gateway<HttpWire, SystemClock, Arc<Journal>, CredentialStore>;

/// Cheap to make: engine, connections and audit file wait for the first call.
pub struct App {
    rights: RwLock<Arc<Rights>>,
    /// Where the policy is read again; `None` where it is a built-in one.
    policy_text: Option<PolicyText>,
    gateway: NativeGateway,
    deployments: Deployments,
    sandbox: OnceLock<Result<Sandbox, Arc<LoadError>>>,
    lanes: Lanes<Principal>,
    limits: Limits,
    clock: SystemClock,
    calls: AtomicU64,
    notes: OnceLock<Notes>,
    /// Whoever started the process is offered other tools than before.
    own_list: watch::Sender<()>,
    started: OffsetDateTime,
}

/// Why the program could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Names(#[from] UnknownNames),
    #[error("the component's manifest is unreadable: {0}")]
    Manifest(String),
}

impl App {
    pub fn new(config: Config) -> Result<Self, AppError> {
        Self::with_wire(config, HttpWire::new(), Limits::default())
    }

    /// For tests that bring names and addresses of their own.
    pub fn with_wire(config: Config, wire: HttpWire, limits: Limits) -> Result<Self, AppError> {
        let digest = format!("sha256:{}", component::SHA256);
        let manifest = Manifest::from_json(component::MANIFEST.as_bytes(), digest)
            .map_err(|error| AppError::Manifest(error.to_string()))?;
        let Config {
            policy,
            credentials,
            offer,
            config_dir,
            audit,
            passes,
            policy_source,
            ..
        } = config;
        let (policy, manifest) = (Arc::new(policy), Arc::new(manifest));
        let rights = Rights::new(Arc::clone(&policy), Arc::clone(&manifest), Arc::new(offer))?;
        let started = OffsetDateTime::now_utc();
        Ok(Self {
            gateway: Gateway::new(
                policy,
                manifest,
                wire.with_passes(passes),
                SystemClock::new(),
                audit,
                credentials,
            ),
            deployments: Deployments::in_directory(&config_dir),
            sandbox: OnceLock::new(),
            lanes: Lanes::new(CALLS_OF_A_PRINCIPAL),
            clock: SystemClock::new(),
            calls: AtomicU64::new(0),
            notes: OnceLock::new(),
            own_list: watch::Sender::new(()),
            rights: RwLock::new(Arc::new(rights)),
            policy_text: match policy_source {
                PolicySource::File(text) => Some(text),
                PolicySource::Profile(_) => None,
            },
            limits,
            started,
        })
    }

    /// What a caller may use now.
    pub fn standing(&self, visitor: &Visitor) -> Arc<Standing> {
        self.rights().of(visitor)
    }

    /// What it takes to call a tool, where the policy offers it to this visitor and their grant does not reach to it.
    pub(crate) fn wanting(&self, visitor: &Visitor, tool: &str) -> Option<Grant> {
        let rights = self.rights();
        let all = rights.of(&Visitor::whole(visitor.principal.clone()));
        all.offered.spec(tool)?;
        let needed = rights.needed(tool);
        (!visitor.grant.covers(needed)).then_some(needed)
    }

    /// `None` where the rights are the same for ever.
    fn own_list_changes(&self) -> Option<watch::Receiver<()>> {
        let can_change = self.policy_text.is_some();
        can_change.then(|| self.own_list.subscribe())
    }

    /// Those of today, as the gateway will decide.
    fn rights(&self) -> Arc<Rights> {
        let rights = self.rights.read().unwrap_or_else(PoisonError::into_inner);
        let today = Day::of_unix_ms(self.clock.now_ms());
        Arc::clone(rights.of_day(today).unwrap_or(&rights))
    }

    /// Made at the first call: a client that only lists tools does not pay for an engine.
    fn sandbox(&self) -> Result<&Sandbox, Arc<LoadError>> {
        self.sandbox
            .get_or_init(|| Sandbox::load_embedded(self.limits.clone()).map_err(Arc::new))
            .as_ref()
            .map_err(Arc::clone)
    }

    /// Made at the first question.
    fn notes(&self) -> &Notes {
        self.notes.get_or_init(Notes::new)
    }

    /// The first configured site of a product whose deployment is known.
    pub(crate) fn first_site(&self, product: Product) -> Option<(SiteName, Deployment)> {
        let rights = self.rights();
        let mut sites = rights
            .policy
            .sites()
            .iter()
            .filter(|site| site.products.contains(&product));
        sites.find_map(|site| Some((site.name.clone(), self.deployments.known(site)?)))
    }

    /// One request under the name of a tool, past the component and through the gateway; with the
    /// refusals, as a client would read them.
    pub(crate) async fn attempt(
        &self,
        tool: &str,
        ask: Ask,
    ) -> (Result<Answer, Failure>, Vec<String>) {
        let call = Arc::new(self.begin(&local(), tool));
        let answer = self.gateway.send(&call, ask).await;
        (
            answer,
            call.denials()
                .iter()
                .map(gateway::Denial::for_client)
                .collect(),
        )
    }

    fn begin(&self, principal: &Principal, tool: &str) -> CallContext {
        let caller = Caller {
            principal: principal.clone(),
            tool: tool.to_owned(),
        };
        let number = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let id = format!("{:x}-{number}", self.started.unix_timestamp_nanos());
        // A little before the sandbox's own end, so that the tool can still say what happened.
        let time = self.limits.wall.saturating_sub(Duration::from_secs(2));
        let deadline = self.clock.monotonic() + time;
        CallContext::new(caller, id, deadline, Budget::default())
    }
}
