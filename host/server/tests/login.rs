//! Logins and renewals with the real program: many processes, some of them killed, and one login that must not be lost.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![expect(
    clippy::disallowed_methods,
    reason = "the test starts the program and plays the browser"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use demo_site::{CLIENT_ID, Deployment, Options, RequestLine, Running, TokenLife};
use policy::{Origin, SiteName};
use server::store::{Keyring, Record, RecordId, Store};

const SECRET: &str = "CANARY-client-8Vd2Lq9TzK4w";

/// When the next process is killed, counted from what the login server sees.
#[derive(Clone, Copy, Debug)]
enum Kill {
    Never,
    /// The server has renewed the token; nobody has got its answer yet.
    BeforeAnswer,
    /// So long after the answer left: between reading it and having saved it.
    AfterAnswer(Duration),
    /// The new token is used for the first time.
    AtFirstUse,
}

struct Stage {
    site: Running,
    home: tempfile::TempDir,
    kill: Arc<Mutex<(Kill, Option<u32>)>>,
    runtime: tokio::runtime::Runtime,
}

impl Stage {
    fn new(deployment: Deployment, life: TokenLife) -> Self {
        let kill = Arc::new(Mutex::new((Kill::Never, None)));
        let mut options = Options::new(deployment);
        options.token = Some(SECRET.to_owned());
        options.life = life;
        options.delay = Duration::from_millis(5);
        let order = Arc::clone(&kill);
        options.log = Some(Box::new(move |line: &RequestLine| obey(&order, line)));
        Self {
            site: demo_site::spawn(options).unwrap(),
            home: tempfile::tempdir().unwrap(),
            kill,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-airlock"));
        command
            .env_clear()
            .env("HOME", self.home.path())
            // Whatever the libraries have to say, no secret may be in it.
            .env("RUST_LOG", "trace")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn config_dir(&self) -> PathBuf {
        self.home.path().join(".config/mcp-airlock")
    }

    /// With the real callback: the link is read from the program, and a browser is played.
    fn log_in(&self) {
        let port = free_port().to_string();
        let mut child = self
            .command(&[
                "login",
                &self.site.ready().jira,
                "--kind",
                "oauth",
                "--client-id",
                CLIENT_ID,
            ])
            .args([
                "--port",
                &port,
                "--token-stdin",
                "--yes",
                "--store",
                "file",
                "--name",
                "demo",
            ])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(SECRET.as_bytes())
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut heard = String::new();
        let link = loop {
            let mut line = String::new();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "{heard}");
            heard += &line;
            if let Some(link) = line.trim().strip_prefix("http://") {
                break link.to_owned();
            }
        };
        // A stranger's answer is shown an error and changes nothing.
        let foreign = get(&format!(
            "localhost:{port}/callback?code=evil&state=foreign"
        ));
        assert!(foreign.starts_with("HTTP/1.1 400"), "{foreign}");
        let sent = get(&link);
        let location = sent
            .lines()
            .find_map(|line| line.strip_prefix("location: http://"));
        let page = get(location.unwrap());
        assert!(
            page.starts_with("HTTP/1.1 200") && page.contains("Logged in"),
            "{page}"
        );
        said.read_to_string(&mut heard).unwrap();
        assert!(child.wait().unwrap().success(), "{heard}");
        assert!(!page.contains("code"), "{page}");
        assert_no_secret(&heard);
    }

    fn record(&self) -> (Store, RecordId) {
        let text = std::fs::read_to_string(self.config_dir().join("credentials.toml")).unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("account = "));
        let url = &self.site.ready().confluence;
        let id = RecordId {
            site: SiteName::parse("demo").unwrap(),
            origin: Origin::parse(&url[..url.rfind('/').unwrap()]).unwrap(),
            account: line.unwrap().trim_matches('"').to_owned(),
        };
        let keyring = Arc::new(Keyring::of_system());
        (Store::in_directory(&self.config_dir(), keyring), id)
    }

    /// The access token's time is over.
    fn expire(&self) {
        let (store, id) = self.record();
        self.runtime.block_on(async {
            let Record::OAuth(mut tokens) = store.read(&id).await.unwrap() else {
                panic!("another kind of record");
            };
            tokens.expires_at = 0;
            store.write(&id, &Record::OAuth(tokens)).await.unwrap();
        });
    }

    fn renewals(&self) -> usize {
        let is_renewal = |line: &&RequestLine| {
            line.path.ends_with("/token")
                && line.status == 200
                && String::from_utf8_lossy(&line.body).contains("refresh_token")
        };
        self.site.requests().iter().filter(is_renewal).count()
    }

