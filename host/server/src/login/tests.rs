//! Logins against the built-in site, as a person would make them.

mod gateway;

use demo_site::{Options, Running};

use super::*;
use crate::login::survey::{self, stranger};
use crate::wire::HttpWire;

const TOKEN: &str = "canary-canary-canary";

async fn site(deployment: demo_site::Deployment) -> Running {
    let mut options = Options::new(deployment);
    options.token = Some(TOKEN.to_owned());
    demo_site::start(options).await.unwrap()
}

fn origin(running: &Running) -> Origin {
    let url = &running.ready().confluence;
    let end = url.rfind('/').unwrap();
    Origin::parse(&url[..end]).unwrap()
}

async fn log_in(
    running: &Running,
    path: &str,
    user: Option<&str>,
    token: &str,
) -> Result<Proven, NotKnown> {
    let folder = tempfile::tempdir().unwrap();
    let errands = Errands::below(folder.path(), HttpWire::new());
    let survey = survey::of(&errands, &stranger(&origin(running)), path).await?;
    let name = SiteName::parse("demo").unwrap();
    prove(&errands, &survey, name, user, &SecretString::from(token)).await
}

#[tokio::test]
async fn a_cloud_site_is_known_by_its_answers() {
    let running = site(demo_site::Deployment::Cloud).await;
    let user = running.ready().user.clone();
    let proven = log_in(&running, "", user.as_deref(), TOKEN)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(proven.site.deployment, Some(Deployment::Cloud));
    assert_eq!(proven.site.products, [Product::Jira, Product::Confluence]);
    assert_eq!((proven.kind, proven.without.len()), ("API token", 0));
    assert!(!proven.identity.name.is_empty());
}

#[tokio::test]
async fn a_data_center_is_found_under_its_paths() {
    let running = site(demo_site::Deployment::DataCenter).await;
    for path in ["", "/jira"] {
        let proven = log_in(&running, path, None, TOKEN)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(proven.site.deployment, Some(Deployment::DataCenter));
        assert_eq!(proven.site.context(Product::Jira), "/jira");
        assert_eq!(proven.site.context(Product::Confluence), "/confluence");
        assert_eq!(proven.scheme, Scheme::Bearer);
    }
}

#[tokio::test]
async fn a_wrong_credential_is_refused_on_both() {
    let cloud = site(demo_site::Deployment::Cloud).await;
    let own = site(demo_site::Deployment::DataCenter).await;
    for (running, user, token) in [
        (&cloud, cloud.ready().user.as_deref(), "another-token"),
        (&cloud, Some("eve@example.com"), TOKEN),
        (&own, None, "another-token"),
        (&own, Some("ada"), TOKEN),
    ] {
        let refused = log_in(running, "", user, token).await.err().unwrap();
        assert!(matches!(refused, NotKnown::Refused(_)), "{refused}");
        assert!(!format!("{refused} {refused:?}").contains("canary"));
    }
}

#[tokio::test]
async fn an_address_without_a_site_says_so() {
    let running = site(demo_site::Deployment::DataCenter).await;
    let address = origin(&running);
    running.stop();
    let folder = tempfile::tempdir().unwrap();
    let errands = Errands::below(folder.path(), HttpWire::new());
    let gone = survey::of(&errands, &stranger(&address), "")
        .await
        .unwrap_err();
    assert!(matches!(gone, Trouble::NoAnswer(_)), "{gone}");
}

/// Which headers a token is tried with, and where they go.
fn attempts(
    deployment: Deployment,
    origin: &str,
    user: Option<&str>,
) -> Vec<(String, &'static str)> {
    let base = stranger(&Origin::parse(origin).unwrap());
    let survey = Survey::fixed(
        deployment,
        base,
        Some("11111111-2222-3333-4444-555555555555"),
    );
    ways(&survey, user)
        .into_iter()
        .map(|way| {
            let mut site = survey.site(SiteName::parse("demo").unwrap());
            site.cloud_id = way.cloud_id;
            (format!("{} {:?}", site.dial_origin(), way.scheme), way.kind)
        })
        .collect()
}

#[test]
fn each_kind_of_token_is_tried_where_it_can_be_good() {
    let said = [
        (
            Deployment::Cloud,
            "https://acme.atlassian.net",
            Some("me@example.com"),
        ),
        (Deployment::Cloud, "https://acme.atlassian.net", None),
        (
            Deployment::Cloud,
            "http://127.0.0.1:8080",
            Some("me@example.com"),
        ),
        (Deployment::DataCenter, "https://jira.example.com", None),
        (
            Deployment::DataCenter,
            "https://jira.example.com",
            Some("me"),
        ),
    ]
    .map(|(deployment, origin, user)| {
        format!(
            "{origin} {user:?}: {:?}",
            attempts(deployment, origin, user)
        )
    })
    .join("\n");
    insta::assert_snapshot!(said, @r#"
    https://acme.atlassian.net Some("me@example.com"): [("https://acme.atlassian.net Basic", "API token"), ("https://api.atlassian.com Basic", "API token with scopes")]
    https://acme.atlassian.net None: [("https://api.atlassian.com Bearer", "service account's token")]
    http://127.0.0.1:8080 Some("me@example.com"): [("http://127.0.0.1:8080 Basic", "API token")]
    https://jira.example.com None: [("https://jira.example.com Bearer", "personal access token")]
    https://jira.example.com Some("me"): [("https://jira.example.com Basic", "user name and password")]
    "#);
}
