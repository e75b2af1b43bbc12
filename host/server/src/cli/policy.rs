//! `mcp-airlock policy`: asks the policy file. Offline, and no secret is read: only the file, or the
//! built-in profile where there is none.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use policy::{Findings, Manifest, Policy, Question};

use crate::component;
use crate::config::environment::Environment;

#[derive(Subcommand)]
pub(super) enum Verb {
    /// May this request be made, by which rule, and if not, what would allow it
    Explain(Explain),
    /// Is the policy file sound
    Check(Check),
}

#[derive(Args)]
struct File {
    /// Policy file [default: policy.toml in the configuration folder]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Folder with policy.toml [default: ~/.config/mcp-airlock]
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Explain {
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
    /// The tool that asks; alone: everything the tool may do
    #[arg(long, required_unless_present = "address")]
    tool: Option<String>,
    #[arg(long, value_enum, default_value = "human")]
    format: ExplainFormat,
    #[command(flatten)]
    file: File,
}

#[derive(Clone, Copy, ValueEnum)]
enum ExplainFormat {
    Human,
    Json,
}

#[derive(Args)]
pub(super) struct Check {
    #[arg(long, value_enum, default_value = "human")]
    format: CheckFormat,
    #[command(flatten)]
    file: File,
}

#[derive(Clone, Copy, ValueEnum)]
enum CheckFormat {
    Human,
    Json,
    Sarif,
}

pub(super) fn run(verb: &Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Explain(explain) => explain.run(),
        Verb::Check(check) => check.run(),
    }
}

impl Explain {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let (path, text) = self.file.read()?;
        let policy = match policy::parse(&text, &path) {
            Ok(policy) => policy,
            Err(diagnostics) => {
                bail!("the policy file has mistakes, so nothing is allowed\n{diagnostics}")
            }
        };
        let explanation = policy::explain(&policy, &manifest()?, &self.question()?);
        let shown = match self.format {
            ExplainFormat::Human => explanation.human(),
            ExplainFormat::Json => explanation.json(),
        };
        print(&shown)?;
        Ok(ExitCode::from(explanation.exit_code()))
    }

    fn question(&self) -> anyhow::Result<Question> {
        let method = self.method.clone().unwrap_or_else(|| "GET".into());
        let tool = self.tool.clone();
        Ok(match (&self.url, &self.path, &self.site, tool) {
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
        })
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err("write it as NAME=VALUE".into()),
    }
}

impl Check {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let (path, text) = self.file.read()?;
        let findings = match Policy::parse(&text, &path) {
            Ok(policy) => policy::check(&policy, Some(&manifest()?)),
            Err(diagnostics) => Findings::of_errors(&diagnostics),
        };
        print(&match self.format {
            CheckFormat::Human => findings.human(),
            CheckFormat::Json => findings.json(),
            CheckFormat::Sarif => findings.sarif(),
        })?;
        Ok(ExitCode::from(findings.exit_code()))
    }
}

impl File {
    fn read(&self) -> anyhow::Result<(String, String)> {
        let default = || {
            let folder = self
                .config_dir
                .clone()
                .or_else(|| Environment::of_process().config_dir());
            folder.map(|folder| folder.join("policy.toml"))
        };
        let path = self
            .policy
            .clone()
            .or_else(default)
            .context("no home directory; name the file with --policy")?;
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("the policy file {shown} cannot be read; name another with --policy")
        })?;
        Ok((shown, text))
    }
}

fn manifest() -> anyhow::Result<Manifest> {
    let digest = format!("sha256:{}", component::SHA256);
    Ok(Manifest::from_json(component::MANIFEST.as_bytes(), digest)?)
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{}", text.trim_end())?)
}
