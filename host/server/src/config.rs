//! Decides what this process was told: policy file, credentials file, environment and command line become one
//! [`Config`], or one error that names every mistake. Rights come from the policy file alone; with one, the
//! environment may bring a credential for a site of the file, never a site.

mod address;
mod checks;
pub mod environment;
mod file;
mod finding;
mod logins;
mod peer;
mod policy_text;
mod restrictions;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests;
mod vault;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use policy::{Day, Policy, Profile, Scheme, Site, SiteName};

use crate::audit::{self, Journal};
use crate::auth::CredentialStore;
use crate::credentials;
use crate::login::exchange::Errands;
use crate::wire::Passes;
use environment::{Effect, Environment, VARIABLES, parse_list, parse_switch};
pub(crate) use file::read as read_believed;
pub use finding::{ConfigError, Finding};
pub use policy_text::PolicyText;
pub(crate) use vault::Vault;

/// What the command line says. It wins over the environment.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub config_dir: Option<PathBuf>,
    pub policy: Option<PathBuf>,
    pub read_only: bool,
    pub toolsets: Option<Vec<String>>,
    pub tools: Option<Vec<String>>,
    pub exclude_tools: Vec<String>,
}

/// Everything this process was told, parsed and final.
#[derive(Debug)]
pub struct Config {
    pub sites: Vec<Site>,
    pub policy: Policy,
    pub policy_source: PolicySource,
    pub credentials: CredentialStore,
    pub offer: Offer,
    pub read_only: bool,
    pub config_dir: PathBuf,
    /// The record of this process, for the gateway and for what the host asks itself.
    pub audit: Arc<Journal>,
    /// What gateways in front of sites are shown.
    pub passes: Arc<Passes>,
    /// Asks the host's own questions.
    pub(crate) errands: Arc<Errands>,
    /// What people said when they logged in.
    pub expiries: BTreeMap<SiteName, Day>,
    /// Worth a line on stderr, and no reason not to start.
    pub warnings: Vec<Finding>,
    /// Variables whose values are now held as secrets; the start takes them out of the environment.
    pub secret_variables: BTreeSet<String>,
}

/// Where the rights come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicySource {
    File(PolicyText),
    Profile(Profile),
}

/// Which tools are wanted, by name; whether the names exist is for whoever knows the tools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    pub toolsets: Option<Vec<String>>,
    pub tools: Option<Vec<String>>,
    pub exclude: Vec<String>,
}

impl Config {
    pub fn load(options: &Options, environment: &Environment) -> Result<Self, ConfigError> {
        let mut loader = Loader {
            environment,
            mistakes: Vec::new(),
            warnings: Vec::new(),
            credentials: CredentialStore::default(),
            secret_variables: BTreeSet::new(),
        };
        let loaded = loader.load(options);
        match loaded {
            Some(mut config) if loader.mistakes.is_empty() => {
                config.credentials = loader.credentials;
                config.warnings = loader.warnings;
                config.secret_variables = loader.secret_variables;
                Ok(config)
            }
            _ => Err(ConfigError {
                findings: loader.mistakes,
            }),
        }
    }
}

struct Loader<'a> {
    environment: &'a Environment,
    mistakes: Vec<Finding>,
    warnings: Vec<Finding>,
    credentials: CredentialStore,
    secret_variables: BTreeSet<String>,
}

