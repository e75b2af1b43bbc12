//! Which tools exist under a policy. A tool that could never get a request through is not listed and not callable.

use std::collections::BTreeSet;

use crate::Policy;
use crate::bounds::Bound;
use crate::catalogue::{Route, catalogue};
use crate::decide::By;
use crate::evaluate::{Request, Verdict};
use crate::hold::BodyView;
use crate::manifest::Manifest;
use crate::rule::{PathSelector, Selector};
use crate::site::Site;
use crate::template::Template;
use crate::vocabulary::{Class, Deployment, Method, Principal, Product, SiteName};

/// A request that a tool could make: used to ask the decision itself, instead of reasoning about rules twice.
pub(crate) struct Probe<'a> {
    pub(crate) site: &'a Site,
    pub(crate) product: Product,
    pub(crate) deployment: Deployment,
    pub(crate) method: Method,
    pub(crate) template: &'a Template,
    /// One path of the template, and one for each list of keys that a rule is bound to.
    paths: Vec<Vec<String>>,
}

impl Probe<'_> {
    /// The first yes, else the first no.
    pub(crate) fn evaluate(&self, policy: &Policy, manifest: &Manifest, by: By<'_>) -> Verdict {
        let mut verdicts = self.verdicts(policy, manifest, by);
        let told = verdicts.next().expect("a template has a path at least");
        let is_allowed = |verdict: &Verdict| matches!(verdict, Verdict::Allow(_));
        if is_allowed(&told) {
            return told;
        }
        verdicts.find(is_allowed).unwrap_or(told)
    }

    /// One for each path.
    pub(crate) fn verdicts(
        &self,
        policy: &Policy,
        manifest: &Manifest,
        by: By<'_>,
    ) -> impl Iterator<Item = Verdict> {
        self.paths.iter().map(move |segments| {
            let request = Request {
                site: &self.site.name,
                product: self.product,
                deployment: self.deployment,
                method: self.method,
                segments,
                query: &[],
                body_len: 0,
                body: BodyView::Unseen,
            };
            policy.evaluate(manifest, by, request)
        })
    }
}

impl Policy {
    /// Does the tool exist here for this caller? It does if a request of one of its routes could be allowed, on some configured site
    /// as whatever that site may turn out to be; a tool that declares routes that change something needs one of
    /// those. A tool that needs no route at all (it reads nothing but the host's own facts) always exists.
    pub fn offers(&self, manifest: &Manifest, principal: &Principal, tool: &str) -> bool {
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
        let by = By { principal, tool };
        probes
            .iter()
            .any(|probe| match probe.evaluate(self, manifest, by) {
                Verdict::Allow(permit) => permit.class != Class::Read || !changes_something,
                Verdict::Deny(_) => false,
            })
    }

    /// Could any tool of this caller do something of this class with this product of this site?
    pub fn allows_class(
        &self,
        manifest: &Manifest,
        principal: &Principal,
        site: &SiteName,
        product: Product,
        class: Class,
    ) -> bool {
        manifest.tools.keys().any(|tool| {
            let by = By { principal, tool };
            let probes = self.probes(manifest, tool);
            probes.iter().filter(|probe| probe.site.name == *site && probe.product == product).any(|probe| {
                matches!(probe.evaluate(self, manifest, by), Verdict::Allow(permit) if permit.class == class)
            })
        })
    }

    /// For each site, one request for each route of the tool and one for each path that a rule spells out.
    pub(crate) fn probes<'p>(&'p self, manifest: &Manifest, tool: &str) -> Vec<Probe<'p>> {
        let ids = manifest
            .tools
            .get(tool)
            .into_iter()
            .flat_map(|entry| &entry.routes);
        let routes: Vec<&Route> = ids.flat_map(|id| catalogue().by_id(id)).collect();
        let mut probes = Vec::new();
        for site in self.sites() {
            for deployment in site.possible_deployments() {
                let here = routes
                    .iter()
                    .filter(|route| route.deployment == Some(deployment));
                let mut shapes: BTreeSet<(Product, Method, &Template)> = here
                    .map(|route| (route.product, route.method, &route.template))
                    .collect();
                let rules = self
                    .rules()
                    .filter(|rule| rule.covers_tool(tool) && rule.site.covers(&site.name));
                for rule in rules {
                    if let Selector::Path(PathSelector {
                        methods,
                        template,
                        product: Some(product),
                        ..
                    }) = &rule.selector
                    {
                        shapes.extend(methods.iter().map(|method| (*product, *method, template)));
                    }
                }
                shapes.retain(|(product, ..)| site.products.contains(product));
                probes.extend(shapes.into_iter().map(|(product, method, template)| {
                    let keys = self.rules_at(&site.name).filter_map(|rule| {
                        match rule.bounds.of(product) {
                            Bound::Only(keys) => keys.first(),
                            Bound::Free | Bound::Elsewhere => None,
                        }
                    });
                    let keys: BTreeSet<&String> = keys.collect();
                    let within = keys.into_iter().map(|key| template.sample_within(key));
                    let paths = std::iter::once(template.sample()).chain(within).collect();
                    Probe {
                        site,
                        product,
                        deployment,
                        method,
                        template,
                        paths,
                    }
                }));
            }
        }
        probes
    }
}
