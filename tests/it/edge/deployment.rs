//! What the tests of the edge put together, once: broker and shell as they are shipped, a policy for two demo sites, and
//! the settings of a runtime around it.

use std::borrow::Cow;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};

use demo_site::{Deployment, Options, RequestLine, Running};
use door::{Keys, NewKey};
use serde_json::Value;
use tests::evil;
use tests::http::modern_lines;
use time::macros::datetime;
use tokio::sync::{Mutex, MutexGuard};
use xtask::edge::{Flavour, Pieces, Tools, broker, compose, digest, shell};

use super::runtime::{Answer, HOST, Runtime};
use crate::program::TOKEN;

pub(super) const AUDIT_KEY: &str =
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Of the policy. `locked` is `center` under another name, where nobody may comment; at `mute` nobody answers.
pub(super) const SITES: [&str; 4] = ["cloud", "center", "locked", "mute"];

/// Broker and shell.
pub(super) struct Parts {
    pub(super) broker: Vec<u8>,
    pub(super) shell: Vec<u8>,
}

/// A deployment in its runtime.
pub(super) struct Deployed {
    pub(super) runtime: Runtime,
    pub(super) policy: String,
}

/// A demo site that the policy knows, alone at its address while a test uses it.
pub(super) struct World {
    site: Running,
    _alone: MutexGuard<'static, ()>,
}

/// Of Cloud and of Data Center: the same while the tests run, since they stand in the policy. They lie below those that the
/// kernel gives to connections, so that nothing else takes one while no site is there.
static PORTS: LazyLock<[u16; 2]> = LazyLock::new(|| {
    let ours = 20_000 + u16::try_from(std::process::id() % 10_000).expect("four digits");
    let mut free = (ours..).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    [(); 2].map(|()| free.next().expect("a free port"))
});

/// Where the kernel takes connections and nobody says anything.
static MUTE: LazyLock<TcpListener> =
    LazyLock::new(|| TcpListener::bind("127.0.0.1:0").expect("a free port"));

static CLOUD: Mutex<()> = Mutex::const_new(());
static CENTER: Mutex<()> = Mutex::const_new(());

impl World {
    /// The same one each time.
    pub(super) async fn start(kind: Deployment, token: &str) -> World {
        let [cloud, center] = *PORTS;
        let (alone, port) = match kind {
            Deployment::Cloud => (CLOUD.lock().await, cloud),
            Deployment::DataCenter => (CENTER.lock().await, center),
        };
        let mut options = Options::new(kind);
        options.port = port;
        options.token = Some(token.to_owned());
        options.now = Some(datetime!(2026-11-02 09:30 UTC));
        World {
            site: demo_site(options),
            _alone: alone,
        }
    }

    pub(super) fn jira(&self) -> &str {
        &self.site.ready().jira
    }

    pub(super) fn requests(&self) -> Vec<RequestLine> {
        self.site.requests()
    }
}

/// On a thread of its own, where no other runtime is.
fn demo_site(options: Options) -> Running {
    let starting = std::thread::spawn(|| demo_site::spawn(options));
    let started = starting.join().expect("the thread ends");
    started.expect("a demo site starts")
}

pub(super) fn parts() -> &'static Parts {
    static PARTS: OnceLock<Parts> = OnceLock::new();
    PARTS.get_or_init(|| {
        let target = target();
        Parts {
            broker: broker(&target, Flavour::Environment).expect("the broker builds"),
            shell: shell(&target).expect("the shell builds"),
        }
    })
}

/// Broker and shell are kept where `cargo xtask edge` keeps them.
fn target() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let root = root.expect("tests/ stands in the workspace");
    let target = std::env::var_os("CARGO_TARGET_DIR");
    root.join(target.map_or_else(|| "target".into(), PathBuf::from))
}

/// With the ports of Cloud, of Data Center, and of nobody.
pub(super) fn policy([cloud, center, mute]: [u16; 3], component: Option<&str>) -> String {
    let component = component.map(|digest| format!("[component]\nsha256 = \"{digest}\"\n"));
    let site = |name: &str, port: u16, lines: &str| {
        format!(
            r#"
[site.{name}]
origin = "http://127.0.0.1:{port}"
{lines}

[[rule]]
id = "work-{name}"
site = "{name}"
classes = ["read", "write"]
"#
        )
    };
    let both = "products = [\"jira\", \"confluence\"]";
    let center_lines = format!(
        "deployment = \"data-center\"\ncontext = {{ jira = \"/jira\", confluence = \"/confluence\" }}\n{both}"
    );
    let jira_only = "deployment = \"data-center\"\ncontext = \"/jira\"\nproducts = [\"jira\"]";
    [
        "version = 1\n",
        &component.unwrap_or_default(),
        &site("cloud", cloud, &format!("deployment = \"cloud\"\n{both}")),
        &site("center", center, &center_lines),
        &site("locked", center, jira_only),
        &site("mute", mute, jira_only),
        "\n[[deny]]\nid = \"no-comments\"\nsite = \"locked\"\nroutes = [\"jira.comment.add\"]\n",
    ]
    .concat()
}

