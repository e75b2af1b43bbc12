//! `mcp-airlock connect URL`: to an MCP client a server on standard input and output, which hands every message to a
//! server of ours elsewhere. For clients that cannot send a key of their own.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, bail};
use clap::Args;
use door::{ENDPOINT, Presented};
use policy::{Origin, Scheme, SiteName};
use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};

use super::{ask, login};
use crate::config::Vault;
use crate::config::environment::Environment;
use crate::harden;
use crate::secrets::SecretRef;
use crate::store::{KeyPlace, Record, RecordId, Store};
use crate::transport::bridge::{self, Far};
use crate::wire;

/// The account that the record of a key is for; a server has one key on a machine.
const ACCOUNT: &str = "key";

#[derive(Args)]
pub(super) struct Arguments {
    /// Where the server listens, as it said at its start: https://mcp.example.com/mcp or unix:/run/airlock.sock
    #[arg(value_name = "URL")]
    server: Server,
    /// Ask for the key (or read it from a pipe), try it, keep it on this machine, and end
    #[arg(long, conflicts_with = "key")]
    save_key: bool,
    /// Read the key from here instead: op://…, pass:…, file:…, env:…
    #[arg(long, value_name = "REFERENCE")]
    key: Option<String>,
    /// Authorities to trust besides the operating system's, PEM
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Where the store's key lies [default: keyring; an existing store stays where it is]
    #[arg(long, value_enum, requires = "save_key")]
    store: Option<KeyPlace>,
    /// Folder with the store [default: ~/.config/mcp-airlock]
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
}

/// A server of ours, and the way to it.
#[derive(Clone, Debug)]
struct Server {
    url: Url,
    origin: Origin,
    socket: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    for problem in harden::harden() {
        tracing::warn!("{problem}");
    }
    let runtime = super::runtime()?;
    let ended = runtime.block_on(connect(arguments));
    // A thread may still sit in a blocking read of the terminal.
    runtime.shutdown_background();
    ended?;
    Ok(ExitCode::SUCCESS)
}

async fn connect(arguments: &Arguments) -> anyhow::Result<()> {
    let config_dir = login::config_dir(arguments.config_dir.as_deref())?;
    let server = &arguments.server;
    let client = server.client(arguments.ca_file.as_deref())?;
    let store = login::store(&config_dir);
    if arguments.save_key {
        let key = if ask::is_attended() {
            ask::secret("Key of this server (not shown):")?
        } else {
            ask::piped_secret()?
        };
        return server.save(client, key, &store, arguments.store).await;
    }
    let key = match &arguments.key {
        None => store.token(&server.record()).await.with_context(|| {
            format!(
                "no key for {}; keep one with `mcp-airlock connect {} --save-key`",
                server.url, server.url
            )
        })?,
        Some(text) => {
            let reference: SecretRef = text
                .parse()
                .map_err(|error| anyhow::anyhow!("`--key` {error}"))?;
            let vault = Vault::below(&config_dir).map_err(anyhow::Error::msg)?;
            let secret = vault.lookup(&reference, &Environment::of_process())?;
            if let SecretRef::Env(name) = &reference
                && !harden::forget_variables([name.as_str()])
            {
                tracing::debug!(
                    "the key stays in this process's environment: it has other threads already"
                );
            }
            secret.reveal().await?
        }
    };
    let (reader, writer) = rmcp::transport::io::stdio_pipes();
    let far = Far::new(client, server.url.clone(), key);
    bridge::run(far, reader, writer).await?;
    Ok(())
}

impl Server {
    fn client(&self, ca_file: Option<&std::path::Path>) -> anyhow::Result<Client> {
        let way = wire::Bridge {
            is_encrypted: self.origin.scheme() == Scheme::Https,
            ca_file,
            socket: self.socket.as_deref(),
        };
        way.client().map_err(|reason| anyhow::anyhow!(reason))
    }

