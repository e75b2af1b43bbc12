//! Decides where the login server of a site is. It follows from the site alone, so that no configuration can send a
//! client secret or a refresh token elsewhere.

use policy::{Deployment, Origin, Site};

/// The login server that belongs to one site.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    /// Dialled like the site itself: the same proxy and authorities.
    pub(crate) site: Site,
    pub(crate) authorize: String,
    /// Path of the token endpoint.
    pub(crate) token: String,
    pub(crate) dialect: Dialect,
}

/// How the two servers want to be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// JSON bodies, and an audience for the consent.
    Cloud,
    /// Forms, and the redirect address again with each refresh.
    DataCenter,
}

const CLOUD_LOGIN: &str = "https://auth.atlassian.com";

/// Where a Cloud token is told which sites it is for.
const CLOUD_GATEWAY: &str = "https://api.atlassian.com";

impl Provider {
    pub(crate) fn of(site: &Site, deployment: Deployment) -> Self {
        match deployment {
            Deployment::Cloud => {
                let login = beside(site, CLOUD_LOGIN);
                Self {
                    authorize: format!("{}/authorize", login.origin),
                    site: login,
                    token: "/oauth/token".to_owned(),
                    dialect: Dialect::Cloud,
                }
            }
            Deployment::DataCenter => {
                // Each product is a login server for itself.
                let context = site
                    .products
                    .first()
                    .map_or("", |product| site.context(*product));
                let base = format!("{context}/rest/oauth2/latest");
                Self {
                    authorize: format!("{}{base}/authorize", site.origin),
                    site: site.clone(),
                    token: format!("{base}/token"),
                    dialect: Dialect::DataCenter,
                }
            }
        }
    }

    /// Where `accessible-resources` is asked for.
    pub(crate) fn gateway(&self) -> Site {
        beside(&self.site, CLOUD_GATEWAY)
    }
}

/// Another host of Atlassian's, reached as `site` is. A site on this machine is a trial and plays all parts itself.
fn beside(site: &Site, address: &str) -> Site {
    let mut other = site.clone();
    other.cloud_id = None;
    if !site.origin.is_loopback() {
        other.origin = Origin::parse(address).expect("the constant is a canonical origin");
        other.deployment = Some(Deployment::Cloud);
        other.addresses = None;
        // What the site's own gateway asks for is no business of Atlassian's hosts.
        other.client_cert = None;
        other.headers.clear();
    }
    other
}
