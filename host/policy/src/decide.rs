//! The decision at the door: a request becomes `Permitted<Request>` here or nowhere.
//!
//! Holds the types that the next steps demand. The weighing itself is in `evaluate`, which `explain` and `offers`
//! use too, so that none of the three can disagree with what is enforced.

use std::ops::Deref;

use serde::Serialize;

use crate::Policy;
use crate::catalogue::RouteId;
use crate::evaluate::{Request, Verdict};
use crate::hold::{BEYOND_PATH, BodyView, Held, Lookup};
use crate::manifest::Manifest;
use crate::origin::Origin;
use crate::vocabulary::{Class, Deployment, Method, Principal, Product, SiteName};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub principal: Principal,
    pub tool: String,
}

/// Who asks, borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct By<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) tool: &'a str,
}

impl Caller {
    pub(crate) fn by(&self) -> By<'_> {
        By {
            principal: &self.principal,
            tool: &self.tool,
        }
    }
}

/// What a decision looks at. The thing that is decided on is the thing that is sent: `decide` takes it and gives
/// it back inside the permit.
pub trait Subject {
    fn site(&self) -> &SiteName;
    fn product(&self) -> Product;
    fn deployment(&self) -> Deployment;
    fn method(&self) -> Method;
    /// Not encoded; without the site's context path.
    fn segments(&self) -> &[String];
    /// Not encoded.
    fn query(&self) -> &[(String, String)];
    fn body_len(&self) -> u64;
    /// What of the body can be looked into, where a rule is bound to projects or spaces.
    fn body(&self) -> BodyView<'_>;
    /// Takes a narrowed query and body in place of its own; `Err` says why it can't be sent like that.
    fn narrow(
        &mut self,
        query: Option<Vec<(String, String)>>,
        json: Option<Vec<u8>>,
    ) -> Result<(), String>;
}

/// What came of a decision that is not a refusal.
#[derive(Debug)]
pub enum Decision<T> {
    Permitted(Permitted<T>),
    /// Allowed once a person has seen it and said yes.
    Asking(Asking<T>),
    /// The host has to read first where something stands.
    Pending(Pending<T>),
}

/// A request that a rule allows if what it names stands where the rule holds. Nothing can be sent with it.
#[derive(Debug)]
pub struct Pending<T> {
    permitted: Permitted<T>,
}

/// A request that a rule allows if a person does. Nothing can be sent with it.
#[derive(Debug)]
pub struct Asking<T> {
    permitted: Permitted<T>,
}

/// A request that a rule allows. Only this crate can make one, and it can't be changed afterwards.
///
/// ```compile_fail
/// fn forge<T>(subject: T, permit: policy::Permit) -> policy::Permitted<T> {
///     policy::Permitted { subject, permit }
/// }
/// ```
#[derive(Debug)]
pub struct Permitted<T> {
    subject: T,
    permit: Permit,
}

/// Which rule allowed what. Not cloned and not made outside of this crate: whoever holds a reference to one knows
/// that a request was allowed.
///
/// ```compile_fail
/// fn copy(permit: &policy::Permit) -> policy::Permit {
///     permit.clone()
/// }
/// ```
#[derive(Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Permit {
    pub rule: String,
    pub site: SiteName,
    pub route: RouteId,
    pub class: Class,
    pub template: String,
    /// `(kind, value)` in the order of the path.
    pub params: Vec<(String, String)>,
    /// The one named origin that the answer may redirect to.
    pub redirect: Option<(String, Origin)>,
    pub request_max_bytes: Option<u64>,
    pub response_max_bytes: Option<u64>,
    /// How many requests of this caller the rule allows within any minute. Whoever sends counts.
    pub per_minute: Option<u64>,
    /// The rule by which a person is asked before it is sent.
    pub confirm: Option<Confirm>,
    /// The projects or spaces that the request is held to, and its answer will be.
    #[serde(skip)]
    pub(crate) held: Option<Box<Held>>,
}

/// A rule with `confirm = true` that speaks of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confirm {
    pub rule: String,
    /// `policy.toml:12`
    pub place: String,
}

/// Why a request is not sent. For the client and the audit record; the component is told nothing of this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub refusal: Box<Refusal>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The `[[deny]]` that matched, or `default-deny`.
    pub rule: String,
    pub code: RefusalCode,
    /// One sentence for people.
    pub reason: String,
    /// The exact TOML that would allow it, to be added to the policy file; a line that begins with `#` says why
    /// no addition would.
    pub would_allow: String,
    /// At most three rules that came near, and the first thing about each that did not fit.
    pub nearest: Vec<NearMiss>,
    /// What the request means, where it means something.
    pub route: Option<RouteId>,
    pub class: Option<Class>,
    pub template: Option<String>,
    pub params: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    UnknownSite,
    WrongProduct,
    WrongDeployment,
    /// The site's host is an address that its own rules refuse.
    Address,
    UnknownTool,
    Path,
    Query,
    NoRoute,
    NotDeclared,
    DeniedByRule,
    NoRule,
    /// It names a project or space that no rule for it holds.
    Outside,
    BodyTooLarge,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NearMiss {
    pub rule: String,
    pub line: usize,
    /// The key of the rule that did not fit.
    pub field: &'static str,
    pub detail: String,
}

