//! Step 5, send: the only place that can reach the wire, and it takes a `Permitted<Target>`.
//! Adds the host's own headers, waits and repeats, renews a credential once, makes the one
//! redirect hop that the permit allows.

use std::time::Duration;

use policy::{Caller, Origin, Permitted};

use crate::ask::{Denial, Failure};
use crate::call::CallContext;
use crate::credential;
use crate::gateway::Gateway;
use crate::headers::Headers;
use crate::mutant::{self, Mutant};
use crate::ports::{
    AuditSink, Clock, Credential, CredentialSource, Hop, Incoming, Outgoing, Wire, WireError,
};
use crate::quota::Account;
use crate::record::Entry;
use crate::redact::Redactors;
use crate::redirect::{self, Redirect};
use crate::retry::{self, Try};
use crate::target::Target;

/// Holds the wire where no other module can reach it.
pub(crate) struct Sealed<W>(W);

impl<W> Sealed<W> {
    pub(crate) const fn new(wire: W) -> Self {
        Self(wire)
    }
}

const USER_AGENT: &str = concat!("mcp-airlock/", env!("CARGO_PKG_VERSION"));

impl<W: Wire, C: Clock, A: AuditSink, S: CredentialSource> Gateway<W, C, A, S> {
    /// The final answer as it came in, still unfiltered. What it may hold of a credential is
    /// in `redactors`.
    pub(crate) async fn exchange(
        &self,
        cx: &CallContext,
        caller: &Caller,
        permitted: &Permitted<Target<'_>>,
        mut credential: Credential,
        redactors: &mut Redactors,
        entry: &mut Entry<'_, A, C>,
    ) -> Result<Incoming, Failure> {
        let (target, permit) = (&**permitted, permitted.permit());
        let account = Account {
            site: target.site.name.clone(),
            product: target.product,
            credential: credential.name.clone(),
        };
        if let Some(seconds) = self.quotas.wait(&account, self.clock.monotonic()) {
            return Err(Failure::RateLimited(Some(seconds)));
        }
        entry.announce(permit.class, target.body_bytes())?;
        let headers = host_headers(target);
        let repeatable = retry::is_repeatable(target.method, permit.class, target.idempotent);
        let mut renewed = false;
        let mut number = 0;
        loop {
            number += 1;
            let wish = smaller(target.max_body, permit.response_max_bytes);
            let hop = Outgoing {
                site: target.site,
                origin: &target.origin,
                hop: Hop::Site,
                url: &target.url,
                method: target.method,
                headers: &headers,
                authorization: Some(&credential.authorization),
                body: target.body.as_ref().map(|(bytes, _)| bytes.clone()),
                timeout: target.timeout,
                max_response_bytes: 0,
            };
            let result = self.once(cx, hop, wish, redactors, entry).await;
            let this = self.this_try(cx, number, repeatable);
            let rejected = matches!(&result, Ok(Ok(incoming)) if incoming.status == 401);
            if rejected && !renewed && number < retry::MOST_TRIES {
                renewed = true;
                let (source, site) = (&self.credentials, target.site);
                let other = credential::renew(source, permit, site, caller, &credential).await;
                if let Some(other) = other {
                    redactors.add(self.redactors.redactor(&other));
                    entry.credential(&other.name);
                    credential = other;
                    continue;
                }
            }
            if let Some(wait) = self.wait(&this, &result, &account) {
                self.clock.sleep(wait).await;
                continue;
            }
            let incoming = result?.map_err(|error| failure(&error, cx, wish))?;
            if !redirect::is_redirect(incoming.status) {
                return Ok(incoming);
            }
            return self
                .redirected(cx, permitted, &credential, incoming, redactors, entry)
                .await;
        }
    }

    /// `None` where the result stands.
    fn wait(
        &self,
        this: &Try,
        result: &Result<Result<Incoming, WireError>, Failure>,
        account: &Account,
    ) -> Option<Duration> {
        match result {
            Ok(Ok(incoming)) => {
                if incoming.status == 429 && retry::is_quota(&incoming.headers) {
                    let asked = retry::retry_after(&incoming.headers, self.clock.now_ms());
                    let now = self.clock.monotonic();
                    self.quotas.used_up(account.clone(), now, asked);
                }
                retry::after_answer(this, incoming.status, &incoming.headers)
            }
            Ok(Err(WireError::Lost(_))) => retry::after_loss(this),
            Ok(Err(_)) | Err(_) => None,
        }
    }

