//! The desk where the shell asks: who holds a key, what is on offer, when a call begins and ends. A caller is known by a
//! key and by nothing else: the shell cannot name one. Holds what lives as long as the instance and as one call.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use door::{KeyDigest, KeyId, Keys, Presented, Rejected};
use gateway::{Budget, CallContext, Clock, Denial, Gateway, SiteView};
use policy::{Caller, Class, Manifest, Principal};
use time::OffsetDateTime;
use wasip2::random::random;

use crate::Broker;
use crate::audit::Lines;
use crate::bindings::airlock::atlassian::settings;
use crate::bindings::exports::airlock::atlassian::desk::{self, Door, Offer, Product, Rejection};
use crate::clock::WasiClock;
use crate::configuration::{Configuration, Parts};
use crate::credentials::Credentials;
use crate::services::{self, Memory};
use crate::source;
use crate::wire::WasiWire;

/// A little less than clients and runtimes wait for an answer.
const CALL_TIME: Duration = Duration::from_secs(55);

/// What an instance is made of, once its configuration was found whole.
pub(crate) struct House {
    pub(crate) gateway: Gateway<WasiWire, WasiClock, Lines, Credentials>,
    manifest: Arc<Manifest>,
    keys: Keys,
    hosts: Vec<String>,
    origins: Vec<String>,
}

/// One tool call.
pub(crate) struct Call {
    pub(crate) context: CallContext,
    /// The one site that the component may see.
    chosen: Option<String>,
    /// Found out when the component asks for them.
    sites: OnceCell<Vec<SiteView>>,
    pub(crate) memory: Memory,
}

#[derive(Default)]
struct Served {
    caller: Option<Principal>,
    call: Option<Rc<Call>>,
}

thread_local! {
    static HOUSE: OnceCell<Option<Rc<House>>> = const { OnceCell::new() };
    static SERVED: RefCell<Served> = RefCell::default();
}

/// `None` where the configuration is not whole; why, was logged.
pub(crate) fn house() -> Option<Rc<House>> {
    HOUSE.with(|house| house.get_or_init(build).clone())
}

/// The call that is under way.
pub(crate) fn call() -> Option<Rc<Call>> {
    SERVED.with_borrow(|served| served.call.clone())
}

fn build() -> Option<Rc<House>> {
    let parts = Parts {
        policy: settings::policy(),
        manifest: settings::manifest(),
        component: settings::component(),
    };
    match Configuration::read(&parts, &source::Chosen) {
        Ok(configuration) => Some(Rc::new(House::new(configuration))),
        Err(unready) => {
            services::say(&format!("nobody is served: {unready}"));
            None
        }
    }
}

impl House {
    fn new(configuration: Configuration) -> Self {
        let manifest = Arc::new(configuration.manifest);
        let run = format!("{:016x}", random::get_random_u64());
        Self {
            manifest: Arc::clone(&manifest),
            keys: configuration.keys,
            hosts: configuration.hosts,
            origins: configuration.origins,
            gateway: Gateway::new(
                Arc::new(configuration.policy),
                manifest,
                WasiWire,
                WasiClock,
                Lines::new(configuration.audit_key, run, services::write),
                configuration.credentials,
            ),
        }
    }
}

impl Call {
    /// What the component may see: the chosen site, or all of them.
    pub(crate) fn sites(&self, house: &House) -> &[SiteView] {
        self.sites.get_or_init(|| {
            let policy = house.gateway.policy();
            let principal = &self.context.caller().principal;
            let mut views = Vec::new();
            for site in policy.sites() {
                let chosen = self.chosen.as_deref();
                let is_chosen = chosen.is_none_or(|chosen| chosen == site.name.as_str());
                let Some(deployment) = site.known_deployment().filter(|_| is_chosen) else {
                    continue;
                };
                views.extend(site.products.iter().map(|product| {
                    let (manifest, name) = (&house.manifest, &site.name);
                    let may_write =
                        policy.allows_class(manifest, principal, name, *product, Class::Write);
                    SiteView::of(site, *product, deployment, !may_write)
                }));
            }
            views
        })
    }
}

impl desk::Guest for Broker {
    fn open() -> Result<Door, ()> {
        SERVED.take();
        let house = house().ok_or(())?;
        Ok(Door {
            hosts: house.hosts.clone(),
            origins: house.origins.clone(),
        })
    }

    fn admit(id: String, digest: String) -> Result<String, Rejection> {
        let house = house().ok_or(Rejection::Unknown)?;
        let shown = KeyId::parse(&id)
            .zip(KeyDigest::from_hex(&digest))
            .map(|(id, digest)| Presented { id, digest })
            .ok_or(Rejection::Unknown)?;
        let now = i128::from(WasiClock::wall_ms()) * 1_000_000;
        let now = OffsetDateTime::from_unix_timestamp_nanos(now).map_err(|_| Rejection::Unknown)?;
        match house.keys.owner(&shown, now) {
            Ok(owner) => {
                let name = owner.to_string();
                SERVED.with_borrow_mut(|served| served.caller = Some(owner.clone()));
                Ok(name)
            }
            Err(Rejected::Expired) => Err(Rejection::Expired),
            Err(Rejected::Unknown | Rejected::Unreadable(_)) => Err(Rejection::Unknown),
        }
    }

    fn offered() -> Offer {
        let caller = SERVED.with_borrow(|served| served.caller.clone());
        let Some((house, caller)) = house().zip(caller) else {
            return Offer {
                tools: Vec::new(),
                sites: Vec::new(),
            };
        };
        let (policy, manifest) = (house.gateway.policy(), &house.manifest);
        let tools = manifest.tools.keys();
        let tools = tools.filter(|tool| policy.offers(manifest, &caller, tool));
        Offer {
            tools: tools.cloned().collect(),
            sites: policy.sites().iter().map(site).collect(),
        }
    }

    fn begin(tool: String, site: Option<String>) -> Result<(), ()> {
        let house = house().ok_or(())?;
        SERVED.with_borrow_mut(|served| {
            let principal = served.caller.clone().ok_or(())?;
            let caller = Caller { principal, tool };
            let id = format!("{:016x}", random::get_random_u64());
            let deadline = house.gateway.clock().monotonic() + CALL_TIME;
            served.call = Some(Rc::new(Call {
                context: CallContext::new(caller, id, deadline, Budget::default()),
                chosen: site,
                sites: OnceCell::new(),
                memory: Memory::default(),
            }));
            Ok(())
        })
    }

    fn end() -> Vec<String> {
        let call = SERVED.with_borrow_mut(|served| served.call.take());
        let denials = call.map(|call| call.context.denials()).unwrap_or_default();
        denials.iter().map(Denial::for_client).collect()
    }
}

fn site(site: &policy::Site) -> desk::Site {
    let product = |product: &policy::Product| match product {
        policy::Product::Jira => Product::Jira,
        policy::Product::Confluence => Product::Confluence,
    };
    desk::Site {
        name: site.name.to_string(),
        products: site.products.iter().map(product).collect(),
    }
}
