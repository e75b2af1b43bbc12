//! A demo site, an empty home, and the program between them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use demo_site::{CLIENT_ID, Deployment, Options, RequestLine, Running, TokenLife};
use policy::{Origin, SiteName};
use server::store::{Keyring, Record, RecordId, Store};

use crate::clean::{SECRET, assert_clean};
use crate::renewal::{Kill, Order, obey};

/// The options of a login that nobody watches; it is called `demo`.
pub(crate) const UNATTENDED: &[&str] = &[
    "--token-stdin",
    "--yes",
    "--store",
    "file",
    "--name",
    "demo",
];

pub(crate) struct Stage {
    pub(crate) site: Running,
    pub(crate) home: tempfile::TempDir,
    pub(crate) kill: Arc<Mutex<Order>>,
    pub(crate) runtime: tokio::runtime::Runtime,
}

impl Stage {
    pub(crate) fn new(deployment: Deployment) -> Self {
        Self::with(deployment, TokenLife::default())
    }

    pub(crate) fn with(deployment: Deployment, life: TokenLife) -> Self {
        let kill = Arc::new(Mutex::new((Kill::Never, None)));
        let mut options = Options::new(deployment);
        options.token = Some(SECRET.to_owned());
        options.life = life;
        options.passwords = true;
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

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
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

    /// The program to its end; whatever it said is clean.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        ended(self.command(arguments))
    }

    /// A login to the site, with `secret` piped in.
    pub(crate) fn log_in(&self, options: &[&str], secret: &str) -> Output {
        let mut command = self.command(&["login", &self.site.ready().jira]);
        command.args(options);
        piped(command, secret)
    }

    /// The options that name the person, where the site wants one.
    pub(crate) fn person(&self) -> Vec<&str> {
        let user = self.site.ready().user.as_deref();
        user.into_iter().flat_map(|user| ["--user", user]).collect()
    }

    pub(crate) fn config_dir(&self) -> PathBuf {
        self.home.path().join(".config/mcp-airlock")
    }

    pub(crate) fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.config_dir().join(name)).unwrap()
    }

    /// Nothing is left but the record of what was asked, and what proves it.
    pub(crate) fn assert_logged_out(&self, what: &str) {
        let left = std::fs::read_dir(self.config_dir()).into_iter().flatten();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert!(
            left.iter()
                .all(|name| name == "audit" || name == "audit-proof"),
            "{what} left {left:?}"
        );
    }

    /// The lines of the audit record, oldest file first.
    pub(crate) fn record_lines(&self) -> Vec<serde_json::Value> {
        let mut files: Vec<_> = std::fs::read_dir(self.config_dir().join("audit"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        let texts = files
            .iter()
            .map(|path| std::fs::read_to_string(path).unwrap());
        texts
            .collect::<String>()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// With the real callback: the link is read from the program, and a browser is played.
    pub(crate) fn consent(&self) {
        let port = free_port().to_string();
        let mut child = self
            .command(&["login", &self.site.ready().jira, "--kind", "oauth"])
            .args(["--client-id", CLIENT_ID, "--port", &port])
            .args(UNATTENDED)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(SECRET.as_bytes()).unwrap();
        drop(input);
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
        for page in [page, foreign] {
            assert!(!page.contains("code") && !page.contains("evil"), "{page}");
            assert_clean(page.as_bytes());
        }
        assert_clean(heard.as_bytes());
    }

    /// The store and what the login of `demo` is kept under.
    pub(crate) fn record(&self) -> (Store, RecordId) {
        let text = self.file("credentials.toml");
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
    pub(crate) fn expire(&self) {
        let (store, id) = self.record();
        self.runtime.block_on(async {
            let Record::OAuth(mut tokens) = store.read(&id).await.unwrap() else {
                panic!("another kind of record");
            };
            tokens.expires_at = 0;
            store.write(&id, &Record::OAuth(tokens)).await.unwrap();
        });
    }
}

/// The program to its end; whatever it said is clean.
pub(crate) fn ended(mut command: Command) -> Output {
    let output = command.output().unwrap();
    assert_clean(&output.stdout);
    assert_clean(&output.stderr);
    output
}

/// The same with `input` on standard input, which the program may end without having read.
pub(crate) fn piped(mut command: Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    assert_clean(&output.stdout);
    assert_clean(&output.stderr);
    output
}

pub(crate) fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&text).into_owned()
}

#[track_caller]
pub(crate) fn assert_success(output: &Output, what: &str) {
    assert!(output.status.success(), "{what}: {}", said(output));
}

pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// One GET, head and body.
pub(crate) fn get(address: &str) -> String {
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

/// A file that only its owner reads or runs.
pub(crate) fn write_private(path: &std::path::Path, text: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
