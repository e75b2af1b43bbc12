//! One concrete request that shows what a set of requests means. Made to be asked about, never to be sent.

use serde::Serialize;

use crate::Policy;
use crate::bounds::container;
use crate::catalogue::{Place, SlotKind, catalogue};
use crate::decide::{By, Subject};
use crate::evaluate::{Request, Verdict};
use crate::hold::BodyView;
use crate::manifest::Manifest;
use crate::set::{Door, NOTHING, Shape};
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
    /// The project or space that its body, search or answer names, where that matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<String>,
    #[serde(skip)]
    json: Option<String>,
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
        let must_name = !shape.keys.contains(NOTHING);
        let names = shape.keys.sample().filter(|_| must_name);
        let value = |name: &str| match shape.keys.sample() {
            Some(key) if !shape.keys.is_any() && door.names_container(name) => key,
            _ => "1".to_owned(),
        };
        let query: Vec<(String, String)> = (shape.query.must.iter())
            .map(|name| (name.clone(), value(name)))
            .collect();
        let json = names.as_ref().map(|key| {
            let mut body = serde_json::Map::new();
            let member = container(door.product).to_owned();
            body.insert(member, serde_json::json!({ "key": key }));
            serde_json::Value::Object(body).to_string()
        });
        Some(Self {
            principal: shape.principals.first()?.clone(),
            tool: shape.tools.first()?.clone(),
            method: door.method,
            url: site.url(door.product, &segments, &query),
            site: door.site.clone(),
            product: door.product,
            deployment: door.deployment,
            body_bytes: shape.body.0,
            names,
            json,
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
        let names = self.names.as_ref().map_or_else(String::new, |key| {
            format!(", where it names the {} {key}", container(self.product))
        });
        format!(
            "{}{whose}: {} {}{body}{names}",
            self.tool, self.method, self.url
        )
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
    fn body(&self) -> BodyView<'_> {
        self.json
            .as_ref()
            .map_or(BodyView::Unseen, |json| BodyView::Json(json.as_bytes()))
    }
    fn narrow(
        &mut self,
        query: Option<Vec<(String, String)>>,
        _: Option<Vec<u8>>,
    ) -> Result<(), String> {
        self.query = query.unwrap_or_else(|| std::mem::take(&mut self.query));
        Ok(())
    }
}

impl Door {
    /// Does this query name stand for a project or space by its key?
    fn names_container(&self, name: &str) -> bool {
        let rows = self.route.into_iter().flat_map(|id| catalogue().by_id(id));
        let mut slots = rows
            .filter(|row| row.deployment == Some(self.deployment))
            .flat_map(|row| &row.slots);
        slots.any(|slot| {
            slot.place == Place::Query
                && slot.at == name
                && matches!(slot.kind, SlotKind::Project | SlotKind::Space)
        })
    }
}