    /// Starts a process that needs a token and kills it as ordered.
    fn killed(&self, order: Kill) {
        *self.kill.lock().unwrap() = (order, None);
        let mut child = self.command(&["status"]).spawn().unwrap();
        self.kill.lock().unwrap().1 = Some(child.id());
        child.wait().unwrap();
        *self.kill.lock().unwrap() = (Kill::Never, None);
    }
}

/// Runs in the site, between making an answer and sending it.
fn obey(order: &Arc<Mutex<(Kill, Option<u32>)>>, line: &RequestLine) {
    let (kill, victim) = *order.lock().unwrap();
    let is_token = line.path.ends_with("/token");
    let Some(victim) = victim.or_else(|| wait_for_victim(order)) else {
        return;
    };
    let end = move || {
        let victim = rustix::process::Pid::from_raw(i32::try_from(victim).unwrap()).unwrap();
        let _ = rustix::process::kill_process(victim, rustix::process::Signal::KILL);
    };
    match kill {
        Kill::BeforeAnswer if is_token => end(),
        Kill::AfterAnswer(time) if is_token => {
            std::thread::spawn(move || {
                std::thread::sleep(time);
                end();
            });
        }
        Kill::AtFirstUse if line.path.contains("/rest/api/") => end(),
        _ => {}
    }
}

