//! `policy assert`: claims that must stay true, proved for whole sets of requests at once. For CI.
//!
//! "Denied" is true where a policy that also had this denial would allow exactly the same; "allowed" is true where
//! the rule alone would add nothing to the policy. Both are the difference of two policies.

use serde::Serialize;
use serde_json::json;

use crate::Policy;
use crate::diagnostic::Diagnostics;
use crate::diff::{Change, diff};
use crate::explain::{Question, explain};
use crate::file::{self, Claim};
use crate::manifest::Manifest;
use crate::rule::{Effect, Rule};
use crate::sarif::{SarifResult, sarif};
use crate::set::{Reach, TooTangled, ToolView};
use crate::vocabulary::Principal;
use crate::writing::joined;

#[derive(Clone, Debug, Serialize)]
pub struct Assertions {
    pub file_name: String,
    pub policy: String,
    pub list: Vec<Asserted>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asserted {
    pub id: String,
    pub line: usize,
    /// `allowed` or `denied`.
    pub claim: &'static str,
    pub holds: bool,
    /// What shows that it does not hold: a request, and the rule that decides it.
    pub because: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum AssertionError {
    #[error("the file of assertions has mistakes, so nothing is proved\n{0}")]
    File(#[from] Diagnostics),
    #[error("{0}")]
    TooTangled(#[from] TooTangled),
}

pub fn assert_policy(
    policy: &Policy,
    manifest: &Manifest,
    text: &str,
    file_name: &str,
) -> Result<Assertions, AssertionError> {
    let read = file::read_assertions(text, file_name, policy)?;
    let mut list = Vec::new();
    for assertion in read {
        let because = match &assertion.claim {
            Claim::Set(rule) => refute_set(policy, manifest, rule)?,
            Claim::Request {
                method,
                url,
                tools,
                principals,
            } => {
                let asked = Asked { method, url };
                refute_request(
                    policy,
                    manifest,
                    assertion.effect,
                    &asked,
                    tools,
                    principals,
                )
            }
        };
        list.push(Asserted {
            claim: match assertion.effect {
                Effect::Allow => "allowed",
                Effect::Deny => "denied",
            },
            holds: because.is_empty(),
            because,
            id: assertion.id,
            line: assertion.line,
        });
    }
    list.sort_by_key(|asserted| asserted.line);
    Ok(Assertions {
        file_name: file_name.to_owned(),
        policy: policy.file_name().to_owned(),
        list,
    })
}

/// Requests that contradict the claim.
fn refute_set(
    policy: &Policy,
    manifest: &Manifest,
    rule: &Rule,
) -> Result<Vec<String>, TooTangled> {
    let told = |change: &Change, decided: &str| {
        let tools = change.tools.join(", ");
        let whose = whose(&change.principals);
        format!(
            "{} {} on {} by {tools}{whose}: {decided}; for example {}",
            change.method,
            change.path,
            change.site,
            change.witness.human()
        )
    };
    if rule.effect == Effect::Deny {
        let mut without = policy.clone();
        without.denies.push(rule.clone());
        let allowed = diff(&without, policy, manifest)?.newly_allowed;
        let by = |change: &Change| format!("allowed by {}", change.allowed_by.join(", "));
        return Ok(allowed
            .iter()
            .map(|change| told(change, &by(change)))
            .collect());
    }
    let mut alone = policy.clone();
    (alone.rules, alone.denies) = (vec![rule.clone()], Vec::new());
    alone.sections.clear();
    alone.rules_of_site = Policy::index(&alone.sites, &alone.rules);
    let reach = Reach::of(&alone, ToolView::Declared(manifest), &alone.principals());
    if reach.doors.is_empty() {
        let nothing = "no tool can make such a request, so nothing is asserted; look at its site, route and tools";
        return Ok(vec![nothing.to_owned()]);
    }
    let refused = diff(policy, &alone, manifest)?.newly_allowed;
    Ok(refused
        .iter()
        .map(|change| told(change, &change.otherwise))
        .collect())
}

/// What an assertion about one request names.
struct Asked<'a> {
    method: &'a str,
    url: &'a str,
}

fn refute_request(
    policy: &Policy,
    manifest: &Manifest,
    effect: Effect,
    asked: &Asked<'_>,
    tools: &[String],
    principals: &[Principal],
) -> Vec<String> {
    let Asked { method, url } = *asked;
    let refute = |(tool, principal): (Option<String>, Option<&Principal>)| {
        let question = Question::Url {
            method: method.to_owned(),
            url: url.to_owned(),
            tool,
        };
        let explanation = explain(policy, manifest, &question, principal);
        let is_as_claimed = explanation.is_allowed() == (effect == Effect::Allow);
        (!is_as_claimed).then(|| {
            let place = explanation
                .place
                .unwrap_or_else(|| explanation.rule.clone());
            let tools = explanation.tools.join(", ");
            let whose = whose(&explanation.principals);
            format!(
                "{method} {url} by {tools}{whose}: {} ({place})",
                explanation.reason
            )
        })
    };
    let principals = or_any(principals.iter());
    let asked = principals.flat_map(|principal| {
        let tools = or_any(tools.iter().cloned());
        tools.map(move |tool| (tool, principal))
    });
    asked.filter_map(refute).collect()
}

/// Each of them; without any, one time nobody in particular.
fn or_any<T>(named: impl ExactSizeIterator<Item = T>) -> impl Iterator<Item = Option<T>> {
    let nobody = (named.len() == 0).then_some(None);
    named.map(Some).chain(nobody)
}

/// ` of alice, bob`; nothing where everybody is alike.
fn whose(principals: &[Principal]) -> String {
    if principals.is_empty() {
        return String::new();
    }
    format!(" of {}", joined(principals))
}

impl Assertions {
    pub fn exit_code(&self) -> u8 {
        u8::from(self.list.iter().any(|asserted| !asserted.holds))
    }

    pub fn human(&self) -> String {
        let mut text = String::new();
        for asserted in &self.list {
            let word = if asserted.holds { "holds" } else { "FAILS" };
            let head = format!(
                "{word}  {} ({}:{}): {}\n",
                asserted.id, self.file_name, asserted.line, asserted.claim
            );
            text.push_str(&head);
            for line in &asserted.because {
                text.push_str(&format!("       {line}\n"));
            }
        }
        let failed = self.list.iter().filter(|asserted| !asserted.holds).count();
        let all = self.list.len();
        text + &match failed {
            0 => format!("{}: every assertion holds ({all})\n", self.policy),
            _ => format!("{}: {failed} of {all} assertions fail\n", self.policy),
        }
    }

    pub fn json(&self) -> String {
        format!("{:#}\n", json!(self))
    }

    pub fn sarif(&self) -> String {
        let failed = self.list.iter().filter(|asserted| !asserted.holds);
        let results: Vec<SarifResult> = failed
            .map(|asserted| SarifResult {
                code: CODES[0].0,
                level: "error",
                text: format!(
                    "{} is not {} in {}\n{}",
                    asserted.id,
                    asserted.claim,
                    self.policy,
                    asserted.because.join("\n")
                ),
                file: self.file_name.clone(),
                line: asserted.line,
                accepted: None,
            })
            .collect();
        sarif("assert", CODES, &results)
    }
}

const CODES: &[(&str, &str)] = &[("A001", "an assertion about the policy does not hold")];
