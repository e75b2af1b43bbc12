//! Decides what is wrong with a set-up and which command mends it: configuration, store, sites, clients. It looks and
//! asks; it changes nothing.

use std::path::Path;

use gateway::CredentialError;
use policy::{Deployment, Manifest, Site};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

use crate::change;
use crate::config::environment::{Effect, Environment, VARIABLES};
use crate::config::{Config, Options};
use crate::expiry::{self, Expiry};
use crate::login::identity;
use crate::process::Variables;
use crate::scopes;
use crate::setup::client::{CLIENTS, Places};
use crate::setup::{self, Launch, SetupError};
use crate::store::{KeyPlace, Keyring, Store};

/// What MCP clients hand on to the servers that they start (the official SDKs; others hand on more).
#[cfg(not(windows))]
pub(crate) const CLIENT_VARIABLES: &[&str] = &["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"];
#[cfg(windows)]
pub(crate) const CLIENT_VARIABLES: &[&str] = &[
    "APPDATA",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATH",
    "PROCESSOR_ARCHITECTURE",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "USERNAME",
    "USERPROFILE",
];

/// How Atlassian's API tokens usually begin. Not a promise of theirs, but enough to find most.
const TOKEN_START: &str = "ATATT3x";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    Fine,
    /// Works, and somebody should know.
    Note,
    Problem,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    pub(crate) what: String,
    /// A command, or a sentence with one.
    pub(crate) remedy: Option<String>,
}

impl Finding {
    fn fine(what: impl Into<String>) -> Self {
        Self {
            level: Level::Fine,
            what: what.into(),
            remedy: None,
        }
    }

    fn note(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            level: Level::Note,
            what: what.into(),
            remedy: Some(remedy.into()),
        }
    }

    fn problem(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            level: Level::Problem,
            what: what.into(),
            remedy: Some(remedy.into()),
        }
    }
}

/// Everything that can be found, in the order in which it should be mended.
pub(crate) async fn examine(
    config_dir: &Path,
    environment: &Environment,
    places: Option<&Places>,
    launch: &Launch,
    manifest: &Manifest,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let options = Options {
        config_dir: Some(config_dir.to_owned()),
        ..Options::default()
    };
    match Config::load(&options, environment) {
        Err(error) => {
            findings.extend(error.findings.iter().map(|mistake| {
                let what = format!("{}: {}", mistake.place, mistake.what);
                Finding::problem(what, format!("{} Then: mcp-airlock doctor", mistake.remedy))
            }));
        }
        Ok(config) => {
            findings.extend(store(config_dir, &config).await);
            for site in &config.sites {
                findings.push(of_site(&config, site).await);
                findings.extend(missing_scopes(&config, site, manifest).await);
                let expiry = expiry::of(&config, site).await;
                findings.extend(ending(expiry, site, OffsetDateTime::now_utc().date()));
            }
            findings.extend(config.warnings.iter().map(|warning| {
                let what = format!("{}: {}", warning.place, warning.what);
                Finding::note(what, format!("{} Then: mcp-airlock doctor", warning.remedy))
            }));
        }
    }
    if let Some(places) = places {
        findings.extend(clients(places, launch));
    }
    findings.extend(unheld());
    findings
}

/// What other systems are asked to hold and this one is not.
fn unheld() -> Option<Finding> {
    (!cfg!(unix)).then(|| {
        Finding::note(
            "who else may read or change a file is not looked at on this system, and your other programs may read this \
             one's memory",
            "keep the configuration and secret files inside your profile, then: mcp-airlock status",
        )
    })
}

