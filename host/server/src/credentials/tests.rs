//! Entries as people write them, and every way to get one wrong.

use super::*;
use proptest::prelude::*;

fn mistakes(text: &str) -> String {
    parse(text, "credentials.toml")
        .unwrap_err()
        .iter()
        .map(|each| format!("{each}\n"))
        .collect()
}

#[test]
fn reads_both_kinds() {
    let entries = parse(
        r#"
        [site.acme]
        kind = "basic"
        user = "me@example.com"
        secret = "env:JIRA_API_TOKEN"
        [site.wiki]
        kind = "bearer"
        secret = "file:/run/secrets/wiki"
        "#,
        "credentials.toml",
    )
    .unwrap()
    .entries;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].site.as_str(), "acme");
    assert_eq!(entries[0].place, "credentials.toml line 2");
    assert!(matches!(&entries[0].scheme, Scheme::Basic { user } if user == "me@example.com"));
    assert_eq!(entries[0].secret, SecretRef::Env("JIRA_API_TOKEN".into()));
    assert_eq!(entries[1].scheme, Scheme::Bearer);
    assert_eq!(entries[1].issue, Issue::Fixed);
}

#[test]
fn reads_logins_that_are_renewed_and_refuses_half_of_one() {
    let oauth = "[site.a]\nkind = \"oauth\"\nclient-id = \"id\"\nredirect-uri = \"http://localhost:1/callback\"\nsecret = \"store:\"\n";
    let client =
        "[site.b]\nkind = \"client-credentials\"\nclient-id = \"id\"\nsecret = \"op://a/b/c\"\n";
    let entries = parse(&format!("{oauth}{client}"), "credentials.toml")
        .unwrap()
        .entries;
    assert!(matches!(&entries[0].issue, Issue::OAuth { client_id, .. } if client_id == "id"));
    assert_eq!(
        entries[1].issue,
        Issue::Client {
            client_id: "id".into()
        }
    );
    for wrong in [
        oauth.replace("store:", "env:T"),
        oauth.replace("client-id = \"id\"\n", ""),
        oauth.replace("redirect-uri", "redirect-url"),
        client.replace("client-id = \"id\"\n", ""),
        client.replace("client-credentials", "bearer"),
        format!("{client}redirect-uri = \"x\"\n"),
        format!("{oauth}user = \"me\"\n"),
    ] {
        assert!(parse(&wrong, "credentials.toml").is_err(), "{wrong}");
    }
}

#[test]
fn reads_what_stands_beside_the_credential_and_repeats_no_value() {
    let entry = |lines: &str| {
        let text = format!("[site.a]\nkind = \"bearer\"\nsecret = \"env:T\"\n{lines}");
        parse(&text, "credentials.toml")
    };
    let read = entry(
        "expires = 2027-03-01\nclient-key = \"file:/k.pem\"\nheaders = { \"X-Key\" = \"op://a/b/c\" }\n",
    );
    let read = &read.unwrap().entries[0];
    assert_eq!(read.expires, Day::parse("2027-03-01"));
    assert_eq!(read.gate.client_key, Some(SecretRef::File("/k.pem".into())));
    let names: Vec<_> = read.gate.headers.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["x-key"]);
    for wrong in [
        "expires = 2027-02-30",
        "expires = \"canary\"",
        "expires = 5",
        "expires = 2027-03-01T10:00:00Z",
        "client-key = \"store:\"",
        "client-key = \"canary\"",
        "headers = \"canary\"",
        "headers = { \"X-Key\" = \"canary\" }",
        "headers = { \"X-Key\" = 5 }",
        "headers = { \"Authorization\" = \"env:T\" }",
    ] {
        let findings = entry(wrong).unwrap_err();
        assert_eq!(findings.len(), 1, "{wrong}");
        assert!(!findings[0].to_string().contains("canary"), "{wrong}");
    }
}

