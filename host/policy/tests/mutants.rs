//! Each known-bad variant changes an answer that the other tests hold; so those tests can fail.

use std::collections::BTreeMap;

use policy::mutant::{Mutant, set};
use policy::net::AddressRules;
use policy::{Manifest, Origin, Policy, Question, ToolEntry, explain};

const FIXTURE: &str = include_str!("../src/tests/fixture.toml");

fn is_allowed(url: &str) -> bool {
    let policy = Policy::parse(FIXTURE, "policy.toml").expect("the fixture is a policy");
    let entry = ToolEntry {
        routes: ["jira.issue.get".to_owned()].into(),
    };
    let tools = BTreeMap::from([("jira_get_issue".to_owned(), entry)]);
    let manifest = Manifest {
        digest: "sha256:test".to_owned(),
        tools,
    };
    let question = Question::Url {
        method: "GET".to_owned(),
        url: url.to_owned(),
        tool: None,
    };
    explain(&policy, &manifest, &question, None).is_allowed()
}

#[test]
fn each_variant_is_seen() {
    let prefix = || is_allowed("https://jira.example.test.evil.test/rest/api/3/issue/PROJ-1");
    let glob = || is_allowed("https://jira.example.test/rest/api/3/issue/PROJ-1/changelog");
    let policy = Policy::parse(FIXTURE, "policy.toml").expect("the fixture is a policy");
    let mut site = policy.sites()[0].clone();
    site.origin = Origin::parse("https://169.254.169.254").expect("an origin");
    let literal = || {
        AddressRules::for_site(&site)
            .check_literal(&site.origin)
            .is_ok()
    };

    assert!(is_allowed(
        "https://jira.example.test/rest/api/3/issue/PROJ-1"
    ));
    assert_eq!((prefix(), glob(), literal()), (false, false, false));
    for (mutant, expected) in [
        (Mutant::StartsWithHost, (true, false, false)),
        (Mutant::GlobAcrossSegments, (false, true, false)),
        (Mutant::ResolverOnly, (false, false, true)),
    ] {
        set(Some(mutant));
        let seen = (prefix(), glob(), literal());
        set(None);
        assert_eq!(seen, expected, "{mutant:?}");
    }
}
