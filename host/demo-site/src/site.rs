//! One answer for one request: faults first, then who asks, then which product is meant.
//! No socket in here; the same function serves the wire and the tests.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use crate::auth::{Credential, CredentialKind, Doorkeeper, Key};
use crate::faults::{self, Fault};
use crate::oauth::OAuth;
use crate::options::{Deployment, Options};
use crate::reply::{Payload, Reply};
use crate::request::Request;
use crate::rough;
use crate::world::{Clock, World};
use crate::{confluence, jira};

/// The cloud id of the made-up site.
const CLOUD_ID: &str = "1324a887-45db-1bf4-1e99-ef0ff456d421";

pub(crate) struct Site {
    deployment: Deployment,
    doorkeeper: Doorkeeper,
    oauth: OAuth,
    faults: Vec<Fault>,
    seed: u64,
    rough: bool,
    answered: AtomicU64,
    world: Mutex<World>,
}

/// A signed-in person in the world, for the length of one request.
pub(crate) struct Visit<'a> {
    pub(crate) world: &'a mut World,
    /// User name of who asks.
    pub(crate) actor: &'a str,
}

impl Visit<'_> {
    pub(crate) fn is_cloud(&self) -> bool {
        self.world.deployment == Deployment::Cloud
    }
}

enum Product {
    Jira,
    Confluence,
}

impl Site {
    /// The site behind `origin`, with the first user's token already chosen.
    pub(crate) fn new(options: &Options, origin: &str, token: &str) -> Self {
        let clock = options.now.map_or(Clock::Real, Clock::Fixed);
        let world = World::seeded(options.deployment, origin, clock);
        let key = |user: &str, token: &str| Key {
            user: user.to_owned(),
            email: format!("{user}@{}", crate::world::MAIL_HOST),
            token: token.to_owned(),
        };
        let first = key(crate::world::FIRST_USER, token);
        let others = options
            .accounts
            .iter()
            .filter(|account| world.users.contains_key(&account.name))
            .map(|account| key(&account.name, &account.token));
        Self {
            deployment: options.deployment,
            doorkeeper: Doorkeeper::new(
                options.deployment,
                options.passwords,
                std::iter::once(first).chain(others).collect(),
            ),
            oauth: OAuth::new(
                options.deployment,
                options.life,
                origin,
                CLOUD_ID,
                crate::world::FIRST_USER,
                token,
            ),
            faults: options.fail.clone(),
            seed: options.seed,
            rough: options.rough,
            answered: AtomicU64::new(0),
            world: Mutex::new(world),
        }
    }

    pub(crate) fn answer(&self, request: &Request) -> (Reply, Credential) {
        let count = self.answered.fetch_add(1, Ordering::Relaxed);
        let (credential, user) = self.identify(request.authorization.as_deref());
        if let Some(status) = faults::pick(&self.faults, self.seed, count) {
            return (faults::reply(status), credential);
        }
        if let Some(reply) = self.oauth.answer(request) {
            return (reply, credential);
        }
        let Some((product, path)) = self.locate(&request.segments) else {
            return (self.outside(request), credential);
        };
        let confluence = matches!(product, Product::Confluence);
        let actor = match user {
            Some(user) => user,
            None if open_to_all(&path) => "",
            None => return (self.doorkeeper.refuse(&credential, confluence), credential),
        };
        // Atlassian's guard against forged browser requests: a write from a browser needs the header.
        let browser = request
            .user_agent
            .as_deref()
            .is_some_and(|agent| agent.starts_with("Mozilla/"));
        if request.method.is_write()
            && browser
            && request.atlassian_token.as_deref() != Some("no-check")
        {
            return (
                Reply::text(403, "text/html", "XSRF check failed"),
                credential,
            );
        }
        let mut world = self
            .world
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut visit = Visit {
            world: &mut world,
            actor,
        };
        let outcome = match product {
            Product::Jira => jira::answer(&mut visit, request, &path),
            Product::Confluence => confluence::answer(&mut visit, request, &path),
        };
        drop(world);
        let mut reply = outcome.unwrap_or_else(|refusal| refusal);
        if self.rough
            && let Payload::Json(body) = &mut reply.body
        {
            rough::roughen(body, self.deployment);
        }
        (reply, credential)
    }

    /// A token of the site's own OAuth server is good on both deployments. Atlassian takes it at its gateway, which
    /// this site is, too.
    fn identify(&self, header: Option<&str>) -> (Credential, Option<&str>) {
        let user = header
            .and_then(|header| header.strip_prefix("Bearer "))
            .and_then(|token| self.oauth.user_of(token));
        match user {
            None => self.doorkeeper.identify(header),
            Some(user) => {
                let credential = Credential {
                    kind: CredentialKind::Bearer,
                    name: Some(user.to_owned()),
                    accepted: true,
                };
                (credential, Some(user))
            }
        }
    }

    fn locate<'a>(&self, segments: &'a [String]) -> Option<(Product, Vec<&'a str>)> {
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (self.deployment, path.split_first()) {
            (Deployment::Cloud, Some((&"wiki", rest))) => {
                Some((Product::Confluence, rest.to_vec()))
            }
            (Deployment::Cloud, Some((&"rest", _))) => Some((Product::Jira, path)),
            (Deployment::DataCenter, Some((&"jira", rest))) => Some((Product::Jira, rest.to_vec())),
            (Deployment::DataCenter, Some((&"confluence", rest))) => {
                Some((Product::Confluence, rest.to_vec()))
            }
            _ => None,
        }
    }

    /// Paths that belong to neither product.
    fn outside(&self, request: &Request) -> Reply {
        let path: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        if self.deployment == Deployment::Cloud && path == ["_edge", "tenant_info"] {
            return Reply::ok(json!({"cloudId": CLOUD_ID}));
        }
        Reply::text(
            404,
            "text/html",
            "<html><body><h1>Not Found</h1></body></html>",
        )
    }
}

/// What both products tell without a credential.
fn open_to_all(path: &[&str]) -> bool {
    matches!(path, ["rest", "api", _, "serverInfo"])
}
