//! `mcp-airlock demo`: a guided tour. A real MCP session with the real component against the
//! built-in site, told step by step; nothing in it is prepared but the questions.

mod session;
mod stage;

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use gateway::{Ask, Body, Failure, Keep};
use policy::{Deployment, Method, Product, SiteName};
use serde_json::{Value, json};

use self::session::Session;
use self::stage::Stage;
use super::{DemoDeployment, Selection, start};
use crate::app::{App, Server};

const SCENES: u64 = 7;

#[derive(Args)]
pub(super) struct Arguments {
    #[arg(long, value_enum, default_value = "cloud")]
    deployment: DemoDeployment,
    /// Do not pause between the steps
    #[arg(long)]
    fast: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let started = start::app(&Selection {
        demo: Some(arguments.deployment),
        ..Selection::default()
    })?;
    let demo = started
        .demo
        .as_ref()
        .context("the demo site did not start")?;
    let stage = Stage::new(SCENES, arguments.fast);
    let runtime = super::runtime()?;
    runtime.block_on(tour(
        &stage,
        &started.app,
        &demo.folder.path().join("audit"),
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn tour(
    stage: &Stage,
    app: &std::sync::Arc<App>,
    audit: &std::path::Path,
) -> anyhow::Result<()> {
    let mut session = Session::start(Server::new(app.clone()));

    stage
        .scene(
            "1  An agent connects",
            "It asks who is there. Nothing has been sent to Jira or Confluence yet.",
        )
        .await?;
    stage.said("server/discover")?;
    let found = session.request("server/discover", json!({})).await?;
    let server = &found["_meta"]["io.modelcontextprotocol/serverInfo"];
    stage.heard(
        &format!(
            "{} {}",
            server["name"].as_str().unwrap_or_default(),
            server["version"].as_str().unwrap_or_default()
        ),
        1,
    )?;

    stage
        .scene(
            "2  What is offered",
            "The policy decides which tools exist: here reading and writing, no deleting.",
        )
        .await?;
    stage.said("tools/list")?;
    let list = session.request("tools/list", json!({})).await?;
    let tools: Vec<&Value> = list["tools"]
        .as_array()
        .context("no tools")?
        .iter()
        .collect();
    let names: Vec<&str> = tools
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .collect();
    stage.heard(
        &names
            .chunks(4)
            .map(|row| row.join("   "))
            .collect::<Vec<_>>()
            .join("\n"),
        8,
    )?;

    stage
        .scene(
            "3  A search",
            "The component builds the request; the host adds the token on the way out.",
        )
        .await?;
    let search = json!({ "jql": "project = PROJ AND statusCategory != Done ORDER BY updated DESC", "limit": 6 });
    stage.said(&format!("jira_search {search}"))?;
    let hits = session.call("jira_search", search).await?;
    stage.heard(&hits, 14)?;
    let key = first_key(&hits).context("the search found no issue of PROJ")?;

    stage
        .scene(
            "4  One issue",
            "Text comes as Markdown, whatever the site keeps it in.",
        )
        .await?;
    stage.said(&format!("jira_get_issue {key}"))?;
    let issue = session
        .call("jira_get_issue", json!({ "issue_key": key }))
        .await?;
    stage.heard(&issue, 24)?;

    stage
        .scene(
            "5  A comment",
            "Writing is allowed by the same policy, by a rule with a name.",
        )
        .await?;
    let comment = json!({ "issue_key": key, "comment": "Looked at it: **reproduced** on staging.\n\n- logs attached\n- fix tomorrow" });
    stage.said(&format!("jira_add_comment {comment}"))?;
    let added = session.call("jira_add_comment", comment).await?;
    stage.heard(&added, 6)?;

    stage
        .scene(
            "6  A delete is refused",
            "As if the component had been taken over: it asks to delete the issue.",
        )
        .await?;
    stage.said(&format!(
        "DELETE issue {key}, under the name of jira_update_issue"
    ))?;
    stage.heard(&refused_delete(app, &key).await?, 12)?;

    stage.scene("7  The record", "One line for each decision, with the rule that made it; before a write also one that it is meant.").await?;
    stage.heard(&read_audit(audit)?, 40)?;

    stage.end("\nThat was it. With your own site:\n\n    mcp-airlock login https://your-site.atlassian.net\n    mcp-airlock setup --list\n\n")?;
    Ok(())
}

/// Asks the gateway directly, as a hostile component would. It is the gateway that every call goes
/// through, not a show.
async fn refused_delete(app: &App, key: &str) -> anyhow::Result<String> {
    let site = app.first_site(Product::Jira).context("no Jira")?;
    let (name, deployment) = site;
    match app
        .attempt("jira_update_issue", delete(name, deployment, key))
        .await
    {
        (Err(Failure::Denied(_)), denials) => Ok(denials.join("\n")),
        (other, _) => anyhow::bail!(
            "the delete should have been refused, but: {:?}",
            other.map(|answer| answer.status)
        ),
    }
}

fn delete(site: SiteName, deployment: Deployment, key: &str) -> Ask {
    let version = match deployment {
        Deployment::Cloud => "3",
        Deployment::DataCenter => "2",
    };
    Ask {
        site,
        product: Product::Jira,
        deployment,
        method: Method::Delete,
        segments: ["rest", "api", version, "issue", key]
            .map(str::to_owned)
            .to_vec(),
        query: Vec::new(),
        headers: Vec::new(),
        body: Body::Empty,
        keep: Keep::Discard,
        max_body: None,
        timeout_ms: None,
        idempotent: false,
        operation: None,
    }
}

fn first_key(text: &str) -> Option<String> {
    let word = text.split(|char: char| !char.is_ascii_alphanumeric() && char != '-');
    let mut keys = word.filter(|word| {
        word.strip_prefix("PROJ-")
            .is_some_and(|number| number.parse::<u32>().is_ok())
    });
    keys.next().map(str::to_owned)
}

fn read_audit(folder: &std::path::Path) -> anyhow::Result<String> {
    let mut lines = String::new();
    for file in std::fs::read_dir(folder)? {
        for line in std::fs::read_to_string(file?.path())?.lines() {
            let record: Value = serde_json::from_str(line)?;
            // Where the file begins and ends, which decides nothing.
            if record["verdict"].is_null() {
                continue;
            }
            let shown = |field: &str| record[field].as_str().unwrap_or("-").to_owned();
            lines += &format!(
                "{:<9} {:<6} {:<7} {:<38} {:<27} {}\n",
                shown("kind"),
                shown("verdict"),
                shown("method"),
                shown("template"),
                shown("rule"),
                record["status"],
            );
        }
    }
    Ok(lines)
}
