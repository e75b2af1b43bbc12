//! Credentials of principals: which are taken, and which have no place to go.

use super::*;

const OWN: &str = "[site.work]\nkind = \"bearer\"\nsecret = \"env:T\"\n";
const ALICE: &str = "[principal.alice.site.work]\nkind = \"bearer\"\nsecret = \"env:A\"\n";
const VARIABLES: &[(&str, &str)] = &[("T", "canary-canary"), ("A", "canary-other")];

fn with(policy: &str, credentials: &str) -> Result<Config, ConfigError> {
    let files = [("policy.toml", policy), ("credentials.toml", credentials)];
    load(&files, &[VARIABLES])
}

#[test]
fn each_has_their_own_and_its_variable_is_a_secret() {
    let config = with(POLICY, &format!("{OWN}{ALICE}")).unwrap();
    let site = &config.sites[0].name;
    let own = config.credentials.login(site).unwrap();
    assert_eq!(own.secret.reference().to_string(), "env:T");
    let owners: Vec<_> = config.credentials.owners(site).collect();
    assert_eq!(owners, [&policy::Principal::parse("alice").unwrap()]);
    assert_eq!(
        config.secret_variables,
        BTreeSet::from(["A".into(), "T".into()])
    );
    // Nobody has to have one for everybody.
    let alone = with(POLICY, ALICE).unwrap();
    assert_eq!(warnings(&alone), "");
}

#[test]
fn what_has_no_place_to_go_stops_the_start() {
    let gated = POLICY.replace("products", "headers = [\"X-Key\"]\nproducts");
    let elsewhere = ALICE.replace("work", "play");
    for (policy, credentials, reason) in [
        (POLICY, elsewhere.as_str(), "does not name"),
        (&gated, ALICE, "whose gateway wants more"),
        (
            POLICY,
            &format!("shared = [\"work\"]\n{ALICE}"),
            "no credential of that site",
        ),
        (
            POLICY,
            &format!("shared = [\"wrok\"]\n{OWN}"),
            "no credential of that site",
        ),
    ] {
        let refused = with(policy, credentials).unwrap_err();
        assert_eq!(refused.findings.len(), 1, "{refused}");
        assert!(refused.to_string().contains(reason), "{reason}: {refused}");
    }
}
