//! Which site, product and deployment a typed URL or path may belong to. Only finds candidates; decides nothing.

use crate::Policy;
use crate::absolute::AbsoluteUrl;
use crate::evaluate::Request;
use crate::hold::BodyView;
use crate::site::Site;
use crate::vocabulary::{Deployment, Method, Product};

/// What a question may mean: a product of a site, as one of the deployments that it may be.
pub(super) struct Target<'p> {
    pub(super) site: &'p Site,
    product: Product,
    pub(super) deployment: Deployment,
    segments: Vec<String>,
}

impl Target<'_> {
    pub(super) fn request<'a>(
        &'a self,
        method: Method,
        query: &'a [(String, String)],
    ) -> Request<'a> {
        Request {
            site: &self.site.name,
            product: self.product,
            deployment: self.deployment,
            method,
            segments: &self.segments,
            query,
            body_len: 0,
            body: BodyView::Unseen,
        }
    }

    pub(super) fn canonical(&self, method: Method, query: &[(String, String)]) -> String {
        let url = self.site.url(self.product, &self.segments, query);
        format!("{method} {url}")
    }
}

/// Every product of every site that the URL could belong to: by the origin that is dialled and the path below it,
/// or by the origin that people see in their browser.
pub(super) fn targets_of_url<'p>(policy: &'p Policy, url: &AbsoluteUrl) -> Vec<Target<'p>> {
    let mut targets = Vec::new();
    for site in policy.sites() {
        for product in &site.products {
            let mut bases = Vec::new();
            if site.dial_origin().is_same(&url.origin) {
                bases.push(site.base_segments(*product));
            }
            if site.cloud_id.is_some() && site.origin.is_same(&url.origin) {
                bases.push(Vec::new());
            }
            for base in bases {
                if let Some(segments) = url.segments.strip_prefix(base.as_slice()) {
                    push_targets(&mut targets, site, *product, segments);
                }
            }
        }
    }
    targets
}

pub(super) fn targets_of_path<'p>(
    policy: &'p Policy,
    site: &str,
    product: Option<Product>,
    segments: &[String],
) -> Vec<Target<'p>> {
    let mut targets = Vec::new();
    for site in policy
        .sites()
        .iter()
        .filter(|known| known.name.as_str() == site)
    {
        for each in site
            .products
            .iter()
            .filter(|each| product.is_none_or(|product| product == **each))
        {
            push_targets(&mut targets, site, *each, segments);
        }
    }
    targets
}

fn push_targets<'p>(
    targets: &mut Vec<Target<'p>>,
    site: &'p Site,
    product: Product,
    segments: &[String],
) {
    for deployment in site.possible_deployments() {
        targets.push(Target {
            site,
            product,
            deployment,
            segments: segments.to_vec(),
        });
    }
}
