//! Which secret reference belongs to which site, as credentials.toml says: `env:JIRA_API_TOKEN`, never a secret.
//!
//! People paste tokens into the wrong line, so a text is shown only where it can be nothing but a reference.

use std::collections::BTreeMap;
use std::path::Path;

use policy::{Principal, SiteName};

use super::file::read_text;
use crate::config::environment::{CONFLUENCE_URL, Environment, JIRA_URL};
use crate::credentials::{self, Credentials};

/// By site. `None` where there is no credentials file, or the environment brings credentials of its own: then it
/// takes a start to know which site has one.
pub(super) fn of_folder(
    folder: Option<&Path>,
    principal: Option<&Principal>,
) -> Option<BTreeMap<SiteName, String>> {
    let environment = Environment::of_process();
    let from_environment = [JIRA_URL, CONFLUENCE_URL]
        .into_iter()
        .any(|variable| environment.value(variable).is_some());
    if from_environment {
        return None;
    }
    let text = read_text(&folder?.join("credentials.toml")).ok()?;
    of_text(&text.text, principal)
}

/// Of one principal what they use; of all of them the site's own and whose there are besides. `None` where a start would
/// refuse the file.
fn of_text(text: &str, principal: Option<&Principal>) -> Option<BTreeMap<SiteName, String>> {
    let Credentials { entries, sharing } = credentials::parse(text, "credentials.toml").ok()?;
    let mut references = BTreeMap::<SiteName, String>::new();
    for entry in entries {
        let reference = shown(&entry.secret.to_config());
        let told = references.get(&entry.site);
        let told = match (entry.owner, principal) {
            (None, Some(principal)) if !sharing.reaches(principal, &entry.site) => continue,
            (None, _) => reference,
            (Some(owner), Some(principal)) if owner != *principal => continue,
            (Some(_), Some(_)) => reference,
            (Some(owner), None) => match told {
                Some(others) => format!("{others}; {owner}: {reference}"),
                None => format!("{owner}: {reference}"),
            },
        };
        references.insert(entry.site, told);
    }
    Some(references)
}

fn shown(secret: &str) -> String {
    const HIDDEN: &str = "set, but not shown";
    let Some((scheme, rest)) = secret.split_once(':') else {
        return HIDDEN.to_owned();
    };
    let is_name = |text: &str| {
        !text.is_empty()
            && text.len() <= 64
            && text
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    match scheme {
        "env" if is_name(rest) => secret.to_owned(),
        "file" if rest.starts_with('/') => secret.to_owned(),
        "env" | "file" | "store" | "keyring" | "op" | "vault" | "exec" => format!("{scheme}:…"),
        _ => HIDDEN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principals_credential_is_theirs_or_the_shared_one() {
        let entry = |table: &str, name: &str| {
            format!("[{table}]\nkind = \"bearer\"\nsecret = \"env:{name}\"\n")
        };
        let all = [
            entry("site.a", "A"),
            entry("site.b", "B"),
            entry("principal.alice.site.a", "ALICE"),
        ];
        let all = format!("shared = [\"b\"]\n{}", all.concat());
        for (text, principal, expected) in [
            (&all, None, "a=env:A; alice: env:ALICE b=env:B "),
            (&all, Some("alice"), "a=env:ALICE b=env:B "),
            (&all, Some("bob"), "b=env:B "),
            (&all, Some(door::LOCAL), "a=env:A b=env:B "),
            (&entry("site.a", "A"), Some("bob"), "a=env:A "),
        ] {
            let principal = principal.map(|name| Principal::parse(name).expect("a name"));
            let told = of_text(text, principal.as_ref()).expect("a table");
            let told: String = told
                .iter()
                .map(|(site, reference)| format!("{site}={reference} "))
                .collect();
            assert_eq!(told, expected, "{principal:?}");
        }
    }

    #[test]
    fn only_what_is_a_reference_is_shown() {
        for (secret, text) in [
            ("env:JIRA_API_TOKEN", "env:JIRA_API_TOKEN"),
            ("file:/run/secrets/jira", "file:/run/secrets/jira"),
            ("store:acme", "store:…"),
            ("op://vault/item/field", "op:…"),
            ("env:ATATT3xFfGF0abc", "env:…"),
            ("ATATT3xFfGF0abc", "set, but not shown"),
            ("user:hunter2hunter2", "set, but not shown"),
        ] {
            assert_eq!(shown(secret), text);
        }
    }
}
