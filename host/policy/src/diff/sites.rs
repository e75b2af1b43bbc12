//! Where the same access leads: changes of a site's address, of the way there, and of the component that asks.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::Policy;
use crate::extra_header::ExtraHeader;
use crate::net::Cidr;
use crate::site::Site;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SiteChange {
    /// The site's name; `component` for the component that may run.
    pub about: String,
    pub what: &'static str,
    pub old: String,
    pub new: String,
    /// Tokens or data may now go where they did not go before.
    pub is_new_access: bool,
    #[serde(skip)]
    pub(crate) line: usize,
}

pub(super) fn compare(old: &Policy, new: &Policy) -> Vec<SiteChange> {
    let mut changes = Vec::new();
    for site in new.sites() {
        if let Some(before) = old.site(&site.name) {
            let line = new.site_lines.get(&site.name).copied().unwrap_or(1);
            let found = Found {
                about: site.name.as_str(),
                line,
                changes: &mut changes,
            };
            compare_site(before, site, found);
        }
    }
    let digest = |policy: &Policy| {
        policy
            .component_sha256()
            .map_or_else(|| "the built-in one".to_owned(), str::to_owned)
    };
    let mut found = Found {
        about: "component",
        line: 1,
        changes: &mut changes,
    };
    let is_foreign = new.component_sha256().is_some();
    found.compare("component", digest(old), digest(new), is_foreign);
    changes
}

struct Found<'a> {
    about: &'a str,
    line: usize,
    changes: &'a mut Vec<SiteChange>,
}

impl Found<'_> {
    fn compare(&mut self, what: &'static str, old: String, new: String, is_new_access: bool) {
        if old != new {
            self.changes.push(SiteChange {
                about: self.about.to_owned(),
                what,
                old,
                new,
                is_new_access,
                line: self.line,
            });
        }
    }
}

const NOTHING: &str = "none";

fn compare_site(old: &Site, new: &Site, mut found: Found<'_>) {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| NOTHING.to_owned());
    let bases = |site: &Site| {
        let products = new
            .products
            .iter()
            .filter(|product| old.products.contains(product));
        products
            .map(|product| site.url(*product, &[], &[]))
            .collect::<Vec<_>>()
            .join(", ")
    };
    found.compare(
        "origin",
        old.origin.to_string(),
        new.origin.to_string(),
        true,
    );
    found.compare("where requests are sent", bases(old), bases(new), true);
    found.compare(
        "plaintext",
        old.plaintext.to_string(),
        new.plaintext.to_string(),
        new.plaintext,
    );
    let narrows = is_narrower(old.addresses.as_deref(), new.addresses.as_deref());
    found.compare("addresses", ranges(old), ranges(new), !narrows);
    found.compare("ca-file", text(&old.ca_file), text(&new.ca_file), true);
    let proxy = |site: &Site| {
        site.proxy
            .as_ref()
            .map_or_else(|| NOTHING.to_owned(), ToString::to_string)
    };
    found.compare("proxy", proxy(old), proxy(new), new.proxy.is_some());
    found.compare(
        "client-cert",
        text(&old.client_cert),
        text(&new.client_cert),
        new.client_cert.is_some(),
    );
    let headers = |site: &Site| match site.headers.is_empty() {
        true => NOTHING.to_owned(),
        false => joined(&site.headers),
    };
    found.compare(
        "headers",
        headers(old),
        headers(new),
        !new.headers.is_subset(&old.headers),
    );
}

fn joined(headers: &BTreeSet<ExtraHeader>) -> String {
    let names: Vec<&str> = headers.iter().map(ExtraHeader::as_str).collect();
    names.join(", ")
}

fn ranges(site: &Site) -> String {
    site.addresses.as_ref().map_or_else(
        || "whatever its kind of site may have".to_owned(),
        |ranges| {
            let ranges: Vec<String> = ranges.iter().map(Cidr::to_string).collect();
            ranges.join(", ")
        },
    )
}

/// Only what can be shown: each new range lies in an old one.
fn is_narrower(old: Option<&[Cidr]>, new: Option<&[Cidr]>) -> bool {
    let (Some(old), Some(new)) = (old, new) else {
        return false;
    };
    new.iter().all(|range| {
        old.iter()
            .any(|wide| wide.prefix() <= range.prefix() && wide.contains(range.base()))
    })
}
