//! `policy explain`: why a request would pass or not, by which rule, and what would have to be different.
//!
//! Asks the decision itself; what it adds is only the reading of a question that a person typed.

mod render;
mod target;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::Policy;
use crate::absolute::AbsoluteUrl;
use crate::audit_mode::AUDIT_MODE;
use crate::decide::{By, Confirm, DEFAULT_DENY, NearMiss, Permit, Refusal, RefusalCode};
use crate::evaluate::Verdict;
use crate::manifest::Manifest;
use crate::net::{AddressClass, classify};
use crate::offers::Probe;
use crate::principal::listed;
use crate::segment;
use crate::vocabulary::{Deployment, Method, Principal, Product, SiteName};
use target::{Target, targets_of_path, targets_of_url};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// By absolute URL: it is matched against the sites' origins and never put right.
    Url {
        method: String,
        url: String,
        tool: Option<String>,
    },
    /// By site and path, as a component asks.
    Path {
        method: String,
        site: String,
        /// Left out: whichever of the site's products the path belongs to.
        product: Option<Product>,
        path: String,
        query: Vec<(String, String)>,
        tool: Option<String>,
    },
    /// Does this tool exist here, and what may it do?
    Tool(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// As it was asked.
    pub question: String,
    pub verdict: &'static str,
    /// The id of the rule, or `default-deny`.
    pub rule: String,
    /// `policy.toml:12`
    pub place: Option<String>,
    pub reason: String,
    /// The rule by which a person is asked first.
    pub confirm: Option<Confirm>,
    /// The request in the one form that would be sent.
    pub canonical: Option<String>,
    pub route: Option<String>,
    pub class: Option<String>,
    pub template: Option<String>,
    /// Who was asked about; without a tool in the question, all that may.
    pub tools: Vec<String>,
    /// For whom: the one who was asked about; else all who may, with one of the tools at least, and none where that
    /// is everybody.
    pub principals: Vec<Principal>,
    /// The site whose credential would be attached; none for a refusal.
    pub credential: Option<SiteName>,
    /// Where that credential is kept, as far as somebody looked it up: `env:JIRA_API_TOKEN`.
    pub credential_reference: Option<String>,
    /// Where the host of the question is an address.
    pub address: Option<LiteralAddress>,
    /// Set where the site's deployment is not known yet.
    pub assumed_deployment: Option<Deployment>,
    pub nearest: Vec<NearMiss>,
    pub would_allow: String,
    /// For a question about a tool: its routes, one by one.
    pub requests: Vec<ToolRequest>,
    #[serde(skip)]
    file_name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiteralAddress {
    pub address: std::net::IpAddr,
    pub class: AddressClass,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToolRequest {
    pub site: SiteName,
    pub deployment: Deployment,
    pub method: Method,
    pub path: String,
    pub route: Option<String>,
    pub verdict: &'static str,
    pub rule: String,
}

/// Without a principal the answer is yes where anybody gets one.
pub fn explain(
    policy: &Policy,
    manifest: &Manifest,
    question: &Question,
    principal: Option<&Principal>,
) -> Explanation {
    let asked = Asked {
        policy,
        manifest,
        principals: principal.map_or_else(
            || policy.principals(),
            |principal| BTreeSet::from([principal.clone()]),
        ),
    };
    let mut explanation = asked.answer(question);
    if let Some(principal) = principal {
        explanation.principals = vec![principal.clone()];
    }
    explanation.question = question.to_string();
    explanation
}

/// Under which policy, and about whom.
struct Asked<'a> {
    policy: &'a Policy,
    manifest: &'a Manifest,
    principals: BTreeSet<Principal>,
}

impl Asked<'_> {
    fn answer(&self, question: &Question) -> Explanation {
        match question {
            Question::Tool(tool) => self.explain_tool(tool),
            Question::Url { method, url, tool } => {
                let address = literal_address(url);
                let mut explanation = match AbsoluteUrl::parse(url) {
                    Ok(url) => {
                        let targets = targets_of_url(self.policy, &url);
                        let unknown = format!(
                            "no site has the origin {} and a product below that path",
                            url.origin
                        );
                        let tool = tool.as_deref();
                        self.explain_request(method, &targets, &url.query_pairs(), tool, &unknown)
                    }
                    Err(error) => {
                        Explanation::refused(self.policy, &format!("the URL is refused: {error}"))
                    }
                };
                explanation.address = address;
                explanation
            }
            Question::Path {
                method,
                site,
                product,
                path,
                query,
                tool,
            } => match segment::split(path) {
                Ok(segments) => {
                    let unknown = format!("no site is called {site:?}, or it has no such product");
                    let targets = targets_of_path(self.policy, site, *product, &segments);
                    self.explain_request(method, &targets, query, tool.as_deref(), &unknown)
                }
                Err(error) => {
                    Explanation::refused(self.policy, &format!("the path is refused: {error}"))
                }
            },
        }
    }

    fn explain_request(
        &self,
        method: &str,
        targets: &[Target<'_>],
        query: &[(String, String)],
        tool: Option<&str>,
        unknown: &str,
    ) -> Explanation {
        let policy = self.policy;
        let Some(method) = Method::parse(method) else {
            let reason = format!("{method:?} is no method that can be sent");
            return Explanation::refused(policy, &reason);
        };
        let tools: Vec<&str> = tool.map_or_else(
            || self.manifest.tools.keys().map(String::as_str).collect(),
            |tool| vec![tool],
        );
        let mut answers = Vec::new();
        for target in targets {
            let request = target.request(method, query);
            for tool in &tools {
                for principal in &self.principals {
                    let by = By { principal, tool };
                    let verdict = policy.judge(self.manifest, by, request);
                    answers.push(Answer {
                        target,
                        by,
                        verdict,
                    });
                }
            }
        }
        let allowed: Vec<&Answer<'_, '_>> = answers
            .iter()
            .filter(|answer| matches!(answer.verdict, Verdict::Allow(_)))
            .collect();
        let telling = allowed
            .first()
            .copied()
            .or_else(|| answers.iter().max_by_key(|answer| answer.nearness()));
        let Some(answer) = telling else {
            return Explanation::refused(policy, unknown);
        };
        let mut explanation = answer.explain(policy);
        explanation.canonical = Some(answer.target.canonical(method, query));
        if explanation.route.is_none() && tool.is_none() {
            explanation.tools.clear();
        }
        if explanation.route.is_none()
            && tool.is_none()
            && !explanation.would_allow.starts_with('#')
        {
            explanation.would_allow =
                "# ask with a tool to see the rule that would let it".to_owned();
        }
        if explanation.is_allowed() {
            let here = allowed
                .iter()
                .filter(|other| std::ptr::eq(other.target, answer.target));
            let tools: BTreeSet<&str> = here.clone().map(|other| other.by.tool).collect();
            explanation.tools = tools.into_iter().map(str::to_owned).collect();
            let principals = here.map(|other| other.by.principal.clone()).collect();
            explanation.principals = listed(&principals, &self.principals);
        }
        explanation
    }

    fn explain_tool(&self, tool: &str) -> Explanation {
        let (policy, manifest) = (self.policy, self.manifest);
        if !manifest.tools.contains_key(tool) {
            let reason = format!("the component declares no tool {tool:?}");
            return Explanation::refused(policy, &reason);
        }
        let offered = self.principals.iter();
        let offered: BTreeSet<Principal> = offered
            .filter(|principal| policy.offers(manifest, principal, tool))
            .cloned()
            .collect();
        let is_offered = !offered.is_empty();
        let probes = policy.probes(manifest, tool);
        let requests: Vec<ToolRequest> = probes
            .iter()
            .map(|probe| self.explain_probe(probe, tool))
            .collect();
        let reason = if is_offered {
            "the tool is offered: some of its requests can be allowed"
        } else {
            "the tool does not exist here: none of the requests that it is for can be allowed"
        };
        let rule = requests
            .iter()
            .find(|request| (request.verdict != DENY) == is_offered);
        let rule = rule.map_or_else(|| DEFAULT_DENY.to_owned(), |request| request.rule.clone());
        Explanation {
            verdict: if is_offered { ALLOW } else { DENY },
            place: place(policy, &rule),
            rule,
            tools: vec![tool.to_owned()],
            principals: listed(&offered, &self.principals),
            would_allow: String::new(),
            requests,
            ..Explanation::refused(policy, reason)
        }
    }

    /// The first yes that somebody gets, else the first no.
    fn explain_probe(&self, probe: &Probe<'_>, tool: &str) -> ToolRequest {
        let verdicts = self.principals.iter().map(|principal| {
            let by = By { principal, tool };
            let verdict = probe.evaluate(self.policy, self.manifest, by);
            self.policy.asked(self.manifest, by, verdict)
        });
        let told = verdicts.map(|verdict| match verdict {
            Verdict::Allow(permit) => (word(&permit), permit.rule, Some(permit.route)),
            Verdict::Deny(refusal) => (DENY, refusal.rule, refusal.route),
        });
        let (verdict, rule, route) = told
            .min_by_key(|(verdict, ..)| *verdict == DENY)
            .unwrap_or_else(|| (DENY, DEFAULT_DENY.to_owned(), None));
        ToolRequest {
            site: probe.site.name.clone(),
            deployment: probe.deployment,
            method: probe.method,
            path: probe.template.to_string(),
            route: route.map(|route| route.to_string()),
            verdict,
            rule,
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { method, url, .. } => write!(f, "{method} {url}"),
            Self::Path {
                method, site, path, ..
            } => write!(f, "{method} {path} on {site}"),
            Self::Tool(tool) => f.write_str(tool),
        }
    }
}

impl Explanation {
    /// 0 for allowed, if only after a question; 1 for denied.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.is_allowed())
    }

    /// Adds where the credential is kept; `references` never hold a secret.
    pub fn name_credential(&mut self, references: &BTreeMap<SiteName, String>) {
        let reference = self.credential.as_ref().map(|site| references.get(site));
        self.credential_reference = reference
            .map(|known| known.map_or_else(|| "none is configured".to_owned(), Clone::clone));
    }

    pub fn is_allowed(&self) -> bool {
        self.verdict != DENY
    }

    fn refused(policy: &Policy, reason: &str) -> Self {
        Self {
            question: String::new(),
            verdict: DENY,
            rule: DEFAULT_DENY.to_owned(),
            place: None,
            reason: reason.to_owned(),
            confirm: None,
            canonical: None,
            route: None,
            class: None,
            template: None,
            tools: Vec::new(),
            principals: Vec::new(),
            credential: None,
            credential_reference: None,
            address: None,
            assumed_deployment: None,
            nearest: Vec::new(),
            would_allow: "# no line allows this".to_owned(),
            requests: Vec::new(),
            file_name: policy.file_name().to_owned(),
        }
    }
}