/// A process may be faster than the test that started it.
fn wait_for_victim(order: &Arc<Mutex<(Kill, Option<u32>)>>) -> Option<u32> {
    for _ in 0..100 {
        let (kill, victim) = *order.lock().unwrap();
        if matches!(kill, Kill::Never) || victim.is_some() {
            return victim;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    None
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// One GET, head and body.
fn get(address: &str) -> String {
    let (host, path) = address.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Neither the secret nor a header made of it nor a token that the login server gave out.
fn assert_no_secret(text: &str) {
    let header = STANDARD.encode(format!("ada@demo.example:{SECRET}"));
    assert!(!text.contains("CANARY"), "{text}");
    assert!(!text.contains(header.trim_end_matches('=')), "{text}");
    for (at, _) in text.match_indices("demo-") {
        let rest = &text[at + "demo-".len()..];
        let length = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        assert!(length < 32, "{text}");
    }
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn twenty_processes_with_an_expired_token_renew_it_once() {
    for deployment in [Deployment::Cloud, Deployment::DataCenter] {
        let stage = Stage::new(deployment, TokenLife::default());
        stage.log_in();
        stage.expire();
        assert_eq!(stage.renewals(), 0);
        let children: Vec<Child> = (0..20)
            .map(|_| stage.command(&["status"]).spawn().unwrap())
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", said(&output));
            assert_no_secret(&said(&output));
        }
        assert_eq!(stage.renewals(), 1, "{deployment}");
    }
}

/// `AIRLOCK_KILL_ROUNDS` asks for more rounds.
#[test]
fn a_process_killed_at_any_step_loses_no_login() {
    let rounds = std::env::var("AIRLOCK_KILL_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(16);
    let stage = Stage::new(Deployment::Cloud, TokenLife::default());
    stage.log_in();
    for round in 0..rounds {
        let order = match round % 4 {
            0 => Kill::BeforeAnswer,
            1 | 2 => Kill::AfterAnswer(Duration::from_micros(5_000 + 150 * (round % 40))),
            _ => Kill::AtFirstUse,
        };
        stage.expire();
        stage.killed(order);
        let output = stage.run(&["status"]);
        assert!(
            output.status.success(),
            "round {round}, {order:?}: {}",
            said(&output)
        );
    }
}

#[test]
fn without_a_leeway_a_kill_ends_the_login_in_words_and_keeps_the_record() {
    let life = TokenLife {
        leeway: Duration::ZERO,
        ..TokenLife::default()
    };
    let stage = Stage::new(Deployment::Cloud, life);
    stage.log_in();
    stage.expire();
    stage.killed(Kill::BeforeAnswer);
    for _ in 0..2 {
        let output = stage.run(&["status"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            said(&output).contains("mcp-airlock login"),
            "{}",
            said(&output)
        );
    }
    let (store, id) = stage.record();
    assert!(matches!(
        stage.runtime.block_on(store.read(&id)).unwrap(),
        Record::OAuth(tokens) if tokens.has_ended
    ));
}

#[test]
fn each_kind_of_login_works_and_a_logout_leaves_nothing() {
    for deployment in [Deployment::Cloud, Deployment::DataCenter] {
        let stage = Stage::new(deployment, TokenLife::default());
        let url = stage.site.ready().jira.clone();
        let user = stage.site.ready().user.clone();
        let token: Vec<&str> = user.iter().flat_map(|user| ["--user", user]).collect();
        let client = vec!["--kind", "client-credentials", "--client-id", CLIENT_ID];
        for options in [token, client, vec![]] {
            if options.is_empty() {
                stage.log_in();
            } else {
                let mut command = stage.command(&[
                    "login",
                    &url,
                    "--token-stdin",
                    "--yes",
                    "--store",
                    "file",
                    "--name",
                    "demo",
                ]);
                let mut child = command
                    .args(&options)
                    .stdin(Stdio::piped())
                    .spawn()
                    .unwrap();
                child
                    .stdin
                    .take()
                    .unwrap()
                    .write_all(format!("{SECRET}\n").as_bytes())
                    .unwrap();
                let output = child.wait_with_output().unwrap();
                assert!(output.status.success(), "{options:?}: {}", said(&output));
                assert_no_secret(&said(&output));
            }
            let status = stage.run(&["status"]);
            assert!(status.status.success(), "{options:?}: {}", said(&status));
            assert_no_secret(&said(&status));
            let output = stage.run(&["logout", "demo", "--yes"]);
            assert!(output.status.success(), "{}", said(&output));
            assert!(
                !stage.config_dir().exists(),
                "{options:?} left something behind"
            );
        }
    }
}

#[test]
fn a_login_that_fails_leaves_nothing() {
    let stage = Stage::new(Deployment::Cloud, TokenLife::default());
    let url = stage.site.ready().jira.clone();
    for (arguments, input, reason) in [
        (
            vec!["--user", "ada@demo.example", "--token-stdin", "--yes"],
            "wrong-wrong-wrong",
            "does not know this credential",
        ),
        (
            vec!["--user", "ada@demo.example", "--token-stdin"],
            SECRET,
            "say yes with `--yes`",
        ),
        (vec!["--token", SECRET], "", "treat this one as exposed"),
        (
            vec!["--user", "a:b", "--token-stdin", "--yes"],
            SECRET,
            "colon",
        ),
        (vec!["--token-ref", "op://a"], "", "`--token-ref`"),
        (vec!["--token-ref", SECRET], "", "is not a reference"),
        (
            vec!["--kind", "oauth", "--token-stdin"],
            SECRET,
            "`--client-id`",
        ),
        (vec!["--name", "a b", "--token-stdin"], SECRET, "`--name`"),
        (
            vec!["--user", "ada@demo.example", "--token-stdin", "--yes"],
            SECRET,
            "there is no keyring",
        ),
    ] {
        let mut child = stage
            .command(&["login", &url])
            .args(&arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        // The program may end before it reads.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(
            said(&output).contains(reason),
            "{arguments:?}: {}",
            said(&output)
        );
        assert_no_secret(&said(&output));
        assert!(!stage.config_dir().exists(), "{arguments:?} left something");
    }
}

#[test]
fn several_sites_and_products_have_logins_of_their_own() {
    let cloud = Stage::new(Deployment::Cloud, TokenLife::default());
    let second = Stage::new(Deployment::Cloud, TokenLife::default());
    let own = Stage::new(Deployment::DataCenter, TokenLife::default());
    let user = cloud.site.ready().user.clone().unwrap();
    for (stage, name, options) in [
        (&cloud, "one", vec!["--user", user.as_str()]),
        (&second, "two", vec!["--user", user.as_str()]),
        (&own, "jira", vec!["--products", "jira"]),
        (&own, "wiki", vec!["--products", "confluence"]),
    ] {
        let url = stage.site.ready().jira.clone();
        let arguments = [
            "login",
            &url,
            "--token-stdin",
            "--yes",
            "--store",
            "file",
            "--name",
            name,
        ];
        let mut command = cloud.command(&arguments);
        let mut child = command
            .args(&options)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(SECRET.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{name}: {}", said(&output));
    }
    let status = cloud.run(&["status"]);
    assert!(status.status.success(), "{}", said(&status));
    for name in ["one", "two", "jira", "wiki"] {
        assert!(
            said(&status)
                .lines()
                .any(|line| line.trim().starts_with(name)),
            "{}",
            said(&status)
        );
    }
    // The same name for another site is refused, and nothing changes.
    let before = std::fs::read_to_string(cloud.config_dir().join("policy.toml")).unwrap();
    let url = second.site.ready().jira.clone();
    let file = cloud.home.path().join("token");
    std::fs::write(&file, SECRET).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let reference = format!("file:{}", file.display());
    let taken = cloud.run(&[
        "login",
        &url,
        "--user",
        &user,
        "--token-ref",
        &reference,
        "--name",
        "one",
        "--yes",
    ]);
    assert_eq!(taken.status.code(), Some(2));
    assert!(
        said(&taken).contains("choose another name"),
        "{}",
        said(&taken)
    );
    assert_eq!(
        std::fs::read_to_string(cloud.config_dir().join("policy.toml")).unwrap(),
        before
    );
    let output = cloud.run(&["logout", "--all", "--yes"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(!cloud.config_dir().exists());
}
