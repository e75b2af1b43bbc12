//! The seven steps in order, and nothing else.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use policy::{Caller, Decision, Deployment, Manifest, Permitted, Policy, Refused, Site, SiteName};

use crate::ask::{Answer, Ask, Denial, Failure};
use crate::budget::Wish;
use crate::call::CallContext;
use crate::credential;
use crate::decide;
use crate::filter;
use crate::mutant;
use crate::own::{OwnRequest, OwnRules, ask_of_lookup};
use crate::ports::{AuditError, AuditSink, Clock, CredentialSource, Incoming, Wire};
use crate::quota::Quotas;
use crate::record::{AuditLine, Digests, Entry};
use crate::redact::{Cache, Redactors};
use crate::send::Sealed;
use crate::target::{Misfit, Target};

/// What every refusal takes at least. Finding the words for one costs more the more of the policy
/// it touches, and a component that measures could tell known paths from unknown ones by that.
const REFUSAL: Duration = Duration::from_millis(2);

/// The way out for one component, under the policy of the moment. Shared by all calls; holds nothing of a call.
pub struct Gateway<W, C, A, S> {
    /// Each request is decided under the one that holds when it is asked, also within a call.
    rules: RwLock<Arc<Rules>>,
    pub(crate) wire: Sealed<W>,
    pub(crate) clock: C,
    pub(crate) audit: A,
    pub(crate) credentials: S,
    pub(crate) redactors: Cache,
    pub(crate) quotas: Quotas,
}

/// What decides, and how records name it.
struct Rules {
    policy: Arc<Policy>,
    manifest: Arc<Manifest>,
    digests: Digests,
}

impl Rules {
    fn new(policy: Arc<Policy>, manifest: Arc<Manifest>) -> Self {
        Self {
            digests: Digests {
                policy: policy.digest(),
                component: manifest.digest.clone(),
            },
            policy,
            manifest,
        }
    }

    /// The host's own, beside these, and who asks by them.
    fn of_host(&self, own: OwnRules) -> (Self, Caller) {
        let host = Self {
            policy: Arc::new(own.policy),
            manifest: own.manifest,
            digests: self.digests.clone(),
        };
        (host, own.caller)
    }
}

impl<W: Wire, C: Clock, A: AuditSink, S: CredentialSource> Gateway<W, C, A, S> {
    pub fn new(
        policy: Arc<Policy>,
        manifest: Arc<Manifest>,
        wire: W,
        clock: C,
        audit: A,
        credentials: S,
    ) -> Self {
        Self {
            rules: RwLock::new(Arc::new(Rules::new(policy, manifest))),
            wire: Sealed::new(wire),
            clock,
            audit,
            credentials,
            redactors: Cache::default(),
            quotas: Quotas::default(),
        }
    }

