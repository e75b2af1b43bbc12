//! Decides whether a site is Cloud or Data Center: by configuration, by its domain, else by asking it once, at the
//! first call that needs to know. The answer is kept on disk. Never asks at start, and never guesses.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gateway::{Answer, Failure, OwnRequest};
use policy::{Deployment, Product, Site};
use serde::{Deserialize, Serialize};

/// What is known about the sites' deployments, on disk and in memory.
pub struct Deployments {
    path: PathBuf,
    known: Mutex<Option<BTreeMap<String, Deployment>>>,
    asking: tokio::sync::Mutex<()>,
}

/// Why it stays unknown. Ends up in front of people and models.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeploymentError {
    #[error(
        "cannot tell whether the site `{site}` is Cloud or Data Center: {reason}. \
         Write `deployment = \"cloud\"` or `deployment = \"data-center\"` under [site.{site}] in policy.toml"
    )]
    Undecided { site: String, reason: String },
    /// The request itself failed; asked again with the next call.
    #[error(
        "cannot tell whether the site `{site}` is Cloud or Data Center, because it gave no answer: {failure}"
    )]
    Unanswered { site: String, failure: Failure },
}

/// On disk: addresses and words, nothing that is worth protecting.
#[derive(Default, Serialize, Deserialize)]
struct Remembered {
    version: u32,
    deployments: BTreeMap<String, Deployment>,
}

/// What an answer says, or why it says nothing.
type Reading = fn(&Answer) -> Result<Deployment, String>;

impl Deployments {
    /// Remembers in `deployments.json` of the configuration directory. Reads nothing yet.
    pub fn in_directory(config_dir: &Path) -> Self {
        Self {
            path: config_dir.join("deployments.json"),
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// What is known without asking.
    pub fn known(&self, site: &Site) -> Option<Deployment> {
        site.known_deployment().or_else(|| {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known
                .get_or_insert_with(|| load(&self.path))
                .get(&key(site))
                .copied()
        })
    }

    /// What is known, else what the site says; `ask` sends one of the host's own requests to the site.
    /// Calls side by side ask once.
    pub async fn find<F, A>(&self, site: &Site, ask: F) -> Result<Deployment, DeploymentError>
    where
        F: FnOnce(OwnRequest) -> A,
        A: Future<Output = Result<Answer, Failure>>,
    {
        if let Some(known) = self.known(site) {
            return Ok(known);
        }
        let _one_at_a_time = self.asking.lock().await;
        if let Some(known) = self.known(site) {
            return Ok(known);
        }
        let (request, read): (_, Reading) = if site.products.contains(&Product::Jira) {
            // One origin is one deployment, so Jira's plain answer serves for Confluence too.
            (OwnRequest::JiraServerInfo, read_server_info)
        } else {
            (OwnRequest::ConfluenceManifest, read_manifest)
        };
        let answer = ask(request)
            .await
            .map_err(|failure| DeploymentError::Unanswered {
                site: site.name.to_string(),
                failure,
            })?;
        let deployment = read(&answer).map_err(|reason| DeploymentError::Undecided {
            site: site.name.to_string(),
            reason,
        })?;
        self.remember(site, deployment);
        Ok(deployment)
    }

    fn remember(&self, site: &Site, deployment: Deployment) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_with(|| load(&self.path));
        known.insert(key(site), deployment);
        if let Err(error) = save(&self.path, known) {
            // A read-only home costs one request for each start and nothing else.
            tracing::warn!(
                path = %self.path.display(),
                %error,
                "the deployment of the site could not be remembered"
            );
        }
    }
}

/// By address, not by name: a name that moves to another address must not take the answer along.
fn key(site: &Site) -> String {
    site.products
        .iter()
        .fold(site.origin.to_string(), |key, product| {
            format!("{key} {product}={}", site.context(*product))
        })
}

/// A file that is missing, cut or of another version is no memory; the site is asked again.
fn load(path: &Path) -> BTreeMap<String, Deployment> {
    fs::read(path)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Remembered>(&bytes).ok())
        .filter(|remembered| remembered.version == 1)
        .unwrap_or_default()
        .deployments
}

