//! Decides how `login` reaches a site: by what policy.toml says of it already, else by what the person says on the command
//! line about address, authority, proxy and the gateway in front. Sends nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use policy::{ExtraHeader, Origin, OriginError, Policy, Scheme, Site};

use crate::change;
use crate::credentials::{self, Gate};
use crate::login::survey;
use crate::secrets::SecretRef;

#[derive(Args)]
pub(super) struct WayArguments {
    /// PEM file of your company's own certificate authority, for a new site
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Proxy to a new site, like http://proxy.example.com:3128
    #[arg(long, value_name = "ORIGIN")]
    proxy: Option<String>,
    /// PEM file of a certificate that a gateway in front of a new site asks for
    #[arg(long, value_name = "FILE")]
    client_cert: Option<PathBuf>,
    /// Its private key: a PEM file, or a reference like op://…
    #[arg(long, value_name = "FILE|REFERENCE")]
    client_key: Option<String>,
    /// A header that a gateway in front of a new site asks for, with a reference to its value: X-Gateway-Key=env:KEY
    #[arg(long, value_name = "NAME=REFERENCE")]
    header: Vec<String>,
}

/// The way to one site.
pub(super) struct Way {
    /// As policy.toml has it, or a stand-in without name and products.
    pub(super) site: Site,
    pub(super) is_known: bool,
    /// Path behind the origin, as the person opens it.
    pub(super) path: String,
    pub(super) gate: Gate,
}

pub(super) fn to(url: &str, arguments: &WayArguments, config_dir: &Path) -> anyhow::Result<Way> {
    let (origin, path) = address(url)?;
    let known = known_site(config_dir, &origin)?;
    if origin.scheme() == Scheme::Http
        && !origin.is_loopback()
        && !known.as_ref().is_some_and(|site| site.plaintext)
    {
        bail!(
            "over plain http the token would cross the network in clear text; use https, or name the site in \
             policy.toml with `plaintext = true` first"
        );
    }
    let mut gate = gate(arguments)?;
    let is_known = known.is_some();
    let site = match known {
        Some(site) => {
            let is_elsewhere = arguments.ca_file.is_some()
                || arguments.proxy.is_some()
                || arguments.client_cert.is_some()
                || gate.headers.keys().any(|name| !site.headers.contains(name));
            if is_elsewhere {
                bail!(
                    "policy.toml says already how {origin} is reached; change `ca-file`, `proxy`, `client-cert` and `headers` there"
                );
            }
            complete(&mut gate, &site, config_dir)?;
            site
        }
        None => new_site(arguments, &origin, &gate)?,
    };
    if site.client_cert.is_some() != gate.client_key.is_some() {
        bail!(
            "a client certificate is two files: name both with `--client-cert` and `--client-key`"
        );
    }
    if let Some(name) = site
        .headers
        .iter()
        .find(|name| !gate.headers.contains_key(name))
    {
        bail!(
            "policy.toml names the header `{name}` for this site; say where its value stands: `--header {name}=env:NAME`"
        );
    }
    Ok(Way {
        site,
        is_known,
        path,
        gate,
    })
}

/// What another login to the same site wrote down about its gateway still holds.
fn complete(gate: &mut Gate, site: &Site, config_dir: &Path) -> anyhow::Result<()> {
    let text = change::read(&config_dir.join("credentials.toml"))?.unwrap_or_default();
    let credentials = credentials::parse(&text, "credentials.toml").map_err(|findings| {
        let said: Vec<_> = findings.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}", said.join("\n"))
    })?;
    let mut own = credentials
        .entries
        .into_iter()
        .filter(|entry| entry.owner.is_none());
    let Some(entry) = own.find(|entry| entry.site == site.name) else {
        return Ok(());
    };
    if gate.client_key.is_none() && site.client_cert.is_some() {
        gate.client_key = entry.gate.client_key;
    }
    for (name, reference) in entry.gate.headers {
        if site.headers.contains(&name) {
            gate.headers.entry(name).or_insert(reference);
        }
    }
    Ok(())
}