async fn store(config_dir: &Path, config: &Config) -> Option<Finding> {
    let store = Store::in_directory(config_dir, std::sync::Arc::new(Keyring::of_system()));
    let place = match store.key_place() {
        Ok(place) => place?,
        Err(error) => {
            return Some(Finding::problem(
                error.to_string(),
                "mcp-airlock logout --all",
            ));
        }
    };
    if let Err(error) = store.check().await {
        return Some(Finding::problem(
            error.to_string(),
            "unlock the keyring, then: mcp-airlock status",
        ));
    }
    let count = config
        .sites
        .iter()
        .filter(|site| store.has(&site.name))
        .count();
    let logins = if count == 1 { "login" } else { "logins" };
    let what = format!(
        "store: {count} {logins}, the key lies in {}",
        place.in_words()
    );
    Some(match place {
        KeyPlace::Keyring => Finding::fine(what),
        KeyPlace::File => Finding::note(
            what,
            "where there is a keyring: mcp-airlock logout --all, then mcp-airlock login URL --store keyring",
        ),
    })
}

async fn of_site(config: &Config, site: &Site) -> Finding {
    let name = format!("site {} ({})", site.name, site.origin);
    match who(config, site).await {
        Ok(person) => Finding::fine(format!("{name}: you are {person}")),
        Err(reason) => Finding::problem(
            format!("{name}: {reason}"),
            format!("mcp-airlock login {}", site.origin),
        ),
    }
}

/// What the tools need and the person did not grant.
pub(crate) async fn missing_scopes(
    config: &Config,
    site: &Site,
    manifest: &Manifest,
) -> Vec<Finding> {
    let login = config.credentials.login(&site.name);
    let Some(renewal) = login.and_then(|login| login.renewal.as_ref()) else {
        return Vec::new();
    };
    let granted = renewal.granted_scopes().await;
    if granted.is_empty() || site.known_deployment() != Some(Deployment::Cloud) {
        return Vec::new();
    }
    scopes::lacking(manifest, &site.products, &granted)
        .into_iter()
        .map(|(scope, tools)| {
            let tools: Vec<_> = tools.into_iter().collect();
            Finding::note(
                format!(
                    "site {}: without the scope `{scope}` these fail: {}",
                    site.name,
                    tools.join(", ")
                ),
                format!(
                    "add it to the app, then: mcp-airlock login {} --kind oauth",
                    site.origin
                ),
            )
        })
        .collect()
}

/// Says that a credential ends soon.
pub(crate) fn ending(expiry: Expiry, site: &Site, today: Date) -> Option<Finding> {
    let what = expiry.warning(today)?;
    let remedy = format!(
        "make a new token, then: mcp-airlock login {} --expires DAY",
        site.origin
    );
    Some(Finding::note(format!("site {}: {what}", site.name), remedy))
}

/// The first product that knows the credential, or why none does.
pub(crate) async fn who(config: &Config, site: &Site) -> Result<String, String> {
    let credential = config
        .credentials
        .for_site(site)
        .await
        .map_err(|error| match error {
            CredentialError::Ended => format!(
                "nobody any more, the login server ended this login; run `mcp-airlock login {}`",
                site.origin
            ),
            CredentialError::Missing => format!("nobody; run `mcp-airlock login {}`", site.origin),
            other => other.to_string(),
        })?;
    let mut last = "the site has no product".to_owned();
    for product in &site.products {
        for deployment in site.possible_deployments() {
            match identity::of(
                &config.errands,
                site,
                deployment,
                *product,
                &credential.authorization,
            )
            .await
            {
                Ok(identity) => return Ok(identity.to_string()),
                Err(reason) => last = reason.to_string(),
            }
        }
    }
    Err(last)
}

