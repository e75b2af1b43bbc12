//! A running program that listens, and a client that sends it any bytes at all. What a browser or a library would put
//! right or refuse to send goes out as the test wrote it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::MODERN;

/// No answer of these tests takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, listening on loopback or at a socket; killed when dropped.
pub struct Server {
    child: Child,
    endpoint: String,
    stderr: Arc<Mutex<String>>,
}

/// An HTTP answer, body and all.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The server ended the connection after it.
    pub closed: bool,
}

/// One connection that is kept.
pub struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Server {
    /// Starts `command`, which listens on a port of its own choice.
    ///
    /// # Errors
    /// What it said before it ended, where it did not start to listen.
    pub fn start(mut command: Command) -> Result<Server, (ExitStatus, String)> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let stderr = Arc::new(Mutex::new(String::new()));
        let mut lines = BufReader::new(child.stderr.take().expect("stderr is a pipe")).lines();
        while let Some(Ok(line)) = lines.next() {
            add(&stderr, &line);
            if let Some((_, rest)) = line.split_once("listening on ") {
                // In a log of JSON objects the text ends there.
                let endpoint = rest.split('"').next().unwrap_or(rest).to_owned();
                let copy = Arc::clone(&stderr);
                std::thread::spawn(move || {
                    lines
                        .map_while(Result::ok)
                        .for_each(|line| add(&copy, &line))
                });
                return Ok(Server {
                    child,
                    endpoint,
                    stderr,
                });
            }
        }
        let status = child.wait().expect("it was started");
        let said = stderr
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        Err((status, said))
    }

    /// As it said at its start.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub fn address(&self) -> SocketAddr {
        self.endpoint
            .split('/')
            .nth(2)
            .and_then(|address| address.parse().ok())
            .unwrap_or_else(|| panic!("{} is no address", self.endpoint))
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    pub fn stderr(&self) -> String {
        self.stderr
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn connect(&self) -> Connection {
        connect(self.address()).expect("it listens")
    }

    /// One request on a connection of its own.
    pub fn send(&self, request: &[u8]) -> Answer {
        let mut connection = self.connect();
        connection.send(request);
        connection.answer().expect("an answer comes")
    }

    /// A message with the lines that every client sends, and `key` where there is one.
    pub fn post(&self, key: Option<&str>, lines: &[(&str, &str)], message: &Value) -> Answer {
        self.send(&request(self.address(), key, lines, &message.to_string()))
    }

    /// A request of the modern era with all its lines; the result or the error object.
    ///
    /// # Errors
    /// The status and the body of an answer that is not 200, or the JSON-RPC error.
    pub fn ask(
        &self,
        key: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<Value, (u16, String)> {
        let message = modern(method, params);
        let answer = self.post(key, &modern_lines(&message), &message);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match value.get("result") {
            Some(result) if answer.status == 200 => Ok(result.clone()),
            _ => Err((answer.status, text)),
        }
    }

    /// Asks it to end, as a service manager does.
    pub fn terminate(&self) {
        let status = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(status.is_ok_and(|status| status.success()));
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// Where it is still running by then.
    pub fn wait(mut self, within: Duration) -> Result<ExitStatus, String> {
        let until = Instant::now() + within;
        while Instant::now() < until {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(format!("still running after {within:?}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn add(text: &Mutex<String>, line: &str) {
    let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
    text.push_str(line);
    text.push('\n');
}

/// A connection that waits no longer than a test may.
///
/// # Errors
/// When nobody listens.
pub fn connect(address: SocketAddr) -> std::io::Result<Connection> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(Connection {
        stream,
        unread: Vec::new(),
    })
}

impl Connection {
    /// Whether all was sent. A server that has heard enough may close, and its answer is there to be read.
    pub fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// The next answer; `None` where the connection ended before one.
    pub fn answer(&mut self) -> Option<Answer> {
        let end = loop {
            if let Some(end) = find(&self.unread, b"\r\n\r\n") {
                break end + 4;
            }
            if !self.fill() {
                return None;
            }
        };
        let head: Vec<u8> = self.unread.drain(..end).collect();
        let text = String::from_utf8_lossy(&head).into_owned();
        let mut lines = text.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut answer = Answer {
            status,
            headers,
            body: Vec::new(),
            closed: false,
        };
        match answer
            .header("content-length")
            .and_then(|length| length.parse().ok())
        {
            Some(length) => {
                while self.unread.len() < length && self.fill() {}
                answer.body = self.unread.drain(..length.min(self.unread.len())).collect();
            }
            None if answer.header("transfer-encoding") == Some("chunked") => {
                while find(&self.unread, b"\r\n0\r\n\r\n").is_none() && self.fill() {}
                answer.body = std::mem::take(&mut self.unread);
            }
            None => {}
        }
        answer.closed = answer.header("connection") == Some("close");
        Some(answer)
    }

    /// Whether the server ends the connection in time.
    pub fn is_closed_within(&mut self, time: Duration) -> bool {
        let _ = self.stream.set_read_timeout(Some(time));
        let mut rest = [0; 64];
        loop {
            match self.stream.read(&mut rest) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() == std::io::ErrorKind::ConnectionReset,
            }
        }
    }

    fn fill(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(read @ 1..) => {
                self.unread.extend_from_slice(&buffer[..read]);
                true
            }
            _ => false,
        }
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A JSON body; null for another one.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// A POST of `body`, with the lines of the case in the place of the usual ones.
pub fn request(
    address: SocketAddr,
    key: Option<&str>,
    lines: &[(&str, &str)],
    body: &str,
) -> Vec<u8> {
    let mut usual = vec![
        ("host", address.to_string()),
        ("content-type", "application/json".to_owned()),
        ("accept", "application/json, text/event-stream".to_owned()),
    ];
    if let Some(key) = key {
        usual.push(("authorization", format!("Bearer {key}")));
    }
    usual.push(("content-length", body.len().to_string()));
    let mut text = "POST /mcp HTTP/1.1\r\n".to_owned();
    for (name, value) in &usual {
        if lines
            .iter()
            .all(|(given, _)| !given.eq_ignore_ascii_case(name))
        {
            text += &format!("{name}: {value}\r\n");
        }
    }
    for (name, value) in lines {
        text += &format!("{name}: {value}\r\n");
    }
    [text.as_bytes(), b"\r\n", body.as_bytes()].concat()
}

/// A message of the modern era, with the metadata that it needs.
pub fn modern(method: &str, mut params: Value) -> Value {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "it", "version": "0"},
    });
    if let Some(given) = params.get_mut("_meta").and_then(Value::as_object_mut) {
        for (key, value) in meta.as_object().into_iter().flatten() {
            given.entry(key).or_insert_with(|| value.clone());
        }
    } else {
        params["_meta"] = meta;
    }
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

/// The header lines that repeat what a modern message says.
pub fn modern_lines(message: &Value) -> Vec<(&str, &str)> {
    let mut lines = vec![("mcp-protocol-version", MODERN)];
    lines.extend(
        message["method"]
            .as_str()
            .map(|method| ("mcp-method", method)),
    );
    lines.extend(
        message["params"]["name"]
            .as_str()
            .map(|name| ("mcp-name", name)),
    );
    lines
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes
        .windows(needle.len())
        .position(|window| window == needle)
}