impl Loader<'_> {
    fn load(&mut self, options: &Options) -> Option<Config> {
        self.check_variables();
        let read_only = options.read_only || self.read_only();
        let Some(config_dir) = options
            .config_dir
            .clone()
            .or_else(|| self.environment.config_dir())
        else {
            self.mistakes.push(Finding::new(
                "the configuration directory",
                "cannot be found: the environment does not say where your home is",
                "Set HOME (on Windows APPDATA), or start with `--config-dir DIRECTORY`.",
            ));
            return None;
        };
        let credentials::Credentials { entries, sharing } =
            self.credentials_file(&config_dir.join("credentials.toml"));
        self.credentials.sharing = sharing;
        let vault = Vault::below(&config_dir).unwrap_or_else(|finding| {
            self.mistakes.push(finding);
            Vault::with_record(&config_dir, audit::Settings::default())
        });
        let reading = peer::read(self.environment);
        self.mistakes.extend(reading.mistakes);
        self.warnings.extend(reading.warnings);

        let (policy, policy_source) = match self.policy_file(options, &config_dir, read_only) {
            PolicyFile::Mistaken => return None,
            PolicyFile::Read(policy, text) => {
                let sites: Vec<Site> = policy.sites().to_vec();
                self.take_entries(&entries, &sites, "the policy file", &vault);
                self.match_products(reading.products, &sites);
                self.refuse_filters(&text);
                self.warn_of_audit_mode(&policy, &text);
                (*policy, PolicySource::File(text))
            }
            PolicyFile::Absent => {
                let profile = if read_only {
                    Profile::ReadOnly
                } else {
                    Profile::Standard
                };
                let policy =
                    self.sites_of_environment(&entries, reading.products, profile, &vault)?;
                (policy, PolicySource::Profile(profile))
            }
        };
        let sites: Vec<Site> = policy.sites().to_vec();
        self.check_logins(&sites);
        self.check_sharing(&sites);
        self.check_pem_files(&sites);
        let own = entries.iter().filter(|entry| entry.owner.is_none());
        let expiries = own.filter_map(|entry| Some((entry.site.clone(), entry.expires?)));
        Some(Config {
            audit: Arc::clone(&vault.audit),
            passes: Arc::clone(&vault.passes),
            errands: Arc::clone(vault.errands()),
            expiries: expiries.collect(),
            sites,
            policy,
            policy_source,
            credentials: CredentialStore::default(),
            offer: self.offer(options),
            read_only,
            config_dir,
            warnings: Vec::new(),
            secret_variables: BTreeSet::new(),
        })
    }

    /// Restrictions that cannot be kept and checks that may not be switched off stop the start; what merely does
    /// nothing here is said.
    fn check_variables(&mut self) {
        for variable in VARIABLES {
            let Some(value) = self.environment.value(*variable) else {
                continue;
            };
            let name = variable.name;
            match variable.effect {
                Effect::Refused => self.mistakes.push(Finding::new(
                    name,
                    "restricts what may be reached, and this version cannot keep that restriction yet",
                    format!("Unset {name} only if the account itself is restricted to that."),
                )),
                Effect::Ignored => self.warnings.push(Finding::new(
                    name,
                    format!("does nothing here: {}", variable.meaning),
                    "Nothing to do, unless you rely on it.",
                )),
                Effect::Secret => {
                    self.secret_variables.insert(name.to_owned());
                }
                Effect::Used => {
                    if name.ends_with("_SSL_VERIFY") && parse_switch(&value) != Some(true) {
                        self.mistakes.push(Finding::new(
                            name,
                            "would send the token to whoever answers; certificates are always verified",
                            "Unset it. For a certificate of your company's own authority write \
                             `ca-file = \"/path/to/authority.pem\"` under the site in policy.toml.",
                        ));
                    }
                }
            }
        }
    }

    fn read_only(&mut self) -> bool {
        let variable = environment::READ_ONLY_MODE;
        let Some(value) = self.environment.value(variable) else {
            return false;
        };
        parse_switch(&value).unwrap_or_else(|| {
            self.mistakes.push(Finding::new(
                variable.name,
                "is neither on nor off",
                "Write `true` or `false`.",
            ));
            true
        })
    }

    fn offer(&self, options: &Options) -> Offer {
        let list = |chosen: &Option<Vec<String>>, variable| {
            chosen.clone().or_else(|| {
                self.environment
                    .value(variable)
                    .and_then(|value| parse_list(&value))
            })
        };
        Offer {
            toolsets: list(&options.toolsets, environment::TOOLSETS),
            tools: list(&options.tools, environment::ENABLED_TOOLS),
            exclude: options.exclude_tools.clone(),
        }
    }

    fn credentials_file(&mut self, path: &Path) -> credentials::Credentials {
        let text = match file::read(path) {
            Ok(text) => text.unwrap_or_default(),
            Err(finding) => {
                self.mistakes.push(finding);
                return credentials::Credentials::default();
            }
        };
        credentials::parse(&text, "credentials.toml").unwrap_or_else(|findings| {
            self.mistakes.extend(findings);
            credentials::Credentials::default()
        })
    }

    fn policy_file(&mut self, options: &Options, config_dir: &Path, read_only: bool) -> PolicyFile {
        let (path, is_chosen) = match &options.policy {
            Some(path) => (path.clone(), true),
            None => (config_dir.join("policy.toml"), false),
        };
        let text = PolicyText::new(path, read_only);
        match text.read() {
            Ok(Some(policy)) => PolicyFile::Read(Box::new(policy), text),
            Ok(None) if !is_chosen => PolicyFile::Absent,
            Ok(None) => {
                self.mistakes.push(Finding::new(
                    text.path().display().to_string(),
                    "does not exist",
                    "Give `--policy` the path of a policy file, or leave it out.",
                ));
                PolicyFile::Mistaken
            }
            Err(finding) => {
                self.mistakes.push(finding);
                PolicyFile::Mistaken
            }
        }
    }

    /// Without a policy file the environment names the sites.
    fn sites_of_environment(
        &mut self,
        entries: &[credentials::Entry],
        products: Vec<peer::Named>,
        profile: Profile,
        vault: &Vault,
    ) -> Option<Policy> {
        if products.is_empty() {
            if self.mistakes.is_empty() {
                self.mistakes.push(Finding::new(
                    "the configuration",
                    "names no site",
                    "Run `mcp-airlock login https://YOUR-SITE.atlassian.net`; or set JIRA_URL, JIRA_USERNAME and \
                     JIRA_API_TOKEN (Data Center: JIRA_URL and JIRA_PERSONAL_TOKEN), likewise for Confluence; \
                     or run `mcp-airlock demo` to try it without a site.",
                ));
            }
            return None;
        }
        for named in &products {
            if named.origin.scheme() == Scheme::Http && !named.origin.is_loopback() {
                self.mistakes.push(Finding::new(
                    named.variable.name,
                    "would send the token in clear text over the network",
                    "Write https://; if the site really has no TLS, name it in policy.toml with `plaintext = true`.",
                ));
                return None;
            }
        }
        let variables: Vec<_> = products.iter().map(|each| each.variable).collect();
        let named = peer::sites(products);
        let sites: Vec<Site> = named.iter().map(|(site, _)| site.clone()).collect();
        self.take_entries(entries, &sites, "the environment", vault);
        for (site, login) in named {
            if self.credentials.login(&site.name).is_some() {
                if let Some(login) = login {
                    self.warn_unused(&login, &site.name);
                }
                continue;
            }
            match login {
                Some(login) => self.add(None, site.name, login),
                None if self.mistakes.is_empty() => self.mistakes.push(Finding::new(
                    variables
                        .iter()
                        .map(|each| each.name)
                        .collect::<Vec<_>>()
                        .join(", "),
                    format!("names the site `{}`, and there is no credential for it", site.name),
                    "Set the user name and the API token (Cloud) or the personal access token (Data Center) beside it.",
                )),
                None => {}
            }
        }
        let filters = self.filters();
        Policy::profile_within(profile, sites, &filters)
            .map_err(|diagnostics| {
                self.mistakes.push(Finding::new(
                    "the environment",
                    format!("says what no policy can say\n{diagnostics}"),
                    "Mend the variable, or write a policy.toml, where everything can be said.",
                ));
            })
            .ok()
    }

    /// With a policy file the environment may only bring credentials for its sites.
    fn match_products(&mut self, products: Vec<peer::Named>, sites: &[Site]) {
        let mut brought: Vec<(&SiteName, peer::Named)> = Vec::new();
        for mut named in products {
            let found = sites.iter().find(|site| {
                site.origin.is_same(&named.origin)
                    && site.products.contains(&named.product)
                    && site.context(named.product) == named.context
            });
            let Some(site) = found else {
                self.mistakes.push(Finding::new(
                    named.variable.name,
                    format!(
                        "names {} at {}{}, which is no site of the policy file; rights come from that file alone",
                        named.product, named.origin, named.context
                    ),
                    format!(
                        "Unset {}, or add a [site.NAME] with this address to the policy file.",
                        named.variable.name
                    ),
                ));
                continue;
            };
            let Some(login) = named.login.take() else {
                continue;
            };
            match brought.iter().find(|(name, _)| **name == site.name) {
                Some((_, earlier)) if earlier.shares_account(&named) => {}
                Some((_, earlier)) => self.mistakes.push(Finding::new(
                    format!("{} and {}", earlier.variable.name, named.variable.name),
                    format!(
                        "bring two different accounts for the site `{}`, which has one credential",
                        site.name
                    ),
                    "Give both products one account, or make two sites of it in the policy file, one for each product.",
                )),
                None if self.credentials.login(&site.name).is_some() => {
                    self.warn_unused(&login, &site.name);
                }
                None => {
                    self.add(None, site.name.clone(), login);
                    brought.push((&site.name, named));
                }
            }
        }
    }
}

enum PolicyFile {
    Absent,
    Read(Box<Policy>, PolicyText),
    Mistaken,
}
