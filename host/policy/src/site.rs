//! A configured site: where it is and what may be reached there. Holds no secret and no right.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::extra_header::ExtraHeader;
use crate::net::Cidr;
use crate::origin::{Origin, Scheme};
use crate::vocabulary::{Deployment, Product, SiteName};

/// One `[site.NAME]` of the policy file, or one that was made from the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Site {
    pub name: SiteName,
    /// What people see in their browser.
    pub origin: Origin,
    pub deployment: Option<Deployment>,
    /// At least one.
    pub products: Vec<Product>,
    /// Requests go to `https://api.atlassian.com/ex/PRODUCT/CLOUD-ID` instead of the origin; scoped tokens and
    /// OAuth need that.
    pub cloud_id: Option<String>,
    /// Where a product does not live at the root of its origin: `/jira`. No entry means the root.
    pub context: BTreeMap<Product, String>,
    /// The only ranges that the site may answer from.
    pub addresses: Option<Vec<Cidr>>,
    /// `http://` to something that is not this machine was asked for in so many words.
    pub plaintext: bool,
    pub ca_file: Option<String>,
    pub proxy: Option<Origin>,
    /// PEM file with the certificate that this program shows to the site; its key is a secret and not named here.
    pub client_cert: Option<String>,
    /// Sent to the site alone, beside the credential; their values are secrets and not named here.
    pub headers: BTreeSet<ExtraHeader>,
    /// Named origins that an answer may redirect to, without credentials.
    pub redirects: BTreeMap<String, Origin>,
}

/// The gateway of Atlassian's cloud for scoped tokens.
const CLOUD_GATEWAY: &str = "https://api.atlassian.com";

impl Site {
    /// A site with nothing but its name, origin and products.
    pub fn new(name: SiteName, origin: Origin, products: Vec<Product>) -> Self {
        Self {
            name,
            origin,
            deployment: None,
            products,
            cloud_id: None,
            context: BTreeMap::new(),
            addresses: None,
            plaintext: false,
            ca_file: None,
            proxy: None,
            client_cert: None,
            headers: BTreeSet::new(),
            redirects: BTreeMap::new(),
        }
    }

    /// What the configuration says, else what the origin's domain says, else unknown until the site is asked.
    pub fn known_deployment(&self) -> Option<Deployment> {
        match self.deployment {
            None if self.origin.is_atlassian_cloud() || self.cloud_id.is_some() => {
                Some(Deployment::Cloud)
            }
            stated => stated,
        }
    }

    /// What the site may turn out to be.
    pub fn possible_deployments(&self) -> Vec<Deployment> {
        self.known_deployment()
            .map_or_else(|| Deployment::ALL.to_vec(), |known| vec![known])
    }

    pub(crate) fn is_known_cloud(&self) -> bool {
        self.known_deployment() == Some(Deployment::Cloud)
    }

    /// The origin that is really dialled, and audited.
    pub fn dial_origin(&self) -> Origin {
        match self.cloud_id {
            Some(_) => Origin::parse(CLOUD_GATEWAY).expect("the constant is a canonical origin"),
            None => self.origin.clone(),
        }
    }

    /// The path segments that stand before the product's own paths at the dialled origin.
    pub fn base_segments(&self, product: Product) -> Vec<String> {
        match &self.cloud_id {
            Some(id) => vec!["ex".to_owned(), product.as_str().to_owned(), id.clone()],
            None => self
                .context(product)
                .split('/')
                .filter(|segment| !segment.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }

    /// The URL that a request is sent to, for people.
    pub(crate) fn url(
        &self,
        product: Product,
        segments: &[String],
        query: &[(String, String)],
    ) -> String {
        let base = self.base_segments(product);
        let path: String = base
            .iter()
            .chain(segments)
            .flat_map(|segment| ["/", segment])
            .collect();
        let encoded = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .finish();
        let query = if encoded.is_empty() {
            encoded
        } else {
            format!("?{encoded}")
        };
        format!("{}{path}{query}", self.dial_origin())
    }

    /// `/jira`, or the empty string.
    pub fn context(&self, product: Product) -> &str {
        self.context.get(&product).map_or("", String::as_str)
    }

    /// The site as it would stand in a policy file.
    pub fn to_toml(&self) -> String {
        let mut lines = vec![
            format!("[site.{}]", self.name),
            format!("origin = {}", quoted(&self.origin.to_string())),
        ];
        if let Some(deployment) = self.deployment {
            lines.push(format!("deployment = {}", quoted(deployment.as_str())));
        }
        lines.push(format!(
            "products = {}",
            quoted_list(self.products.iter().map(|product| product.as_str()))
        ));
        if let Some(id) = &self.cloud_id {
            lines.push(format!("gateway.cloud-id = {}", quoted(id)));
        }
        lines.extend(
            self.context
                .iter()
                .map(|(product, path)| format!("context.{product} = {}", quoted(path))),
        );
        if let Some(ranges) = &self.addresses {
            lines.push(format!(
                "addresses = {}",
                quoted_list(ranges.iter().map(ToString::to_string))
            ));
        }
        if self.plaintext {
            lines.push("plaintext = true".to_owned());
        }
        if let Some(file) = &self.ca_file {
            lines.push(format!("ca-file = {}", quoted(file)));
        }
        if let Some(proxy) = &self.proxy {
            lines.push(format!("proxy = {}", quoted(&proxy.to_string())));
        }
        if let Some(file) = &self.client_cert {
            lines.push(format!("client-cert = {}", quoted(file)));
        }
        if !self.headers.is_empty() {
            let names = self.headers.iter().map(ExtraHeader::as_str);
            lines.push(format!("headers = {}", quoted_list(names)));
        }
        lines.extend(
            self.redirects
                .iter()
                .map(|(name, origin)| format!("redirect.{name} = {}", quoted(&origin.to_string()))),
        );
        lines.join("\n") + "\n"
    }

    /// Would the credential travel in clear text beyond this machine?
    pub(crate) fn needs_plaintext(&self) -> bool {
        self.dial_origin().scheme() == Scheme::Http && !self.origin.is_loopback()
    }
}

/// A TOML string.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

pub(crate) fn quoted_list<S: AsRef<str>>(words: impl Iterator<Item = S>) -> String {
    format!(
        "[{}]",
        words
            .map(|word| quoted(word.as_ref()))
            .collect::<Vec<_>>()
            .join(", ")
    )
}
