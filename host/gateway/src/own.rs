//! What the host asks of a site on its own account: a closed list of requests, each with a rule
//! that has a name. The rules are written as a policy file of their own and decided like any
//! other, so nothing about them is an exception further down.

use std::collections::BTreeMap;
use std::sync::Arc;

use policy::{
    Caller, Deployment, Lookup, Manifest, Method, Policy, Principal, Product, Site, ToolEntry,
    catalogue,
};

use crate::ask::{Ask, Body, Failure, Keep};

/// The tool name under which the host's own requests are decided and recorded.
pub const OWN_TOOL: &str = "host";

/// One request of the closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnRequest {
    /// Which deployment a Jira is: `deploymentType` in `GET /rest/api/2/serverInfo`, the one
    /// path that both deployments answer.
    JiraServerInfo,
    /// Which deployment a Confluence is: `GET /rest/applinks/1.0/manifest`, which only a Data
    /// Center answers without the `/wiki` of Cloud.
    ConfluenceManifest,
}

impl OwnRequest {
    pub const ALL: [Self; 2] = [Self::JiraServerInfo, Self::ConfluenceManifest];

    /// The id of the rule, as it stands in the audit record.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::JiraServerInfo => "host-jira-server-info",
            Self::ConfluenceManifest => "host-confluence-manifest",
        }
    }

    pub const fn product(self) -> Product {
        match self {
            Self::JiraServerInfo => Product::Jira,
            Self::ConfluenceManifest => Product::Confluence,
        }
    }

    /// Always a GET.
    pub const fn path(self) -> &'static str {
        match self {
            Self::JiraServerInfo => "/rest/api/2/serverInfo",
            Self::ConfluenceManifest => "/rest/applinks/1.0/manifest",
        }
    }

    pub(crate) fn ask(self, site: &Site) -> Ask {
        // The path is the same for both; the answer tells which it is.
        let deployment = site.known_deployment().unwrap_or(Deployment::DataCenter);
        let segments = self.path().split('/').skip(1).map(str::to_owned).collect();
        own_ask(site, self.product(), deployment, segments, vec![])
    }
}

/// What a bound rule needs to know before its request is sent.
pub(crate) fn ask_of_lookup(lookup: &Lookup, site: &Site, deployment: Deployment) -> Ask {
    let segments = lookup.segments(deployment);
    let query = lookup.query(deployment);
    own_ask(site, lookup.product(), deployment, segments, query)
}

fn own_ask(
    site: &Site,
    product: Product,
    deployment: Deployment,
    segments: Vec<String>,
    query: Vec<(String, String)>,
) -> Ask {
    Ask {
        site: site.name.clone(),
        product,
        deployment,
        method: Method::Get,
        segments,
        query,
        headers: vec![],
        body: Body::Empty,
        keep: Keep::Inline,
        max_body: Some(LARGEST_ANSWER),
        timeout_ms: Some(10_000),
        idempotent: true,
        operation: None,
    }
}

/// A page comes with its properties, though nobody asked for its text.
const LARGEST_ANSWER: u64 = 256 << 10;

/// The host's own rules for one site.
pub(crate) struct OwnRules {
    pub(crate) policy: Policy,
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) caller: Caller,
}

impl OwnRules {
    /// `component` keeps its digest, so that a record still says what was running.
    pub(crate) fn new(
        site: &Site,
        principal: &Principal,
        component: &str,
    ) -> Result<Self, Failure> {
        let rules: String = (OwnRequest::ALL.into_iter())
            .filter(|own| site.products.contains(&own.product()))
            .map(|own| rule(site, own.rule(), own.product(), own.path(), &[]))
            .collect();
        Self::of_rules(site, principal, component, &rules, ToolEntry::default())
    }

