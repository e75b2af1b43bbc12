//! The command line: what can be said, and which command does it. Everything for people goes to
//! standard error, except what a command was asked to print; in `serve` standard output is the
//! protocol's alone.

mod ask;
mod audit;
mod call;
mod config;
mod connect;
mod demo;
mod demo_site;
mod doctor;
mod key;
mod login;
mod logout;
mod policy;
mod serve;
mod setup;
mod start;
mod status;
mod tools;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Jira and Confluence for AI agents: sandboxed tools, tokens that stay outside, a policy file that decides.
#[derive(Parser)]
#[command(name = "mcp-airlock", version, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

// What a command takes is put together when it is the one that is asked for: a server starts sooner so.
#[derive(Subcommand)]
#[command(defer = true)]
enum Command {
    /// Run the MCP server, on standard input and output or over HTTP
    Serve(serve::Arguments),
    /// Take a guided tour on a built-in Jira and Confluence; nothing to set up
    Demo(demo::Arguments),
    /// Run the built-in Jira and Confluence alone
    DemoSite(demo_site::Arguments),
    /// Log in to a Jira or Confluence site, once for all agents of this machine
    Login(login::Arguments),
    /// Forget a login
    Logout(logout::Arguments),
    /// Make your agents start this program; no secret is written
    Setup(setup::Arguments),
    /// Show who you are on each site and where the credential is kept
    Status(status::Arguments),
    /// Look for what is wrong, and say which command mends it
    Doctor(doctor::Arguments),
    /// List the tools that are offered under this configuration
    Tools(tools::Arguments),
    /// Make one tool call, on the same path as an MCP client's
    Call(call::Arguments),
    /// Look at the configuration without serving it
    Config {
        #[command(subcommand)]
        verb: config::Verb,
    },
    /// Be a server on standard input and output for a client that cannot send a key to one over HTTP
    Connect(connect::Arguments),
    /// Make and take away the keys of clients that come over HTTP
    Key {
        #[command(subcommand)]
        verb: key::Verb,
    },
    /// Read the record of what was done, and prove it whole
    Audit {
        #[command(subcommand)]
        verb: audit::Verb,
    },
    /// Ask the policy file
    Policy {
        #[command(subcommand)]
        verb: policy::Verb,
    },
}

impl Command {
    /// Only a server runs where a collector reads what it says.
    fn log_format(&self) -> crate::log::Format {
        match self {
            Self::Serve(arguments) => arguments.log_format(),
            _ => crate::log::Format::Text,
        }
    }
}

// Where the configuration is and how this run narrows it. Nothing here can widen it. (What is said in a doc comment here
// would become the first line of the help of each command.)
#[derive(Args, Clone, Default)]
struct Selection {
    /// Folder with policy.toml and credentials.toml [default: ~/.config/mcp-airlock]
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
    /// Policy file to use instead of the folder's policy.toml
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Offer reading tools only
    #[arg(long)]
    read_only: bool,
    /// Offer these groups of tools only
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    toolsets: Option<Vec<String>>,
    /// Offer these tools only
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    tools: Option<Vec<String>>,
    /// Leave these tools out
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    exclude_tools: Vec<String>,
    /// Use the built-in site instead of a configured one
    #[arg(long, value_name = "DEPLOYMENT", num_args = 0..=1, require_equals = true, default_missing_value = "cloud")]
    demo: Option<DemoDeployment>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DemoDeployment {
    Cloud,
    DataCenter,
}

/// Runs the command line of this process.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command_line = match CommandLine::try_parse_from(arguments) {
        Ok(command_line) => command_line,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // Nobody is left to be told when the terminal is gone.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    crate::log::start(command_line.command.log_format());
    #[cfg(feature = "mutants")]
    become_a_mutant();
    let ended = match command_line.command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::DemoSite(arguments) => demo_site::run(&arguments),
        Command::Login(arguments) => login::run(&arguments),
        Command::Logout(arguments) => logout::run(&arguments),
        Command::Setup(arguments) => setup::run(&arguments),
        Command::Status(arguments) => status::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Tools(arguments) => tools::run(&arguments),
        Command::Call(arguments) => call::run(&arguments),
        Command::Config { verb } => config::run(&verb),
        Command::Connect(arguments) => connect::run(&arguments),
        Command::Key { verb } => key::run(&verb),
        Command::Audit { verb } => audit::run(&verb),
        Command::Policy { verb } => policy::run(&verb),
    };
    ended.unwrap_or_else(|error| {
        crate::log::complain(&error);
        ExitCode::from(2)
    })
}

/// For tests of the tests: a program that is known to be bad, in the way that a variable names.
#[cfg(feature = "mutants")]
#[expect(
    clippy::disallowed_methods,
    reason = "no part of the configuration, and in no shipped build"
)]
fn become_a_mutant() {
    use gateway::mutant::Mutant;
    let name = std::env::var("AIRLOCK_MUTANT").unwrap_or_default();
    let known = [Mutant::OriginOff, Mutant::SessionByIdOnly];
    let named = known
        .into_iter()
        .find(|mutant| format!("{mutant:?}") == name);
    gateway::mutant::set(named);
}

/// One thread: a stdio server waits for one client and one site at a time, and starts faster so.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::CommandLine;

    /// What a command takes is added to it late, and must not speak in its place.
    #[test]
    fn each_command_says_in_its_help_what_it_says_in_the_list() {
        let listed = CommandLine::command();
        let mut built = CommandLine::command();
        built.build();
        for command in listed.get_subcommands() {
            let name = command.get_name();
            let found = built.find_subcommand(name).expect("it is in both");
            assert_eq!(
                found.get_about().map(ToString::to_string),
                command.get_about().map(ToString::to_string),
                "{name}"
            );
        }
    }
}
