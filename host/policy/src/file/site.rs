//! Reads `[site.NAME]`: where a site is. Addresses, origins and paths are parsed here and are right afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::de::DeValue;

use super::accept::{self, Accepted};
use super::reader::{At, Reader, Table};
use crate::Policy;
use crate::acceptance::About;
use crate::check::{Finding, Level};
use crate::diagnostic::Problem;
use crate::extra_header::ExtraHeader;
use crate::net::{AddressClass, Cidr, CidrError, classify};
use crate::origin::{Origin, OriginError, Scheme};
use crate::segment;
use crate::site::Site;
use crate::vocabulary::{Deployment, Product, SiteName, is_name};

/// All sites of the file, with what `check` will say about them.
#[derive(Default)]
pub(super) struct Sites {
    pub(super) by_name: BTreeMap<SiteName, Site>,
    pub(super) starts: BTreeMap<SiteName, usize>,
    pub(super) remarks: Vec<Remark>,
    pub(super) accepted: Vec<Accepted>,
    /// Also those that could not be read: a rule that names one of them is not to blame.
    pub(super) declared: BTreeSet<String>,
}

/// Something that is let pass, but that `check` reports.
pub(super) struct Remark {
    code: &'static str,
    site: SiteName,
    start: usize,
    message: String,
    help: String,
}

/// The remarks of one site.
struct Remarks<'a> {
    site: &'a SiteName,
    list: &'a mut Vec<Remark>,
}

impl Remarks<'_> {
    fn add(&mut self, code: &'static str, at: &At<&str>, message: String, help: String) {
        self.list.push(Remark {
            code,
            site: self.site.clone(),
            start: at.span.start,
            message,
            help,
        });
    }
}

const KEYS: &[&str] = &[
    "origin",
    "deployment",
    "products",
    "gateway",
    "context",
    "addresses",
    "plaintext",
    "ca-file",
    "proxy",
    "client-cert",
    "headers",
    "redirect",
    "accept",
];
const LATER: &[(&str, &str)] = &[
    ("projects", "projects cannot be restricted yet"),
    ("spaces", "spaces cannot be restricted yet"),
];

impl Sites {
    /// Those of a policy, for a file that speaks about it.
    pub(super) fn of_policy(policy: &Policy) -> Self {
        let sites = policy.sites().iter();
        Self {
            by_name: sites
                .map(|site| (site.name.clone(), site.clone()))
                .collect(),
            ..Self::default()
        }
    }
}

impl Remark {
    pub(super) fn into_finding(self, line_of: &impl Fn(usize) -> usize) -> Finding {
        Finding {
            code: self.code,
            level: Level::Warning,
            about: About::Site(self.site.to_string()),
            line: line_of(self.start),
            message: self.message,
            help: self.help,
            example: None,
        }
    }
}

pub(super) fn read_all(reader: &mut Reader, top: &Table<'_>) -> Sites {
    let mut sites = Sites::default();
    let Some(all) = reader.table(top, "site", "[site.NAME]") else {
        return sites;
    };
    for (key, value) in all.entries() {
        sites.declared.insert(key.value.to_owned());
        let name = match SiteName::parse(key.value) {
            Ok(name) => name,
            Err(error) => {
                let message = format!("{:?} is no name for a site", key.value);
                reader.complain(Problem::new(key.span, message).help(error.to_string()));
                continue;
            }
        };
        let Some(mut table) = reader.as_table(&format!("[site.{name}]"), &value) else {
            continue;
        };
        table.span = key.span.clone();
        let about = About::Site(name.to_string());
        sites.accepted.extend(accept::read(reader, &table, &about));
        let mut remarks = Remarks {
            site: &name,
            list: &mut sites.remarks,
        };
        if let Some(site) = read(reader, &table, &name, &mut remarks) {
            sites.starts.insert(name.clone(), key.span.start);
            sites.by_name.insert(name, site);
        }
    }
    sites
}

fn read(
    reader: &mut Reader,
    table: &Table<'_>,
    name: &SiteName,
    remarks: &mut Remarks<'_>,
) -> Option<Site> {
    reader.refuse_unknown_keys(table, KEYS, LATER);
    for (key, help) in [
        ("origin", "write  origin = \"https://…\""),
        ("products", "write  products = [\"jira\"], or both"),
    ] {
        if !table.has(key) {
            reader.missing(table, key, help);
        }
    }
    let deployment = reader.string(table, "deployment").and_then(|word| {
        let parsed = Deployment::parse(word.value);
        if parsed.is_none() {
            reader.unknown_word("deployment", &word, &["cloud", "data-center"]);
        }
        parsed
    });
    let products = reader.words(table, "products", &["jira", "confluence"], Product::parse);
    let origin_text = reader.string(table, "origin");
    let origin = origin_text
        .as_ref()
        .and_then(|text| read_origin(reader, text, remarks));
    let mut site = Site::new(name.clone(), origin?, products?.into_iter().collect());
    site.deployment = deployment;
    site.plaintext = reader.flag(table, "plaintext").unwrap_or(false);
    site.ca_file = read_pem_file(reader, table, "ca-file");
    site.client_cert = read_pem_file(reader, table, "client-cert");
    site.headers = read_headers(reader, table);
    site.proxy = reader
        .string(table, "proxy")
        .and_then(|text| read_origin(reader, &text, remarks));
    site.cloud_id = read_cloud_id(reader, table);
    site.context = read_context(reader, table, &site.products);
    site.addresses = read_addresses(reader, table, remarks);
    site.redirects = read_redirects(reader, table, &site.origin, remarks);
    check_together(reader, table, &site);
    Some(site)
}