/// The user of the demo site on Cloud.
pub(super) fn user() -> String {
    static USER: OnceLock<String> = OnceLock::new();
    USER.get_or_init(|| {
        let site = demo_site(Options::new(Deployment::Cloud));
        site.ready().user.clone().expect("Cloud has users")
    })
    .clone()
}

/// Of alice, whom the deployment knows, and of mallory, whom it does not.
fn key_of(name: &str) -> NewKey {
    let name = policy::Principal::parse(name).expect("a name");
    Keys::default().add(&name, None).expect("a first key")
}

static ALICE: LazyLock<NewKey> = LazyLock::new(|| key_of("alice"));

/// A key that is well written and known to nobody.
pub(super) fn stranger() -> String {
    key_of("alice").reveal().to_owned()
}

fn keys_file() -> String {
    format!(
        "version = 1\n\n[key.alice]\nid = \"{}\"\nsha256 = \"{}\"\ncreated = \"2026-11-22T10:00:00Z\"\n",
        ALICE.id.as_str(),
        ALICE.digest.to_hex()
    )
}

/// What the runtime is told, with one token for all sites.
pub(super) fn environment(token: &str) -> Vec<(String, String)> {
    let (user, keys) = (user(), keys_file());
    let tokens = SITES.map(|site| (format!("AIRLOCK_TOKEN_{}", site.to_uppercase()), token));
    let tokens = tokens.iter().map(|(name, token)| (name.as_str(), *token));
    let others = [
        ("AIRLOCK_USER_CLOUD", user.as_str()),
        ("AIRLOCK_KEYS", &keys),
        ("AIRLOCK_HOSTS", HOST),
        ("AIRLOCK_AUDIT_KEY", AUDIT_KEY),
    ];
    let all = tokens.chain(others);
    all.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

impl Deployed {
    /// With our own tool component.
    pub(super) fn ours() -> &'static Deployed {
        static OURS: OnceLock<Deployed> = OnceLock::new();
        OURS.get_or_init(|| Deployed::with(Tools::Own(server::component::WASM), None))
    }

    /// With one that means harm, which the policy file names.
    pub(super) fn evil() -> &'static Deployed {
        static EVIL: OnceLock<Deployed> = OnceLock::new();
        EVIL.get_or_init(|| {
            let tools = evil_tools();
            Deployed::with(Tools::Foreign(&tools), Some(digest(&tools)))
        })
    }

    fn with(tools: Tools<'_>, component: Option<String>) -> Deployed {
        let [cloud, center] = *PORTS;
        let mute = MUTE.local_addr().expect("it is bound").port();
        let policy = policy([cloud, center, mute], component.as_deref());
        let parts = parts();
        let composed = compose(&Pieces {
            broker: &parts.broker,
            shell: &parts.shell,
            tools,
            policy: &policy,
        })
        .unwrap_or_else(|error| panic!("{error:#}"));
        Deployed {
            runtime: Runtime::new(&composed),
            policy,
        }
    }

    /// A message as alice's client sends it.
    pub(super) fn request(&self, message: &Value) -> http::Request<String> {
        let mut request = http::Request::post("/mcp")
            .header("host", HOST)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("authorization", format!("Bearer {}", ALICE.reveal()));
        for (name, value) in modern_lines(message) {
            request = request.header(name, value);
        }
        request.body(message.to_string()).expect("a request")
    }

    pub(super) async fn send(&self, request: http::Request<String>) -> Answer {
        self.runtime.ask(&environment(TOKEN), request, || ()).await
    }

    pub(super) async fn ask(&self, method: &str, params: Value) -> Answer {
        let message = tests::http::modern(method, params);
        self.send(self.request(&message)).await
    }
}

pub(super) fn evil_tools() -> Vec<u8> {
    with_manifest(evil::component("evil").wasm)
}

/// A component may be appended to: with a manifest, this one could be taken for a tool component.
pub(super) fn with_manifest(wasm: &[u8]) -> Vec<u8> {
    let manifest = server::component::MANIFEST.as_bytes();
    let section = wasm_encoder::CustomSection {
        name: Cow::Borrowed("airlock:manifest"),
        data: Cow::Borrowed(manifest),
    };
    let mut whole = wasm.to_vec();
    wasm_encoder::ComponentSection::append_to_component(&section, &mut whole);
    whole
}