    /// At most one hop; whatever comes back from there is the answer or a refusal.
    async fn redirected(
        &self,
        cx: &CallContext,
        permitted: &Permitted<Target<'_>>,
        credential: &Credential,
        incoming: Incoming,
        redactors: &mut Redactors,
        entry: &mut Entry<'_, A, C>,
    ) -> Result<Incoming, Failure> {
        let (target, permit) = (&**permitted, permitted.permit());
        let mut locations = (incoming.headers.iter())
            .filter(|(name, _)| name.eq_ignore_ascii_case("location"))
            .map(|(_, location)| location);
        let location = match (locations.next(), locations.next()) {
            (None, _) => return Ok(incoming),
            (Some(location), None) => location,
            (Some(_), Some(_)) => return Err(refused("the answer names two places to go")),
        };
        let named = permit.redirect.as_ref();
        let verdict = redirect::judge(
            location,
            target.method,
            named.map(|(_, origin)| origin),
            &target.origin,
        );
        let (name, origin, url, authorization) = match (verdict, named) {
            (_, _) if mutant::is_on(Mutant::NoRedirectBlock) => {
                let url = String::from_utf8_lossy(location).into_owned();
                let origin = origin_of(&url).unwrap_or_else(|| target.origin.clone());
                ("anywhere", origin, url, Some(&credential.authorization))
            }
            (Redirect::Follow(url), Some((name, origin))) => {
                (name.as_str(), origin.clone(), url, None)
            }
            (Redirect::Login, _) => return Err(Failure::Reauthorize),
            (Redirect::Refuse(reason), _) => return Err(refused(reason)),
            (Redirect::Follow(_), None) => {
                return Err(refused("the rule names no origin for redirects"));
            }
        };
        entry.hop(name)?;
        let wish = smaller(target.max_body, permit.response_max_bytes);
        let hop = Outgoing {
            site: target.site,
            origin: &origin,
            hop: Hop::Redirect,
            url: &url,
            method: target.method,
            headers: &hop_headers(),
            authorization,
            body: None,
            timeout: target.timeout,
            max_response_bytes: 0,
        };
        let incoming = self
            .once(cx, hop, wish, redactors, entry)
            .await?
            .map_err(|error| failure(&error, cx, wish))?;
        if redirect::is_redirect(incoming.status) && !mutant::is_on(Mutant::NoRedirectBlock) {
            return Err(refused("a redirect led to another redirect"));
        }
        Ok(incoming)
    }

    /// One exchange within the call's limits. The outer error is the call's, the inner the wire's.
    async fn once(
        &self,
        cx: &CallContext,
        mut out: Outgoing<'_>,
        wish: Option<u64>,
        redactors: &Redactors,
        entry: &mut Entry<'_, A, C>,
    ) -> Result<Result<Incoming, WireError>, Failure> {
        if cx.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        let left = self.left(cx);
        if left.is_zero() {
            return Err(Failure::Budget);
        }
        let cap = cx.budget.response_cap(wish);
        if cap == 0 && wish != Some(0) {
            return Err(Failure::Budget);
        }
        let request_bytes = out.body.as_ref().map_or(0, |body| body.len() as u64);
        cx.budget.spend_request(request_bytes)?;
        entry.sending(request_bytes);
        out.timeout = out.timeout.min(left);
        out.max_response_bytes = cap;
        match self.wire.0.exchange(out).await {
            Ok(incoming) => {
                entry.came_back(&incoming);
                let size = incoming.body.len() as u64;
                if size > cap {
                    return Ok(Err(WireError::TooLarge(cap)));
                }
                cx.budget.spend_response(size)?;
                Ok(Ok(incoming))
            }
            Err(error) => {
                entry.trouble(&error.to_string(), redactors);
                Ok(Err(error))
            }
        }
    }

    fn this_try(&self, cx: &CallContext, number: u32, repeatable: bool) -> Try {
        Try {
            number,
            repeatable,
            left: self.left(cx),
            now_ms: self.clock.now_ms(),
            jitter: self.clock.jitter(),
        }
    }

    fn left(&self, cx: &CallContext) -> Duration {
        cx.deadline.saturating_sub(self.clock.monotonic())
    }
}

/// What the host adds to the component's headers. No `Origin`: together with a browser-like
/// agent it makes Atlassian's XSRF check refuse the request.
fn host_headers(target: &Target<'_>) -> Headers {
    let mut headers = target.headers.clone();
    if headers.iter().all(|(name, _)| *name != "accept") {
        headers.push(("accept", "application/json".to_owned()));
    }
    if let Some((_, content_type)) = &target.body {
        headers.push(("content-type", content_type.clone()));
        if target.is_multipart() {
            headers.push(("x-atlassian-token", "no-check".to_owned()));
        }
    }
    headers.extend(hop_headers());
    headers
}

fn hop_headers() -> Headers {
    vec![
        ("user-agent", USER_AGENT.to_owned()),
        ("accept-encoding", "gzip".to_owned()),
    ]
}

fn failure(error: &WireError, cx: &CallContext, wish: Option<u64>) -> Failure {
    match error {
        WireError::Connect(_) => Failure::Connect,
        WireError::Tls(_) => Failure::Tls,
        WireError::Timeout => Failure::Timeout,
        WireError::Lost(_) | WireError::BadResponse(_) => Failure::BadResponse,
        WireError::TooLarge(cap) => cx.budget.over_cap(*cap, wish),
    }
}

fn refused(reason: &str) -> Failure {
    Failure::Denied(Box::new(Denial {
        rule: "host.redirect".into(),
        reason: reason.into(),
        would_allow: None,
    }))
}

fn smaller(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn origin_of(url: &str) -> Option<Origin> {
    let (scheme, rest) = url.split_once("://")?;
    Origin::parse(&format!("{scheme}://{}", rest.split('/').next()?)).ok()
}
