//! The seven steps in order, and nothing else.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use policy::{
    Asking, Caller, Class, Day, Decision, Deployment, Manifest, Permit, Permitted, Policy, Rates,
    Refused, Site, SiteName, UsedUp,
};

use crate::ask::{Answer, Ask, Denial, Failure};
use crate::budget::Wish;
use crate::call::CallContext;
use crate::consent::Question;
use crate::credential;
use crate::decide;
use crate::filter;
use crate::mutant;
use crate::own::{OwnRequest, OwnRules, ask_of_lookup};
use crate::ports::{AuditError, AuditSink, Clock, CredentialSource, Incoming, Wire};
use crate::quota::Quotas;
use crate::record::{AuditLine, Digests, Entry, Verdict};
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
    /// By the rules' ids, so that another policy begins with what was counted.
    rates: Mutex<Rates>,
}

/// What decides, and how records name it.
struct Rules {
    policy: Arc<Policy>,
    manifest: Arc<Manifest>,
    digests: Digests,
    /// What holds instead up to a day, where the file is in audit mode.
    auditing: Option<(Day, Arc<Self>)>,
}

impl Rules {
    fn new(policy: Arc<Policy>, manifest: Arc<Manifest>) -> Self {
        let auditing = policy.audit_until().map(|until| {
            let auditing = policy.as_of(until).into_owned();
            let manifest = Arc::clone(&manifest);
            (
                until,
                Arc::new(Self::in_mode(Arc::new(auditing), manifest, Some("audit"))),
            )
        });
        Self {
            auditing,
            ..Self::in_mode(policy, manifest, None)
        }
    }

    fn in_mode(policy: Arc<Policy>, manifest: Arc<Manifest>, mode: Option<&'static str>) -> Self {
        Self {
            digests: Digests {
                policy: policy.digest(),
                mode,
                component: manifest.digest.clone(),
            },
            policy,
            manifest,
            auditing: None,
        }
    }

    /// What holds instead on that day.
    fn of(&self, today: Day) -> Option<&Arc<Self>> {
        let (until, auditing) = self.auditing.as_ref()?;
        (today <= *until).then_some(auditing)
    }

    /// The host's own, beside these, and who asks by them.
    fn of_host(&self, own: OwnRules) -> (Self, Caller) {
        let host = Self {
            policy: Arc::new(own.policy),
            manifest: own.manifest,
            digests: self.digests.clone(),
            auditing: None,
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
            rates: Mutex::default(),
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
        let digests = new
            .of(Day::of_unix_ms(now))
            .map_or(&new.digests, |auditing| &auditing.digests);
        let line = AuditLine::reload(now, &old.digests, digests);
        self.audit.record(&line)?;
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        Ok(())
    }

    /// Those of today: the end of an audit mode is seen here, without a start or a reload.
    fn rules(&self) -> Arc<Rules> {
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        let today = Day::of_unix_ms(self.clock.now_ms());
        Arc::clone(rules.of(today).unwrap_or(&rules))
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
        let settled = self
            .settle(cx, rules, (site, ask.deployment), decision)
            .await;
        let settled = settled.map_err(|stop| stop.into_failure(entry))?;
        entry.permitted(settled.permit());
        let permitted = self.in_time(cx, caller, rules, settled, entry)?;
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
    /// Requests that are to run side by side: before any of them is sent, a person has to see all that they write, where
    /// one of them has to be agreed to.
    pub async fn gather(&self, cx: &CallContext, asks: &[Ask]) -> Result<(), Failure> {
        let rules = self.rules();
        if asks.len() < 2 || !rules.policy.asks() || !cx.writes.may_ask() {
            return Ok(());
        }
        let (mut writes, mut must_ask) = (Vec::new(), false);
        for ask in asks {
            // What is refused here is refused again when it is sent, and recorded then.
            let Ok(settled) = self.look_ahead(cx, &rules, ask).await else {
                continue;
            };
            must_ask |= matches!(settled, Settled::Asking(_));
            if settled.permit().class != Class::Read {
                writes.push((ask, settled));
            }
        }
        if !must_ask {
            return Ok(());
        }
        let mut questions = Vec::new();
        for (ask, settled) in &writes {
            let (audit, clock) = (&self.audit, &self.clock);
            let mut entry = Entry::open(audit, clock, &rules.digests, &cx.caller, &cx.id, ask);
            entry.permitted(settled.permit());
            entry.question(&cx.id);
            if let Err(failure @ Failure::Internal(_)) = entry.close(Err(Failure::Unconfirmed)) {
                return Err(failure);
            }
            questions.push(Question::new(settled.target(), settled.permit()));
        }
        cx.writes.ask(questions);
        Err(Failure::Unconfirmed)
    }

    async fn look_ahead<'r>(
        &self,
        cx: &CallContext,
        rules: &'r Rules,
        ask: &Ask,
    ) -> Result<Settled<'r>, Stop> {
        let missing = || Failure::Internal(format!("there is no site {}", ask.site));
        let site = rules.policy.site(&ask.site);
        let site = site.ok_or_else(missing).map_err(Stop::Failure)?;
        let target = Target::new(site, ask).map_err(|misfit| Stop::Failure(denied(misfit)))?;
        let decision = decide::decide(&rules.policy, &rules.manifest, &cx.caller, target)
            .map_err(|refusal| Stop::Refused(Refused { refusal }))?;
        self.settle(cx, rules, (site, ask.deployment), decision)
            .await
    }

