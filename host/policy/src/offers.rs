//! Which tools exist under a policy. A tool that could never get a request through is not listed and not callable.

use crate::Policy;
use crate::catalogue::catalogue;
use crate::evaluate::{Request, Verdict};
use crate::manifest::Manifest;
use crate::rule::Selector;
use crate::site::Site;
use crate::template::Template;
use crate::vocabulary::{Class, Deployment, Method, Product, SiteName};

/// A request that a tool could make: used to ask the decision itself, instead of reasoning about rules twice.
pub(crate) struct Probe<'a> {
    pub(crate) site: &'a Site,
    pub(crate) product: Product,
    pub(crate) deployment: Deployment,
    pub(crate) method: Method,
    pub(crate) template: &'a Template,
    pub(crate) segments: Vec<String>,
}

impl Probe<'_> {
    pub(crate) fn evaluate(&self, policy: &Policy, manifest: &Manifest, tool: &str) -> Verdict {
        let request = Request {
            site: &self.site.name,
            product: self.product,
            deployment: self.deployment,
            method: self.method,
            segments: &self.segments,
            query: &[],
            body_len: 0,
        };
        policy.evaluate(manifest, tool, request)
    }
}

impl Policy {
    /// Does the tool exist here? It does if a request of one of its routes could be allowed, on some configured site
    /// as whatever that site may turn out to be; a tool that declares routes that change something needs one of
    /// those. A tool that needs no route at all (it reads nothing but the host's own facts) always exists.
    pub fn offers(&self, manifest: &Manifest, tool: &str) -> bool {
        let Some(entry) = manifest.tools.get(tool) else {
            return false;
        };
        let classes: Vec<Class> = entry
            .routes
            .iter()
            .filter_map(|id| catalogue().by_id(id).next())
            .map(|route| route.class)
            .collect();
        let changes_something = classes.iter().any(|class| *class != Class::Read);
        let probes = self.probes(manifest, tool);
        if entry.routes.is_empty() && probes.is_empty() {
            return true;
        }
        probes
            .iter()
            .any(|probe| match probe.evaluate(self, manifest, tool) {
                Verdict::Allow(permit) => permit.class != Class::Read || !changes_something,
                Verdict::Deny(_) => false,
            })
    }

    /// Could any tool do something of this class with this product of this site?
    pub fn allows_class(
        &self,
        manifest: &Manifest,
        site: &SiteName,
        product: Product,
        class: Class,
    ) -> bool {
        manifest.tools.keys().any(|tool| {
            let probes = self.probes(manifest, tool);
            probes.iter().filter(|probe| probe.site.name == *site && probe.product == product).any(|probe| {
                matches!(probe.evaluate(self, manifest, tool), Verdict::Allow(permit) if permit.class == class)
            })
        })
    }

    /// One request for each route of the tool, and one for each path that a rule spells out.
    pub(crate) fn probes<'p>(&'p self, manifest: &Manifest, tool: &str) -> Vec<Probe<'p>> {
        let declared = manifest
            .tools
            .get(tool)
            .into_iter()
            .flat_map(|entry| &entry.routes);
        let routes = declared.flat_map(|id| catalogue().by_id(id));
        let mut shapes: Vec<(Product, Option<Deployment>, Method, &Template)> = routes
            .map(|route| {
                (
                    route.product,
                    route.deployment,
                    route.method,
                    &route.template,
                )
            })
            .collect();
        for rule in self.rules().filter(|rule| rule.covers_tool(tool)) {
            if let Selector::Path(path) = &rule.selector {
                let products = path.product.map_or(Product::ALL, |product| {
                    if product == Product::Jira {
                        &[Product::Jira]
                    } else {
                        &[Product::Confluence]
                    }
                });
                for product in products {
                    shapes.extend(
                        path.methods
                            .iter()
                            .map(|method| (*product, None, *method, &path.template)),
                    );
                }
            }
        }
        let mut probes = Vec::new();
        for site in self.sites() {
            for deployment in site.possible_deployments() {
                for (product, only, method, template) in &shapes {
                    if site.products.contains(product) && only.is_none_or(|only| only == deployment)
                    {
                        probes.push(Probe {
                            site,
                            product: *product,
                            deployment,
                            method: *method,
                            template,
                            segments: template.sample(),
                        });
                    }
                }
            }
        }
        probes
    }
}
