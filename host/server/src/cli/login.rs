//! `mcp-airlock login URL`: asks who the person is, tries the credential, shows what would be written, writes it.
//! Nothing is kept before the site has recognised the credential and the person has agreed.

mod oauth;
mod way;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use policy::{Day, Deployment, Product, SiteName};
use secrecy::SecretString;
use time::OffsetDateTime;

use super::ask;
use crate::change::Change;
use crate::config::Vault;
use crate::config::environment::Environment;
use crate::credentials::{Gate, Issue};
use crate::expiry;
use crate::harden;
use crate::login::files::{self, Entry, Rights};
use crate::login::survey::{self, Survey};
use crate::login::{self, Proven};
use crate::secrets::{Secret, SecretRef};
use crate::store::{KeyPlace, Keyring, Record, RecordId, Store};

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
    #[command(flatten)]
    way: way::WayArguments,
    /// Last day of the token, as you chose it when you made it; `status` reminds you two weeks before
    #[arg(long, value_name = "2027-01-31", value_parser = day)]
    expires: Option<Day>,
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
    let mut way = way::to(&arguments.url, &arguments.way, &config_dir)?;
    let origin = way.site.origin.clone();
    let name = match &arguments.name {
        Some(name) => SiteName::parse(name).context("`--name` cannot be a site's name")?,
        None if way.is_known => way.site.name.clone(),
        None => login::natural_name(&origin),
    };
    // As it will be called in the record.
    way.site.name = name.clone();
    let vault = Vault::below(&config_dir).map_err(anyhow::Error::msg)?;
    vault.pass(&way.gate, &way.site, &Environment::of_process())?;
    let errands = vault.errands();
    let mut survey = survey::of(errands, &way.site, &way.path)
        .await
        .with_context(|| format!("looking at {origin}"))?;
    if let Some(day) = arguments.expires
        && survey.deployment == Deployment::Cloud
        && let Some(reason) = expiry::impossible(day, OffsetDateTime::now_utc().date())
    {
        bail!("`--expires {day}` {reason}");
    }
    if let Some(wanted) = &arguments.products {
        survey.keep(wanted);
    }

    let fresh = match arguments.kind {
        Kind::Token => {
            let (token, reference) = token(arguments, &survey, &vault).await?;
            let user = user(arguments, &survey)?;
            let proven = login::prove(errands, &survey, name, user.as_deref(), &token)
                .await
                .with_context(|| format!("{origin} does not know this credential"))?;
            Fresh {
                proven,
                issue: Issue::Fixed,
                record: (reference == SecretRef::Store).then_some(Record::Token(token)),
                reference,
            }
        }
        Kind::Oauth => oauth::consented(arguments, errands, &survey, name).await?,
        Kind::ClientCredentials => {
            let (secret, reference) = token(arguments, &survey, &vault).await?;
            oauth::of_client(arguments, errands, &survey, name, secret, reference).await?
        }
    };
    report(&fresh.proven);
    keep(arguments, &config_dir, &way.gate, fresh).await
}

/// Shows what would be written, asks, writes.
async fn keep(
    arguments: &Arguments,
    config_dir: &Path,
    gate: &Gate,
    fresh: Fresh,
) -> anyhow::Result<ExitCode> {
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
        expires: arguments.expires,
        gate,
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
    vault: &Vault,
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
                 https://id.atlassian.com/manage-profile/security/api-tokens\n\
                 It lives a year at most; with `--expires DAY`, `status` reminds you in time."
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

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "write it like 2027-01-31".to_owned())
}

fn product(word: &str) -> Result<Product, String> {
    Product::parse(word).ok_or_else(|| "write `jira`, `confluence` or both".to_owned())
}
