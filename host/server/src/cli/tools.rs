//! `mcp-airlock tools`: what an MCP client would be offered under this configuration.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use door::Visitor;
use policy::Principal;
use serde_json::json;

use super::{Selection, start};
use crate::app::local;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// As MCP clients get it, with schemas, and the routes that each tool may use
    #[arg(long)]
    json: bool,
    /// For whoever calls under this name [default: whoever starts the program]
    #[arg(long, value_name = "NAME", value_parser = Principal::parse)]
    principal: Option<Principal>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let started = start::app(&arguments.selection)?;
    let principal = arguments.principal.clone().unwrap_or_else(local);
    let standing = started.app.standing(&Visitor::whole(principal.clone()));
    let offered = &standing.offered;
    let mut stdout = std::io::stdout();
    if arguments.json {
        let list = offered.list();
        let tools: Vec<_> = list
            .as_tools()
            .iter()
            .zip(offered.specs())
            .map(|(tool, spec)| json!({ "tool": tool, "toolset": spec.toolset, "routes": spec.routes }))
            .collect();
        writeln!(stdout, "{}", serde_json::to_string_pretty(&tools)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["tool", "group", "kind", "what it does"]);
    for spec in offered.specs() {
        let hints = spec.annotations;
        let kind = match (hints.read_only_hint, hints.destructive_hint) {
            (true, _) => "reads",
            (false, false) => "adds",
            (false, true) => "changes",
        };
        let first = spec
            .description
            .split_inclusive(['.', '\n'])
            .next()
            .unwrap_or_default();
        table.add_row([spec.name.as_str(), &spec.toolset, kind, first.trim()]);
    }
    writeln!(stdout, "{table}")?;
    Ok(ExitCode::SUCCESS)
}