/// Whole or not at all: another process may be reading.
fn save(path: &Path, deployments: &BTreeMap<String, Deployment>) -> io::Result<()> {
    let directory = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;

    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    serde_json::to_writer_pretty(
        &mut file,
        &Remembered {
            version: 1,
            deployments: deployments.clone(),
        },
    )?;
    file.write_all(b"\n")?;
    file.persist(path)?;
    Ok(())
}

/// `deploymentType` of `/rest/api/2/serverInfo` is `Cloud` or `Server`; it is readable without an account.
fn read_server_info(answer: &Answer) -> Result<Deployment, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ServerInfo {
        deployment_type: Option<String>,
        version: Option<String>,
    }

    expect_success(answer, "/rest/api/2/serverInfo")?;
    let info: ServerInfo = serde_json::from_slice(&answer.body).map_err(|_| {
        "it answers with something that is not Jira's server information".to_owned()
    })?;
    match (info.deployment_type.as_deref(), info.version) {
        (Some("Cloud"), _) => Ok(Deployment::Cloud),
        // Data Center still says `Server`; releases before 7 name only their version.
        (Some(_), _) | (None, Some(_)) => Ok(Deployment::DataCenter),
        (None, None) => Err("its server information does not say".to_owned()),
    }
}

/// The application-link manifest names the product behind an address. On Cloud the root of the origin is Jira,
/// because Confluence lives below `/wiki`, and Cloud's builds of Confluence all count from 1000.
fn read_manifest(answer: &Answer) -> Result<Deployment, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Manifest {
        type_id: String,
        version: String,
    }

    expect_success(answer, "/rest/applinks/1.0/manifest")?;
    let manifest: Manifest = serde_json::from_slice(&answer.body)
        .map_err(|_| "it answers with something that is not Confluence's manifest".to_owned())?;
    match manifest.type_id.as_str() {
        "jira" => Ok(Deployment::Cloud),
        "confluence" if manifest.version.starts_with("1000.") => Ok(Deployment::Cloud),
        "confluence" => Ok(Deployment::DataCenter),
        _ => Err("its manifest names neither Confluence nor Jira".to_owned()),
    }
}