/// Only the spelling may be off; then it is put right and `check` says so.
fn read_origin(reader: &mut Reader, text: &At<&str>, remarks: &mut Remarks<'_>) -> Option<Origin> {
    match Origin::parse(text.value) {
        Ok(origin) => Some(origin),
        Err(OriginError::NotCanonical(origin)) => {
            let message = format!(
                "{:?} is not the canonical spelling of an origin",
                text.value
            );
            remarks.add("P019", text, message, format!("write \"{origin}\""));
            Some(origin)
        }
        Err(error) => {
            reader.complain(
                Problem::new(text.span.clone(), error.to_string()).help(
                    "write scheme, host and port only, like \"https://jira.example.com:8443\"",
                ),
            );
            None
        }
    }
}

fn read_pem_file(reader: &mut Reader, table: &Table<'_>, key: &str) -> Option<String> {
    let path = reader.string(table, key)?;
    if path.value.is_empty() {
        reader.complain(
            Problem::new(path.span, format!("`{key}` is empty"))
                .help("name a PEM file, or leave the key out"),
        );
        return None;
    }
    Some(path.value.to_owned())
}

/// More would be a habit, not a gateway.
const MOST_HEADERS: usize = 8;

fn read_headers(reader: &mut Reader, table: &Table<'_>) -> BTreeSet<ExtraHeader> {
    let mut headers = BTreeSet::new();
    for name in reader.strings(table, "headers").unwrap_or_default() {
        match ExtraHeader::parse(name.value) {
            Ok(header) if headers.len() < MOST_HEADERS && headers.insert(header.clone()) => {}
            Ok(_) => reader.complain(Problem::new(
                name.span,
                format!("`headers` has one name twice, or more than {MOST_HEADERS}"),
            )),
            Err(error) => reader.complain(
                Problem::new(name.span, format!("{:?} {error}", name.value)).help(
                    "name only what a gateway in front of the site asks for; its value is a reference in credentials.toml",
                ),
            ),
        }
    }
    headers
}

fn read_cloud_id(reader: &mut Reader, table: &Table<'_>) -> Option<String> {
    let gateway = reader.table(table, "gateway", &format!("{} gateway", table.name))?;
    reader.refuse_unknown_keys(&gateway, &["cloud-id"], &[]);
    let Some(id) = reader.string(&gateway, "cloud-id") else {
        if !gateway.has("cloud-id") {
            reader.missing(
                &gateway,
                "cloud-id",
                "write  gateway.cloud-id = \"…\", or remove `gateway`",
            );
        }
        return None;
    };
    let is_uuid = id.value.len() == 36
        && id.value.bytes().enumerate().all(|(at, b)| {
            if matches!(at, 8 | 13 | 18 | 23) {
                b == b'-'
            } else {
                matches!(b, b'0'..=b'9' | b'a'..=b'f')
            }
        });
    if !is_uuid {
        let help = "it is the `cloudId` that https://YOUR-SITE.atlassian.net/_edge/tenant_info answers with, in lower case";
        reader.complain(Problem::new(id.span, "a cloud id is a UUID").help(help));
        return None;
    }
    Some(id.value.to_owned())
}

fn read_context(
    reader: &mut Reader,
    table: &Table<'_>,
    products: &[Product],
) -> BTreeMap<Product, String> {
    let mut context = BTreeMap::new();
    let Some(value) = table.value("context") else {
        return context;
    };
    if let DeValue::String(path) = value.value {
        let [product] = products else {
            let help = "write  context = { jira = \"/jira\", confluence = \"/confluence\" }";
            reader.complain(
                Problem::new(
                    value.span,
                    "the site has two products, so one context path is ambiguous",
                )
                .help(help),
            );
            return context;
        };
        if let Some(path) = read_path(
            reader,
            &At {
                value: path.as_ref(),
                span: value.span,
            },
        ) {
            context.insert(*product, path);
        }
        return context;
    }
    let Some(paths) = reader.as_table("context", &value) else {
        return context;
    };
    let known: Vec<&str> = products.iter().map(|product| product.as_str()).collect();
    reader.refuse_unknown_keys(&paths, &known, &[]);
    for product in products {
        let text = reader.string(&paths, product.as_str());
        if let Some(path) = text.and_then(|text| read_path(reader, &text)) {
            context.insert(*product, path);
        }
    }
    context
}

