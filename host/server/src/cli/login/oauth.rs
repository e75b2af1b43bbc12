//! The two OAuth logins: a person's consent in the browser, and a service account's client. The browser is opened here and
//! nowhere else; the link is always printed, too.

use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use gateway::Errand;
use policy::{Deployment, Site, SiteName};
use secrecy::SecretString;

use super::super::ask;
use super::{Fresh, Rights};
use crate::auth::{Scheme, authorization};
use crate::config::environment::Environment;
use crate::credentials::Issue;
use crate::login::exchange::{self, Errands, Request};
use crate::login::recognise;
use crate::login::survey::Survey;
use crate::oauth::consent::{Callback, Consent};
use crate::oauth::provider::Provider;
use crate::oauth::{Grant, Granted, request};
use crate::process::{self, Invocation};
use crate::secrets::SecretRef;
use crate::store::{OAuthTokens, Record};

#[derive(Args)]
pub(super) struct OAuthArguments {
    /// OAuth: id of your app (developer.atlassian.com) or of the application link (Data Center)
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// OAuth: port of the callback http://localhost:PORT/callback, as it is registered with the app
    #[arg(long, default_value_t = 8976)]
    port: u16,
    /// OAuth: open no browser here; paste the address back that another one was sent to
    #[arg(long)]
    no_browser: bool,
    /// OAuth: ask for these scopes instead of the usual ones
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    scopes: Option<Vec<String>>,
}

/// What the tools need on Cloud. Granular scopes stand where Atlassian has no classic ones.
const READING: &[&str] = &[
    "offline_access",
    "read:me",
    "read:jira-work",
    "read:jira-user",
    "read:confluence-content.all",
    "read:confluence-content.summary",
    "read:confluence-content.permission",
    "read:confluence-user",
    "read:confluence-space.summary",
    "readonly:content.attachment:confluence",
    "search:confluence",
    "read:page:confluence",
    "read:comment:confluence",
    "read:space:confluence",
    "read:attachment:confluence",
    "read:hierarchical-content:confluence",
    "read:content.metadata:confluence",
    "read:label:confluence",
    "read:folder:confluence",
    "read:task:confluence",
    "read:board-scope:jira-software",
    "read:sprint:jira-software",
];
const WRITING: &[&str] = &[
    "write:jira-work",
    "write:confluence-content",
    "write:confluence-file",
    "write:page:confluence",
    "write:comment:confluence",
];

/// A login by consent, with tokens that renew themselves.
pub(super) async fn consented(
    arguments: &super::Arguments,
    errands: &Errands,
    survey: &Survey,
    name: SiteName,
) -> anyhow::Result<Fresh> {
    let site = survey.site(name);
    let provider = Provider::of(&site, survey.deployment);
    let client_id = client_id(&arguments.oauth)?;
    let secret = if arguments.token_stdin {
        ask::piped_secret()?
    } else {
        ask::secret("Client secret (not shown):")?
    };
    let asked = scopes(arguments, survey.deployment);
    let wanted: Vec<&str> = asked.iter().map(String::as_str).collect();
    let consent = Consent::new(&provider, &client_id, &wanted, arguments.oauth.port);
    let code = code(&arguments.oauth, &consent).await?;
    let grant = Grant::Code {
        code: &code,
        redirect_uri: &consent.redirect_uri,
        verifier: &consent.verifier,
    };
    let granted = request(errands, &provider, &client_id, Some(&secret), &grant)
        .await
        .context("the consent was not turned into tokens")?;
    tell_missing(&asked, &granted.scopes);
    let refresh = granted.refresh.clone().context(
        "the login server gave no refresh token, so this login would end within the hour; ask for the scope `offline_access`",
    )?;
    let proven = known(
        errands,
        survey,
        &provider,
        site,
        &granted.access,
        "consent (OAuth)",
    )
    .await?;
    let Granted {
        access,
        expires_at,
        scopes,
        ..
    } = granted;
    Ok(Fresh {
        proven,
        issue: Issue::OAuth {
            client_id,
            redirect_uri: consent.redirect_uri.clone(),
        },
        reference: SecretRef::Store,
        record: Some(Record::OAuth(OAuthTokens {
            client_secret: Some(secret),
            refresh,
            access,
            expires_at,
            generation: 1,
            scopes,
            has_ended: false,
        })),
    })
}

/// A login of a service's own right.
pub(super) async fn of_client(
    arguments: &super::Arguments,
    errands: &Errands,
    survey: &Survey,
    name: SiteName,
    secret: SecretString,
    reference: SecretRef,
) -> anyhow::Result<Fresh> {
    let site = survey.site(name);
    let provider = Provider::of(&site, survey.deployment);
    let client_id = client_id(&arguments.oauth)?;
    let granted = request(
        errands,
        &provider,
        &client_id,
        Some(&secret),
        &Grant::Client,
    )
    .await
    .context("the client got no token")?;
    let mut site = site;
    site.cloud_id = survey.gateway_id();
    let header = authorization(&Scheme::Bearer, &granted.access);
    let proven = recognise(
        errands,
        survey.deployment,
        site,
        Scheme::Bearer,
        "client credentials (OAuth)",
        &header,
    )
    .await
    .context("the site does not know this client")?;
    Ok(Fresh {
        proven,
        issue: Issue::Client { client_id },
        record: (reference == SecretRef::Store).then_some(Record::Token(secret)),
        reference,
    })
}