    /// Its place in the store, which holds a record for each site under the site's name.
    fn record(&self) -> RecordId {
        let words: String = self
            .origin
            .to_string()
            .chars()
            .map(|letter| {
                if letter.is_ascii_alphanumeric() {
                    letter
                } else {
                    '-'
                }
            })
            .collect();
        RecordId {
            site: SiteName::parse(&format!("server-{words}"))
                .unwrap_or_else(|_| SiteName::parse("server").expect("the word is a name")),
            origin: self.origin.clone(),
            account: ACCOUNT.to_owned(),
        }
    }

    async fn save(
        &self,
        client: Client,
        key: SecretString,
        store: &Store,
        place: Option<KeyPlace>,
    ) -> anyhow::Result<()> {
        if Presented::parse(key.expose_secret()).is_none() {
            bail!(
                "that is no key of an mcp-airlock server: it begins with `airlock_` and was perhaps cut in copying. Whoever runs the server makes one with `mcp-airlock key add`"
            );
        }
        let far = Far::new(client, self.url.clone(), key.clone());
        far.greet()
            .await
            .map_err(|reason| anyhow::anyhow!("{reason}. Nothing was kept"))?;
        store.prepare(place).await?;
        let record = self.record();
        store.write(&record, &Record::Token(key)).await?;
        ask::say(&format!(
            "The server knows the key, and it is kept. Clients start `mcp-airlock connect {}`; `mcp-airlock logout {}` forgets it.",
            self.url, record.site
        ));
        Ok(())
    }
}

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |reason: &str| {
            format!(
                "{reason}; write it as the server says at its start, such as https://mcp.example.com/mcp"
            )
        };
        let (text, socket) = match text.strip_prefix("unix:") {
            Some(path) if cfg!(unix) && path.starts_with('/') => {
                ("http://localhost", Some(path.into()))
            }
            Some(_) => return Err(wrong("`unix:` is followed by the whole path of a socket")),
            None => (text, None),
        };
        let mut url = Url::parse(text).map_err(|_| wrong("that is no address"))?;
        if !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(wrong(
                "the address has a part that none of ours has; a key in it would be written into every log on the way",
            ));
        }
        let origin = Origin::parse(&url.origin().ascii_serialization())
            .map_err(|error| wrong(&error.to_string()))?;
        if origin.scheme() == Scheme::Http && !origin.is_loopback() && socket.is_none() {
            return Err("the key would cross the network in clear text; use https, or a tunnel to 127.0.0.1".to_owned());
        }
        if url.path() == "/" {
            url.set_path(ENDPOINT);
        }
        Ok(Self {
            url,
            origin,
            socket,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_to_an_address_that_keeps_it() {
        for (good, url) in [
            ("https://mcp.example.com/mcp", "https://mcp.example.com/mcp"),
            ("https://mcp.example.com", "https://mcp.example.com/mcp"),
            (
                "https://mcp.example.com:8443/team/mcp",
                "https://mcp.example.com:8443/team/mcp",
            ),
            ("http://127.0.0.1:8723/mcp", "http://127.0.0.1:8723/mcp"),
            ("http://[::1]:8723", "http://[::1]:8723/mcp"),
            ("unix:/run/airlock.sock", "http://localhost/mcp"),
        ] {
            let server = good.parse::<Server>().map(|server| server.url.to_string());
            assert_eq!(server.as_deref(), Ok(url), "{good}");
        }
        for wrong in [
            "",
            "mcp.example.com",
            "http://mcp.example.com/mcp",
            "http://10.0.0.5:8723/mcp",
            "ftp://mcp.example.com",
            "https://alice@mcp.example.com/mcp",
            "https://mcp.example.com/mcp?key=airlock_x",
            "https://mcp.example.com/mcp#x",
            "unix:airlock.sock",
        ] {
            assert!(wrong.parse::<Server>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn two_servers_have_two_places_in_the_store() {
        let name = |text: &str| {
            text.parse::<Server>()
                .map(|server| server.record().site.to_string())
        };
        assert_eq!(
            name("https://mcp.example.com").as_deref(),
            Ok("server-https---mcp-example-com")
        );
        assert_ne!(
            name("https://mcp.example.com"),
            name("https://mcp.example.com:8443")
        );
    }
}