    /// The one rule of a lookup.
    pub(crate) fn of_lookup(
        site: &Site,
        principal: &Principal,
        component: &str,
        lookup: &Lookup,
        deployment: Deployment,
    ) -> Result<Self, Failure> {
        let product = lookup.product();
        let path = Lookup::path_of_rule(lookup.rule(), deployment).ok_or_else(|| {
            Failure::Internal(format!("{} is never asked of {deployment}", lookup.rule()))
        })?;
        // What tools ask too stands in the catalogue, and then has to be declared like theirs.
        let segments = lookup.segments(deployment);
        let known = catalogue().find(product, deployment, Method::Get, &segments);
        let entry = ToolEntry {
            routes: known
                .map(|known| known.route.id.to_string())
                .into_iter()
                .collect(),
        };
        let query = lookup.query(deployment);
        let names: Vec<&str> = query.iter().map(|(name, _)| name.as_str()).collect();
        let rules = rule(site, lookup.rule(), product, path, &names);
        Self::of_rules(site, principal, component, &rules, entry)
    }

    fn of_rules(
        site: &Site,
        principal: &Principal,
        component: &str,
        rules: &str,
        entry: ToolEntry,
    ) -> Result<Self, Failure> {
        let text = format!("version = 1\n\n{}{rules}", site.to_toml());
        let policy = policy::parse(&text, "the host's own rules").map_err(|_| {
            Failure::Internal(format!(
                "the host's own rules do not fit the site {}",
                site.name
            ))
        })?;
        Ok(Self {
            policy,
            manifest: Arc::new(Manifest {
                digest: component.to_owned(),
                tools: BTreeMap::from([(OWN_TOOL.to_owned(), entry)]),
            }),
            caller: Caller {
                principal: principal.clone(),
                tool: OWN_TOOL.to_owned(),
            },
        })
    }
}

fn rule(site: &Site, id: &str, product: Product, path: &str, query: &[&str]) -> String {
    let query = match query {
        [] => String::new(),
        names => format!("query = {names:?}\n"),
    };
    format!(
        r#"
[[rule]]
id = "{id}"
site = "{}"
product = "{product}"
methods = ["GET"]
path = "{path}"
{query}tools = ["{OWN_TOOL}"]
"#,
        site.name,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookups() -> [Lookup; 5] {
        [
            Lookup::Spaces(["DOCS".to_owned()].into()),
            Lookup::Issue("PROJ-1".to_owned()),
            Lookup::Issue("10042".to_owned()),
            Lookup::Project("PROJ".to_owned()),
            Lookup::Page("7".to_owned()),
        ]
    }

    #[test]
    fn the_rules_fit_every_kind_of_site() {
        let text = r#"
version = 1

[site.cloud]
origin = "https://acme.atlassian.net"
products = ["jira", "confluence"]

[site.scoped]
origin = "https://acme.atlassian.net"
products = ["jira"]
gateway.cloud-id = "11111111-2222-3333-4444-555555555555"

[site.inside]
origin = "http://jira.example.test:8080"
deployment = "data-center"
products = ["jira", "confluence"]
context.jira = "/jira"
addresses = ["10.20.0.0/16"]
plaintext = true
proxy = "http://proxy.example.test:3128"
redirect.media = "https://media.example.test"

[site.secured]
origin = "https://wiki.example.test"
products = ["confluence"]
ca-file = "/etc/ssl/example.pem"

[[rule]]
id = "read"
site = "*"
classes = ["read"]
"#;
        let policy = policy::parse(text, "policy.toml").expect("the fixture is a policy");
        let alice = Principal::parse("alice").expect("a name");
        for name in ["cloud", "scoped", "inside", "secured"] {
            let name = policy::SiteName::parse(name).expect("a name");
            let site = policy.site(&name).expect("a site of the fixture");
            let rules = OwnRules::new(site, &alice, "sha256:c0").expect("the rules are a policy");
            assert_eq!(rules.policy.site(&name), Some(site));
            for lookup in lookups() {
                if !site.products.contains(&lookup.product()) {
                    continue;
                }
                for deployment in site.possible_deployments() {
                    let is_asked = Lookup::path_of_rule(lookup.rule(), deployment).is_some();
                    let rules = OwnRules::of_lookup(site, &alice, "sha256:c0", &lookup, deployment);
                    assert_eq!(rules.is_ok(), is_asked, "{name} {lookup:?} {deployment}");
                }
            }
        }
    }
}