#[test]
fn tells_every_mistake_with_its_line() {
    let said = mistakes(
        r#"
verison = 1
[site.acme]
kind = "oauth"
token = "ATATTcanary"
secret = "ATATTcanary"
[site.two]
kind = "basic"
secret = "op://vault/item"
[site.three]
kind = "bearer"
user = "me"
secret = 5
[site."a b"]
kind = "bearer"
secret = "env:T"
[site.four]
"#,
    );
    insta::assert_snapshot!(said, @r#"
    credentials.toml line 2: holds something other than [site.NAME], [principal.NAME.site.NAME] and `shared`
      hint: Write a table [site.NAME] with kind, secret and, for kind = "basic", user.
    credentials.toml line 3: [site.acme] does not have the keys of kind "oauth"
      hint: Run `mcp-airlock login`, which writes this entry.
    credentials.toml line 5: [site.acme] has a key that is not known
      hint: Known are `kind`, `user`, `secret`, `account`, `expires`, `client-key`, `headers`, `client-id` and `redirect-uri`.
    credentials.toml line 6: `secret` is not a reference to a secret; write "env:NAME", "file:/absolute/path", "op://vault/item/field" or another of the known ones. If this is the secret itself, take it out of the file and treat it as exposed
      hint: Write secret = "env:NAME", "file:/absolute/path", "op://vault/item/field" or another reference; or run `mcp-airlock login`, which writes this file.
    credentials.toml line 7: [site.two] is of kind "basic" and has no `user`
      hint: Add user = "your e-mail address".
    credentials.toml line 9: `secret` `op:` needs the form that 1Password copies: op://VAULT/ITEM/FIELD
      hint: Write secret = "env:NAME", "file:/absolute/path", "op://vault/item/field" or another reference; or run `mcp-airlock login`, which writes this file.
    credentials.toml line 10: [site.three] has no `secret`
      hint: Write secret = "env:NAME", "file:/absolute/path", "op://vault/item/field" or another reference; or run `mcp-airlock login`, which writes this file.
    credentials.toml line 12: [site.three] is of kind "bearer" and has a `user`
      hint: Take `user` out, or write kind = "basic" if this is a Cloud API token.
    credentials.toml line 13: has a value that is not a text
      hint: Put it between double quotes.
    credentials.toml line 14: has a site name that cannot be one: a name has 1 to 64 of a-z, A-Z, 0-9, `-`, `_` and begins with a letter or a digit
      hint: Use the name that policy.toml gives the site.
    credentials.toml line 17: [site.four] has no `kind`
      hint: Write kind = "basic" for a Cloud API token (with user = your e-mail), kind = "bearer" for a Data Center personal access token. `mcp-airlock login` writes them all.
    credentials.toml line 17: [site.four] has no `secret`
      hint: Write secret = "env:NAME", "file:/absolute/path", "op://vault/item/field" or another reference; or run `mcp-airlock login`, which writes this file.
    "#);
}

const ALICE: &str = "[principal.alice.site.acme]\nkind = \"bearer\"\nsecret = \"env:A\"\n";

#[test]
fn whoever_is_told_apart_shares_only_what_is_said_to_be_shared() {
    let own = "[site.acme]\nkind = \"bearer\"\nsecret = \"env:T\"\n";
    let sites = |names: &[&str]| {
        let names = names.iter().map(|name| SiteName::parse(name).unwrap());
        Sharing::Sites(names.collect())
    };
    for (text, sharing) in [
        (own.to_owned(), Sharing::Everybody),
        (String::new(), Sharing::Everybody),
        (format!("{ALICE}{own}"), sites(&[])),
        (format!("shared = []\n{own}"), sites(&[])),
        (
            format!("shared = [\"acme\"]\n{own}{ALICE}"),
            sites(&["acme"]),
        ),
    ] {
        let read = parse(&text, "credentials.toml").unwrap();
        assert_eq!(read.sharing, sharing, "{text}");
        let owners = read.entries.iter().map(|entry| entry.owner.as_ref());
        let owners: Vec<_> = owners.map(|owner| owner.map(Principal::as_str)).collect();
        assert!(owners.is_sorted(), "those of sites come first: {owners:?}");
        assert_eq!(owners.contains(&Some("alice")), text.contains("alice"));
    }
}

#[test]
fn what_is_not_one_persons_own_is_refused() {
    let said: String = [
        ALICE.replace("alice", "local"),
        ALICE.replace("alice", "\"a b\""),
        ALICE.replace("env:A", "store:"),
        format!("{ALICE}expires = 2027-03-01\n"),
        format!("{ALICE}client-key = \"file:/k\"\n"),
        "[principal]\nalice = \"canary\"\n".to_owned(),
        "[principal.alice]\nsite = \"canary\"\n".to_owned(),
        "[principal.alice.site.acme]\nkind = \"bearer\"\n".to_owned(),
        "shared = true\n".to_owned(),
        "shared = [\"a b\", 5]\n".to_owned(),
    ]
    .iter()
    .map(|text| mistakes(text))
    .collect();
    assert!(!said.contains("canary"), "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn broken_toml_is_told_by_its_line_alone() {
    insta::assert_snapshot!(mistakes("[site.acme]\nsecret = ATATTcanary\n"), @r#"
    credentials.toml line 2: is not valid TOML
      hint: Write names as they are, and values between double quotes.
    "#);
}

proptest! {
    #[test]
    fn no_message_repeats_a_value(token in "[A-Za-z0-9]{16,40}", shape in 0..6) {
        let text = match shape {
            0 => format!("[site.a]\nkind = \"bearer\"\nsecret = \"{token}\""),
            1 => format!("[site.a]\n{token} = \"x\""),
            2 => format!("site = \"{token}\""),
            3 => format!("[site.a]\nkind = \"{token}\""),
            4 => token.clone(),
            _ => format!("[site]\na = \"{token}\""),
        };
        prop_assert!(!mistakes(&text).contains(&token));
    }
}
