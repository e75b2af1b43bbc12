//! Findings about sites: reached by no rule, without a credential, in clear text, at a wrong or a shared address.

use super::{Notes, Surroundings};
use crate::Policy;
use crate::acceptance::About;
use crate::net::AddressRules;
use crate::site::Site;

pub(super) fn check(policy: &Policy, around: &Surroundings<'_>, notes: &mut Notes) {
    for (at, site) in policy.sites().iter().enumerate() {
        let mut warn = |code, message, help: &str| {
            let line = policy.site_lines.get(&site.name).copied().unwrap_or(1);
            notes.warn(
                code,
                About::Site(site.name.to_string()),
                line,
                message,
                help,
            );
        };
        if !policy.rules().any(|rule| rule.site.covers(&site.name)) {
            let message = format!(
                "no rule is about site `{}`, so nothing can be done there",
                site.name
            );
            warn("P007", message, "add a [[rule]], or remove the site");
        }
        if around
            .credentials
            .is_some_and(|credentials| !credentials.contains(&site.name))
        {
            let message = format!("no credential is configured for site `{}`", site.name);
            warn(
                "P009",
                message,
                "add it to credentials.toml, or run  mcp-airlock login",
            );
        }
        if site.plaintext && site.needs_plaintext() {
            let message = format!(
                "the credential of site `{}` travels in clear text",
                site.name
            );
            warn("P014", message, "use https");
        }
        if let Err(error) = AddressRules::for_site(site).check_literal(&site.dial_origin()) {
            let message = format!("site `{}` can't be reached: {error}", site.name);
            warn(
                "P020",
                message,
                "name the address in `addresses`, like \"10.0.0.1/32\"",
            );
        }
        let twin = policy.sites()[..at]
            .iter()
            .find(|other| lead_to_one_place(other, site));
        if let Some(twin) = twin {
            let message = format!(
                "sites `{}` and `{}` lead to the same place, so what the rules of one refuse may be had through the other",
                twin.name, site.name
            );
            warn(
                "P022",
                message,
                "keep one of them; two accounts of one site need rules that are read together",
            );
        }
    }
}

/// The same product below the same path of the same origin.
fn lead_to_one_place(one: &Site, other: &Site) -> bool {
    one.dial_origin().is_same(&other.dial_origin())
        && one.products.iter().any(|product| {
            other.products.contains(product)
                && one.base_segments(*product) == other.base_segments(*product)
        })
}
