//! The way out of one call, as the sandbox wants it: the sites that the call may see, and the
//! gateway behind them.

use std::sync::{Arc, Mutex, PoisonError};

use gateway::{Answer, Ask, CallContext, Failure};
use policy::{Deployment, Product, Site};

use super::rights::Rights;
use super::{App, Standing};
use crate::sandbox::{BoxFuture, Egress, SiteView};

pub(super) struct CallEgress {
    pub(super) app: Arc<App>,
    pub(super) call: Arc<CallContext>,
    pub(super) rights: Arc<Rights>,
    pub(super) standing: Arc<Standing>,
    /// The one site of a product that has several.
    pub(super) chosen: Option<String>,
    /// Why a site is not among those that the component sees.
    pub(super) missing: Mutex<Vec<String>>,
}

impl CallEgress {
    async fn deployment(&self, site: &Site) -> Option<Deployment> {
        let gateway = &self.app.gateway;
        let ask = |own| gateway.send_own(&self.call, &site.name, own);
        match self.app.deployments.find(site, ask).await {
            Ok(deployment) => Some(deployment),
            Err(error) => {
                let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
                missing.push(error.to_string());
                None
            }
        }
    }

    fn view(&self, site: &Site, product: Product, deployment: Deployment) -> SiteView {
        let read_only = self
            .rights
            .is_read_only(&self.standing, &site.name, product);
        SiteView::of(site, product, deployment, read_only)
    }
}

impl Egress for CallEgress {
    fn sites(&self) -> BoxFuture<'_, Vec<SiteView>> {
        Box::pin(async {
            let mut views = Vec::new();
            for site in self.rights.policy.sites() {
                if self
                    .chosen
                    .as_ref()
                    .is_some_and(|chosen| chosen != site.name.as_str())
                {
                    continue;
                }
                if let Some(deployment) = self.deployment(site).await {
                    let products = site.products.iter();
                    views.extend(products.map(|product| self.view(site, *product, deployment)));
                }
            }
            views
        })
    }

    fn gather<'a>(&'a self, asks: &'a [Ask]) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.app.gateway.gather(&self.call, asks))
    }

    fn send(&self, ask: Ask) -> BoxFuture<'_, Result<Answer, Failure>> {
        Box::pin(self.app.gateway.send(&self.call, ask))
    }
}
