//! Whatever is missing or wrong keeps the door shut, and says what it is without showing a secret.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;

const POLICY: &str = r#"
version = 1

[site.acme]
origin = "https://acme.atlassian.net"
products = ["jira"]

[[rule]]
id = "read"
site = "acme"
classes = ["read"]
"#;

const TOKEN_OF_ACME: &str = "CANARY-token-of-acme";

struct Listed(BTreeMap<&'static str, String>);

impl Source for Listed {
    fn plain(&self, name: &str) -> Result<Option<String>, String> {
        Ok(self.0.get(name).cloned())
    }

    fn secret(&self, name: &str) -> Result<Option<SecretString>, String> {
        Ok(self.plain(name)?.map(SecretString::from))
    }

    fn shown(&self, name: &str) -> String {
        name.to_uppercase()
    }
}

fn keys() -> Keys {
    let mut keys = Keys::default();
    keys.add(&policy::Principal::parse("alice").unwrap(), None)
        .unwrap();
    keys
}

fn parts(policy: &str) -> Parts {
    Parts {
        policy: policy.to_owned(),
        manifest: r#"{"tools":[{"name":"jira_get_issue","routes":["jira.issue.get"]}]}"#.to_owned(),
        component: "sha256:00".to_owned(),
    }
}

fn complete() -> Listed {
    Listed(BTreeMap::from([
        (KEYS, keys().to_text()),
        (HOSTS, "mcp.example.com, localhost:8080".to_owned()),
        (AUDIT_KEY, "ab".repeat(32)),
        ("airlock_token_acme", TOKEN_OF_ACME.to_owned()),
        ("airlock_user_acme", "me@example.com".to_owned()),
    ]))
}

fn refusal(policy: &str, source: &Listed) -> String {
    match Configuration::read(&parts(policy), source) {
        Ok(_) => "it serves\n".to_owned(),
        Err(unready) => format!(
            "{}\n",
            unready.to_string().replace(&TOKEN_OF_ACME[..6], "!!!")
        ),
    }
}

#[test]
fn what_is_complete_serves() {
    let configuration = Configuration::read(&parts(POLICY), &complete()).unwrap();
    assert_eq!(configuration.hosts, ["mcp.example.com", "localhost:8080"]);
    assert!(configuration.origins.is_empty());
}

#[test]
fn what_is_missing_or_wrong_serves_nobody() {
    let mut said = String::new();
    for name in [KEYS, HOSTS, AUDIT_KEY, "airlock_token_acme"] {
        let mut source = complete();
        source.0.remove(name);
        said += &refusal(POLICY, &source);
        source.0.insert(name, "  ".to_owned());
        assert!(refusal(POLICY, &source).contains("is not set"), "{name}");
    }
    for (name, value) in [
        (KEYS, "nonsense".to_owned()),
        (KEYS, Keys::default().to_text()),
        (HOSTS, "http://mcp.example.com".to_owned()),
        (ORIGINS, "mcp.example.com".to_owned()),
        (AUDIT_KEY, "ab".repeat(31)),
        (AUDIT_KEY, "xy".repeat(32)),
        ("airlock_token_acme", format!("Bearer {TOKEN_OF_ACME}")),
        ("airlock_token_acme", format!("{TOKEN_OF_ACME}\r\nX: y")),
    ] {
        let mut source = complete();
        source.0.insert(name, value);
        said += &refusal(POLICY, &source);
    }
    let narrowed = POLICY.replace("products", "addresses = [\"10.0.0.0/8\"]\nproducts");
    let unknown = POLICY.replace("acme.atlassian.net", "jira.example.com");
    for policy in ["", "version = 2", &narrowed, &unknown] {
        said += &refusal(policy, &complete());
    }
    assert!(!said.contains("!!!"), "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn two_sites_never_share_a_token() {
    let twice = format!(
        "{POLICY}{}",
        POLICY
            .replace("version = 1\n", "")
            .replace("site.acme", "site.a-b")
            .replace("\"read\"\n", "\"read-b\"\n")
            .replace("site = \"acme\"", "site = \"a-b\"")
    );
    let twice = format!(
        "{twice}{}",
        "\n[site.a_b]\norigin = \"https://b.atlassian.net\"\nproducts = [\"jira\"]\n"
    );
    let mut source = complete();
    source
        .0
        .insert("airlock_token_a_b", "some-other-token".to_owned());
    let said = refusal(&twice, &source);
    assert!(!said.contains("it serves"), "{said}");
}
