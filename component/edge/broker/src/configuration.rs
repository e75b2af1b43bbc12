//! Decides what a deployment must be given before anybody is served, and reads it once for each instance. Whatever is
//! missing or wrong keeps the door shut; nothing has a default that opens it.

use std::collections::BTreeMap;

use door::Keys;
use policy::{Manifest, Origin, Policy, SiteName};
use secrecy::{ExposeSecret, SecretString};

use crate::audit::AuditKey;
use crate::credentials::{Credentials, Login, Scheme};

/// Text of `keys.toml`: digests, no keys.
pub(crate) const KEYS: &str = "airlock_keys";
/// Names that clients speak to the server by, separated by commas.
pub(crate) const HOSTS: &str = "airlock_hosts";
/// Web pages that may use it, separated by commas. Need not be there.
pub(crate) const ORIGINS: &str = "airlock_origins";
/// 64 hexadecimal digits, by which audit lines are known for ours.
pub(crate) const AUDIT_KEY: &str = "airlock_audit_key";
/// With the name of a site behind it: its token, and the account that an API token belongs to.
const TOKEN: &str = "airlock_token_";
const USER: &str = "airlock_user_";

/// Where the values come from. Names are lower case with underscores, which every source can spell.
pub(crate) trait Source {
    /// A value that anybody may see.
    fn plain(&self, name: &str) -> Result<Option<String>, String>;

    /// A value that nobody may see. An empty one is none.
    fn secret(&self, name: &str) -> Result<Option<SecretString>, String>;

    /// The name as a person finds it in this source.
    fn shown(&self, name: &str) -> String;
}

/// What was fixed when the parts were put together.
pub(crate) struct Parts {
    pub(crate) policy: String,
    pub(crate) manifest: String,
    pub(crate) component: String,
}

/// A deployment that may serve.
#[cfg_attr(
    not(target_family = "wasm"),
    expect(
        dead_code,
        reason = "what reads the fields is built for WebAssembly only"
    )
)]
pub(crate) struct Configuration {
    pub(crate) policy: Policy,
    pub(crate) manifest: Manifest,
    pub(crate) credentials: Credentials,
    pub(crate) keys: Keys,
    pub(crate) hosts: Vec<String>,
    pub(crate) origins: Vec<String>,
    pub(crate) audit_key: AuditKey,
}

/// Why a deployment serves nobody, and whose fault it is. For the log, never for a client.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unready {
    #[error("the policy file that this component was put together with has mistakes:\n{0}")]
    Policy(String),
    #[error("the policy asks for what an edge runtime cannot keep:\n{}", .0.join("\n"))]
    Unkept(Vec<String>),
    #[error("the tool component's manifest is unreadable: {0}")]
    Manifest(String),
    #[error("the policy allows the component sha256:{wanted} only, and this is {here}")]
    Foreign { wanted: String, here: String },
    #[error("{name} is not set: {meaning}")]
    Missing { name: String, meaning: &'static str },
    #[error("{name} is wrong: {reason}")]
    Wrong { name: String, reason: String },
    #[error("the sites {0} and {1} would share the variable {2}; rename one of them")]
    SameVariable(SiteName, SiteName, String),
    #[error("{name} cannot be read: {reason}")]
    Unreadable { name: String, reason: String },
}

