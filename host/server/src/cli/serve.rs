//! `mcp-airlock serve`: the MCP server, on standard input and output until the input ends, or over HTTP until it is told
//! to stop. Says on standard error where it listens.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;
use mcp::{CancellationToken, Handler};
use policy::Origin;

use super::{Selection, ask, start};
use crate::app::Server;
use crate::http::{self, Authority, Clients, Door, Listen, Range, Wanted};
use crate::keys::{KeyFile, KeyRing};
use crate::transport::stdio;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// Serve over HTTP at this address instead, for holders of a key
    #[arg(long, value_name = "IP:PORT")]
    http: Option<SocketAddr>,
    /// A name, with its port where it is not the usual one, under which clients reach this server
    #[arg(long, value_name = "NAME", requires = "http")]
    allow_host: Vec<Authority>,
    /// An origin of web pages that may use this server
    #[arg(long, value_name = "ORIGIN", requires = "http", value_parser = Origin::parse)]
    allow_origin: Vec<Origin>,
    /// A proxy with TLS stands in front and speaks from these addresses; nobody else is heard
    #[arg(long, value_name = "CIDR", requires = "http", value_delimiter = ',')]
    behind_proxy: Vec<Range>,
    /// Tell about this server at this address: /healthz, /readyz and /metrics, without a key
    #[arg(long, value_name = "IP:PORT", requires = "http")]
    operations: Option<SocketAddr>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let started = start::app(&arguments.selection)?;
    if let Some(address) = arguments.http {
        return over_http(address, arguments, started);
    }
    let runtime = super::runtime()?;
    let served = runtime.block_on(stdio::serve(Handler::new(Server::new(started.app))));
    // A thread may still sit in a blocking read of the terminal.
    runtime.shutdown_background();
    served?;
    Ok(ExitCode::SUCCESS)
}

fn over_http(
    address: SocketAddr,
    arguments: &Arguments,
    started: start::Started,
) -> anyhow::Result<ExitCode> {
    let clients = match &started.demo {
        Some(_) => Clients::Anyone,
        None => Clients::Keys(KeyRing::open(KeyFile::in_directory(&started.config_dir))?),
    };
    let wanted = Wanted {
        hosts: arguments.allow_host.clone(),
        origins: arguments.allow_origin.clone(),
        behind_proxy: arguments.behind_proxy.clone(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(async {
        let (stop, at_once) = (CancellationToken::new(), CancellationToken::new());
        stop_on_signal(stop.clone(), at_once.clone())?;
        let listen = Listen::on(address, &wanted, &clients).await?;
        let endpoint = format!("http://{}{}", listen.address, http::ENDPOINT);
        let door = Door::new(started.app, &listen, clients);
        if let Some(address) = arguments.operations {
            let bound = door.operations(stop.clone()).spawn(address)?;
            ask::say(&format!("telling about this server on http://{bound}"));
        }
        ask::say(&format!("listening on {endpoint}"));
        tokio::select! {
            () = http::serve(listen.ears, door, stop) => Ok::<_, anyhow::Error>(ExitCode::SUCCESS),
            () = at_once.cancelled() => {
                ask::say("stopped in the middle of calls");
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
    ask::say("stopping: calls that run are finished first; once more to stop at once");
    stop.cancel();
}
