//! Reads whose each entry is, and which sites' own credentials everybody uses. Once the file tells people apart, nothing is
//! shared that is not said to be: a forgotten entry is a refusal, never somebody else's name on a change.

use std::collections::BTreeSet;
use std::ops::Range;

use door::LOCAL;
use policy::{Principal, SiteName};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Credentials, Entry, Gate, Issue, Reader, SHAPE};
use crate::auth::Sharing;
use crate::secrets::SecretRef;

const OWNED: &str =
    "Write a table [principal.NAME.site.NAME] with kind, secret and, for kind = \"basic\", user.";

const SHARED: &str = "Write shared = [\"NAME\"] with names of sites, before the first table.";

impl Reader<'_> {
    pub(super) fn root(&mut self, root: &DeTable<'_>) -> Credentials {
        let (mut entries, mut owned) = (Vec::new(), Vec::new());
        let mut shared = None;
        for (key, value) in root {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("site", DeValue::Table(sites)) => entries.extend(self.sites(None, sites)),
                ("principal", DeValue::Table(principals)) => {
                    for (name, table) in principals {
                        owned.extend(self.principal(name, table));
                    }
                }
                ("shared", _) => shared = Some(self.shared(value)),
                _ => {
                    let what = "holds something other than [site.NAME], [principal.NAME.site.NAME] and `shared`";
                    self.report(key.span(), what, SHAPE);
                }
            }
        }
        let tells_apart = shared.is_some() || !owned.is_empty();
        entries.extend(owned);
        Credentials {
            entries,
            sharing: if tells_apart {
                Sharing::Sites(shared.unwrap_or_default())
            } else {
                Sharing::Everybody
            },
        }
    }

    fn sites(&mut self, owner: Option<&Principal>, sites: &DeTable<'_>) -> Vec<Entry> {
        let entries = sites
            .iter()
            .filter_map(|(name, table)| self.site(owner, name.get_ref(), name.span(), table));
        entries.collect()
    }

    fn principal<T: AsRef<str>>(
        &mut self,
        name: &Spanned<T>,
        table: &Spanned<DeValue<'_>>,
    ) -> Vec<Entry> {
        let owner = match Principal::parse(name.get_ref().as_ref()) {
            Ok(owner) if owner.as_str() == LOCAL => {
                let what = format!("is for `{LOCAL}`, which is whoever starts the program");
                self.report(name.span(), &what, "Write [site.NAME], which is theirs.");
                return Vec::new();
            }
            Ok(owner) => owner,
            Err(error) => {
                let what = format!("has the name of a principal that cannot be one: {error}");
                self.report(
                    name.span(),
                    &what,
                    "Use the name that the key was made for.",
                );
                return Vec::new();
            }
        };
        let DeValue::Table(keys) = table.get_ref() else {
            self.report(name.span(), "is not a table", OWNED);
            return Vec::new();
        };
        let mut entries = Vec::new();
        for (key, value) in keys {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("site", DeValue::Table(sites)) => entries.extend(self.sites(Some(&owner), sites)),
                _ => {
                    let what = format!("[principal.{owner}] holds something other than its sites");
                    self.report(key.span(), &what, OWNED);
                }
            }
        }
        entries
    }

    fn shared(&mut self, value: &Spanned<DeValue<'_>>) -> BTreeSet<SiteName> {
        let DeValue::Array(names) = value.get_ref() else {
            self.report(value.span(), "has a `shared` that is no list", SHARED);
            return BTreeSet::new();
        };
        let mut sites = BTreeSet::new();
        for name in names {
            let site = match name.get_ref() {
                DeValue::String(text) => SiteName::parse(text).ok(),
                _ => None,
            };
            match site {
                Some(site) => {
                    sites.insert(site);
                }
                None => self.report(
                    name.span(),
                    "has in `shared` what is no name of a site",
                    SHARED,
                ),
            }
        }
        sites
    }

    /// What belongs to the site, or is written by `login` for whoever starts the program, is nobody's in particular.
    pub(super) fn check_owned(&mut self, entry: &Entry, title: &str, table: Range<usize>) {
        if entry.owner.is_none() {
            return;
        }
        let mut report = |what: &str, remedy: &str| {
            self.report(table.clone(), &format!("{title} {what}"), remedy);
        };
        if entry.secret == SecretRef::Store || matches!(entry.issue, Issue::OAuth { .. }) {
            report(
                "has a login of the store, which holds those of whoever starts the program",
                "Write secret = \"file:/absolute/path\", \"keyring:SERVICE/ACCOUNT\" or another reference.",
            );
        }
        if entry.gate != Gate::default() {
            report(
                "has a `client-key` or `headers`",
                "Write them under [site.NAME]: all go through the same gateway.",
            );
        }
        if entry.expires.is_some() {
            report(
                "has an `expires`",
                "Take it out: a warning would reach whoever starts the program, not its owner.",
            );
        }
    }
}
