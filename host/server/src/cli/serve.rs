//! `mcp-airlock serve`: the MCP server on standard input and output, until the input ends.

use std::process::ExitCode;

use clap::Args;
use mcp::Handler;

use super::{Selection, start};
use crate::app::Server;
use crate::transport::stdio;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    selection: Selection,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let started = start::app(&arguments.selection)?;
    let runtime = super::runtime()?;
    let served = runtime.block_on(stdio::serve(Handler::new(Server::new(started.app))));
    // A thread may still sit in a blocking read of the terminal.
    runtime.shutdown_background();
    served?;
    Ok(ExitCode::SUCCESS)
}