    /// What a person said to the question of an earlier call. A yes that can't be recorded is none.
    pub fn answered(
        &self,
        cx: &CallContext,
        question: &str,
        said: &str,
        is_yes: bool,
    ) -> Result<(), AuditError> {
        let (rules, now) = (self.rules(), self.clock.now_ms());
        let verdict = if is_yes {
            Verdict::Allow
        } else {
            Verdict::Deny
        };
        let whose = (&cx.caller, cx.id.as_str());
        let line = AuditLine::answered(now, &rules.digests, whose, question, (verdict, said));
        self.audit.record(&line)
    }

    /// Counts what a rule with a rate allows, before a person's yes is spent on it; what is not agreed to does not count.
    fn in_time<'t>(
        &self,
        cx: &CallContext,
        caller: &Caller,
        rules: &Rules,
        settled: Settled<'t>,
        entry: &mut Entry<'_, A, C>,
    ) -> Result<Permitted<Target<'t>>, Failure> {
        let Some(most) = settled.permit().per_minute else {
            return agreed(cx, rules, settled, entry);
        };
        let rule = settled.permit().rule.clone();
        let rates = || self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let now = u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX);
        let taken = rates().take(settled.permit(), &caller.principal, now);
        taken.map_err(|UsedUp { wait_ms, .. }| {
            Failure::Denied(Box::new(Denial {
                rule: "host.per-minute".to_owned(),
                reason: format!(
                    "rule `{rule}` allows {most} requests a minute for each caller, and they are used up; there is room again in {} s",
                    wait_ms.div_ceil(1000)
                ),
                would_allow: None,
            }))
        })?;
        agreed(cx, rules, settled, entry)
            .inspect_err(|_| rates().give_back(&rule, &caller.principal))
    }

    /// Reads where the things stand that a bound rule's request names. Each reading is a decision of its own, by a
    /// built-in rule, with the credential of whoever asks.
    async fn settle<'t>(
        &self,
        cx: &CallContext,
        rules: &Rules,
        (site, deployment): (&Site, Deployment),
        mut decision: Decision<Target<'t>>,
    ) -> Result<Settled<'t>, Stop> {
        loop {
            let pending = match decision {
                Decision::Permitted(permitted) => return Ok(Settled::Free(permitted)),
                Decision::Asking(asking) => return Ok(Settled::Asking(asking)),
                Decision::Pending(pending) => pending,
            };
            let (principal, component) = (&cx.caller.principal, &rules.digests.component);
            let lookup = pending.lookup();
            let own = OwnRules::of_lookup(site, principal, component, lookup, deployment);
            let own = own.map_err(Stop::Failure)?;
            let ask = ask_of_lookup(lookup, site, deployment);
            // Built-in rules are bound to nothing, so this does not come back here.
            let (host, caller) = rules.of_host(own);
            let answer = Box::pin(self.pass(cx, &host, &caller, &ask)).await;
            let answer = answer.map_err(Stop::Failure)?;
            decision = pending
                .learn(answer.status, &answer.body)
                .map_err(Stop::Refused)?;
        }
    }
}

/// A decision with everything read that it needed.
enum Settled<'t> {
    Free(Permitted<Target<'t>>),
    /// A person has to agree.
    Asking(Asking<Target<'t>>),
}

impl<'t> Settled<'t> {
    const fn permit(&self) -> &Permit {
        match self {
            Self::Free(permitted) => permitted.permit(),
            Self::Asking(asking) => asking.permit(),
        }
    }

    fn target(&self) -> &Target<'t> {
        match self {
            Self::Free(permitted) => permitted,
            Self::Asking(asking) => asking.subject(),
        }
    }
}

/// Why a decision can't be settled.
enum Stop {
    Refused(Refused),
    Failure(Failure),
}

impl Stop {
    fn into_failure<A: AuditSink, C: Clock>(self, entry: &mut Entry<'_, A, C>) -> Failure {
        match self {
            Self::Refused(refusal) => refused(refusal, entry),
            Self::Failure(failure) => failure,
        }
    }
}

/// The one place where something that has to be agreed to becomes something that may be sent.
fn agreed<'t, A: AuditSink, C: Clock>(
    cx: &CallContext,
    rules: &Rules,
    settled: Settled<'t>,
    entry: &mut Entry<'_, A, C>,
) -> Result<Permitted<Target<'t>>, Failure> {
    match settled {
        Settled::Free(permitted) => {
            if permitted.permit().class != Class::Read {
                cx.writes.begin(&permitted)?;
            }
            Ok(permitted)
        }
        Settled::Asking(asking) => {
            entry.question(&cx.id);
            let question = cx.writes.agree(&asking, &rules.digests.policy)?;
            entry.question(&question);
            Ok(asking.confirmed())
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
