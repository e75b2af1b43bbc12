//! Decides which login server is trusted, and for what: `issuer.toml` of the configuration directory. No file, nobody.

use std::collections::BTreeMap;
use std::path::Path;

use door::{Authority, ENDPOINT};
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use url::Url;

use crate::config::{Finding, read_believed};
use crate::people::People;

pub(super) const FILE: &str = "issuer.toml";

#[derive(Debug)]
pub(super) struct Settings {
    /// Byte for byte as tokens have it.
    pub(super) issuer: String,
    pub(super) public_url: Url,
    pub(super) authority: Authority,
    pub(super) audience: String,
    /// Where the keys are; `None`: as the login server's own description says.
    pub(super) jwks_uri: Option<Url>,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) claim: String,
    pub(super) people: People,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("the login server's settings cannot be believed: {0}")]
    Unbelieved(Finding),
    #[error("`{path}`: {what}")]
    Broken { path: String, what: String },
}

/// Never `none`, never one where the server's public key would be a shared secret.
const ALGORITHMS: [(&str, Algorithm); 4] = [
    ("RS256", Algorithm::RS256),
    ("PS256", Algorithm::PS256),
    ("ES256", Algorithm::ES256),
    ("EdDSA", Algorithm::EdDSA),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    version: u32,
    issuer: String,
    public_url: String,
    audience: Option<String>,
    jwks_uri: Option<String>,
    algorithms: Option<Vec<String>>,
    claim: Option<String>,
    #[serde(default)]
    principals: BTreeMap<String, String>,
}

impl Settings {
    pub(super) fn load(config_dir: &Path) -> Result<Option<Self>, SettingsError> {
        let path = config_dir.join(FILE);
        let text = read_believed(&path).map_err(SettingsError::Unbelieved)?;
        let broken = |what| SettingsError::Broken {
            path: path.display().to_string(),
            what,
        };
        text.map(|text| Self::parse(&text).map_err(broken))
            .transpose()
    }

    /// A change while the server runs. Its own name and where the keys are is taken up by a start alone.
    pub(super) fn reread(text: &str, old: &Self) -> Result<Self, String> {
        let new = Self::parse(text)?;
        let lasting = |settings: &Self| {
            let Self {
                issuer,
                public_url,
                jwks_uri,
                ..
            } = settings;
            (issuer.clone(), public_url.clone(), jwks_uri.clone())
        };
        if lasting(&new) != lasting(old) {
            return Err(
                "another `issuer`, `public-url` or `jwks-uri` takes a new start; the rest does not"
                    .to_owned(),
            );
        }
        Ok(new)
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        if file.version != 1 {
            return Err(format!("version {} is not known", file.version));
        }
        address("issuer", &file.issuer)?;
        let public_url = address("public-url", &file.public_url)?;
        if public_url.path() != ENDPOINT {
            return Err(format!(
                "`public-url` is what clients call, with its path: https://mcp.example.com{ENDPOINT}"
            ));
        }
        let jwks_uri = file.jwks_uri.map(|text| address("jwks-uri", &text));
        let named = public_url[url::Position::BeforeHost..url::Position::AfterPort].parse();
        Ok(Self {
            issuer: file.issuer,
            authority: named.map_err(|error| format!("`public-url`: {error}"))?,
            audience: file.audience.unwrap_or_else(|| public_url.to_string()),
            public_url,
            jwks_uri: jwks_uri.transpose()?,
            algorithms: algorithms(file.algorithms)?,
            claim: file.claim.unwrap_or_else(|| "sub".to_owned()),
            people: People::parse(FILE, file.principals)?,
        })
    }
}

/// In clear text only on this machine: whoever could change an answer could let himself in.
pub(super) fn address(key: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`{key}` is no address: {error}"))?;
    let host = url.host_str().unwrap_or_default();
    let is_here = ["127.0.0.1", "[::1]", "localhost"].contains(&host);
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    let is_plain = url.query().is_none() && url.fragment().is_none();
    if !is_safe || !is_plain || !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "`{key}` is an https address without user, query and fragment"
        ));
    }
    Ok(url)
}

fn algorithms(names: Option<Vec<String>>) -> Result<Vec<Algorithm>, String> {
    let all = || ALGORITHMS.into_iter();
    let Some(names) = names else {
        return Ok(all().map(|(_, algorithm)| algorithm).collect());
    };
    let of = |name: &String| all().find(|(known, _)| known == name);
    let found: Option<Vec<_>> = names.iter().map(|name| Some(of(name)?.1)).collect();
    found.filter(|found| !found.is_empty()).ok_or_else(|| {
        let known: Vec<_> = all().map(|(name, _)| name).collect();
        format!("`algorithms` are some of {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "version = 1\nissuer = \"https://id.example.com/realms/a\"\npublic-url = \"https://mcp.example.com/mcp\"\n";

    #[test]
    fn the_audience_is_the_public_address_unless_another_is_said() {
        let settings = Settings::parse(GOOD).expect("good settings");
        assert_eq!(settings.audience, "https://mcp.example.com/mcp");
        assert_eq!(settings.claim, "sub");
        assert_eq!(settings.algorithms.len(), ALGORITHMS.len());
        let settings = Settings::parse(&format!("{GOOD}audience = \"api://mcp\"\n"));
        assert_eq!(settings.expect("good settings").audience, "api://mcp");
    }

    #[test]
    fn people_are_reread_and_another_login_server_is_not() {
        let old = Settings::parse(GOOD).expect("good settings");
        let reread = |text: &str| Settings::reread(text, &old);
        let named = format!("{GOOD}[principals]\n\"1\" = \"alice\"\n");
        let people = reread(&named).expect("good settings").people;
        assert!(people.principal("1").is_ok() && people.principal("2").is_err());
        for text in [
            GOOD.replace("realms/a", "realms/b"),
            GOOD.replace("mcp.example.com", "other.example.com"),
            format!("{GOOD}jwks-uri = \"https://id.example.com/keys\"\n"),
            GOOD.replace("version", "verison"),
        ] {
            assert!(reread(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_could_let_in_somebody_else_is_refused() {
        let with = |line: &str| format!("{GOOD}{line}\n");
        let mut said = String::new();
        for text in [
            with("algorithms = [\"HS256\"]"),
            with("algorithms = [\"none\"]"),
            with("algorithms = []"),
            with("jwks-uri = \"http://id.example.com/keys\""),
            with("leeway = 3600"),
            with("[principals]\n\"1\" = \"local\""),
            with("[principals]\n\"1\" = \"a b\""),
            GOOD.replace("version = 1", "version = 2"),
            GOOD.replace("https://id", "http://id"),
            GOOD.replace("https://id", "https://me:pass@id"),
            GOOD.replace("realms/a", "realms/a?x=1"),
            GOOD.replace("com/mcp", "com/"),
            GOOD.replace("com/mcp", "com/mcp#x"),
        ] {
            let refused = Settings::parse(&text).err();
            said += &format!("{}\n", refused.expect("refused settings"));
        }
        insta::assert_snapshot!(said);
    }
}