/// Who the token is for, on the site that was asked for and no other: one consent may be for several.
async fn known(
    errands: &Errands,
    survey: &Survey,
    provider: &Provider,
    mut site: Site,
    access: &SecretString,
    kind: &'static str,
) -> anyhow::Result<super::Proven> {
    let header = authorization(&Scheme::Bearer, access);
    if survey.deployment == Deployment::Cloud {
        let id = consented_site(errands, provider, &site, &header).await?;
        if !site.origin.is_loopback() {
            site.cloud_id = Some(id);
        }
    }
    recognise(
        errands,
        survey.deployment,
        site,
        Scheme::Bearer,
        kind,
        &header,
    )
    .await
    .context("the site does not know this login")
}

async fn consented_site(
    errands: &Errands,
    provider: &Provider,
    site: &Site,
    header: &SecretString,
) -> anyhow::Result<String> {
    let errand = Errand::AccessibleResources;
    let asked = Request {
        errand,
        path: errand
            .path(Deployment::Cloud)
            .unwrap_or_default()
            .to_owned(),
        body: None,
    };
    let said = exchange::send(errands, &provider.gateway(), asked, Some(header)).await?;
    let resources = said.json.as_ref().and_then(serde_json::Value::as_array);
    let resources = resources.context("Atlassian did not say which sites the consent is for")?;
    let origin = site.origin.to_string();
    let text = |resource: &serde_json::Value, key: &str| resource[key].as_str().map(str::to_owned);
    let found = resources
        .iter()
        .find(|resource| text(resource, "url").as_deref() == Some(origin.as_str()));
    match found.and_then(|resource| text(resource, "id")) {
        Some(id) => Ok(id),
        None => {
            let mut others: Vec<_> = resources
                .iter()
                .filter_map(|each| text(each, "url"))
                .collect();
            others.sort();
            others.dedup();
            bail!(
                "the consent is not for {origin} but for: {}. Log in again and choose the right site, or name another one",
                others.join(", ")
            )
        }
    }
}

async fn code(arguments: &OAuthArguments, consent: &Consent) -> anyhow::Result<SecretString> {
    if arguments.no_browser {
        ask::say(&format!(
            "Open this on any machine and consent:\n\n  {}\n\nThe browser then fails to open {}…; copy that whole address.",
            consent.link(),
            consent.redirect_uri
        ));
        let pasted = ask::line("Address:")?;
        return Ok(consent.code_in(&pasted)?);
    }
    let callback = Callback::bind(arguments.port).await?;
    ask::say(&format!(
        "Consent in the browser:\n\n  {}\n",
        consent.link()
    ));
    open(consent.link()).await;
    Ok(callback.wait(consent).await?)
}

/// The link has been printed, so a machine without a browser loses nothing.
async fn open(link: &str) {
    let (program, first): (_, &[&str]) = if cfg!(target_os = "macos") {
        ("/usr/bin/open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let invocation = Invocation {
        program: program.to_owned(),
        arguments: first
            .iter()
            .copied()
            .chain([link])
            .map(str::to_owned)
            .collect(),
        variables: &[&[
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "XAUTHORITY",
            "XDG_",
            "DBUS_SESSION_BUS_ADDRESS",
        ]],
    };
    let variables = Environment::of_process().for_children();
    let opened = process::output(&invocation, &variables, Duration::from_secs(5)).await;
    if let Err(error) = opened {
        tracing::debug!(%error, "no browser was opened");
    }
}

fn client_id(arguments: &OAuthArguments) -> anyhow::Result<String> {
    match &arguments.client_id {
        Some(id) => Ok(id.trim().to_owned()),
        None if ask::is_attended() => ask::line("Client id:"),
        None => bail!("name the application with `--client-id`"),
    }
}

fn scopes(arguments: &super::Arguments, deployment: Deployment) -> Vec<String> {
    if let Some(chosen) = &arguments.oauth.scopes {
        return chosen.clone();
    }
    let is_writing = arguments.rights == Rights::Standard;
    let words: Vec<&str> = match deployment {
        // Each includes the lower ones.
        Deployment::DataCenter => vec![if is_writing { "WRITE" } else { "READ" }],
        Deployment::Cloud if is_writing => [READING, WRITING].concat(),
        Deployment::Cloud => READING.to_vec(),
    };
    words.into_iter().map(str::to_owned).collect()
}

/// The app may not have them all; the tools that need the missing ones will fail.
fn tell_missing(wanted: &[String], granted: &[String]) {
    let missing: Vec<_> = wanted
        .iter()
        .filter(|scope| *scope != "offline_access" && !granted.contains(scope))
        .map(String::as_str)
        .collect();
    if !granted.is_empty() && !missing.is_empty() {
        ask::say(&format!(
            "not granted: {}; add them to the app if a tool needs them",
            missing.join(", ")
        ));
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use policy::{Manifest, Product};

    use super::*;
    use crate::{component, scopes};

    /// What is asked for by default is what the built-in tools need, no more to be able to read than to write.
    #[test]
    fn the_usual_scopes_are_enough_for_every_tool() {
        let manifest = Manifest::from_json(component::MANIFEST.as_bytes(), component::SHA256);
        let manifest = manifest.unwrap();
        let products = [Product::Jira, Product::Confluence];
        let all: Vec<String> = [READING, WRITING]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect();
        assert_eq!(
            scopes::lacking(&manifest, &products, &all)
                .into_keys()
                .collect::<Vec<_>>(),
            [""; 0]
        );
        let reading: Vec<String> = READING.iter().copied().map(str::to_owned).collect();
        for (scope, tools) in scopes::lacking(&manifest, &products, &reading) {
            assert!(WRITING.contains(&scope.as_str()), "{scope} for {tools:?}");
        }
    }
}