    /// The one that holds now.
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.rules().policy)
    }

    /// From the next request on another policy holds. Recorded first, with both digests; where that fails, the old one
    /// stays.
    pub fn replace_policy(&self, policy: Arc<Policy>) -> Result<(), AuditError> {
        let old = self.rules();
        let new = Rules::new(policy, Arc::clone(&old.manifest));
        let now = self.clock.now_ms();
        let line = AuditLine::reload(now, &old.digests, &new.digests);
        self.audit.record(&line)?;
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        Ok(())
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn clock(&self) -> &C {
        &self.clock
    }

    /// One exchange for the component. Any HTTP status is an answer.
    pub async fn send(&self, cx: &CallContext, ask: Ask) -> Result<Answer, Failure> {
        let rules = self.rules();
        self.pass(cx, &rules, &cx.caller, &ask).await
    }

    /// One exchange for the host itself, by a built-in rule with a name, with the credential of
    /// the call's principal.
    pub async fn send_own(
        &self,
        cx: &CallContext,
        site: &SiteName,
        own: OwnRequest,
    ) -> Result<Answer, Failure> {
        let rules = self.rules();
        let Some(site) = rules.policy.site(site) else {
            return Err(Failure::Internal(format!("there is no site {site}")));
        };
        let own_rules = OwnRules::new(site, &cx.caller.principal, &rules.digests.component)?;
        let (host, caller) = rules.of_host(own_rules);
        self.pass(cx, &host, &caller, &own.ask(site)).await
    }

    /// Every way out of here writes the line of step 7.
    async fn pass(
        &self,
        cx: &CallContext,
        rules: &Rules,
        caller: &Caller,
        ask: &Ask,
    ) -> Result<Answer, Failure> {
        let began = self.clock.monotonic();
        let wish = cx.budget.spend_ask();
        if wish == Wish::Over {
            return Err(Failure::Budget);
        }
        let mut entry = Entry::open(
            &self.audit,
            &self.clock,
            &rules.digests,
            caller,
            &cx.id,
            ask,
        );
        let outcome = match wish {
            Wish::Within => self.steps(cx, rules, caller, ask, &mut entry).await,
            Wish::FirstOver | Wish::Over => Err(Failure::Budget),
        };
        if let Err(Failure::Denied(denial)) = &outcome {
            cx.note(denial);
        }
        let closed = entry.close(outcome);
        if matches!(closed, Err(Failure::Denied(_))) {
            let spent = self.clock.monotonic().saturating_sub(began);
            self.clock.sleep(REFUSAL.saturating_sub(spent)).await;
        }
        closed
    }

    async fn steps(
        &self,
        cx: &CallContext,
        rules: &Rules,
        caller: &Caller,
        ask: &Ask,
        entry: &mut Entry<'_, A, C>,
    ) -> Result<Answer, Failure> {
        let (policy, manifest) = (&*rules.policy, &*rules.manifest);
        let site = policy
            .site(&ask.site)
            .ok_or_else(|| denied(Misfit::site(format!("there is no site {}", ask.site))))?;
        let target = Target::new(site, ask).map_err(denied)?;
        let decision = decide::decide(policy, manifest, caller, target)
            .map_err(|refusal| refused(Refused { refusal }, entry))?;
        let permitted = self
            .settle(cx, rules, (site, ask.deployment), decision, entry)
            .await?;
        entry.permitted(permitted.permit());
        let credential =
            credential::find(&self.credentials, permitted.permit(), site, caller).await?;
        entry.credential(&credential.name);
        let mut redactors = Redactors::default();
        redactors.add(self.redactors.redactor(&credential));
        let leak = mutant::Leak::of(&credential);
        let incoming = self
            .exchange(cx, caller, &permitted, credential, &mut redactors, entry)
            .await?;
        let incoming = held(&permitted, incoming, entry)?;
        let (answer, hits) = filter::filter(incoming, permitted.keep, &redactors)?;
        entry.redactions(hits);
        Ok(leak.into_answer(answer, entry))
    }
}

impl<W: Wire, C: Clock, A: AuditSink, S: CredentialSource> Gateway<W, C, A, S> {
    /// Reads where the things stand that a bound rule's request names. Each reading is a decision of its own, by a
    /// built-in rule, with the credential of whoever asks.
    async fn settle<'t>(
        &self,
        cx: &CallContext,
        rules: &Rules,
        (site, deployment): (&Site, Deployment),
        mut decision: Decision<Target<'t>>,
        entry: &mut Entry<'_, A, C>,
    ) -> Result<Permitted<Target<'t>>, Failure> {
        loop {
            let pending = match decision {
                Decision::Permitted(permitted) => return Ok(permitted),
                Decision::Pending(pending) => pending,
            };
            let (principal, component) = (&cx.caller.principal, &rules.digests.component);
            let lookup = pending.lookup();
            let own = OwnRules::of_lookup(site, principal, component, lookup, deployment)?;
            let ask = ask_of_lookup(lookup, site, deployment);
            // Built-in rules are bound to nothing, so this does not come back here.
            let (host, caller) = rules.of_host(own);
            let answer = Box::pin(self.pass(cx, &host, &caller, &ask)).await?;
            decision = pending
                .learn(answer.status, &answer.body)
                .map_err(|refusal| refused(refusal, entry))?;
        }
    }
}

/// What a bound rule lets through of an answer.
fn held<A: AuditSink, C: Clock>(
    permitted: &Permitted<Target<'_>>,
    incoming: Incoming,
    entry: &mut Entry<'_, A, C>,
) -> Result<Incoming, Failure> {
    match permitted
        .permit()
        .filter_answer(incoming.status, &incoming.body)
    {
        None => Ok(incoming),
        Some(Ok(body)) => Ok(Incoming {
            body: body.into(),
            ..incoming
        }),
        Some(Err(refusal)) => Err(refused(refusal, entry)),
    }
}

fn refused<A: AuditSink, C: Clock>(
    Refused { refusal }: Refused,
    entry: &mut Entry<'_, A, C>,
) -> Failure {
    entry.refused(&refusal);
    Failure::Denied(Box::new(Denial::from(&*refusal)))
}

fn denied(misfit: Misfit) -> Failure {
    match misfit {
        Misfit::Refused { rule, reason } => Failure::Denied(Box::new(Denial {
            rule: rule.to_owned(),
            reason,
            would_allow: None,
        })),
        Misfit::Mistake(failure) => failure,
    }
}

#[cfg(test)]
mod tests;