/// The rule that is named where none of the file's rules matched.
pub const DEFAULT_DENY: &str = "default-deny";

impl Policy {
    /// Allowed means: the catalogue (or the file) knows the route, the tool's manifest declares it, a rule that
    /// the caller has allows it and no `[[deny]]` matches.
    pub fn decide<T: Subject>(
        &self,
        manifest: &Manifest,
        caller: &Caller,
        subject: T,
    ) -> Result<Decision<T>, Refused> {
        let mut subject = subject;
        let verdict = self.judge(manifest, caller.by(), Request::of(&subject));
        let mut permit = match verdict {
            Verdict::Allow(permit) => permit,
            Verdict::Deny(refusal) => return Err(refusal.into()),
        };
        if let Some(held) = &mut permit.held {
            let (query, json) = (held.narrowed.query.take(), held.narrowed.json.take());
            subject.narrow(query, json).map_err(|reason| {
                permit.refusal(format!("narrowed, it can't be sent: {reason}"))
            })?;
        }
        Ok(Decision::of(Permitted { subject, permit }))
    }
}

impl<T> Decision<T> {
    fn of(permitted: Permitted<T>) -> Self {
        match permitted.permit.next_lookup() {
            None if permitted.permit.confirm.is_some() => Self::Asking(Asking { permitted }),
            None => Self::Permitted(permitted),
            Some(_) => Self::Pending(Pending { permitted }),
        }
    }

    pub const fn permit(&self) -> &Permit {
        match self {
            Self::Permitted(permitted) => &permitted.permit,
            Self::Asking(asking) => &asking.permitted.permit,
            Self::Pending(pending) => &pending.permitted.permit,
        }
    }
}

impl<T> Pending<T> {
    /// What has to be read next.
    pub fn lookup(&self) -> &Lookup {
        let next = self.permitted.permit.next_lookup();
        next.expect("a decision is pending while something is left to be read")
    }

    /// Takes in what the site answered to [`Pending::lookup`].
    pub fn learn(mut self, status: u16, body: &[u8]) -> Result<Decision<T>, Refused> {
        let permit = &mut self.permitted.permit;
        if let Some(held) = &mut permit.held
            && let Some(lookup) = held.narrowed.lookups.pop_first()
        {
            held.scope
                .learn(&lookup, status, body)
                .map_err(|reason| permit.refusal(reason))?;
        }
        Ok(Decision::of(self.permitted))
    }
}

impl<T> Asking<T> {
    /// What the person has to be shown.
    pub const fn subject(&self) -> &T {
        &self.permitted.subject
    }

    pub const fn permit(&self) -> &Permit {
        &self.permitted.permit
    }

    /// Somebody has seen exactly this and said yes.
    pub fn confirmed(self) -> Permitted<T> {
        self.permitted
    }
}

impl Permit {
    /// The body that the component may see of an answer; `None` where the request was held to nothing, and the answer
    /// stays as it came.
    pub fn filter_answer(&self, status: u16, body: &[u8]) -> Option<Result<Vec<u8>, Refused>> {
        let Held { scope, slots, .. } = self.held.as_deref()?;
        let filtered = scope.filter(slots, self.class, status, body);
        Some(filtered.map_err(|reason| self.refusal(reason)))
    }

    /// In words, to be added to what allows it.
    pub(crate) fn held_to(&self) -> String {
        self.held.as_ref().map_or_else(String::new, |held| {
            let first = match held.narrowed.lookups.is_empty() {
                true => "",
                false => "; the host reads first where the things stand that it names",
            };
            format!(", held to {}{first}", held.scope)
        })
    }

    /// In words, to be added to what allows it.
    pub(crate) fn rate(&self) -> String {
        self.per_minute.map_or_else(String::new, |most| {
            format!(", at most {most} a minute for each caller")
        })
    }

    fn next_lookup(&self) -> Option<&Lookup> {
        self.held.as_ref()?.narrowed.lookups.first()
    }

    /// What was allowed by its path, and turned out to stand elsewhere.
    fn refusal(&self, reason: String) -> Refused {
        Refused {
            refusal: Box::new(Refusal {
                rule: DEFAULT_DENY.to_owned(),
                code: RefusalCode::Outside,
                reason: format!("{BEYOND_PATH}{reason}"),
                would_allow: format!("# rule `{}` would have to list it", self.rule),
                nearest: Vec::new(),
                route: Some(self.route.clone()),
                class: Some(self.class),
                template: Some(self.template.clone()),
                params: self.params.clone(),
            }),
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal: Box::new(refusal),
        }
    }
}

impl<T> Permitted<T> {
    pub const fn permit(&self) -> &Permit {
        &self.permit
    }
}

impl<T> Deref for Permitted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.subject
    }
}