fn read_path(reader: &mut Reader, text: &At<&str>) -> Option<String> {
    match segment::split(text.value) {
        Ok(_) => Some(text.value.to_owned()),
        Err(error) => {
            reader.complain(
                Problem::new(text.span.clone(), format!("not a context path: {error}"))
                    .help("write it like \"/jira\", or leave `context` out"),
            );
            None
        }
    }
}

fn read_addresses(
    reader: &mut Reader,
    table: &Table<'_>,
    remarks: &mut Remarks<'_>,
) -> Option<Vec<Cidr>> {
    let texts = reader.strings(table, "addresses")?;
    let mut ranges = Vec::new();
    for text in texts {
        match Cidr::parse(text.value) {
            Ok(range) => {
                if let Some(help) = too_wide(range) {
                    remarks.add("P013", &text, format!("the range {range} is wide"), help);
                }
                ranges.push(range);
            }
            Err(error) => {
                let problem = Problem::new(text.span, error.to_string());
                reader.complain(match error {
                    CidrError::Never(_) => problem.help("link-local, metadata, loopback and multicast addresses stay out of reach whatever the file says"),
                    _ => problem.help("a single address is written with /32 or /128"),
                });
            }
        }
    }
    Some(ranges)
}

/// A private range is for one network, a public one for one provider; wider ones were not looked up.
fn too_wide(range: Cidr) -> Option<String> {
    let widest = match (range.base(), classify(range.base())) {
        (std::net::IpAddr::V4(_), AddressClass::Private) => 12,
        (std::net::IpAddr::V4(_), _) => 8,
        (std::net::IpAddr::V6(_), _) => 20,
    };
    (range.prefix() < widest).then(|| "name the network that the site really is in".to_owned())
}

fn read_redirects(
    reader: &mut Reader,
    table: &Table<'_>,
    site: &Origin,
    remarks: &mut Remarks<'_>,
) -> BTreeMap<String, Origin> {
    let mut redirects = BTreeMap::new();
    let Some(all) = reader.table(table, "redirect", &format!("{} redirect", table.name)) else {
        return redirects;
    };
    for (key, value) in all.entries() {
        if !is_name(key.value) {
            reader.complain(Problem::new(
                key.span,
                format!("{:?} is no name for a redirect", key.value),
            ));
            continue;
        }
        let text = reader.as_string("redirect", &value);
        let Some(origin) = text.and_then(|text| read_origin(reader, &text, remarks)) else {
            continue;
        };
        let is_local = origin.is_loopback() && site.is_loopback();
        if origin.scheme() == Scheme::Http && !is_local {
            reader.complain(
                Problem::new(
                    value.span,
                    "a redirect to plain http would show its signed link to the network",
                )
                .help("write an https origin"),
            );
        } else if origin.is_loopback() && !is_local {
            reader.complain(Problem::new(
                value.span,
                "a redirect from another machine to this one is refused",
            ));
        } else {
            redirects.insert(key.value.to_owned(), origin);
        }
    }
    redirects
}

/// What only shows when all keys are read.
fn check_together(reader: &mut Reader, table: &Table<'_>, site: &Site) {
    let span = |key: &str| -> Range<usize> {
        table
            .value(key)
            .map_or_else(|| table.key_span(key), |value| value.span)
    };
    if site.needs_plaintext() && !site.plaintext {
        let help = "use https, or write  plaintext = true  if the network between is yours alone";
        reader.complain(
            Problem::new(
                span("origin"),
                "plain http would show the credential to the network",
            )
            .help(help),
        );
    }
    let is_cloud = site.is_known_cloud();
    if site.cloud_id.is_some() && (site.client_cert.is_some() || !site.headers.is_empty()) {
        reader.complain(
            Problem::new(
                span("gateway"),
                "api.atlassian.com takes no client certificate and no headers of yours",
            )
            .help("remove `client-cert` and `headers`, or `gateway`"),
        );
    }
    if site.cloud_id.is_some() && site.deployment == Some(Deployment::DataCenter) {
        reader.complain(Problem::new(
            span("gateway"),
            "`gateway.cloud-id` belongs to Atlassian Cloud, and this site is data-center",
        ));
    }
    if site.origin.is_atlassian_cloud() && site.deployment == Some(Deployment::DataCenter) {
        reader.complain(
            Problem::new(span("deployment"), "*.atlassian.net is Atlassian Cloud")
                .help("write  deployment = \"cloud\", or leave it out"),
        );
    }
    if is_cloud && !site.context.is_empty() {
        reader.complain(
            Problem::new(span("context"), "Atlassian Cloud has no context paths")
                .help("remove `context`; `/wiki` is known"),
        );
    }
    if site.origin.is_loopback() && site.addresses.is_some() {
        reader.complain(
            Problem::new(
                span("addresses"),
                "a site on this machine answers from this machine only",
            )
            .help("remove `addresses`"),
        );
    }
}
