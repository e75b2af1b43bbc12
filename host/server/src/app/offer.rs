//! Which tools exist for the caller: those of the manifest that the policy can let do something,
//! narrowed by what the command line and the environment want. A tool that is not offered does
//! not exist, for listing and for calling alike.

use std::collections::BTreeSet;
use std::sync::Arc;

use door::Grant;
use mcp::{SiteOffer, ToolList, ToolProduct, ToolSpec};
use policy::{Manifest, Policy, Principal, Product};

use crate::app::AppError;
use crate::component;
use crate::config::Offer;

/// The tools of one caller.
pub struct Offered {
    specs: Vec<ToolSpec>,
    sites: Vec<SiteOffer>,
    list: Arc<ToolList>,
}

/// Names on the command line or in the environment that no tool has. A typo must not leave a
/// restriction without effect.
#[derive(Debug, thiserror::Error)]
#[error("no {kind} is called {}; there are: {}", quoted(.unknown), .known.join(", "))]
pub struct UnknownNames {
    kind: &'static str,
    unknown: Vec<String>,
    known: Vec<String>,
}

impl Offered {
    pub(super) fn new(
        manifest: &Manifest,
        policy: &Policy,
        (principal, grant): (&Principal, Grant),
        wanted: &Offer,
    ) -> Result<Self, AppError> {
        let specs = specs()?;
        let sites = sites(policy);
        let is_offered = |spec: &ToolSpec| {
            grant.covers(Grant::for_tool(manifest, &spec.name))
                && policy.offers(manifest, principal, &spec.name)
        };
        let specs: Vec<ToolSpec> = specs
            .into_iter()
            .filter(|spec| wants(wanted, spec) && is_offered(spec))
            .collect();
        let list = ToolList::new(mcp::with_site_choice(specs.clone(), &sites));
        Ok(Self {
            list: Arc::new(list),
            specs,
            sites,
        })
    }

    /// Are there tools of all these names?
    pub(super) fn check(wanted: &Offer) -> Result<(), AppError> {
        let specs = specs()?;
        let toolsets: BTreeSet<&str> = specs
            .iter()
            .map(|spec| spec.toolset.as_str())
            .chain(WORDS)
            .collect();
        let names: BTreeSet<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
        check("group of tools", wanted.toolsets.as_deref(), &toolsets)?;
        check("tool", wanted.tools.as_deref(), &names)?;
        check("tool", Some(&wanted.exclude), &names)?;
        Ok(())
    }

    pub fn list(&self) -> Arc<ToolList> {
        Arc::clone(&self.list)
    }

    pub fn specs(&self) -> &[ToolSpec] {
        &self.specs
    }

    pub(super) fn spec(&self, tool: &str) -> Option<&ToolSpec> {
        self.specs.iter().find(|spec| spec.name == tool)
    }

    pub(super) fn sites(&self) -> &[SiteOffer] {
        &self.sites
    }
}

fn specs() -> Result<Vec<ToolSpec>, AppError> {
    mcp::parse_manifest(component::MANIFEST).map_err(|error| AppError::Manifest(error.to_string()))
}

/// What the Python server understands beside names of groups.
const WORDS: [&str; 2] = ["all", "default"];

fn wants(wanted: &Offer, spec: &ToolSpec) -> bool {
    let listed = |list: &Option<Vec<String>>, name: &str| {
        list.as_ref()
            .is_none_or(|list| list.iter().any(|each| each == name))
    };
    let toolset = listed(&wanted.toolsets, &spec.toolset)
        || WORDS.iter().any(|word| listed(&wanted.toolsets, word));
    toolset && listed(&wanted.tools, &spec.name) && !wanted.exclude.contains(&spec.name)
}

fn check(
    kind: &'static str,
    wanted: Option<&[String]>,
    known: &BTreeSet<&str>,
) -> Result<(), UnknownNames> {
    let wanted = wanted.unwrap_or_default();
    let unknown: Vec<String> = wanted
        .iter()
        .filter(|name| !known.contains(name.as_str()))
        .cloned()
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(UnknownNames {
        kind,
        unknown,
        known: known.iter().map(|&name| name.to_owned()).collect(),
    })
}

fn quoted(names: &[String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn sites(policy: &Policy) -> Vec<SiteOffer> {
    let product = |product: &Product| match product {
        Product::Jira => ToolProduct::Jira,
        Product::Confluence => ToolProduct::Confluence,
    };
    policy
        .sites()
        .iter()
        .map(|site| SiteOffer {
            name: site.name.to_string(),
            products: site.products.iter().map(product).collect(),
        })
        .collect()
}
