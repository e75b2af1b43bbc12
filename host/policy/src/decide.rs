//! The decision at the door: a request becomes `Permitted<Request>` here or nowhere.
//!
//! Holds the types that the next steps demand. The weighing itself is in `evaluate`, which `explain` and `offers`
//! use too, so that none of the three can disagree with what is enforced.

use std::ops::Deref;

use serde::Serialize;

use crate::Policy;
use crate::catalogue::RouteId;
use crate::evaluate::{Request, Verdict};
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
    ) -> Result<Permitted<T>, Refused> {
        let verdict = self.evaluate(manifest, caller.by(), Request::of(&subject));
        match verdict {
            Verdict::Allow(permit) => Ok(Permitted { subject, permit }),
            Verdict::Deny(refusal) => Err(Refused {
                refusal: Box::new(refusal),
            }),
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