impl Configuration {
    pub(crate) fn read(parts: &Parts, source: &impl Source) -> Result<Self, Unready> {
        let policy = Policy::parse(&parts.policy, "policy.toml")
            .map_err(|mistakes| Unready::Policy(mistakes.to_string()))?;
        let unkept = policy.unkept_at_the_edge();
        if !unkept.is_empty() {
            return Err(Unready::Unkept(unkept));
        }
        if let Some(wanted) = policy.component_sha256()
            && parts.component.strip_prefix("sha256:") != Some(wanted)
        {
            return Err(Unready::Foreign {
                wanted: wanted.to_owned(),
                here: parts.component.clone(),
            });
        }
        let manifest = Manifest::from_json(parts.manifest.as_bytes(), parts.component.clone())
            .map_err(|error| Unready::Manifest(error.to_string()))?;
        let keys = required(
            source,
            KEYS,
            "the text of keys.toml, as `mcp-airlock key` writes it",
        )?;
        let keys = Keys::parse(&keys).map_err(|error| wrong(source, KEYS, error))?;
        if keys.is_empty() {
            let reason = "there is no key in it, so nobody could be let in";
            return Err(wrong(source, KEYS, reason));
        }
        let hosts = required(
            source,
            HOSTS,
            "the names that clients use for this server, such as mcp.example.com",
        )?;
        let origins = plain(source, ORIGINS)?.unwrap_or_default();
        for host in listed(&hosts) {
            host.parse::<door::Authority>()
                .map_err(|error| wrong(source, HOSTS, error))?;
        }
        for origin in listed(&origins) {
            Origin::parse(origin).map_err(|error| wrong(source, ORIGINS, error))?;
        }
        let audit_key = secret(source, AUDIT_KEY)?.ok_or_else(|| Unready::Missing {
            name: source.shown(AUDIT_KEY),
            meaning: "64 hexadecimal digits (`openssl rand -hex 32`) that authenticate the audit lines",
        })?;
        let audit_key = AuditKey::parse(audit_key.expose_secret())
            .ok_or_else(|| wrong(source, AUDIT_KEY, "it is not 64 hexadecimal digits"))?;
        Ok(Self {
            credentials: credentials(&policy, source)?,
            hosts: listed(&hosts).map(str::to_owned).collect(),
            origins: listed(&origins).map(str::to_owned).collect(),
            policy,
            manifest,
            keys,
            audit_key,
        })
    }
}

/// A site without a credential serves nobody, so every site must have one now.
fn credentials(policy: &Policy, source: &impl Source) -> Result<Credentials, Unready> {
    let mut by_variable: BTreeMap<String, SiteName> = BTreeMap::new();
    let mut credentials = Credentials::default();
    for site in policy.sites() {
        let word = site.name.as_str().to_ascii_lowercase().replace('-', "_");
        let name = format!("{TOKEN}{word}");
        if let Some(other) = by_variable.insert(name.clone(), site.name.clone()) {
            let shown = source.shown(&name);
            return Err(Unready::SameVariable(other, site.name.clone(), shown));
        }
        let token = secret(source, &name)?.ok_or_else(|| Unready::Missing {
            name: source.shown(&name),
            meaning: "the API token or personal access token of the site",
        })?;
        let is_word = |text: &str| text.bytes().all(|byte| matches!(byte, b'!'..=b'~'));
        if !is_word(token.expose_secret()) {
            let reason = "a token is one word of printable ASCII, without `Bearer` before it";
            return Err(wrong(source, &name, reason));
        }
        let scheme = match plain(source, &format!("{USER}{word}"))? {
            Some(user) => Scheme::Basic { user },
            None => Scheme::Bearer,
        };
        credentials.insert(
            site.name.clone(),
            Login {
                origin: site.origin.clone(),
                name: source.shown(&name),
                scheme,
                token,
            },
        );
    }
    Ok(credentials)
}

fn required(source: &impl Source, name: &str, meaning: &'static str) -> Result<String, Unready> {
    plain(source, name)?.ok_or_else(|| Unready::Missing {
        name: source.shown(name),
        meaning,
    })
}

/// Runtimes pass on variables that a person left empty, so an empty one is an unset one.
fn plain(source: &impl Source, name: &str) -> Result<Option<String>, Unready> {
    let value = source.plain(name).map_err(|reason| Unready::Unreadable {
        name: source.shown(name),
        reason,
    })?;
    Ok(value
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty()))
}

fn secret(source: &impl Source, name: &str) -> Result<Option<SecretString>, Unready> {
    let value = source.secret(name).map_err(|reason| Unready::Unreadable {
        name: source.shown(name),
        reason,
    })?;
    Ok(value
        .map(|value| SecretString::from(value.expose_secret().trim()))
        .filter(|value| !value.expose_secret().is_empty()))
}

fn wrong(source: &impl Source, name: &str, reason: impl ToString) -> Unready {
    Unready::Wrong {
        name: source.shown(name),
        reason: reason.to_string(),
    }
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests;
