//! Decides what stands at an address, without any credential: Cloud or Data Center, which products, under which
//! context paths, and the cloud id. What only a signed-in person sees is left to the identity check.

use std::collections::BTreeMap;

use gateway::Errand;
use policy::{Deployment, Origin, Product, Site, SiteName};

use super::exchange::{self, Errands, Request, Trouble};

/// Where the products of a Data Center usually stand, beside the path that the person gave.
const USUAL_CONTEXTS: [&str; 4] = ["", "/jira", "/confluence", "/wiki"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Survey {
    pub(crate) deployment: Deployment,
    /// With address, products and context paths; the name is a stand-in.
    base: Site,
    cloud_id: Option<String>,
}

impl Survey {
    /// The site as it would be configured, under the name that the person chose.
    pub(crate) fn site(&self, name: SiteName) -> Site {
        Site {
            name,
            ..self.base.clone()
        }
    }

    /// Only these products; each of a Data Center has tokens of its own.
    pub(crate) fn keep(&mut self, wanted: &[Product]) {
        self.base
            .products
            .retain(|product| wanted.contains(product));
        self.base
            .context
            .retain(|product, _| wanted.contains(product));
    }

    /// For Atlassian's gateway. A site on this machine is a trial, and the gateway knows nothing of it.
    pub(crate) fn gateway_id(&self) -> Option<String> {
        self.cloud_id
            .clone()
            .filter(|_| !self.base.origin.is_loopback())
    }

    #[cfg(test)]
    pub(crate) fn fixed(deployment: Deployment, base: Site, cloud_id: Option<&str>) -> Self {
        Self {
            deployment,
            base,
            cloud_id: cloud_id.map(str::to_owned),
        }
    }
}

/// Looks at `known`'s address: everything about the way there (authority, proxy, address ranges) is taken from it.
pub(crate) async fn of(errands: &Errands, known: &Site, path: &str) -> Result<Survey, Trouble> {
    // Asked at its own address, also where an earlier login goes through the gateway.
    let known = &Site {
        cloud_id: None,
        ..known.clone()
    };
    if known.origin.is_atlassian_cloud() {
        return cloud(errands, known).await;
    }
    let mut contexts = vec![path];
    contexts.extend(USUAL_CONTEXTS.iter().filter(|usual| **usual != path));

    let mut found: BTreeMap<Product, String> = BTreeMap::new();
    let mut trouble = Trouble::NotASite;
    for context in &contexts {
        match jira_at(errands, known, context).await {
            Ok(Some(Deployment::Cloud)) => return cloud(errands, known).await,
            Ok(Some(Deployment::DataCenter)) => {
                found.insert(Product::Jira, (*context).to_owned());
                break;
            }
            Ok(None) => {}
            // A host that does not answer will not answer at another path either.
            Err(unreachable) => return Err(unreachable),
        }
    }
    for context in &contexts {
        if found.values().any(|taken| taken == context) {
            continue;
        }
        match confluence_at(errands, known, context).await {
            Ok(true) => {
                found.insert(Product::Confluence, (*context).to_owned());
                break;
            }
            Ok(false) => {}
            Err(error) => trouble = error,
        }
    }
    if found.is_empty() {
        return Err(trouble);
    }
    let mut base = known.clone();
    base.deployment = Some(Deployment::DataCenter);
    base.products = found.keys().copied().collect();
    base.context = found
        .into_iter()
        .filter(|(_, context)| !context.is_empty())
        .collect();
    Ok(Survey {
        deployment: Deployment::DataCenter,
        base,
        cloud_id: None,
    })
}

/// A Cloud site may have either product; which, a signed-in person finds out.
async fn cloud(errands: &Errands, known: &Site) -> Result<Survey, Trouble> {
    let request = get("", Errand::TenantInfo);
    let said = exchange::send(errands, known, request, None).await?;
    let cloud_id = said.text("cloudId").filter(|id| is_cloud_id(id));
    let mut base = known.clone();
    if !base.origin.is_atlassian_cloud() {
        base.deployment = Some(Deployment::Cloud);
    }
    base.products = vec![Product::Jira, Product::Confluence];
    Ok(Survey {
        deployment: Deployment::Cloud,
        cloud_id: cloud_id.map(str::to_owned),
        base,
    })
}

/// It becomes a path segment, so it is a UUID or nothing.
fn is_cloud_id(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .all(|byte| matches!(byte, b'-' | b'0'..=b'9' | b'a'..=b'f'))
}

/// Readable without an account on both deployments.
async fn jira_at(
    errands: &Errands,
    known: &Site,
    context: &str,
) -> Result<Option<Deployment>, Trouble> {
    let request = get(context, Errand::JiraServerInfo);
    let said = exchange::send(errands, known, request, None).await?;
    Ok(
        match (
            said.status,
            said.text("deploymentType"),
            said.text("version"),
        ) {
            (200, Some("Cloud"), _) => Some(Deployment::Cloud),
            (200, Some(_), _) | (200, None, Some(_)) => Some(Deployment::DataCenter),
            _ => None,
        },
    )
}

/// Confluence tells strangers nothing of itself, but has the path, where others answer 404 or a page.
async fn confluence_at(errands: &Errands, known: &Site, context: &str) -> Result<bool, Trouble> {
    let request = get(context, Errand::ConfluenceCurrentUser);
    let said = exchange::send(errands, known, request, None).await?;
    Ok(matches!(said.status, 401 | 403) || (said.status == 200 && said.json.is_some()))
}

fn get(context: &str, errand: Errand) -> Request {
    // The paths are the same for both; tenants are Cloud's.
    let path = errand.path(Deployment::Cloud).unwrap_or_default();
    Request {
        errand,
        path: format!("{context}{path}"),
        body: None,
    }
}

/// The site that is asked before anything is known about it.
pub(crate) fn stranger(origin: &Origin) -> Site {
    let name = SiteName::parse("login").expect("the word is a name");
    Site::new(
        name,
        origin.clone(),
        vec![Product::Jira, Product::Confluence],
    )
}
