//! Tests of the whole crate from outside: a fixture policy, and what may and may not pass it.

mod addresses;
mod assertions;
mod audit_mode;
mod binding;
mod checks;
mod confirmations;
mod decisions;
mod diagnostics;
mod diffs;
mod explanations;
mod generate;
mod held;
mod holding;
mod logs;
mod lookups;
mod nearness;
mod principals;
mod properties;
mod rates;
mod reach;
mod remedies;
mod reports;
mod schema;
mod sites;
mod slips;

use crate::{
    BodyView, Caller, Decision, Deployment, Manifest, Method, Policy, Principal, Product, Question,
    RefusalCode, Refused, SiteName, Subject,
};

/// Three sites and six rules, two of which add routes of their own.
pub(crate) const FIXTURE: &str = include_str!("tests/fixture.toml");

pub(crate) fn fixture() -> Policy {
    parse(FIXTURE)
}

pub(crate) fn parse(text: &str) -> Policy {
    match Policy::parse(text, "policy.toml") {
        Ok(policy) => policy,
        Err(diagnostics) => panic!("not a policy:\n{diagnostics}\n{text}"),
    }
}

/// The tools that the fixture names, and one that its rules leave out.
pub(crate) fn manifest() -> Manifest {
    let json = r#"{"tools":[
        {"name":"confluence_get_page","routes":["confluence.page.get"]},
        {"name":"jira_add_comment","routes":["jira.comment.add"]},
        {"name":"jira_create_issue","routes":["jira.issue.create","jira.createmeta.types"]},
        {"name":"jira_download_attachment","routes":[]},
        {"name":"jira_get_issue","routes":["jira.issue.get"]},
        {"name":"jira_search","routes":["jira.issue.search"]}]}"#;
    Manifest::from_json(json.as_bytes(), "sha256:test").expect("the JSON is well formed")
}

#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) principal: Principal,
    pub(crate) site: SiteName,
    pub(crate) product: Product,
    pub(crate) deployment: Deployment,
    pub(crate) method: Method,
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body_len: u64,
    pub(crate) json: Option<String>,
    /// The one key that `json` names.
    pub(crate) names: Option<String>,
}

impl Ask {
    /// The same, to be explained; it has no body then.
    pub(crate) fn question(&self, tool: &str) -> Question {
        Question::Path {
            method: self.method.to_string(),
            site: self.site.to_string(),
            product: Some(self.product),
            path: format!("/{}", self.segments.join("/")),
            query: self.query.clone(),
            tool: Some(tool.to_owned()),
        }
    }

    /// Of alice, to the fixture's `jira`, path as text: split, and otherwise left as it is.
    pub(crate) fn jira(method: Method, path: &str) -> Self {
        Self {
            principal: principal("alice"),
            site: site("jira"),
            product: Product::Jira,
            deployment: Deployment::Cloud,
            method,
            segments: path
                .strip_prefix('/')
                .unwrap_or(path)
                .split('/')
                .map(str::to_owned)
                .collect(),
            query: Vec::new(),
            body_len: 0,
            json: None,
            names: None,
        }
    }

    pub(crate) fn with_query(mut self, pairs: &[(&str, &str)]) -> Self {
        self.query = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self
    }

    pub(crate) fn at(mut self, name: &str, product: Product, deployment: Deployment) -> Self {
        (self.site, self.product, self.deployment) = (site(name), product, deployment);
        self
    }

    pub(crate) fn of(mut self, name: &str) -> Self {
        self.principal = principal(name);
        self
    }

    pub(crate) fn caller(&self, tool: &str) -> Caller {
        Caller {
            principal: self.principal.clone(),
            tool: tool.to_owned(),
        }
    }

    pub(crate) fn with_body(mut self, bytes: u64) -> Self {
        self.body_len = bytes;
        self
    }

    /// With a body that names this project or space, and with the length that it had.
    pub(crate) fn naming(mut self, key: &str) -> Self {
        let member = match self.product {
            Product::Jira => "project",
            Product::Confluence => "space",
        };
        self.json = Some(format!("{{\"{member}\":{{\"key\":\"{key}\"}}}}"));
        self.names = Some(key.to_owned());
        self
    }

    pub(crate) fn naming_nothing(mut self) -> Self {
        (self.json, self.names) = (None, None);
        self
    }

    pub(crate) fn with_json(mut self, json: serde_json::Value) -> Self {
        let text = json.to_string();
        self.body_len = text.len() as u64;
        self.json = Some(text);
        self
    }
}

impl Subject for Ask {
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
        self.body_len
    }
    fn body(&self) -> BodyView<'_> {
        self.json
            .as_ref()
            .map_or(BodyView::Unseen, |json| BodyView::Json(json.as_bytes()))
    }
    fn narrow(
        &mut self,
        query: Option<Vec<(String, String)>>,
        json: Option<Vec<u8>>,
    ) -> Result<(), String> {
        self.query = query.unwrap_or_else(|| std::mem::take(&mut self.query));
        if let Some(json) = json {
            self.json = Some(String::from_utf8(json).expect("JSON is UTF-8"));
        }
        Ok(())
    }
}

pub(crate) fn site(name: &str) -> SiteName {
    SiteName::parse(name).expect("tests name sites well")
}

pub(crate) fn principal(name: &str) -> Principal {
    Principal::parse(name).expect("tests name principals well")
}

pub(crate) fn decide(policy: &Policy, tool: &str, ask: Ask) -> Result<Decision<Ask>, Refused> {
    policy.decide(&manifest(), &ask.caller(tool), ask)
}

pub(crate) fn rule_of(policy: &Policy, tool: &str, ask: Ask) -> Result<String, RefusalCode> {
    decide(policy, tool, ask)
        .map(|permitted| permitted.permit().rule.clone())
        .map_err(|refused| refused.refusal.code)
}
