//! Renewals against the built-in login server, in one process; many processes are the integration tests' matter.

use std::time::Instant;

use demo_site::{CLIENT_ID, Options, Running, TokenLife};
use policy::{Deployment, Origin, Product, Site, SiteName};

use super::consent::{Consent, ConsentError};
use super::*;
use crate::store::{KeyPlace, Keyring, OAuthTokens, Record, RecordId, Store};
use crate::wire::HttpWire;

const SECRET: &str = "canary-canary-canary";
const CALLBACK: &str = "http://localhost:8976/callback";

struct World {
    running: Running,
    folder: tempfile::TempDir,
}

impl World {
    async fn new(deployment: demo_site::Deployment, life: TokenLife) -> Self {
        let mut options = Options::new(deployment);
        options.token = Some(SECRET.to_owned());
        options.life = life;
        Self {
            running: demo_site::start(options).await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn site(&self) -> Site {
        let url = &self.running.ready().confluence;
        let end = url.rfind('/').unwrap();
        let origin = Origin::parse(&url[..end]).unwrap();
        let mut site = Site::new(
            SiteName::parse("demo").unwrap(),
            origin,
            vec![Product::Jira],
        );
        if self.running.ready().deployment == "data-center" {
            site.deployment = Some(Deployment::DataCenter);
            site.context.insert(Product::Jira, "/jira".to_owned());
        } else {
            site.deployment = Some(Deployment::Cloud);
        }
        site
    }

    fn provider(&self) -> Provider {
        let site = self.site();
        Provider::of(&site, site.known_deployment().unwrap())
    }

    fn record(&self) -> RecordId {
        RecordId {
            site: self.site().name,
            origin: self.site().origin,
            account: "ada".to_owned(),
        }
    }

    fn errands(&self) -> Arc<Errands> {
        Errands::below(self.folder.path(), HttpWire::new())
    }

    fn store(&self) -> Arc<Store> {
        let keyring = Arc::new(Keyring::of_system());
        Arc::new(Store::in_directory(self.folder.path(), keyring))
    }

    /// As another process would have it.
    fn session(&self) -> Session {
        Session {
            errands: self.errands(),
            store: self.store(),
            record: self.record(),
            provider: self.provider(),
            client_id: CLIENT_ID.to_owned(),
            redirect_uri: CALLBACK.to_owned(),
            seen: Mutex::default(),
        }
    }

    /// Consents as a browser would, and stores what came of it, already expired.
    async fn log_in(&self) {
        let provider = self.provider();
        let consent = Consent::new(
            &provider,
            CLIENT_ID,
            &["read:jira-work", "offline_access"],
            8976,
        );
        let code = consent.code_in(&self.browse(consent.link()).await).unwrap();
        let grant = Grant::Code {
            code: &code,
            redirect_uri: CALLBACK,
            verifier: &consent.verifier,
        };
        let secret = SecretString::from(SECRET);
        let granted = request(&self.errands(), &provider, CLIENT_ID, Some(&secret), &grant)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let store = self.store();
        store.prepare(Some(KeyPlace::File)).await.unwrap();
        let tokens = OAuthTokens {
            client_secret: Some(secret),
            refresh: granted.refresh.unwrap(),
            access: granted.access,
            expires_at: 0,
            generation: 1,
            scopes: granted.scopes,
            has_ended: false,
        };
        store
            .write(&self.record(), &Record::OAuth(tokens))
            .await
            .unwrap();
    }

    /// Where the login server sends the browser.
    async fn browse(&self, link: &str) -> String {
        use gateway::{Hop, Outgoing, Wire};
        let site = self.site();
        let answer = HttpWire::new()
            .exchange(Outgoing {
                site: &site,
                origin: &site.origin,
                hop: Hop::Site,
                url: link,
                method: policy::Method::Get,
                headers: &[],
                authorization: None,
                body: None,
                timeout: Duration::from_secs(5),
                max_response_bytes: 1 << 16,
            })
            .await
            .unwrap();
        let location = answer
            .headers
            .iter()
            .find(|(name, _)| name == "location")
            .unwrap();
        String::from_utf8(location.1.clone()).unwrap()
    }

    /// Requests to the token endpoint that were granted.
    fn granted(&self) -> usize {
        let lines = self.running.requests();
        let is_grant =
            |line: &&demo_site::RequestLine| line.path.ends_with("/token") && line.status == 200;
        lines.iter().filter(is_grant).count()
    }

    async fn tokens(&self) -> OAuthTokens {
        match self.store().read(&self.record()).await.unwrap() {
            Record::OAuth(tokens) => tokens,
            Record::Token(_) => panic!("another kind"),
        }
    }
}

const BOTH: [demo_site::Deployment; 2] = [
    demo_site::Deployment::Cloud,
    demo_site::Deployment::DataCenter,
];

#[tokio::test]
async fn an_expired_token_is_renewed_once_for_all_calls_and_saved() {
    for deployment in BOTH {
        let world = World::new(deployment, TokenLife::default()).await;
        world.log_in().await;
        let before = world.granted();
        let (one, two) = (world.session(), world.session());
        let calls = (0..6).map(|number| {
            if number % 2 == 0 {
                one.access()
            } else {
                two.access()
            }
        });
        let tokens = futures_util::future::join_all(calls).await;
        let first = tokens[0]
            .as_ref()
            .unwrap_or_else(|error| panic!("{error}"))
            .expose_secret();
        for token in &tokens {
            assert_eq!(
                token
                    .as_ref()
                    .unwrap_or_else(|error| panic!("{error}"))
                    .expose_secret(),
                first
            );
        }
        assert_eq!(world.granted() - before, 1);
        let stored = world.tokens().await;
        assert_eq!(
            (stored.access.expose_secret(), stored.generation),
            (first, 2)
        );
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_by_the_one_that_another_process_has_already() {
    let world = World::new(demo_site::Deployment::Cloud, TokenLife::default()).await;
    world.log_in().await;
    let (one, two) = (world.session(), world.session());
    let old = one.access().await.unwrap();
    assert_eq!(
        two.access().await.unwrap().expose_secret(),
        old.expose_secret()
    );
    let new = one.after(&old).await.unwrap();
    assert_ne!(new.expose_secret(), old.expose_secret());
    let before = world.granted();
    assert_eq!(
        two.after(&old).await.unwrap().expose_secret(),
        new.expose_secret()
    );
    assert_eq!(
        world.granted(),
        before,
        "the second process renewed once more"
    );
}

#[tokio::test]
async fn a_crash_between_answer_and_record_is_survived_within_the_leeway() {
    let world = World::new(demo_site::Deployment::Cloud, TokenLife::default()).await;
    world.log_in().await;
    let before = world.tokens().await;
    world.session().access().await.unwrap();
    // What a process that was killed before it saved leaves behind.
    world
        .store()
        .write(&world.record(), &Record::OAuth(before))
        .await
        .unwrap();
    world.session().access().await.unwrap();
    assert!(!world.tokens().await.has_ended);
}

#[tokio::test]
async fn beyond_the_leeway_the_login_has_ended_and_its_record_is_kept() {
    let life = TokenLife {
        leeway: Duration::ZERO,
        ..TokenLife::default()
    };
    let world = World::new(demo_site::Deployment::Cloud, life).await;
    world.log_in().await;
    let before = world.tokens().await;
    world.session().access().await.unwrap();
    world
        .store()
        .write(&world.record(), &Record::OAuth(before.clone()))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let ended = world.session().access().await.unwrap_err();
    insta::assert_snapshot!(ended, @"the login server ended this login (unauthorized_client); run `mcp-airlock login` again. What is stored is kept");
    let kept = world.tokens().await;
    assert!(kept.has_ended);
    assert_eq!(kept.refresh.expose_secret(), before.refresh.expose_secret());
    // Nobody asks again, and nobody is told that it works.
    let asked = world.running.requests().len();
    assert!(matches!(
        world.session().access().await,
        Err(RenewalError::Ended(_))
    ));
    assert_eq!(world.running.requests().len(), asked);
}

#[tokio::test]
async fn an_outage_ends_nothing() {
    let world = World::new(demo_site::Deployment::Cloud, TokenLife::default()).await;
    world.log_in().await;
    let session = world.session();
    let (record, store) = (world.record(), world.store());
    let World { running, folder } = world;
    running.stop();
    let started = Instant::now();
    let outage = session.access().await.unwrap_err();
    assert!(matches!(outage, RenewalError::Outage(_)), "{outage}");
    assert!(started.elapsed() < Duration::from_secs(20));
    let Record::OAuth(kept) = store.read(&record).await.unwrap() else {
        panic!("another kind");
    };
    assert!(!kept.has_ended);
    drop(folder);
}

#[tokio::test]
async fn a_client_of_its_own_right_gets_one_token_for_many_calls() {
    for deployment in BOTH {
        let world = World::new(deployment, TokenLife::default()).await;
        let client = Renewal::Client(ClientCredentials {
            errands: world.errands(),
            provider: world.provider(),
            client_id: CLIENT_ID.to_owned(),
            secret: Secret::from_variable("T", &SecretString::from(SECRET)).unwrap(),
            token: Mutex::default(),
        });
        let tokens = futures_util::future::join_all((0..5).map(|_| client.access())).await;
        assert!(tokens.iter().all(Result::is_ok));
        assert_eq!(world.granted(), 1);
        let first = tokens[0].as_ref().unwrap();
        let next = client.after(first).await.unwrap();
        assert_ne!(next.expose_secret(), first.expose_secret());
        assert_eq!(
            client.after(first).await.unwrap().expose_secret(),
            next.expose_secret()
        );
    }
}

#[tokio::test]
async fn a_wrong_client_secret_is_told_apart_from_an_ended_login() {
    let world = World::new(demo_site::Deployment::Cloud, TokenLife::default()).await;
    world.log_in().await;
    let mut tokens = world.tokens().await;
    tokens.client_secret = Some(SecretString::from("another"));
    world
        .store()
        .write(&world.record(), &Record::OAuth(tokens))
        .await
        .unwrap();
    assert_eq!(
        world.session().access().await.unwrap_err(),
        RenewalError::Client
    );
    assert!(!world.tokens().await.has_ended);
}

#[tokio::test]
async fn only_the_answer_to_this_login_is_taken() {
    let world = World::new(demo_site::Deployment::Cloud, TokenLife::default()).await;
    let consent = Consent::new(&world.provider(), CLIENT_ID, &["a"], 8976);
    let good = world.browse(consent.link()).await;
    assert!(consent.code_in(&good).is_ok());
    let state = good.split("state=").nth(1).unwrap();
    for (pasted, wanted) in [
        (
            format!("{CALLBACK}?code=x&state=foreign"),
            ConsentError::Foreign,
        ),
        (format!("{CALLBACK}?code=x"), ConsentError::Foreign),
        (
            format!("{CALLBACK}?error=access_denied"),
            ConsentError::Foreign,
        ),
        (
            format!("{CALLBACK}?error=access_denied&state={state}"),
            ConsentError::Refused("access_denied".into()),
        ),
        (
            format!("{CALLBACK}?state={state}"),
            ConsentError::Refused("it sent no code".into()),
        ),
        (
            format!("https://evil.example.com/callback?code=x&state={state}"),
            ConsentError::NotTheCallback(CALLBACK.into()),
        ),
        (String::new(), ConsentError::NotTheCallback(CALLBACK.into())),
    ] {
        assert_eq!(consent.code_in(&pasted).err(), Some(wanted), "{pasted}");
    }
}

#[tokio::test]
async fn a_busy_port_is_named_and_no_other_is_tried() {
    let held = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = held.local_addr().unwrap().port();
    let refused = consent::Callback::bind(port).await.err().unwrap();
    assert!(
        refused
            .to_string()
            .starts_with(&format!("port {port} of this machine")),
        "{refused}"
    );
}

#[test]
fn login_servers_follow_from_the_site_alone() {
    let said: Vec<_> = [
        ("https://acme.atlassian.net", Deployment::Cloud),
        ("https://jira.example.com", Deployment::DataCenter),
        ("http://127.0.0.1:8080", Deployment::Cloud),
    ]
    .iter()
    .map(|(origin, deployment)| {
        let mut site = Site::new(
            SiteName::parse("a").unwrap(),
            Origin::parse(origin).unwrap(),
            vec![Product::Jira],
        );
        if *deployment == Deployment::DataCenter {
            site.context.insert(Product::Jira, "/jira".to_owned());
        }
        let provider = Provider::of(&site, *deployment);
        format!(
            "{} {}{}",
            provider.authorize, provider.site.origin, provider.token
        )
    })
    .collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    https://auth.atlassian.com/authorize https://auth.atlassian.com/oauth/token
    https://jira.example.com/jira/rest/oauth2/latest/authorize https://jira.example.com/jira/rest/oauth2/latest/token
    http://127.0.0.1:8080/authorize http://127.0.0.1:8080/oauth/token
    "#);
}