const ALLOW: &str = "allow";
/// Allowed, once a person has seen it and said yes.
const CONFIRM: &str = "confirm";
const DENY: &str = "deny";

fn word(permit: &Permit) -> &'static str {
    match permit.confirm {
        Some(_) => CONFIRM,
        None => ALLOW,
    }
}

struct Answer<'p, 't> {
    target: &'t Target<'p>,
    by: By<'t>,
    verdict: Verdict,
}

impl Answer<'_, '_> {
    /// Of several refusals, the one that came furthest tells most.
    fn nearness(&self) -> (u8, usize) {
        let Verdict::Deny(refusal) = &self.verdict else {
            return (u8::MAX, 0);
        };
        let rank = match refusal.code {
            RefusalCode::DeniedByRule => 4,
            RefusalCode::Outside => 3,
            RefusalCode::Query | RefusalCode::BodyTooLarge | RefusalCode::NoRule => 2,
            RefusalCode::NotDeclared => 1,
            _ => 0,
        };
        (rank, refusal.nearest.len())
    }

    fn explain(&self, policy: &Policy) -> Explanation {
        let is_assumed = self.target.site.known_deployment().is_none();
        let common = Explanation {
            tools: vec![self.by.tool.to_owned()],
            assumed_deployment: is_assumed.then_some(self.target.deployment),
            ..Explanation::refused(policy, "")
        };
        match &self.verdict {
            Verdict::Allow(permit) => Explanation {
                verdict: word(permit),
                confirm: permit.confirm.clone(),
                place: place(policy, &permit.rule),
                reason: policy
                    .audit_banner()
                    .filter(|_| permit.rule == AUDIT_MODE)
                    .unwrap_or_else(|| allowed_by(&permit.rule))
                    + &permit.held_to()
                    + &permit.rate(),
                rule: permit.rule.clone(),
                route: Some(permit.route.to_string()),
                class: Some(permit.class.to_string()),
                template: Some(permit.template.clone()),
                credential: Some(self.target.site.name.clone()),
                would_allow: String::new(),
                ..common
            },
            Verdict::Deny(refusal) => explain_refusal(policy, refusal, common),
        }
    }
}

fn allowed_by(rule: &str) -> String {
    format!("rule `{rule}` allows it")
}

fn explain_refusal(policy: &Policy, refusal: &Refusal, common: Explanation) -> Explanation {
    Explanation {
        place: place(policy, &refusal.rule),
        rule: refusal.rule.clone(),
        reason: refusal.reason.clone(),
        route: refusal.route.as_ref().map(ToString::to_string),
        class: refusal.class.map(|class| class.to_string()),
        template: refusal.template.clone(),
        nearest: refusal.nearest.clone(),
        would_allow: refusal.would_allow.clone(),
        ..common
    }
}

fn place(policy: &Policy, rule: &str) -> Option<String> {
    let mut all = policy.rules().chain(policy.denies());
    all.find(|known| known.id == rule)
        .map(|known| format!("{}:{}", policy.file_name(), known.line))
}

/// The address that a URL's host is, read as leniently as any client would.
fn literal_address(url: &str) -> Option<LiteralAddress> {
    let address = match url::Url::parse(url).ok()?.host()? {
        url::Host::Ipv4(address) => address.into(),
        url::Host::Ipv6(address) => address.into(),
        url::Host::Domain(_) => return None,
    };
    Some(LiteralAddress {
        address,
        class: classify(address),
    })
}
