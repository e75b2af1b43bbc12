//! Decides how a person becomes known to a site: what is at an address, which kind of token somebody holds, whose it
//! is, and what is written down about it. Asks and shows nothing itself; the command line does.

pub(crate) mod exchange;
pub(crate) mod files;
pub(crate) mod identity;
pub(crate) mod survey;

use policy::{Deployment, Host, Origin, Product, Site, SiteName};
use secrecy::SecretString;

use crate::auth::{Scheme, authorization};
use exchange::{Errands, Trouble};
use identity::{Identity, NotKnown};
use survey::Survey;

/// A credential that a site has recognised.
pub(crate) struct Proven {
    pub(crate) site: Site,
    pub(crate) scheme: Scheme,
    pub(crate) kind: &'static str,
    pub(crate) identity: Identity,
    /// Products that the site has and that did not know the credential, with the reason.
    pub(crate) without: Vec<(Product, NotKnown)>,
}

/// Finds the way in which the site at `survey` takes this token: each that the deployment has, the plainest first.
/// A token is sent to this site and to Atlassian's gateway for it, to nobody else.
pub(crate) async fn prove(
    errands: &Errands,
    survey: &Survey,
    name: SiteName,
    user: Option<&str>,
    token: &SecretString,
) -> Result<Proven, NotKnown> {
    let mut last = None;
    for way in ways(survey, user) {
        let mut site = survey.site(name.clone());
        site.cloud_id = way.cloud_id;
        let header = authorization(&way.scheme, token);
        match recognise(
            errands,
            survey.deployment,
            site,
            way.scheme,
            way.kind,
            &header,
        )
        .await
        {
            Ok(proven) => return Ok(proven),
            Err(reason) => last = Some(last_word(last, reason)),
        }
    }
    Err(last.unwrap_or(NotKnown::Trouble(Trouble::NotASite)))
}

/// Asks each product who this is. One that answers is enough; the others are named.
pub(crate) async fn recognise(
    errands: &Errands,
    deployment: Deployment,
    mut site: Site,
    scheme: Scheme,
    kind: &'static str,
    header: &SecretString,
) -> Result<Proven, NotKnown> {
    let mut known: Option<Identity> = None;
    let mut without = Vec::new();
    for product in site.products.clone() {
        match identity::of(errands, &site, deployment, product, header).await {
            Ok(identity) => {
                known.get_or_insert(identity);
            }
            Err(reason) => {
                site.products.retain(|each| *each != product);
                without.push((product, reason));
            }
        }
    }
    match known {
        Some(identity) => Ok(Proven {
            site,
            scheme,
            kind,
            identity,
            without,
        }),
        None => Err(without
            .into_iter()
            .map(|(_, reason)| reason)
            .reduce(|earlier, later| last_word(Some(earlier), later))
            .unwrap_or(NotKnown::Trouble(Trouble::NotASite))),
    }
}

/// Of two reasons the one that tells more: a missing scope or a broken line says more than "wrong".
fn last_word(earlier: Option<NotKnown>, later: NotKnown) -> NotKnown {
    match earlier {
        Some(earlier) if !matches!(earlier, NotKnown::Refused(_)) => earlier,
        _ => later,
    }
}

/// One way to present a token.
struct Way {
    scheme: Scheme,
    cloud_id: Option<String>,
    kind: &'static str,
}

fn ways(survey: &Survey, user: Option<&str>) -> Vec<Way> {
    let basic = |user: &str| Scheme::Basic {
        user: user.to_owned(),
    };
    match (survey.deployment, user) {
        (Deployment::DataCenter, None) => vec![Way {
            scheme: Scheme::Bearer,
            cloud_id: None,
            kind: "personal access token",
        }],
        (Deployment::DataCenter, Some(user)) => vec![Way {
            scheme: basic(user),
            cloud_id: None,
            kind: "user name and password",
        }],
        (Deployment::Cloud, Some(user)) => {
            let classic = Way {
                scheme: basic(user),
                cloud_id: None,
                kind: "API token",
            };
            // A token with scopes looks the same, and only Atlassian's gateway takes it.
            let scoped = survey.gateway_id().map(|id| Way {
                scheme: basic(user),
                cloud_id: Some(id),
                kind: "API token with scopes",
            });
            std::iter::once(classic).chain(scoped).collect()
        }
        (Deployment::Cloud, None) => {
            let service = survey.gateway_id().map(|id| Way {
                scheme: Scheme::Bearer,
                cloud_id: Some(id),
                kind: "service account's token",
            });
            service.into_iter().collect()
        }
    }
}

/// The name that people would give the site: the first part of its host.
pub(crate) fn natural_name(origin: &Origin) -> SiteName {
    let label = match origin.host() {
        Host::Name(name) => name.split('.').next().filter(|label| *label != "www"),
        _ => None,
    };
    label
        .and_then(|label| SiteName::parse(label).ok())
        .unwrap_or_else(|| SiteName::parse("atlassian").expect("the word is a name"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests;
