//! `mcp-airlock login URL`: asks who the person is, tries the credential, shows what would be written, writes it.
//! Nothing is kept before the site has recognised the credential and the person has agreed.

mod oauth;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use policy::{Deployment, Origin, OriginError, Policy, Product, Scheme, Site, SiteName};
use secrecy::SecretString;

use super::ask;
use crate::change::{self, Change};
use crate::config::environment::Environment;
use crate::credentials::Issue;
use crate::harden;
use crate::login::files::{self, Entry, Rights};
use crate::login::survey::{self, Survey};
use crate::login::{self, Proven};
use crate::secrets::{Secret, SecretRef};
use crate::store::{KeyPlace, Keyring, Record, RecordId, Store};
use crate::wire::HttpWire;

#[derive(Args)]
pub(super) struct Arguments {
    /// The site as you open it in the browser: https://acme.atlassian.net or https://example.com/jira
    url: String,
    /// What you log in with
    #[arg(long, value_enum, default_value = "token")]
    kind: Kind,
    /// Cloud: e-mail of the account (a service account's token needs none). Data Center: only with a password
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Read the token (or the client's secret) from standard input instead of asking
    #[arg(long, conflicts_with = "token_ref")]
    token_stdin: bool,
    /// Keep nothing; read the token from here at each start: op://…, pass:…, file:…, env:…
    #[arg(long, value_name = "REFERENCE")]
    token_ref: Option<String>,
    #[command(flatten)]
    oauth: oauth::OAuthArguments,
    /// Name of the site in policy.toml [default: the first part of its host]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Only these products; on Data Center each has tokens of its own [default: what the site has]
    #[arg(long, value_delimiter = ',', value_name = "A,B", value_parser = product)]
    products: Option<Vec<Product>>,
    /// PEM file of your company's own certificate authority, for a new site
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Proxy to a new site, like http://proxy.example.com:3128
    #[arg(long, value_name = "ORIGIN")]
    proxy: Option<String>,
    /// What agents may do on a new site, before you edit policy.toml
    #[arg(long, value_enum, default_value = "standard")]
    rights: Rights,
    /// Where the store's key lies [default: keyring; an existing store stays where it is]
    #[arg(long, value_enum)]
    store: Option<KeyPlace>,
    /// Agree to the changes that are shown
    #[arg(long)]
    yes: bool,
    /// Folder with policy.toml and credentials.toml [default: ~/.config/mcp-airlock]
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
    /// A token on the command line is refused: every process of this machine can read it
    #[arg(long, hide = true, value_name = "TOKEN")]
    token: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// API token, with or without scopes; service account's token; personal access token; password with `--user`
    Token,
    /// Consent in the browser, with an app of your own (OAuth 2.0)
    Oauth,
    /// A service account's OAuth client, without a browser
    ClientCredentials,
}

/// A login that the site knows and that is not kept yet.
struct Fresh {
    proven: Proven,
    issue: Issue,
    reference: SecretRef,
    /// What goes into the store; nothing for a reference elsewhere.
    record: Option<Record>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    for problem in harden::harden() {
        tracing::warn!("{problem}");
    }
    if arguments.token.is_some() {
        bail!(
            "a token on the command line can be read by every process and stays in your shell's history; \
             treat this one as exposed, replace it, and pipe the new one in with `--token-stdin`"
        );
    }
    super::runtime()?.block_on(log_in(arguments))
}

async fn log_in(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config_dir = config_dir(arguments.config_dir.as_deref())?;
    let (origin, path) = address(&arguments.url)?;
    let known = known_site(&config_dir, &origin)?;
    let name = match (&arguments.name, &known) {
        (Some(name), _) => SiteName::parse(name).context("`--name` cannot be a site's name")?,
        (None, Some(site)) => site.name.clone(),
        (None, None) => login::natural_name(&origin),
    };
    if origin.scheme() == Scheme::Http
        && !origin.is_loopback()
        && !known.as_ref().is_some_and(|site| site.plaintext)
    {
        bail!(
            "over plain http the token would cross the network in clear text; use https, or name the site in \
             policy.toml with `plaintext = true` first"
        );
    }
    let stranger = match known {
        Some(_) if arguments.ca_file.is_some() || arguments.proxy.is_some() => bail!(
            "policy.toml says already how {origin} is reached; change `ca-file` and `proxy` there"
        ),
        Some(site) => site,
        None => way_there(arguments, &origin)?,
    };
    let wire = HttpWire::new();
    let mut survey = survey::of(&wire, &stranger, &path)
        .await
        .with_context(|| format!("looking at {origin}"))?;
    if let Some(wanted) = &arguments.products {
        survey.keep(wanted);
    }

    let fresh = match arguments.kind {
        Kind::Token => {
            let (token, reference) = token(arguments, &survey, &config_dir).await?;
            let user = user(arguments, &survey)?;
            let proven = login::prove(&wire, &survey, name, user.as_deref(), &token)
                .await
                .with_context(|| format!("{origin} does not know this credential"))?;
            Fresh {
                proven,
                issue: Issue::Fixed,
                record: (reference == SecretRef::Store).then_some(Record::Token(token)),
                reference,
            }
        }
        Kind::Oauth => oauth::consented(arguments, &wire, &survey, name).await?,
        Kind::ClientCredentials => {
            let (secret, reference) = token(arguments, &survey, &config_dir).await?;
            oauth::of_client(arguments, &wire, &survey, name, secret, reference).await?
        }
    };
    report(&fresh.proven);
    keep(arguments, &config_dir, fresh).await
}

/// Shows what would be written, asks, writes.
async fn keep(arguments: &Arguments, config_dir: &Path, fresh: Fresh) -> anyhow::Result<ExitCode> {
    let proven = &fresh.proven;
    let account = match &proven.scheme {
        crate::auth::Scheme::Basic { user } => user.clone(),
        crate::auth::Scheme::Bearer => proven.identity.to_string(),
    };
    let entry = Entry {
        site: &proven.site.name,
        scheme: &proven.scheme,
        secret: &fresh.reference,
        issue: &fresh.issue,
        account: &account,
    };
    let changes = [
        files::with_site(config_dir, &proven.site, arguments.rights)?,
        files::with_entry(config_dir, &entry)?,
    ];
    if !agreed(&changes, arguments.yes)? {
        ask::say("nothing was changed");
        return Ok(ExitCode::from(1));
    }
    if let Some(record) = &fresh.record {
        let id = RecordId {
            site: proven.site.name.clone(),
            origin: proven.site.origin.clone(),
            account,
        };
        let store = store(config_dir);
        let place = store.prepare(arguments.store).await?;
        let _alone = store.lock(&id.site).await?;
        store.write(&id, record).await?;
        ask::say(&format!(
            "stored, encrypted; the key lies in {}",
            place.in_words()
        ));
    }
    for change in &changes {
        change.write()?;
    }
    next_steps(proven);
    Ok(ExitCode::SUCCESS)
}

fn report(proven: &Proven) {
    ask::say(&format!(
        "{} knows you as {}, by {}",
        proven.site.origin, proven.identity, proven.kind
    ));
    for (product, reason) in &proven.without {
        ask::say(&format!("without {product}: {reason}"));
    }
}

fn next_steps(proven: &Proven) {
    ask::say(&format!(
        "logged in to `{}`\n\nNext:\n  mcp-airlock setup --list      which of your agents can be set up\n  \
         mcp-airlock setup CLIENT      write one's configuration; it holds no secret\n  \
         mcp-airlock status            who you are, where",
        proven.site.name
    ));
}

/// Shows each difference and asks once.
pub(super) fn agreed(changes: &[Change], yes: bool) -> anyhow::Result<bool> {
    let wanted: Vec<_> = changes
        .iter()
        .filter(|change| !change.is_nothing())
        .collect();
    if wanted.is_empty() {
        return Ok(true);
    }
    for change in &wanted {
        ask::say(&format!("\n{}", change.difference().trim_end()));
    }
    ask::say("");
    Ok(yes || ask::agrees("Write this?")?)
}

/// The token, and where the credential file will say that it stands.
async fn token(
    arguments: &Arguments,
    survey: &Survey,
    config_dir: &Path,
) -> anyhow::Result<(SecretString, SecretRef)> {
    if let Some(text) = &arguments.token_ref {
        let reference: SecretRef = text
            .parse()
            .map_err(|error| anyhow::anyhow!("`--token-ref` {error}"))?;
        if reference == SecretRef::Store {
            bail!(
                "`--token-ref store:` names what a login without `--token-ref` writes; leave the option out"
            );
        }
        let vault = crate::config::Vault::new(config_dir);
        let secret: Secret = vault.lookup(&reference, &Environment::of_process())?;
        return Ok((secret.reveal().await?, reference));
    }
    let token = if arguments.token_stdin {
        ask::piped_secret()?
    } else if arguments.kind != Kind::Token {
        ask::secret("Client secret (not shown):")?
    } else {
        ask::say(match survey.deployment {
            Deployment::Cloud => {
                "This is a Cloud site. Make an API token, with or without scopes, at\n  \
                 https://id.atlassian.com/manage-profile/security/api-tokens"
            }
            Deployment::DataCenter => {
                "This is a Data Center. Make a personal access token in your profile there\n  \
                 (Profile → Personal Access Tokens). Before Jira 8.14 and Confluence 7.9: `--user NAME` and the password."
            }
        });
        ask::secret("Token (not shown):")?
    };
    Ok((token, SecretRef::Store))
}

fn user(arguments: &Arguments, survey: &Survey) -> anyhow::Result<Option<String>> {
    let user = match (&arguments.user, survey.deployment) {
        (Some(user), _) => user.trim().to_owned(),
        (None, Deployment::Cloud) if !arguments.token_stdin && ask::is_attended() => {
            ask::line("E-mail of the account (empty for a service account):")?
        }
        (None, _) => String::new(),
    };
    if user.is_empty() {
        return Ok(None);
    }
    crate::credentials::check_user(&user).map_err(|what| anyhow::anyhow!("`--user` {what}"))?;
    Ok(Some(user))
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
fn way_there(arguments: &Arguments, origin: &Origin) -> anyhow::Result<Site> {
    let mut site = survey::stranger(origin);
    if let Some(file) = &arguments.ca_file {
        let file = std::path::absolute(file)?;
        let text = file.to_str().context("`--ca-file` must be UTF-8")?;
        site.ca_file = Some(text.to_owned());
    }
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

pub(super) fn config_dir(chosen: Option<&Path>) -> anyhow::Result<PathBuf> {
    let folder = chosen
        .map(Path::to_owned)
        .or_else(|| Environment::of_process().config_dir())
        .context("no home directory; name a folder with `--config-dir`")?;
    Ok(std::path::absolute(folder)?)
}

pub(super) fn store(config_dir: &Path) -> Store {
    Store::in_directory(config_dir, Arc::new(Keyring::of_system()))
}

fn product(word: &str) -> Result<Product, String> {
    Product::parse(word).ok_or_else(|| "write `jira`, `confluence` or both".to_owned())
}

/// The products in words.
pub(super) fn products(products: &[Product]) -> String {
    let words: Vec<_> = products.iter().map(|product| product.as_str()).collect();
    words.join(", ")
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
