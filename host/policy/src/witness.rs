//! One concrete request that shows what a set of requests means. Made to be asked about, never to be sent.

use serde::Serialize;

use crate::Policy;
use crate::decide::{By, Subject};
use crate::evaluate::{Request, Verdict};
use crate::manifest::Manifest;
use crate::set::{Door, Shape};
use crate::vocabulary::{Deployment, Method, Principal, Product, SiteName};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witness {
    pub principal: Principal,
    pub tool: String,
    pub method: Method,
    /// As it would be sent.
    pub url: String,
    pub site: SiteName,
    pub product: Product,
    pub deployment: Deployment,
    pub body_bytes: u64,
    #[serde(skip)]
    segments: Vec<String>,
    #[serde(skip)]
    query: Vec<(String, String)>,
}

impl Witness {
    /// A member of the shape; `None` only for a shape without tools or principals, or a door to a site that the policy lacks.
    pub(crate) fn of(policy: &Policy, door: &Door, shape: &Shape) -> Option<Self> {
        let site = policy.site(&door.site)?;
        let segments = shape.sample_path();
        let query: Vec<(String, String)> = shape
            .query
            .must
            .iter()
            .map(|name| (name.clone(), "1".to_owned()))
            .collect();
        Some(Self {
            principal: shape.principals.first()?.clone(),
            tool: shape.tools.first()?.clone(),
            method: door.method,
            url: site.url(door.product, &segments, &query),
            site: door.site.clone(),
            product: door.product,
            deployment: door.deployment,
            body_bytes: shape.body.0,
            segments,
            query,
        })
    }

    pub(crate) fn query_names(&self) -> impl Iterator<Item = &str> {
        self.query.iter().map(|(name, _)| name.as_str())
    }

    pub(crate) fn by(&self) -> By<'_> {
        By {
            principal: &self.principal,
            tool: &self.tool,
        }
    }

    pub(crate) fn evaluate(&self, policy: &Policy, manifest: &Manifest) -> Verdict {
        policy.evaluate(manifest, self.by(), Request::of(self))
    }

    /// `jira_get_issue: GET https://…`, with whoever asks and the length of the body where that matters.
    pub fn human(&self) -> String {
        let whose = if self.principal.is_anyone_else() {
            String::new()
        } else {
            format!(" of {}", self.principal)
        };
        let body = match self.body_bytes {
            0 => String::new(),
            bytes => format!(", with a body of {bytes} bytes"),
        };
        format!("{}{whose}: {} {}{body}", self.tool, self.method, self.url)
    }
}

impl Subject for Witness {
    fn site(&self) -> &SiteName {
        &self.site
    }
    fn product(&self) -> Product {
        self.product
    }
    fn deployment(&self) -> Deployment {
        self.deployment
    }
    fn method(&self) -> Method {
        self.method
    }
    fn segments(&self) -> &[String] {
        &self.segments
    }
    fn query(&self) -> &[(String, String)] {
        &self.query
    }
    fn body_len(&self) -> u64 {
        self.body_bytes
    }
}
