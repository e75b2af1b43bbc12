//! A gateway in memory: answers from a script, remembers what was asked. For tests here and for
//! those that check every request against the host's route table.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::gateway::{Deployment, Gateway, GatewayError, Product, Response, SiteInfo};
use crate::route::Request;

type Scripted = Result<Response, GatewayError>;

/// Answers by route id; several answers for one route are given in turn, the last one stays.
pub struct FakeGateway {
    sites: Vec<SiteInfo>,
    answers: RefCell<BTreeMap<String, Vec<Scripted>>>,
    requests: RefCell<Vec<Request>>,
    memory: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl FakeGateway {
    /// One site named `acme` with both products.
    pub fn new(deployment: Deployment) -> Self {
        let address = match deployment {
            Deployment::Cloud => "https://acme.atlassian.net",
            Deployment::DataCenter => "https://acme.example",
        };
        let site = |product, id: &str, browse_url: String| SiteInfo {
            id: id.to_owned(),
            name: "acme".to_owned(),
            product,
            deployment,
            browse_url,
            read_only: false,
        };
        let (jira, confluence) = match deployment {
            Deployment::Cloud => (address.to_owned(), format!("{address}/wiki")),
            Deployment::DataCenter => (format!("{address}/jira"), format!("{address}/confluence")),
        };
        Self::with_sites(vec![
            site(Product::Jira, "acme/jira", jira),
            site(Product::Confluence, "acme/confluence", confluence),
        ])
    }

    pub fn with_sites(sites: Vec<SiteInfo>) -> Self {
        Self {
            sites,
            answers: RefCell::default(),
            requests: RefCell::default(),
            memory: RefCell::default(),
        }
    }

    #[must_use]
    pub fn answer(self, route: &str, body: Value) -> Self {
        self.respond(route, 200, "application/json", &body.to_string())
    }

    #[must_use]
    pub fn respond(self, route: &str, status: u16, media_type: &str, body: &str) -> Self {
        let response = Response {
            status,
            headers: vec![("content-type".to_owned(), media_type.to_owned())],
            body: body.as_bytes().to_vec(),
            redacted: false,
        };
        self.script(route, Ok(response))
    }

    #[must_use]
    pub fn fail(self, route: &str, error: GatewayError) -> Self {
        self.script(route, Err(error))
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.borrow().clone()
    }

    fn script(self, route: &str, answer: Scripted) -> Self {
        self.answers
            .borrow_mut()
            .entry(route.to_owned())
            .or_default()
            .push(answer);
        self
    }
}

impl Gateway for FakeGateway {
    fn sites(&self) -> Vec<SiteInfo> {
        self.sites.clone()
    }

    fn send(&self, _: &SiteInfo, request: &Request) -> Result<Response, GatewayError> {
        self.requests.borrow_mut().push(request.clone());
        let mut answers = self.answers.borrow_mut();
        match answers.get_mut(request.route().id) {
            None => Err(GatewayError::Internal(format!(
                "the script has no answer for {}",
                request.route().id
            ))),
            Some(turns) if turns.len() > 1 => turns.remove(0),
            Some(turns) => turns[0].clone(),
        }
    }

    fn send_many(
        &self,
        site: &SiteInfo,
        requests: &[Request],
    ) -> Vec<Result<Response, GatewayError>> {
        requests
            .iter()
            .map(|request| self.send(site, request))
            .collect()
    }

    fn recall(&self, key: &str) -> Option<Vec<u8>> {
        self.memory.borrow().get(key).cloned()
    }

    fn remember(&self, key: &str, value: &[u8], _: u32) {
        self.memory
            .borrow_mut()
            .insert(key.to_owned(), value.to_vec());
    }
}