fn gate(arguments: &WayArguments) -> anyhow::Result<Gate> {
    let mut headers = BTreeMap::new();
    for pair in &arguments.header {
        // What stands behind the sign may be the secret itself, so no message repeats it.
        let (name, reference) = pair
            .split_once('=')
            .context("`--header` is written NAME=REFERENCE")?;
        let name = ExtraHeader::parse(name)
            .map_err(|error| anyhow::anyhow!("`--header`: the name {error}"))?;
        let what = format!("`--header {name}=`");
        headers.insert(name, reference_beside(&what, reference)?);
    }
    let client_key = match &arguments.client_key {
        None => None,
        Some(file) if Path::new(file).is_file() => {
            Some(SecretRef::File(std::path::absolute(file)?))
        }
        Some(text) => Some(reference_beside("`--client-key`", text)?),
    };
    Ok(Gate {
        client_key,
        headers,
    })
}

fn reference_beside(what: &str, text: &str) -> anyhow::Result<SecretRef> {
    match text.parse() {
        Ok(SecretRef::Store) => bail!("{what} cannot be `store:`, where the credential is"),
        Ok(reference) => Ok(reference),
        Err(error) => bail!("{what} {error}"),
    }
}

/// Origin and path of what the person opens in the browser.
fn address(url: &str) -> anyhow::Result<(Origin, String)> {
    let url = if url.contains("://") {
        url.to_owned()
    } else {
        format!("https://{url}")
    };
    let start = url.find("://").map_or(0, |at| at + "://".len());
    let (origin, path) = match url[start..].find('/') {
        Some(at) => url.split_at(start + at),
        None => (url.as_str(), ""),
    };
    let origin = match Origin::parse(origin) {
        Err(OriginError::NotCanonical(canonical)) => canonical,
        parsed => parsed.context(
            "this is not the address of a site; write it like https://acme.atlassian.net",
        )?,
    };
    let is_plain = path
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte));
    if !is_plain || path.contains("..") {
        bail!("the address has more than a plain path; leave out what begins with `?` or `#`");
    }
    Ok((origin, path.trim_end_matches('/').to_owned()))
}

/// A site that the policy file does not know yet, with what the person says about the way to it.
fn new_site(arguments: &WayArguments, origin: &Origin, gate: &Gate) -> anyhow::Result<Site> {
    let file = |path: &Option<PathBuf>, option: &str| -> anyhow::Result<Option<String>> {
        let Some(path) = path else { return Ok(None) };
        let path = std::path::absolute(path)?;
        let text = path
            .to_str()
            .with_context(|| format!("`{option}` must be UTF-8"))?;
        Ok(Some(text.to_owned()))
    };
    let mut site = survey::stranger(origin);
    site.ca_file = file(&arguments.ca_file, "--ca-file")?;
    site.client_cert = file(&arguments.client_cert, "--client-cert")?;
    site.headers = gate.headers.keys().cloned().collect();
    if let Some(proxy) = &arguments.proxy {
        let proxy =
            Origin::parse(proxy).context("`--proxy` is not like http://proxy.example.com:3128")?;
        site.proxy = Some(proxy);
    }
    Ok(site)
}

/// What the policy file says about the address already: the way there is taken from it.
fn known_site(config_dir: &Path, origin: &Origin) -> anyhow::Result<Option<Site>> {
    let path = config_dir.join("policy.toml");
    let Some(text) = change::read(&path)? else {
        return Ok(None);
    };
    let policy = match Policy::parse(&text, &path.display().to_string()) {
        Ok(policy) => policy,
        Err(diagnostics) => bail!("the policy file has mistakes; mend them first\n{diagnostics}"),
    };
    Ok(policy
        .sites()
        .iter()
        .find(|site| site.origin.is_same(origin))
        .cloned())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_people_paste_it() {
        for (pasted, origin, path) in [
            ("acme.atlassian.net", "https://acme.atlassian.net", ""),
            (
                "https://Acme.atlassian.net/",
                "https://acme.atlassian.net",
                "",
            ),
            ("https://example.com/jira/", "https://example.com", "/jira"),
            (
                "http://127.0.0.1:8080/jira",
                "http://127.0.0.1:8080",
                "/jira",
            ),
        ] {
            let (found, rest) = address(pasted).unwrap();
            assert_eq!(
                (found.to_string().as_str(), rest.as_str()),
                (origin, path),
                "{pasted}"
            );
        }
        for refused in [
            "https://me:secret@acme.atlassian.net",
            "https://acme.atlassian.net/?x=1",
            "https://example.com/a/../b",
            "ftp://example.com",
            "https://",
        ] {
            assert!(address(refused).is_err(), "{refused}");
        }
    }
}
