//! `cargo xtask bench`: how fast the program starts, how much it takes and how long a call lasts, side
//! by side with other servers. Programs take turns, so that a slow moment of the machine hits all
//! of them. It prints a table and judges nothing.

mod counter;
mod session;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;

use self::counter::Counter;
use self::session::Session;
use crate::{cargo, say};

const STARTS: usize = 21;
const ROUNDS: usize = 40;
const CALLS_A_ROUND: usize = 10;
const WARM_UP: usize = 20;
const COUNTED_CALLS: u64 = 20;

/// A server to be measured.
struct Program {
    name: String,
    command: Vec<String>,
}

#[derive(Default)]
struct Figures {
    initialize: Vec<Duration>,
    tools_list: Vec<Duration>,
    resident_kib: Vec<u64>,
    call: Vec<Duration>,
    requests: f64,
    connections: u64,
}

/// `arguments` are `--peer NAME=COMMAND`, any number of times. A peer is started with the usual
/// variables of the demo site and must have the tool `jira_get_issue`.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let mut programs = vec![ours()?];
    programs.extend(peers(arguments)?);
    let site = DemoSite::start(&programs[0].command[0])?;
    let mut figures: Vec<Figures> = programs.iter().map(|_| Figures::default()).collect();
    let folder = Scratch::new()?;
    for _ in 0..STARTS {
        for (program, figures) in programs.iter().zip(&mut figures) {
            starts(program, &site, &folder, figures)
                .with_context(|| format!("{} did not start", program.name))?;
        }
    }
    calls(&programs, &site, &folder, &mut figures)?;
    for (program, figures) in programs.iter().zip(&mut figures) {
        counted(program, &site, &folder, figures)
            .with_context(|| format!("{} did not answer", program.name))?;
    }
    show(&programs, &figures)?;
    say("\nThe sandbox: the same tool natively and through the component, the site 1 ms away\n")?;
    tax()
}

fn ours() -> anyhow::Result<Program> {
    let built = cargo()
        .args(["build", "--release", "--package", "server"])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()?;
    if !built.status.success() {
        bail!("the program did not build");
    }
    let text = String::from_utf8(built.stdout)?;
    let binary = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(str::to_owned))
        .next_back()
        .context("cargo did not say where the program is")?;
    Ok(Program {
        name: "mcp-airlock".to_owned(),
        command: vec![binary, "serve".to_owned()],
    })
}

