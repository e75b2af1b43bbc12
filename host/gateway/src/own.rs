//! What the host asks of a site on its own account: a closed list of requests, each with a rule
//! that has a name. The rules are written as a policy file of their own and decided like any
//! other, so nothing about them is an exception further down.

use std::collections::BTreeMap;
use std::sync::Arc;

use policy::{Caller, Deployment, Manifest, Method, Policy, Principal, Product, Site, ToolEntry};

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
        Ask {
            site: site.name.clone(),
            product: self.product(),
            // The path is the same for both; the answer tells which it is.
            deployment: site.known_deployment().unwrap_or(Deployment::DataCenter),
            method: Method::Get,
            segments: self.path().split('/').skip(1).map(str::to_owned).collect(),
            query: vec![],
            headers: vec![],
            body: Body::Empty,
            keep: Keep::Inline,
            max_body: Some(64 << 10),
            timeout_ms: Some(10_000),
            idempotent: true,
            operation: None,
        }
    }
}

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
        let policy = policy::parse(&text(site), "the host's own rules").map_err(|_| {
            Failure::Internal(format!(
                "the host's own rules do not fit the site {}",
                site.name
            ))
        })?;
        Ok(Self {
            policy,
            manifest: Arc::new(Manifest {
                digest: component.to_owned(),
                tools: BTreeMap::from([(OWN_TOOL.to_owned(), ToolEntry::default())]),
            }),
            caller: Caller {
                principal: principal.clone(),
                tool: OWN_TOOL.to_owned(),
            },
        })
    }
}

fn text(site: &Site) -> String {
    let rules: String = (OwnRequest::ALL.into_iter())
        .filter(|own| site.products.contains(&own.product()))
        .map(|own| rule(own, site))
        .collect();
    format!("version = 1\n\n{}{rules}", site.to_toml())
}

fn rule(own: OwnRequest, site: &Site) -> String {
    format!(
        r#"
[[rule]]
id = "{}"
site = "{}"
product = "{}"
methods = ["GET"]
path = "{}"
tools = ["{OWN_TOOL}"]
"#,
        own.rule(),
        site.name,
        own.product(),
        own.path()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
        }
    }
}
