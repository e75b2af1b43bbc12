//! Decides whether sites and credentials fit together, and whether the files that a site names can be used. Told at start, so
//! that a typing mistake does not look like a broken connection.

use std::path::Path;

use policy::Site;

use super::finding::Finding;
use super::{Loader, Vault, file};
use crate::auth::Sharing;
use crate::credentials;

impl Loader<'_> {
    /// The policy file says what is shown to the site, credentials.toml where the secrets of it stand.
    pub(super) fn check_gate(&mut self, entry: &credentials::Entry, site: &Site) {
        let mut report = |what: String| {
            let what = format!("[site.{}] {what}", site.name);
            let remedy = "Name `client-cert` and `headers` under the site in policy.toml, and `client-key` and the values of \
                          the same headers in credentials.toml.";
            self.mistakes.push(Finding::new(&entry.place, what, remedy));
        };
        match (&site.client_cert, &entry.gate.client_key) {
            (Some(_), None) => {
                report("has no `client-key` for the site's `client-cert`".to_owned())
            }
            (None, Some(_)) => {
                report("has a `client-key`, and the site no `client-cert`".to_owned());
            }
            _ => {}
        }
        for name in &site.headers {
            if !entry.gate.headers.contains_key(name) {
                report(format!("has no value for the site's header `{name}`"));
            }
        }
        for name in entry.gate.headers.keys() {
            if !site.headers.contains(name) {
                report(format!(
                    "has a value for the header `{name}`, which the site does not name"
                ));
            }
        }
    }

    /// What the gateway in front is shown stands under the site: all go the same way.
    pub(super) fn check_gate_of_owner(
        &mut self,
        entry: &credentials::Entry,
        site: &Site,
        vault: &Vault,
    ) {
        let is_gated = site.client_cert.is_some() || !site.headers.is_empty();
        if is_gated && vault.passes.at(&site.name).is_none() {
            self.mistakes.push(Finding::new(
                &entry.place,
                format!(
                    "is for the site `{0}`, whose gateway wants more, and there is no [site.{0}] that has it",
                    site.name
                ),
                format!(
                    "Write [site.{}] with a credential, and `client-key` and `headers` beside it.",
                    site.name
                ),
            ));
        }
    }

    /// Sharing what there is not is a mistyped name.
    pub(super) fn check_sharing(&mut self, sites: &[Site]) {
        let Sharing::Sites(shared) = self.credentials.sharing.clone() else {
            return;
        };
        for name in &shared {
            if self.credentials.login(name).is_some() {
                continue;
            }
            let names: Vec<_> = sites.iter().map(|site| site.name.as_str()).collect();
            self.mistakes.push(Finding::new(
                "credentials.toml",
                format!(
                    "has `{name}` in `shared`, and there is no credential of that site to be shared"
                ),
                format!(
                    "Take it out, or use one of these names: {}.",
                    names.join(", ")
                ),
            ));
        }
    }

    /// A site may wait for its credential; every call to it is refused until then.
    pub(super) fn check_logins(&mut self, sites: &[Site]) {
        for site in sites {
            let is_somebodys = self.credentials.owners(&site.name).next().is_some();
            if self.credentials.login(&site.name).is_none() && !is_somebodys {
                self.warnings.push(Finding::new(
                    format!("[site.{}]", site.name),
                    "has no credential, so every call to it is refused",
                    format!("Run `mcp-airlock login {}`.", site.origin),
                ));
            }
        }
    }

    /// Told at start, although the file is read again at the first call: a typing mistake should not look like a
    /// broken certificate.
    pub(super) fn check_pem_files(&mut self, sites: &[Site]) {
        let files = sites.iter().flat_map(|site| {
            let named = [
                ("ca-file", &site.ca_file),
                ("client-cert", &site.client_cert),
            ];
            named
                .into_iter()
                .filter_map(move |(key, path)| Some((site, key, path.as_ref()?)))
        });
        for (site, key, path) in files {
            let place = format!("`{key}` of [site.{}]", site.name);
            if !Path::new(path).is_absolute() {
                self.mistakes.push(Finding::new(
                    place,
                    format!("`{path}` is not an absolute path"),
                    "Write the whole path; clients start this server in any directory.",
                ));
            } else if let Err(finding) = file::read(Path::new(path)).and_then(|text| {
                text.filter(|text| text.contains("-----BEGIN CERTIFICATE-----"))
                    .ok_or_else(|| {
                        Finding::new(
                            place,
                            format!("`{path}` is missing or holds no certificate in PEM form"),
                            "Export the certificate as PEM (Base64) into this file.",
                        )
                    })
            }) {
                self.mistakes.push(finding);
            }
        }
    }
}
