//! Which secret reference belongs to which site, as credentials.toml says: `env:JIRA_API_TOKEN`, never a secret.
//!
//! People paste tokens into the wrong line, so a text is shown only where it can be nothing but a reference.

use std::collections::BTreeMap;
use std::path::Path;

use policy::SiteName;

use super::file::read_text;
use crate::config::environment::{CONFLUENCE_URL, Environment, JIRA_URL};

/// By site. `None` where there is no credentials file, or the environment brings credentials of its own: then it
/// takes a start to know which site has one.
pub(super) fn of_folder(folder: Option<&Path>) -> Option<BTreeMap<SiteName, String>> {
    let environment = Environment::of_process();
    let from_environment = [JIRA_URL, CONFLUENCE_URL]
        .into_iter()
        .any(|variable| environment.value(variable).is_some());
    if from_environment {
        return None;
    }
    let text = read_text(&folder?.join("credentials.toml")).ok()?;
    let root: toml::Table = text.text.parse().ok()?;
    let sites = root.get("site")?.as_table()?;
    let references = sites.iter().filter_map(|(name, table)| {
        let secret = table.get("secret")?.as_str()?;
        Some((SiteName::parse(name).ok()?, shown(secret)))
    });
    Some(references.collect())
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