/// What is in the clients' files: this program under the usual name, and no token in clear text.
fn clients(places: &Places, launch: &Launch) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_any = false;
    for client in CLIENTS {
        let path = client.file(places);
        let Ok(Some(text)) = change::read(&path) else {
            continue;
        };
        if text.contains(TOKEN_START) {
            findings.push(Finding::problem(
                format!(
                    "{}: {} holds an API token in clear text",
                    client.name,
                    path.display()
                ),
                "revoke the token and take it out of the file, then: mcp-airlock login URL",
            ));
        }
        let setup = format!("mcp-airlock setup {}", client.id);
        match setup::adding(client, places, setup::ENTRY, launch) {
            Ok(change) if change.is_nothing() => {
                is_any = true;
                findings.push(Finding::fine(format!("{}: set up", client.name)));
            }
            // An entry of ours that is not as it would be written now: another copy, or other arguments.
            Ok(_)
                if setup::removing(client, places, setup::ENTRY, launch)
                    .is_ok_and(|change| !change.is_nothing()) =>
            {
                is_any = true;
                let what = format!(
                    "{}: starts another copy of this program, or with other arguments",
                    client.name
                );
                findings.push(Finding::note(what, setup));
            }
            Ok(_) => {}
            Err(SetupError::Taken { .. }) => {
                let what = format!(
                    "{}: has an entry `{}` of another program",
                    client.name,
                    setup::ENTRY
                );
                findings.push(Finding::note(what, format!("{setup} --name NAME")));
            }
            Err(error) => {
                let what = error
                    .to_string()
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                findings.push(Finding::problem(format!("{}: {what}", client.name), setup));
            }
        }
    }
    if !is_any {
        findings.push(Finding::note(
            "no client is set up",
            "mcp-airlock setup --list",
        ));
    }
    findings
}

/// What a client's server will not see of this shell, where that matters.
pub(crate) fn lost_variables(variables: &Variables) -> Vec<Finding> {
    let matters = |name: &str| {
        let is_ours = VARIABLES
            .iter()
            .any(|known| known.name == name && known.effect != Effect::Ignored);
        let is_managers = ["OP_", "BWS_", "VAULT_", "PASSWORD_STORE_"]
            .iter()
            .any(|prefix| name.starts_with(prefix));
        is_ours
            || is_managers
            || matches!(
                name,
                "GNUPGHOME" | "SSH_AUTH_SOCK" | "CREDENTIALS_DIRECTORY"
            )
    };
    variables
        .names()
        .filter(|name| matters(name) && !CLIENT_VARIABLES.contains(name))
        .map(|name| {
            let remedy = if name.starts_with("JIRA_") || name.starts_with("CONFLUENCE_") {
                "mcp-airlock login URL"
            } else {
                "name it in the client's entry, or: mcp-airlock login URL"
            };
            Finding::note(
                format!(
                    "{name} is set in this shell; a server that a client starts does not see it"
                ),
                remedy,
            )
        })
        .collect()
}