fn expect_success(answer: &Answer, path: &str) -> Result<(), String> {
    match answer.status {
        200 => Ok(()),
        401 | 403 => Err(format!(
            "{path} answers {}; check the credential of the site",
            answer.status
        )),
        status => Err(format!(
            "{path} answers {status}; check the address of the site"
        )),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use policy::{Origin, SiteName};
    use std::cell::Cell;

    fn site(origin: &str, products: &[Product]) -> Site {
        Site::new(
            SiteName::parse("acme").unwrap(),
            Origin::parse(origin).unwrap(),
            products.to_vec(),
        )
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            headers: vec![],
            body: body.to_owned().into(),
            redacted: false,
        }
    }

    #[tokio::test]
    async fn a_site_that_says_what_it_is_is_never_asked() {
        let dir = tempfile::tempdir().unwrap();
        let deployments = Deployments::in_directory(dir.path());
        let mut stated = site("https://jira.example.com", &[Product::Jira]);
        stated.deployment = Some(Deployment::DataCenter);
        let by_domain = site("https://acme.atlassian.net", &[Product::Jira]);
        for (site, expected) in [
            (stated, Deployment::DataCenter),
            (by_domain, Deployment::Cloud),
        ] {
            let found = deployments
                .find(&site, async |_| panic!("asked a site that is known"))
                .await;
            assert_eq!(found, Ok(expected));
        }
        assert!(!dir.path().join("deployments.json").exists());
    }

    #[tokio::test]
    async fn an_unknown_site_is_asked_once_for_ever() {
        let home = tempfile::tempdir().unwrap();
        let config_dir = home.path().join("not yet there");
        let site = site(
            "https://jira.example.com",
            &[Product::Jira, Product::Confluence],
        );
        let asked = Cell::new(0);
        for _restart in 0..3 {
            let deployments = Deployments::in_directory(&config_dir);
            for _call in 0..2 {
                let found = deployments
                    .find(&site, async |request| {
                        asked.set(asked.get() + 1);
                        assert_eq!(request, OwnRequest::JiraServerInfo);
                        Ok(answer(
                            200,
                            r#"{"deploymentType":"Server","version":"10.3.1"}"#,
                        ))
                    })
                    .await;
                assert_eq!(found, Ok(Deployment::DataCenter));
            }
        }
        assert_eq!(asked.get(), 1);
    }

    #[tokio::test]
    async fn calls_side_by_side_ask_once() {
        let dir = tempfile::tempdir().unwrap();
        let deployments = Deployments::in_directory(dir.path());
        let site = site("https://wiki.example.com", &[Product::Confluence]);
        let asked = Cell::new(0);
        let ask = async |_| {
            asked.set(asked.get() + 1);
            tokio::task::yield_now().await;
            Ok(answer(200, r#"{"typeId":"confluence","version":"10.2.0"}"#))
        };
        let (one, other) = tokio::join!(deployments.find(&site, ask), deployments.find(&site, ask));
        assert_eq!(
            (one, other),
            (Ok(Deployment::DataCenter), Ok(Deployment::DataCenter))
        );
        assert_eq!(asked.get(), 1);
    }

    #[tokio::test]
    async fn a_failure_is_not_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let deployments = Deployments::in_directory(dir.path());
        let site = site("https://jira.example.com", &[Product::Jira]);
        let failed = deployments
            .find(&site, async |_| Err(Failure::Connect))
            .await;
        assert!(matches!(failed, Err(DeploymentError::Unanswered { .. })));
        let found = deployments
            .find(&site, async |_| {
                Ok(answer(200, r#"{"deploymentType":"Cloud"}"#))
            })
            .await;
        assert_eq!(found, Ok(Deployment::Cloud));
    }

    #[tokio::test]
    async fn the_memory_belongs_to_the_address() {
        let dir = tempfile::tempdir().unwrap();
        let deployments = Deployments::in_directory(dir.path());
        deployments.remember(
            &site("https://jira.example.com", &[Product::Jira]),
            Deployment::Cloud,
        );
        let moved = site("https://jira2.example.com", &[Product::Jira]);
        assert_eq!(deployments.known(&moved), None);
    }

    #[test]
    fn a_broken_memory_is_no_memory() {
        let dir = tempfile::tempdir().unwrap();
        for content in ["", "{", r#"{"version":2,"deployments":{"x":"cloud"}}"#] {
            fs::write(dir.path().join("deployments.json"), content).unwrap();
            assert!(
                load(&dir.path().join("deployments.json")).is_empty(),
                "{content}"
            );
        }
    }

    #[test]
    fn answers_are_read_as_they_are_meant() {
        for (read, status, body, expected) in [
            (
                read_server_info as Reading,
                200,
                r#"{"deploymentType":"Cloud","version":"1001.0.0"}"#,
                Some(Deployment::Cloud),
            ),
            (
                read_server_info,
                200,
                r#"{"deploymentType":"Server"}"#,
                Some(Deployment::DataCenter),
            ),
            (
                read_server_info,
                200,
                r#"{"version":"6.4"}"#,
                Some(Deployment::DataCenter),
            ),
            (read_server_info, 200, "{}", None),
            (read_server_info, 200, "<html>log in</html>", None),
            (read_server_info, 302, "", None),
            (read_server_info, 401, "", None),
            (read_server_info, 404, r#"{"deploymentType":"Cloud"}"#, None),
            (
                read_manifest,
                200,
                r#"{"typeId":"confluence","version":"1000.0.0-abc"}"#,
                Some(Deployment::Cloud),
            ),
            (
                read_manifest,
                200,
                r#"{"typeId":"confluence","version":"9.2.1"}"#,
                Some(Deployment::DataCenter),
            ),
            (
                read_manifest,
                200,
                r#"{"typeId":"jira","version":"1001.0.0"}"#,
                Some(Deployment::Cloud),
            ),
            (
                read_manifest,
                200,
                r#"{"typeId":"bamboo","version":"9"}"#,
                None,
            ),
            (read_manifest, 200, "<manifest/>", None),
            (read_manifest, 404, "", None),
        ] {
            assert_eq!(
                read(&answer(status, body)).ok(),
                expected,
                "{status} {body}"
            );
        }
    }
}
