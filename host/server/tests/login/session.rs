//! A server that a client has started, spoken to line by line.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use serde_json::{Value, json};

use crate::clean::assert_clean;

pub(crate) struct Session {
    server: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    errors: JoinHandle<Vec<u8>>,
}

impl Session {
    /// Up to the end of the handshake.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut server = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut errors = server.stderr.take().unwrap();
        let mut session = Self {
            input: server.stdin.take().unwrap(),
            output: BufReader::new(server.stdout.take().unwrap()),
            // A full pipe would stop the server.
            errors: std::thread::spawn(move || {
                let mut text = Vec::new();
                errors.read_to_end(&mut text).unwrap();
                text
            }),
            server,
        };
        session.ask(
            "initialize",
            json!({
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "0"},
            }),
        );
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        writeln!(session.input, "{ready}").unwrap();
        session
    }

    /// The result of one request.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        writeln!(self.input, "{message}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert_clean(line.as_bytes());
        let mut answer: Value = serde_json::from_str(&line).unwrap();
        answer["result"].take()
    }

    /// Whether one issue could be read.
    pub(crate) fn reads_an_issue(&mut self) -> bool {
        let arguments = json!({"issue_key": "PROJ-1"});
        let result = self.ask(
            "tools/call",
            json!({"name": "jira_get_issue", "arguments": arguments}),
        );
        let is_error = result["isError"] == json!(true);
        let says_it = result.to_string().contains("# PROJ-1");
        assert_ne!(is_error, says_it, "{result}");
        says_it
    }

    pub(crate) fn end(mut self) {
        drop(self.input);
        self.server.wait().unwrap();
        assert_clean(&self.errors.join().unwrap());
    }
}
