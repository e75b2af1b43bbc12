//! A blocking MCP client over stdio that speaks both eras of the protocol.
//!
//! It keeps every byte that the program wrote on stdout and stderr, so that a test can look for
//! secrets in them, and every wait has an end. It judges nothing that the program answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The newest revision: no `initialize`, every request carries its own metadata.
pub const MODERN: &str = "2026-07-28";

/// The newest revision with `initialize`.
pub const LEGACY: &str = "2025-11-25";

/// How the client presents itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// `initialize` with this protocol version, then `notifications/initialized`.
    Legacy(&'static str),
    /// `_meta` on each request, nothing before the first.
    Modern,
}

/// A running program with its three pipes.
pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stdout: Arc<Mutex<Vec<u8>>>,
    stderr: Arc<Mutex<Vec<u8>>>,
    era: Era,
    next_id: u64,
    /// What the client says that it can do.
    pub capabilities: Value,
    /// What the user says to the questions of the older era: `accept`, `decline`, `cancel`.
    pub says: Option<&'static str>,
    /// The questions that the program has put.
    pub asked: Vec<Value>,
    /// Longest wait for one answer.
    pub patience: Duration,
    /// Notifications that came while an answer was awaited.
    pub notifications: Vec<Value>,
}

/// What `tools/call` came back with.
#[derive(Clone, Debug)]
pub struct ToolAnswer {
    /// All text blocks, joined by newlines.
    pub text: String,
    pub is_error: bool,
    /// The whole result object.
    pub result: Value,
}

