//! What the host has to read before it can say where something stands: an issue that may have moved, a number.
//!
//! A closed list, each with a rule that has a name. Says what to ask and judges what comes back; asks nobody.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Scope;
use super::reference::{project_of_issue, scalar};
use crate::template::Kind;
use crate::vocabulary::{Deployment, Product};

/// One reading request of the host on behalf of a bound rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lookup {
    /// The numbers that the spaces of the rule have on Cloud.
    Spaces(BTreeSet<String>),
    /// By key or number.
    Issue(String),
    /// By key or number.
    Project(String),
    Page(String),
}

impl Lookup {
    /// The ids of the rules, with the product that each asks.
    pub const RULES: [(&'static str, Product); 4] = [
        ("host-space-numbers", Product::Confluence),
        ("host-issue-place", Product::Jira),
        ("host-project-place", Product::Jira),
        ("host-page-place", Product::Confluence),
    ];

    /// `None` for a text that is neither key nor number: it can't be asked for, and is refused.
    pub(crate) fn issue(text: &str) -> Option<Self> {
        let is_one = Kind::IssueKey.matches(text) || Kind::Id.matches(text);
        is_one.then(|| Self::Issue(text.to_owned()))
    }

    pub(crate) fn project(text: &str) -> Option<Self> {
        let is_one = Kind::ProjectKey.matches(text) || Kind::Id.matches(text);
        is_one.then(|| Self::Project(text.to_owned()))
    }

    pub(crate) fn page(text: &str) -> Option<Self> {
        Kind::Id.matches(text).then(|| Self::Page(text.to_owned()))
    }

    /// The id of the rule, as it stands in the audit record.
    pub const fn rule(&self) -> &'static str {
        let [spaces, issue, project, page] = Self::RULES;
        match self {
            Self::Spaces(_) => spaces.0,
            Self::Issue(_) => issue.0,
            Self::Project(_) => project.0,
            Self::Page(_) => page.0,
        }
    }

    /// The path of a rule of [`Lookup::RULES`], below the product's own; `None` where this deployment is never asked.
    pub fn path_of_rule(rule: &str, deployment: Deployment) -> Option<&'static str> {
        let [spaces, issue, project, page] = Self::RULES.map(|(rule, _)| rule);
        Some(match deployment {
            _ if rule == issue => match deployment {
                Deployment::Cloud => "/rest/api/3/issue/{segment}",
                Deployment::DataCenter => "/rest/api/2/issue/{segment}",
            },
            _ if rule == project => match deployment {
                Deployment::Cloud => "/rest/api/3/project/{segment}",
                Deployment::DataCenter => "/rest/api/2/project/{segment}",
            },
            Deployment::Cloud if rule == page => "/wiki/api/v2/pages/{id}",
            Deployment::DataCenter if rule == page => "/rest/api/content/{id}",
            Deployment::Cloud if rule == spaces => "/wiki/api/v2/spaces",
            _ => return None,
        })
    }

    pub const fn product(&self) -> Product {
        match self {
            Self::Issue(_) | Self::Project(_) => Product::Jira,
            Self::Spaces(_) | Self::Page(_) => Product::Confluence,
        }
    }

    /// Always a GET.
    pub fn segments(&self, deployment: Deployment) -> Vec<String> {
        let path = Self::path_of_rule(self.rule(), deployment).unwrap_or_default();
        let value = match self {
            Self::Spaces(_) => "",
            Self::Issue(text) | Self::Project(text) | Self::Page(text) => text,
        };
        path.split('/')
            .skip(1)
            .map(|part| if part.starts_with('{') { value } else { part }.to_owned())
            .collect()
    }

    pub fn query(&self, deployment: Deployment) -> Vec<(String, String)> {
        let pairs: Vec<(&str, String)> = match (self, deployment) {
            (Self::Issue(_), _) => vec![("fields", "project".to_owned())],
            (Self::Project(_), _) | (Self::Page(_), Deployment::Cloud) => Vec::new(),
            (Self::Page(_), Deployment::DataCenter) => {
                vec![("expand", "space,container.space".to_owned())]
            }
            (Self::Spaces(keys), _) => {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                vec![("keys", keys.join(",")), ("limit", "250".to_owned())]
            }
        };
        pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// For people: what was asked about.
    fn subject(&self) -> String {
        match self {
            Self::Spaces(keys) => {
                format!(
                    "the spaces {}",
                    keys.iter().cloned().collect::<Vec<_>>().join(", ")
                )
            }
            Self::Issue(text) => format!("the issue {text}"),
            Self::Project(text) => format!("the project {text}"),
            Self::Page(text) => format!("the page {text}"),
        }
    }
}

impl Scope {
    /// Takes in what the site said. `Err`: it stands elsewhere, or nobody can say where.
    pub(crate) fn learn(
        &mut self,
        lookup: &Lookup,
        status: u16,
        body: &[u8],
    ) -> Result<(), String> {
        let subject = lookup.subject();
        let unknown = |why: String| format!("where {subject} stands is not known: {why}");
        if status != 200 {
            return Err(unknown(format!("the site answered {status}")));
        }
        let answer: Value = serde_json::from_slice(body)
            .map_err(|_| unknown("the site's answer is no JSON".to_owned()))?;
        let missing = || unknown("the site's answer does not tell".to_owned());
        let text = |pointer: &str| answer.pointer(pointer).and_then(scalar);
        let found = match lookup {
            Lookup::Spaces(_) => {
                let spaces = answer["results"].as_array().ok_or_else(missing)?;
                let own = spaces.iter().filter(|space| {
                    space["key"]
                        .as_str()
                        .is_some_and(|key| self.keys.contains(key))
                });
                self.space_ids = own.filter_map(|space| scalar(&space["id"])).collect();
                let mut numbers = self.space_numbers.iter();
                return match numbers.find(|number| !self.space_ids.contains(*number)) {
                    Some(number) => Err(format!(
                        "it names the space of number {number}, {}",
                        self.which()
                    )),
                    None => Ok(()),
                };
            }
            Lookup::Issue(_) => {
                let key = text("/key").ok_or_else(missing)?;
                let by_key = project_of_issue(&key).ok_or_else(missing)?.to_owned();
                // Both say the same on every site; one that contradicts itself is not believed.
                match text("/fields/project/key") {
                    Some(other) if !self.keys.contains(&other) => other,
                    _ => by_key,
                }
            }
            Lookup::Project(_) => text("/key").ok_or_else(missing)?,
            Lookup::Page(_) if self.deployment == Deployment::Cloud => {
                let space = text("/spaceId").ok_or_else(missing)?;
                return if self.space_ids.contains(&space) {
                    Ok(())
                } else {
                    Err(format!(
                        "{subject} stands in another space, of number {space}"
                    ))
                };
            }
            Lookup::Page(_) => text("/space/key")
                .or_else(|| text("/container/space/key"))
                .ok_or_else(missing)?,
        };
        if self.keys.contains(&found) {
            Ok(())
        } else {
            Err(format!("{subject} stands in {found}, {}", self.which()))
        }
    }
}
