//! One product of one site, as a component may see it. Holds no origin that is dialled and no right.

use policy::{Deployment, Product, Site, SiteName};

#[derive(Clone, Debug)]
pub struct SiteView {
    pub name: SiteName,
    pub product: Product,
    pub deployment: Deployment,
    /// For links in results; nothing ever dials it.
    pub browse_url: String,
    pub read_only: bool,
}

impl SiteView {
    pub fn of(site: &Site, product: Product, deployment: Deployment, read_only: bool) -> Self {
        let path = match (product, deployment) {
            (Product::Confluence, Deployment::Cloud) => "/wiki",
            _ => site.context(product),
        };
        Self {
            name: site.name.clone(),
            product,
            deployment,
            browse_url: format!("{}{path}", site.origin),
            read_only,
        }
    }

    /// What `open-site` takes.
    pub fn id(&self) -> String {
        format!("{}/{}", self.name, self.product.as_str())
    }
}
