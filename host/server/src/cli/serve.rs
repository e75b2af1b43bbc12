//! `mcp-airlock serve`: the MCP server, on standard input and output until the input ends, or over HTTP until it is told
//! to stop. Says on standard error where it listens.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use door::Authority;
use mcp::{CancellationToken, Handler};
use policy::Origin;

use super::Selection;
use super::start::{self, Started};
use crate::app::Server;
use crate::http::{
    self, CertificateFiles, Clients, Door, Place, Plan, Range, TrustedHeader, Vouched, Wanted,
};
use crate::issuer::Issuer;
use crate::keys::{KeyFile, KeyRing};
use crate::log;
use crate::transport::stdio;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// Serve over HTTP at this address instead, for holders of a key
    #[arg(long, value_name = "IP:PORT", group = "door")]
    http: Option<SocketAddr>,
    /// Serve over HTTP at a socket in the file system, for processes of this user that hold a key
    #[cfg(unix)]
    #[arg(long, value_name = "FILE", group = "door")]
    socket: Option<PathBuf>,
    /// The certificate to show, PEM, with those that lead to an authority; read anew when it changes
    #[arg(long, value_name = "FILE", requires = "http", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, PEM, readable by this user alone
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A name, with its port where it is not the usual one, under which clients reach this server
    #[arg(long, value_name = "NAME", requires = "door")]
    allow_host: Vec<Authority>,
    /// An origin of web pages that may use this server
    #[arg(long, value_name = "ORIGIN", requires = "door", value_parser = Origin::parse)]
    allow_origin: Vec<Origin>,
    /// A proxy with TLS stands in front and speaks from these addresses; nobody else is heard
    #[arg(long, value_name = "CIDR", requires = "http", value_delimiter = ',')]
    behind_proxy: Vec<Range>,
    /// A header in which the proxy says who comes, after it asked them itself; needs --behind-proxy
    #[arg(long, value_name = "NAME", requires = "door")]
    trust_header: Option<TrustedHeader>,
    /// Tell about this server at this address: /healthz, /readyz and /metrics, without a key
    #[arg(long, value_name = "IP:PORT", requires = "door")]
    operations: Option<SocketAddr>,
    /// How to write what is said on standard error
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    log_format: log::Format,
}

/// What is read before anything listens.
pub(super) struct OverHttp {
    pub(super) clients: Clients,
    pub(super) plan: Plan,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let started = start::app(&arguments.selection)?;
    if let Some(place) = arguments.place() {
        return over_http(place, arguments, started);
    }
    let runtime = super::runtime()?;
    let served = runtime.block_on(async {
        tokio::spawn(Arc::clone(&started.app).follow_policy());
        stdio::serve(Handler::new(Server::new(started.app))).await
    });
    // A thread may still sit in a blocking read of the terminal.
    runtime.shutdown_background();
    served?;
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    pub(super) fn log_format(&self) -> log::Format {
        self.log_format
    }

    pub(super) fn selection(&self) -> &Selection {
        &self.selection
    }

    pub(super) fn operations(&self) -> Option<SocketAddr> {
        self.operations
    }

    /// Who may come there and how, or why it cannot be served so.
    pub(super) async fn over_http(
        &self,
        place: Place,
        started: &Started,
    ) -> anyhow::Result<OverHttp> {
        let clients = self.clients(started)?;
        let mut wanted = self.wanted();
        let named = clients.issuer().map(|issuer| issuer.authority());
        wanted.hosts.extend(named);
        let plan = Plan::read(place, wanted, &clients).await?;
        Ok(OverHttp { clients, plan })
    }

    fn clients(&self, started: &Started) -> anyhow::Result<Clients> {
        if started.demo.is_some() {
            return Ok(Clients::Anyone);
        }
        let folder = &started.config_dir;
        let vouched = self.trust_header.as_ref();
        Ok(Clients::Known {
            keys: KeyRing::open(KeyFile::in_directory(folder))?,
            issuer: Issuer::load(folder, &started.errands)?.map(Box::new),
            vouched: vouched
                .map(|header| Vouched::load(folder, header))
                .transpose()?
                .map(Box::new),
        })
    }

    /// Where to listen, if it is not standard input.
    pub(super) fn place(&self) -> Option<Place> {
        #[cfg(unix)]
        if let Some(path) = &self.socket {
            return Some(Place::File(path.clone()));
        }
        self.http.map(Place::Address)
    }

    fn wanted(&self) -> Wanted {
        let certificate = self.tls_cert.clone().zip(self.tls_key.clone());
        Wanted {
            trust_header: self.trust_header.clone(),
            hosts: self.allow_host.clone(),
            origins: self.allow_origin.clone(),
            behind_proxy: self.behind_proxy.clone(),
            certificate: certificate.map(|(chain, key)| CertificateFiles { chain, key }),
        }
    }
}

fn over_http(place: Place, arguments: &Arguments, started: Started) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(async {
        let (stop, at_once) = (CancellationToken::new(), CancellationToken::new());
        stop_on_signal(stop.clone(), at_once.clone())?;
        let OverHttp { clients, plan } = arguments.over_http(place, &started).await?;
        let listen = plan.listen().await?;
        tokio::spawn(Arc::clone(&started.app).follow_policy());
        let clients = Arc::new(clients);
        tokio::spawn(Arc::clone(&clients).keep_fresh());
        let door = Door::new(started.app, &listen, clients);
        if let Some(address) = arguments.operations {
            let bound = door.operations(stop.clone()).spawn(address)?;
            log::say(&format!("telling about this server on http://{bound}"));
        }
        log::say(&format!("listening on {}", listen.endpoint));
        if let Some(certificate) = listen.certificate {
            tokio::spawn(certificate.keep_fresh());
        }
        tokio::select! {
            () = http::serve(listen.ears, door, stop) => Ok::<_, anyhow::Error>(ExitCode::SUCCESS),
            () = at_once.cancelled() => {
                log::say("stopped in the middle of calls");
                Ok(ExitCode::FAILURE)
            }
        }
    });
    // Calls that were not waited for end here.
    runtime.shutdown_background();
    served
}

/// The first signal ends the listening and lets calls finish; a second one leaves them.
#[cfg(unix)]
fn stop_on_signal(stop: CancellationToken, at_once: CancellationToken) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            end(&stop, &at_once);
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn stop_on_signal(stop: CancellationToken, at_once: CancellationToken) -> std::io::Result<()> {
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            end(&stop, &at_once);
        }
    });
    Ok(())
}

fn end(stop: &CancellationToken, at_once: &CancellationToken) {
    if stop.is_cancelled() {
        return at_once.cancel();
    }
    log::say("stopping: calls that run are finished first; once more to stop at once");
    stop.cancel();
}
