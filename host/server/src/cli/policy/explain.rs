//! `policy explain`: reads the question from the command line; the answer is the decision's own.

use std::path::Path;

use anyhow::{Context, bail};
use clap::Args;
use policy::{Principal, Question};

use super::file::PolicyFile;
use super::{Format, log, manifest, print, references, today};

#[derive(Args)]
pub(in crate::cli) struct Explain {
    /// Explain this method; with --url, or with --site and --path
    #[arg(long, requires = "address")]
    method: Option<String>,
    #[arg(long, group = "address")]
    url: Option<String>,
    #[arg(long, group = "address", requires = "site")]
    path: Option<String>,
    #[arg(long, requires = "path")]
    site: Option<String>,
    /// A query parameter beside --path, not encoded
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, requires = "path")]
    query: Vec<(String, String)>,
    /// Explain the request of this audit line under the policy of today: audit.jsonl:12
    #[arg(long, group = "address", value_name = "LOG:LINE", conflicts_with_all = ["method", "tool"])]
    record: Option<String>,
    /// The tool that asks; alone: everything the tool may do
    #[arg(long, required_unless_present = "address")]
    tool: Option<String>,
    /// Whoever calls under this name; left out: anybody, and then who
    #[arg(long, value_name = "NAME", value_parser = Principal::parse, conflicts_with = "record")]
    principal: Option<Principal>,
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    file: PolicyFile,
}

impl Explain {
    pub(super) fn run(&self) -> anyhow::Result<u8> {
        let policy = self.file.parse()?;
        let (question, principal) = self.question()?;
        let mut explanation = policy::explain(
            &policy.as_of(today()),
            &manifest()?,
            &question,
            principal.as_ref(),
        );
        let folder = self.file.folder();
        if let Some(references) = references::of_folder(folder.as_deref(), principal.as_ref()) {
            explanation.name_credential(&references);
        }
        print(&match self.format {
            Format::Human => explanation.human(),
            Format::Json => explanation.json(),
        })?;
        Ok(explanation.exit_code())
    }

    fn question(&self) -> anyhow::Result<(Question, Option<Principal>)> {
        if let Some(record) = &self.record {
            return recorded(record);
        }
        let method = self.method.clone().unwrap_or_else(|| "GET".into());
        let tool = self.tool.clone();
        let question = match (&self.url, &self.path, &self.site, tool) {
            (Some(url), _, _, tool) => Question::Url {
                method,
                url: url.clone(),
                tool,
            },
            (_, Some(path), Some(site), tool) => Question::Path {
                method,
                site: site.clone(),
                product: None,
                path: path.clone(),
                query: self.query.clone(),
                tool,
            },
            (_, _, _, Some(tool)) => Question::Tool(tool),
            _ => bail!(
                "say what to explain: --tool, or --method with --url, or with --site and --path"
            ),
        };
        Ok((question, self.principal.clone()))
    }
}

/// The request of a record, and whose it was.
fn recorded(place: &str) -> anyhow::Result<(Question, Option<Principal>)> {
    let (file, line) = place
        .rsplit_once(':')
        .filter(|(_, line)| line.bytes().all(|b| b.is_ascii_digit()))
        .context("write the record as FILE:LINE")?;
    let log = log::read(Path::new(file))?;
    let named = format!("{file}:{line}");
    let record = log
        .records
        .iter()
        .find(|record| record.place == named)
        .with_context(|| format!("{named} is no decision of the policy"))?;
    let question = record
        .question()
        .with_context(|| format!("{named} does not hold the whole path any more"))?;
    Ok((question, Some(record.principal.clone())))
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err("write it as NAME=VALUE".into()),
    }
}
