//! Decides which credential each site gets, and says of one that nobody would use.

use policy::{Principal, Site, SiteName};

use super::{Finding, Loader, Vault};
use crate::auth::Login;
use crate::credentials;
use crate::secrets::{SHORT_SECRET, SecretRef};

impl Loader<'_> {
    pub(super) fn take_entries(
        &mut self,
        entries: &[credentials::Entry],
        sites: &[Site],
        named_by: &str,
        vault: &Vault,
    ) {
        for entry in entries {
            let Some(site) = sites.iter().find(|site| site.name == entry.site) else {
                let names: Vec<_> = sites.iter().map(|site| site.name.as_str()).collect();
                self.mistakes.push(Finding::new(
                    &entry.place,
                    format!(
                        "is for the site `{}`, which {named_by} does not name",
                        entry.site
                    ),
                    format!(
                        "Take it out, or use one of these names: {}.",
                        names.join(", ")
                    ),
                ));
                continue;
            };
            let gate = &entry.gate;
            let references = [Some(&entry.secret), gate.client_key.as_ref()];
            for reference in references
                .into_iter()
                .flatten()
                .chain(gate.headers.values())
            {
                if let SecretRef::Env(name) = reference {
                    self.secret_variables.insert(name.clone());
                }
            }
            match entry.owner {
                None => self.check_gate(entry, site),
                Some(_) => self.check_gate_of_owner(entry, site, vault),
            }
            match vault.login(entry, site, self.environment) {
                Ok(login) => self.add(entry.owner.as_ref(), site.name.clone(), login),
                Err(error) => self.mistakes.push(Finding::new(
                    &entry.place,
                    error.to_string(),
                    "Set it to the bare token, or name another place with `secret`.",
                )),
            }
        }
    }

    pub(super) fn add(&mut self, owner: Option<&Principal>, site: SiteName, login: Login) {
        if login.secret.is_short() {
            self.warnings.push(Finding::new(
                login.secret.reference().to_string(),
                format!(
                    "is shorter than {SHORT_SECRET} characters; so short a text is not blanked out of answers, \
                     only the header made from it is"
                ),
                "Use an API token or a personal access token instead of a password.",
            ));
        }
        let added = match owner {
            Some(owner) => self.credentials.insert_for(owner.clone(), site, login),
            None => self.credentials.insert(site, login),
        };
        debug_assert!(added, "callers look first");
    }

    pub(super) fn warn_unused(&mut self, login: &Login, site: &SiteName) {
        let unused = login.secret.reference();
        if self
            .credentials
            .login(site)
            .is_some_and(|used| used.secret.reference() == unused)
        {
            return;
        }
        self.warnings.push(Finding::new(
            unused.to_string(),
            format!("is not used: credentials.toml has a credential for the site `{site}`"),
            "Unset the variable, or take the entry out of credentials.toml.",
        ));
    }
}
