//! Sites: what is read, what is dialled, and that a site written out reads back the same.

use std::collections::BTreeSet;

use super::*;
use crate::net::Cidr;
use crate::{Bounds, Origin, Profile, Rule, Selector, Site};

const SITES: &str = r#"
version = 1

[site.cloud]
origin = "https://acme.atlassian.net"
products = ["jira", "confluence"]
gateway.cloud-id = "11111111-2222-3333-4444-555555555555"

[site.dc]
origin = "https://intern.example.test:8443"
deployment = "data-center"
products = ["jira", "confluence"]
context = { jira = "/jira", confluence = "/apps/confluence" }
addresses = ["10.20.0.0/16"]
ca-file = 'C:\certs\"company".pem'
proxy = "http://proxy.example.test:3128"
client-cert = "/etc/airlock/me.pem"
headers = ["X-Gateway-Key", "CF-Access-Client-Id"]
redirect.media = "https://media.example.test"

[site.one]
origin = "http://jira.example.test"
products = ["jira"]
context = "/jira"
plaintext = true

[[rule]]
id = "read"
site = "*"
classes = ["read"]
"#;

#[test]
fn sites_are_read_in_full() {
    let policy = parse(SITES);
    let by_name = |name: &str| policy.site(&site(name)).expect(name).clone();
    let cloud = by_name("cloud");
    assert_eq!(cloud.known_deployment(), Some(Deployment::Cloud));
    assert_eq!(cloud.dial_origin().to_string(), "https://api.atlassian.com");
    assert_eq!(
        cloud.base_segments(Product::Jira),
        ["ex", "jira", "11111111-2222-3333-4444-555555555555"]
    );
    let dc = by_name("dc");
    assert_eq!(dc.dial_origin(), dc.origin);
    assert_eq!(dc.context(Product::Jira), "/jira");
    assert_eq!(
        dc.base_segments(Product::Confluence),
        ["apps", "confluence"]
    );
    assert_eq!(
        dc.addresses,
        Some(vec![Cidr::parse("10.20.0.0/16").expect("a range")])
    );
    assert_eq!(
        dc.proxy,
        Origin::parse("http://proxy.example.test:3128").ok()
    );
    assert_eq!(dc.client_cert.as_deref(), Some("/etc/airlock/me.pem"));
    let headers: Vec<_> = dc.headers.iter().map(ToString::to_string).collect();
    assert_eq!(headers, ["cf-access-client-id", "x-gateway-key"]);
    assert_eq!(dc.redirects.len(), 1);
    let one = by_name("one");
    assert_eq!(one.known_deployment(), None);
    assert_eq!(
        one.possible_deployments(),
        [Deployment::Cloud, Deployment::DataCenter]
    );
    assert!(one.plaintext && one.base_segments(Product::Jira) == ["jira"]);
}

#[test]
fn a_profile_is_a_text_that_reads_back_as_the_same_sites() {
    let sites: Vec<Site> = parse(SITES).sites().to_vec();
    for profile in Profile::ALL {
        let policy = Policy::profile(profile, sites.clone()).expect("profiles are policies");
        assert_eq!(policy.sites(), sites);
        assert_eq!(policy.text(), profile.text(&sites));
    }
    insta::assert_snapshot!(Profile::Standard.text(&sites));
}

#[test]
fn profiles_are_known_by_name() {
    assert_eq!(Profile::parse("read-only"), Some(Profile::ReadOnly));
    assert_eq!(Profile::parse("standard"), Some(Profile::Standard));
    assert_eq!(Profile::parse("full"), Some(Profile::Full));
    assert_eq!(Profile::parse("Full"), None);
}

fn keys(names: &[&str]) -> Option<BTreeSet<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn a_profile_within_both_products_bounds_stays_one_rule() {
    let sites = parse(SITES).sites().to_vec();
    let bounds = Bounds {
        projects: keys(&["PROJ"]),
        spaces: keys(&["DOCS"]),
    };
    let held = Policy::profile_within(Profile::Standard, sites, &bounds).expect("a policy");
    let rules: Vec<String> = held.rules().map(Rule::to_toml).collect();
    insta::assert_snapshot!(rules.join("\n"), @r#"
    [[rule]]
    id = "read-and-write"
    site = "*"
    classes = ["read", "write"]
    projects = ["PROJ"]
    spaces = ["DOCS"]
    "#);
}

/// Classes of one product are its routes, since a rule that is bound in the other opens nothing here.
#[test]
fn a_profile_within_one_products_bounds_leaves_the_other_free() {
    let sites = parse(SITES).sites().to_vec();
    let bounds = Bounds {
        projects: keys(&["PROJ"]),
        spaces: None,
    };
    let held = Policy::profile_within(Profile::ReadOnly, sites, &bounds).expect("a policy");
    let rules: Vec<(&str, &Bounds)> = held
        .rules()
        .map(|rule| (rule.id.as_str(), &rule.bounds))
        .collect();
    assert_eq!(rules, [("read", &bounds), ("read-2", &Bounds::default())]);
    for (rule, product) in held.rules().zip(["jira.", "confluence."]) {
        let Selector::Routes(routes) = &rule.selector else {
            panic!("{rule:?}")
        };
        assert!(routes.iter().all(|route| route.starts_with(product)));
    }
    let free = Policy::profile_within(
        Profile::Full,
        parse(SITES).sites().to_vec(),
        &Bounds::default(),
    );
    assert_eq!(
        free.expect("a policy").text(),
        Profile::Full.text(parse(SITES).sites())
    );
}

#[test]
fn a_profile_refuses_a_site_that_a_file_could_not_have() {
    let plain = Site {
        plaintext: false,
        ..parse(SITES).site(&site("one")).expect("the site").clone()
    };
    assert!(Policy::profile(Profile::Standard, vec![plain]).is_err());
}
