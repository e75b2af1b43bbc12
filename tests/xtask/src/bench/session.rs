//! An MCP client over standard input and output that does as little as possible besides waiting
//! for the answer.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, bail};
use serde_json::{Value, json};

pub(super) struct Session {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    last: u64,
}

impl Session {
    /// With these variables, this home and the search path, and nothing else of the environment.
    pub(super) fn start(
        command: &[String],
        variables: &[(&str, String)],
        home: &Path,
    ) -> anyhow::Result<Self> {
        let (program, arguments) = command.split_first().context("no command")?;
        let mut process = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            input: process.stdin.take().context("no input")?,
            output: BufReader::new(process.stdout.take().context("no output")?),
            process,
            last: 0,
        })
    }

    pub(super) fn initialize(&mut self) -> anyhow::Result<()> {
        self.request(
            "initialize",
            json!({
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": { "name": "bench", "version": "1" },
            }),
        )?;
        Ok(())
    }

    pub(super) fn initialized(&mut self) -> anyhow::Result<()> {
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
    }

    pub(super) fn read_issue(&mut self) -> anyhow::Result<()> {
        let call = json!({ "name": "jira_get_issue", "arguments": { "issue_key": "PROJ-4" } });
        let answer = self.request("tools/call", call)?;
        // A fast failure must not count as a fast answer.
        if answer.contains("\"error\":")
            || answer.contains("\"isError\":true")
            || !answer.contains("PROJ-4")
        {
            bail!("not the issue: {answer}");
        }
        Ok(())
    }

    /// The answer as it came: reading it would be a cost of the client.
    pub(super) fn request(&mut self, method: &str, params: Value) -> anyhow::Result<String> {
        self.last += 1;
        self.send(&json!({
            "jsonrpc": "2.0",
            "id": self.last,
            "method": method,
            "params": params,
        }))?;
        let id = format!("\"id\":{}", self.last);
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line)? == 0 {
                bail!("the program ended");
            }
            // Notifications may come in between.
            if line.replace("\"id\": ", "\"id\":").contains(&id) {
                return Ok(line);
            }
        }
    }

    fn send(&mut self, message: &Value) -> anyhow::Result<()> {
        let line = format!("{message}\n");
        self.input.write_all(line.as_bytes())?;
        Ok(())
    }

    /// Where the system says it.
    pub(super) fn resident_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