/// What a program left behind when it ended.
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Client {
    /// Starts `command` with piped stdio and, in the legacy era, shakes hands.
    pub fn start(mut command: Command, era: Era) -> Client {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let stdin = child.stdin.take();
        let (stdout, stderr) = (Arc::default(), Arc::default());
        let (sender, lines) = channel();
        let pipe = child.stdout.take().expect("stdout was asked to be a pipe");
        let copy: Arc<Mutex<Vec<u8>>> = Arc::clone(&stdout);
        std::thread::spawn(move || {
            let mut reader = BufReader::new(pipe);
            let mut line = Vec::new();
            while matches!(reader.read_until(b'\n', &mut line), Ok(read) if read > 0) {
                lock(&copy).extend_from_slice(&line);
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                if sender.send(text).is_err() {
                    break;
                }
                line.clear();
            }
        });
        let mut pipe = child.stderr.take().expect("stderr was asked to be a pipe");
        let copy: Arc<Mutex<Vec<u8>>> = Arc::clone(&stderr);
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = pipe.read(&mut buffer) {
                lock(&copy).extend_from_slice(&buffer[..read]);
            }
        });
        let mut client = Client {
            child,
            stdin,
            lines,
            stdout,
            stderr,
            era,
            next_id: 1,
            capabilities: json!({}),
            says: None,
            asked: Vec::new(),
            patience: Duration::from_secs(60),
            notifications: Vec::new(),
        };
        if let Era::Legacy(version) = era {
            client.initialize(version);
        }
        client
    }

    /// Starts `command` and sends nothing, for tests of what happens before the handshake.
    pub fn start_silent(command: Command) -> Client {
        Client::start(command, Era::Modern)
    }

    /// The legacy handshake; its result.
    pub fn initialize(&mut self, version: &str) -> Value {
        self.era = Era::Legacy(LEGACY);
        let result = self
            .request(
                "initialize",
                json!({
                    "protocolVersion": version,
                    "capabilities": self.capabilities,
                    "clientInfo": {"name": "it", "version": "0"},
                }),
            )
            .unwrap_or_else(|error| panic!("initialize failed: {error}\n{}", self.stderr_text()));
        self.send_line(
            &json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string(),
        );
        result
    }

    /// Sends a request and waits for its answer: the result, or the error object.
    ///
    /// # Errors
    /// The JSON-RPC error object, as sent.
    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.send_request(method, params);
        self.answer(id)
    }

    /// Sends a request and returns its id without waiting.
    pub fn send_request(&mut self, method: &str, mut params: Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        if self.era == Era::Modern
            && let Some(params) = params.as_object_mut()
        {
            let meta = params.entry("_meta").or_insert_with(|| json!({}));
            meta["io.modelcontextprotocol/protocolVersion"] = json!(MODERN);
            meta["io.modelcontextprotocol/clientCapabilities"] = self.capabilities.clone();
            meta["io.modelcontextprotocol/clientInfo"] = json!({"name": "it", "version": "0"});
        }
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.send_line(&message.to_string());
        id
    }

    /// Waits for the answer with this id; notifications on the way are kept.
    ///
    /// # Errors
    /// The JSON-RPC error object, as sent.
    pub fn answer(&mut self, id: u64) -> Result<Value, Value> {
        let deadline = Instant::now() + self.patience;
        loop {
            let line = self.next_line(deadline.saturating_duration_since(Instant::now()));
            let Some(line) = line else {
                panic!("no answer to request {id}; stderr:\n{}", self.stderr_text());
            };
            let message: Value = serde_json::from_str(&line).unwrap_or_else(|error| {
                panic!("stdout holds a line that is not JSON ({error}): {line}")
            });
            if message.get("id") == Some(&json!(id)) {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message.get("result").cloned().unwrap_or(Value::Null)),
                };
            }
            if let (Some(says), "elicitation/create") =
                (self.says, message["method"].as_str().unwrap_or_default())
            {
                let answer =
                    json!({"jsonrpc": "2.0", "id": message["id"], "result": {"action": says}});
                self.asked.push(message);
                self.send_line(&answer.to_string());
                continue;
            }
            self.notifications.push(message);
        }
    }

    /// `tools/call`; a protocol error is a test failure.
    pub fn call_tool(&mut self, name: &str, arguments: Value) -> ToolAnswer {
        match self.try_call_tool(name, arguments) {
            Ok(answer) => answer,
            Err(error) => panic!("{name}: {error}; stderr:\n{}", self.stderr_text()),
        }
    }

    /// `tools/call`.
    ///
    /// # Errors
    /// The JSON-RPC error object, as sent.
    pub fn try_call_tool(&mut self, name: &str, arguments: Value) -> Result<ToolAnswer, Value> {
        let result = self.request("tools/call", json!({"name": name, "arguments": arguments}))?;
        let blocks = result["content"].as_array().cloned().unwrap_or_default();
        let texts: Vec<&str> = blocks
            .iter()
            .filter_map(|block| block["text"].as_str())
            .collect();
        Ok(ToolAnswer {
            text: texts.join("\n"),
            is_error: result["isError"].as_bool().unwrap_or(false),
            result,
        })
    }

    /// `tools/list`, all pages.
    pub fn list_tools(&mut self) -> Vec<Value> {
        let mut tools = Vec::new();
        let mut params = json!({});
        loop {
            let page = self
                .request("tools/list", params)
                .unwrap_or_else(|error| panic!("tools/list failed: {error}"));
            tools.extend(page["tools"].as_array().cloned().unwrap_or_default());
            match page.get("nextCursor") {
                Some(cursor) => params = json!({"cursor": cursor}),
                None => return tools,
            }
        }
    }

    /// Writes one line as it is. A closed pipe is not an error here: the program may have ended,
    /// which [`Client::end`] reports.
    pub fn send_line(&mut self, line: &str) {
        self.send_bytes(line.as_bytes());
        self.send_bytes(b"\n");
    }

    /// Writes bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(bytes).and_then(|()| stdin.flush());
        }
    }

    /// The next line of stdout, if one comes in time.
    pub fn next_line(&mut self, within: Duration) -> Option<String> {
        self.lines.recv_timeout(within).ok()
    }

    /// The operating system's number of the running program.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// What stdout held so far.
    pub fn stdout(&self) -> Vec<u8> {
        lock(&self.stdout).clone()
    }

    /// What stderr held so far.
    pub fn stderr(&self) -> Vec<u8> {
        lock(&self.stderr).clone()
    }

    /// The same, for messages.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&lock(&self.stderr)).into_owned()
    }

    /// Closes stdin and waits for the program to end.
    ///
    /// # Errors
    /// When it has not ended in time; it is killed then.
    pub fn end(mut self, within: Duration) -> Result<Ended, String> {
        drop(self.stdin.take());
        let deadline = Instant::now() + within;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => {
                    // The reading threads see the end of the pipes a moment later.
                    std::thread::sleep(Duration::from_millis(20));
                    return Ok(Ended {
                        status,
                        stdout: self.stdout(),
                        stderr: self.stderr(),
                    });
                }
                Ok(None) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Ok(None) => return Err(format!("still running after {within:?}")),
                Err(error) => return Err(format!("cannot be waited for: {error}")),
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lock(bytes: &Mutex<Vec<u8>>) -> std::sync::MutexGuard<'_, Vec<u8>> {
    bytes
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
