//! `mcp-airlock call`: one tool call from the shell. Prints what a model would read; exit 1 where
//! the tool says that it failed.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use mcp::{Call, CancellationToken, Content, JsonObject, Outcome, Provider};

use super::{Selection, start};
use crate::app::Server;

#[derive(Args)]
pub(super) struct Arguments {
    /// As in `mcp-airlock tools`
    tool: String,
    /// The arguments, a JSON object
    #[arg(default_value = "{}")]
    arguments: String,
    #[command(flatten)]
    selection: Selection,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let object: JsonObject = serde_json::from_str(&arguments.arguments).with_context(
        || "the arguments are not a JSON object; write them as '{\"issue_key\": \"PROJ-1\"}'",
    )?;
    let started = start::app(&arguments.selection)?;
    let outcome = super::runtime()?.block_on(async {
        let cancelled = CancellationToken::new();
        let server = Server::new(started.app);
        let calling = server.call(call(&arguments.tool, object, cancelled.clone()));
        tokio::pin!(calling);
        tokio::select! {
            outcome = &mut calling => outcome,
            _ = tokio::signal::ctrl_c() => {
                cancelled.cancel();
                calling.await
            }
        }
    });
    match outcome {
        Outcome::Done { content, is_error } => {
            let mut stdout = std::io::stdout();
            for block in content {
                match block {
                    Content::Text(text) => writeln!(stdout, "{text}")?,
                    Content::ResourceLink { uri, .. } | Content::Blob { uri, .. } => {
                        writeln!(stdout, "{uri}")?
                    }
                }
            }
            Ok(ExitCode::from(u8::from(is_error)))
        }
        Outcome::UnknownTool { nearest } if nearest.is_empty() => {
            bail!(
                "no tool is called `{}`; `mcp-airlock tools` lists them",
                arguments.tool
            )
        }
        Outcome::UnknownTool { nearest } => {
            bail!(
                "no tool is called `{}`; did you mean {}?",
                arguments.tool,
                nearest.join(" or ")
            )
        }
        Outcome::Ask { message, .. } => bail!(message),
        Outcome::InvalidArguments(text) | Outcome::Internal(text) => bail!(text),
    }
}

pub(super) fn call(tool: &str, arguments: JsonObject, cancelled: CancellationToken) -> Call {
    Call {
        tool: tool.to_owned(),
        arguments,
        request_id: "1".into(),
        protocol_version: String::new(),
        progress: None,
        cancelled,
        can_ask: false,
        reply: None,
    }
}
