//! The program under test: the real binary from a plain release build, with a home of its own and
//! a demo site to talk to.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use demo_site::{Deployment, Options, Ready, Running};
use tests::client::{Client, Era};

/// The secret of the demo site's user.
pub(crate) const TOKEN: &str = "CANARY-demo-Wp7Rk2Zs9XvQ4mTcB6nY";

/// A demo site, and a folder in which the program finds nothing.
pub(crate) struct Stage {
    pub(crate) site: Running,
    pub(crate) home: tempfile::TempDir,
    deployment: Deployment,
}

impl Stage {
    pub(crate) fn new(deployment: Deployment) -> Stage {
        Stage::with(deployment, |_| {})
    }

    pub(crate) fn with(deployment: Deployment, change: impl FnOnce(&mut Options)) -> Stage {
        let mut options = Options::new(deployment);
        options.token = Some(TOKEN.to_owned());
        change(&mut options);
        Stage {
            site: demo_site::spawn(options).expect("a demo site starts"),
            home: home(),
            deployment,
        }
    }

    pub(crate) fn ready(&self) -> &Ready {
        self.site.ready()
    }

    /// The program with these arguments, set up by the variables that a user of the Python server has.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(self.home.path(), arguments);
        let ready = self.ready();
        match self.deployment {
            Deployment::Cloud => {
                let user = ready.user.clone().unwrap_or_default();
                command
                    .env("JIRA_URL", &ready.jira)
                    .env("JIRA_USERNAME", &user)
                    .env("JIRA_API_TOKEN", TOKEN)
                    .env("CONFLUENCE_URL", &ready.confluence)
                    .env("CONFLUENCE_USERNAME", &user)
                    .env("CONFLUENCE_API_TOKEN", TOKEN);
            }
            Deployment::DataCenter => {
                command
                    .env("JIRA_URL", &ready.jira)
                    .env("JIRA_PERSONAL_TOKEN", TOKEN)
                    .env("CONFLUENCE_URL", &ready.confluence)
                    .env("CONFLUENCE_PERSONAL_TOKEN", TOKEN);
            }
        }
        command
    }

    /// `key` with these arguments; what it prints.
    pub(crate) fn key(&self, arguments: &[&str]) -> String {
        let ended = output(bare(self.home.path(), &[&["key"], arguments].concat()));
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{arguments:?}: {said}");
        let printed = String::from_utf8_lossy(&ended.stdout);
        assert!(
            printed.is_empty() || !said.contains(printed.trim_end()),
            "{said}"
        );
        printed.trim_end().to_owned()
    }

    /// `serve`, with a client at the other end.
    pub(crate) fn serve(&self, era: Era) -> Client {
        Client::start(self.command(&["serve"]), era)
    }

    pub(crate) fn config_dir(&self) -> PathBuf {
        self.home.path().join(".config/mcp-airlock")
    }

    /// Every audit file's text.
    pub(crate) fn audit(&self) -> String {
        let folder = self.config_dir().join("audit");
        let mut text = String::new();
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "jsonl")
            {
                text += &std::fs::read_to_string(entry.path()).unwrap_or_default();
            }
        }
        text
    }
}

/// A home without anything in it.
pub(crate) fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("the machine has room for a folder")
}

/// The program in an environment of nothing but a home.
pub(crate) fn bare(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .env_clear()
        .env("HOME", home)
        .args(arguments)
        .current_dir(home);
    command
}

/// Runs to the end, without input.
pub(crate) fn output(mut command: Command) -> Output {
    command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// The binary, built once. A test build shares features with the tests' own dependencies, so this
/// is a plain release build by a cargo of its own; `AIRLOCK_BINARY` names one that exists already.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(ready) = std::env::var_os("AIRLOCK_BINARY").filter(|path| !path.is_empty()) {
            return PathBuf::from(ready);
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("tests/ stands in the workspace");
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let target = if target.is_absolute() {
            target
        } else {
            root.join(target)
        };
        let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args([
                "build",
                "--release",
                "--locked",
                "--package",
                "server",
                "--bin",
                "mcp-airlock",
            ])
            .current_dir(root)
            .env("CARGO_TARGET_DIR", &target)
            .status()
            .expect("cargo can be started");
        assert!(status.success(), "the program does not build, see above");
        target.join("release/mcp-airlock")
    })
}