fn peers(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Vec<Program>> {
    let mut peers = Vec::new();
    while let Some(argument) = arguments.next() {
        let given = match argument.strip_prefix("--peer") {
            Some("") => arguments.next().context("--peer needs NAME=COMMAND")?,
            Some(rest) => rest.trim_start_matches('=').to_owned(),
            None => bail!("`{argument}` is unknown; there is --peer NAME=COMMAND"),
        };
        let (name, command) = given
            .split_once('=')
            .context("a peer is given as NAME=COMMAND")?;
        let command: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        if command.is_empty() {
            bail!("the peer {name} has no command");
        }
        peers.push(Program {
            name: name.to_owned(),
            command,
        });
    }
    Ok(peers)
}

fn tax() -> anyhow::Result<()> {
    let status = cargo()
        .args(["run", "--quiet", "--release", "--package", "tests"])
        .args(["--example", "tax"])
        .status()?;
    match status.success() {
        true => Ok(()),
        false => bail!("the comparison with native code failed"),
    }
}

fn starts(
    program: &Program,
    site: &DemoSite,
    folder: &Scratch,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut session = Session::start(&program.command, &site.variables(&site.jira), &folder.0)?;
    session.initialize()?;
    figures.initialize.push(start.elapsed());
    session.initialized()?;
    session.request("tools/list", serde_json::json!({}))?;
    figures.tools_list.push(start.elapsed());
    figures.resident_kib.extend(session.resident_kib());
    Ok(())
}

fn calls(
    programs: &[Program],
    site: &DemoSite,
    folder: &Scratch,
    figures: &mut [Figures],
) -> anyhow::Result<()> {
    let mut sessions = Vec::new();
    for program in programs {
        let mut session = Session::start(&program.command, &site.variables(&site.jira), &folder.0)?;
        session.initialize()?;
        session.initialized()?;
        for _ in 0..WARM_UP {
            session
                .read_issue()
                .with_context(|| format!("{} did not answer", program.name))?;
        }
        sessions.push(session);
    }
    for _ in 0..ROUNDS {
        for (session, figures) in sessions.iter_mut().zip(&mut *figures) {
            for _ in 0..CALLS_A_ROUND {
                let start = Instant::now();
                session.read_issue()?;
                figures.call.push(start.elapsed());
            }
        }
    }
    Ok(())
}

/// Apart from the timed calls, since counting costs time.
fn counted(
    program: &Program,
    site: &DemoSite,
    folder: &Scratch,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let counter = Counter::before(&site.jira)?;
    let mut session = Session::start(
        &program.command,
        &site.variables(&counter.address),
        &folder.0,
    )?;
    session.initialize()?;
    session.initialized()?;
    session.read_issue()?;
    // The first call may ask what kind of site it is; that is no cost of a call.
    let before = counter.requests();
    for _ in 0..COUNTED_CALLS {
        session.read_issue()?;
    }
    figures.requests = (counter.requests() - before) as f64 / COUNTED_CALLS as f64;
    figures.connections = counter.connections();
    Ok(())
}

fn show(programs: &[Program], figures: &[Figures]) -> anyhow::Result<()> {
    let milliseconds = |times: &[Duration]| median(times).map(|time| time.as_secs_f64() * 1e3);
    type Row<'a> = (&'static str, &'a dyn Fn(&Figures) -> Option<f64>, usize);
    let rows: [Row<'_>; 6] = [
        (
            "start to initialize, ms",
            &|each| milliseconds(&each.initialize),
            2,
        ),
        (
            "start to tools/list, ms",
            &|each| milliseconds(&each.tools_list),
            2,
        ),
        (
            "memory after tools/list, MiB",
            &|each| median(&each.resident_kib).map(|kib| kib as f64 / 1024.0),
            1,
        ),
        ("jira_get_issue, ms", &|each| milliseconds(&each.call), 3),
        ("requests a call", &|each| Some(each.requests), 2),
        (
            "connections for all calls",
            &|each| Some(each.connections as f64),
            0,
        ),
    ];
    let mut table = format!("{:<30}", "median");
    for program in programs {
        table += &format!("{:>16}", program.name);
    }
    table += &"       ratio".repeat(programs.len() - 1);
    for (name, figure, digits) in rows {
        table += &format!("\n{name:<30}");
        let values: Vec<Option<f64>> = figures.iter().map(figure).collect();
        for value in &values {
            table += &match value {
                Some(value) => format!("{value:>16.digits$}"),
                None => format!("{:>16}", "?"),
            };
        }
        for other in &values[1..] {
            table += &match (values[0], other) {
                (Some(own), Some(other)) if *other > 0.0 => format!("{:>12.2}", own / other),
                _ => format!("{:>12}", "?"),
            };
        }
    }
    say(&table)
}

fn median<T: Copy + Ord>(values: &[T]) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// A home for the programs to write into, gone at the end.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("airlock-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind is an empty home in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The built-in site in a process of its own.
struct DemoSite {
    process: Child,
    jira: String,
    token: String,
}

impl DemoSite {
    fn start(program: &str) -> anyhow::Result<Self> {
        let mut process = Command::new(program)
            .args(["demo-site", "--deployment", "data-center"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // A line for each request.
            .stderr(Stdio::null())
            .spawn()?;
        let output = process.stdout.take().context("no output")?;
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line)?;
        let ready: Value = serde_json::from_str(&line).context("the demo site did not start")?;
        let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            jira: text("jira"),
            token: text("token"),
            process,
        })
    }

    fn variables(&self, jira: &str) -> [(&'static str, String); 2] {
        [
            ("JIRA_URL", jira.to_owned()),
            ("JIRA_PERSONAL_TOKEN", self.token.clone()),
        ]
    }
}

impl Drop for DemoSite {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