/// What only one of both examinations found.
pub(crate) fn differences(here: &[Finding], there: &[Finding]) -> Vec<Finding> {
    let is_new = |finding: &&Finding| finding.level != Level::Fine && !here.contains(finding);
    there
        .iter()
        .filter(is_new)
        .map(|finding| Finding {
            what: format!("only as a client starts it: {}", finding.what),
            ..finding.clone()
        })
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn launch() -> Launch {
        Launch {
            command: "/opt/mcp-airlock".to_owned(),
            arguments: vec!["serve".to_owned()],
        }
    }

    fn shown(findings: &[Finding], home: &Path) -> String {
        findings
            .iter()
            .map(|each| format!("{:?} {} → {:?}\n", each.level, each.what, each.remedy))
            .collect::<String>()
            .replace(&home.display().to_string(), "HOME")
    }

    async fn look(home: &Path, variables: &[(&str, &str)]) -> Vec<Finding> {
        let places = Places {
            home: home.to_owned(),
            settings: home.join("settings"),
            claude: None,
            codex: None,
        };
        let environment = Environment::fixed(variables.iter().copied());
        let manifest = Manifest::from_json(br#"{"tools":[]}"#, "").unwrap();
        examine(
            &home.join("airlock"),
            &environment,
            Some(&places),
            &launch(),
            &manifest,
        )
        .await
    }

    #[tokio::test]
    async fn an_empty_home_is_told_how_to_begin() {
        let home = tempfile::tempdir().unwrap();
        insta::assert_snapshot!(shown(&look(home.path(), &[]).await, home.path()), @r#"
        Problem the configuration: names no site → Some("Run `mcp-airlock login https://YOUR-SITE.atlassian.net`; or set JIRA_URL, JIRA_USERNAME and JIRA_API_TOKEN (Data Center: JIRA_URL and JIRA_PERSONAL_TOKEN), likewise for Confluence; or run `mcp-airlock demo` to try it without a site. Then: mcp-airlock doctor")
        Note no client is set up → Some("mcp-airlock setup --list")
        "#);
    }

    #[tokio::test]
    async fn every_finding_that_is_not_fine_names_a_command() {
        let site = demo_site::start(demo_site::Options::new(demo_site::Deployment::Cloud))
            .await
            .unwrap();
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("airlock");
        crate::store::private_folder(&folder).unwrap();
        let origin = &site.ready().jira;
        std::fs::write(
            folder.join("policy.toml"),
            format!("version = 1\n[site.demo]\norigin = \"{origin}\"\ndeployment = \"cloud\"\nproducts = [\"jira\"]\n[site.other]\norigin = \"http://127.0.0.1:1\"\nproducts = [\"jira\"]\n[[rule]]\nid = \"r\"\nsite = \"*\"\nclasses = [\"read\"]\n"),
        )
        .unwrap();
        std::fs::write(
            folder.join("credentials.toml"),
            "[site.demo]\nkind = \"basic\"\nuser = \"ada@demo.example\"\nsecret = \"env:MY_TOKEN\"\n",
        )
        .unwrap();
        std::fs::create_dir(home.path().join(".cursor")).unwrap();
        std::fs::write(
            home.path().join(".cursor/mcp.json"),
            r#"{"mcpServers": {"atlassian": {"command": "npx", "env": {"T": "ATATT3xFfGF0canary"}}}}"#,
        )
        .unwrap();
        let token = site.ready().token.clone();
        let findings = look(home.path(), &[("MY_TOKEN", &token)]).await;
        let said = shown(&findings, home.path()).replace(origin, "ORIGIN");
        assert!(!said.contains(&token) && !said.contains("canary"), "{said}");
        for finding in &findings {
            let names_command = finding
                .remedy
                .as_ref()
                .is_some_and(|remedy| remedy.contains("mcp-airlock "));
            assert_eq!(names_command, finding.level != Level::Fine, "{finding:?}");
        }
        insta::assert_snapshot!(said, @r#"
        Fine site demo (ORIGIN): you are Ada Okafor (5b10ac8d82e05b22cc7d4ef5) → None
        Problem site other (http://127.0.0.1:1): nobody; run `mcp-airlock login http://127.0.0.1:1` → Some("mcp-airlock login http://127.0.0.1:1")
        Note [site.other]: has no credential, so every call to it is refused → Some("Run `mcp-airlock login http://127.0.0.1:1`. Then: mcp-airlock doctor")
        Problem Cursor and cursor-agent: HOME/.cursor/mcp.json holds an API token in clear text → Some("revoke the token and take it out of the file, then: mcp-airlock login URL")
        Note Cursor and cursor-agent: has an entry `atlassian` of another program → Some("mcp-airlock setup cursor --name NAME")
        Note no client is set up → Some("mcp-airlock setup --list")
        "#);

        let wrong = look(home.path(), &[("MY_TOKEN", "wrong-wrong-wrong")]).await;
        assert!(
            wrong
                .iter()
                .any(|each| each.level == Level::Problem && each.what.contains("site demo"))
        );
        assert!(!differences(&findings, &wrong).is_empty());
        assert!(differences(&findings, &findings).is_empty());
    }

    #[test]
    fn variables_that_a_client_does_not_hand_on_are_named_without_their_values() {
        let variables = Variables::new(
            [
                ("JIRA_API_TOKEN", "canary"),
                ("OP_SERVICE_ACCOUNT_TOKEN", "canary"),
                ("HOME", "/h"),
                ("EDITOR", "vi"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let findings = lost_variables(&variables);
        assert_eq!(findings.len(), 2);
        assert!(!format!("{findings:?}").contains("canary"));
    }
}
