//! What each caller may use under the policy in force: worked out when they first ask, and thrown away with the policy.
//! Decides nothing about requests; the gateway asks the policy itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use door::{Grant, Visitor};
use policy::{Class, Day, Manifest, Policy, Principal, Product, SiteName};

use super::AppError;
use super::offer::Offered;
use crate::config::Offer;

/// One policy, and whoever has asked under it.
pub(super) struct Rights {
    pub(super) policy: Arc<Policy>,
    manifest: Arc<Manifest>,
    offer: Arc<Offer>,
    /// By those whom the policy tells apart, which is a bounded number of names however many callers there are, and by
    /// what they were granted, of which there are 25.
    standings: Mutex<BTreeMap<(Principal, Grant), Arc<Standing>>>,
    /// What holds instead up to a day, where the policy is in audit mode.
    auditing: Option<(Day, Arc<Self>)>,
}

/// What one caller may use.
pub struct Standing {
    pub offered: Offered,
    principal: Principal,
    /// Products of sites where no tool of theirs may write.
    read_only: OnceLock<BTreeSet<(SiteName, Product)>>,
}

impl Rights {
    /// Fails where the command line or the environment names a tool that there is not.
    pub(super) fn new(
        policy: Arc<Policy>,
        manifest: Arc<Manifest>,
        offer: Arc<Offer>,
    ) -> Result<Self, AppError> {
        // Without names the lists can wait until somebody asks for them.
        if *offer != Offer::default() {
            Offered::check(&offer)?;
        }
        Ok(Self::of_policy(policy, manifest, offer))
    }

    /// The same wishes under another policy.
    pub(super) fn under(&self, policy: Arc<Policy>) -> Self {
        Self::of_policy(policy, Arc::clone(&self.manifest), Arc::clone(&self.offer))
    }

    fn of_policy(policy: Arc<Policy>, manifest: Arc<Manifest>, offer: Arc<Offer>) -> Self {
        let rights = |policy, auditing| Self {
            policy,
            manifest: Arc::clone(&manifest),
            offer: Arc::clone(&offer),
            standings: Mutex::default(),
            auditing,
        };
        let auditing = policy.audit_until().map(|until| {
            let auditing = policy.as_of(until).into_owned();
            (until, Arc::new(rights(Arc::new(auditing), None)))
        });
        rights(policy, auditing)
    }

    /// What holds instead on that day.
    pub(super) fn of_day(&self, today: Day) -> Option<&Arc<Self>> {
        let (until, auditing) = self.auditing.as_ref()?;
        (today <= *until).then_some(auditing)
    }

    /// What a tool takes of a grant.
    pub(super) fn needed(&self, tool: &str) -> Grant {
        Grant::for_tool(&self.manifest, tool)
    }

    pub(super) fn of(&self, visitor: &Visitor) -> Arc<Standing> {
        let principal = self.policy.stand_in(&visitor.principal);
        let mut standings = self
            .standings
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let known = standings.entry((principal.clone(), visitor.grant));
        let known = known.or_insert_with(|| {
            let offered = Offered::new(
                &self.manifest,
                &self.policy,
                (&principal, visitor.grant),
                &self.offer,
            )
            .expect(
                "the component's own manifest is read, and the names were checked at the start",
            );
            Arc::new(Standing {
                offered,
                principal,
                read_only: OnceLock::new(),
            })
        });
        Arc::clone(known)
    }

    pub(super) fn is_read_only(
        &self,
        standing: &Standing,
        site: &SiteName,
        product: Product,
    ) -> bool {
        let read_only = standing.read_only.get_or_init(|| {
            let sites = self.policy.sites().iter();
            let products = sites.flat_map(|site| {
                let products = site.products.iter();
                products.map(|product| (site.name.clone(), *product))
            });
            let may_write = |site: &SiteName, product: Product| {
                let (manifest, principal) = (&self.manifest, &standing.principal);
                self.policy
                    .allows_class(manifest, principal, site, product, Class::Write)
            };
            products
                .filter(|(site, product)| !may_write(site, *product))
                .collect()
        });
        read_only.contains(&(site.clone(), product))
    }
}
