//! A small MCP client for the tour: speaks to the real server over an in-memory pipe, line by line,
//! as a client would over standard input. It keeps no secret and prints nothing.

use std::sync::Arc;

use anyhow::{Context, bail};
use mcp::Handler;
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};

use crate::app::Server;
use crate::transport::stdio;

/// The newest revision, in which every request stands alone.
const PROTOCOL: &str = "2026-07-28";
const PIPE_BYTES: usize = 64 * 1024;

pub(super) struct Session {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    writer: WriteHalf<DuplexStream>,
    last_id: u64,
}

impl Session {
    pub(super) fn start(server: Arc<Server>) -> Self {
        let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
        let (reader, writer) = tokio::io::split(theirs);
        tokio::spawn(stdio::serve_on(Handler::new(server), reader, writer));
        let (reader, writer) = tokio::io::split(ours);
        Self {
            lines: BufReader::new(reader).lines(),
            writer,
            last_id: 0,
        }
    }

    pub(super) async fn request(
        &mut self,
        method: &str,
        mut params: Value,
    ) -> anyhow::Result<Value> {
        self.last_id += 1;
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": PROTOCOL,
            "io.modelcontextprotocol/clientInfo": { "name": "tour", "version": env!("CARGO_PKG_VERSION") },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let message =
            json!({ "jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params });
        self.writer
            .write_all(format!("{message}\n").as_bytes())
            .await?;
        loop {
            let line = self
                .lines
                .next_line()
                .await?
                .context("the server closed the session")?;
            let mut answer: Value = serde_json::from_str(&line)?;
            if answer["id"] != self.last_id {
                continue;
            }
            if !answer["error"].is_null() {
                bail!("{method}: {}", answer["error"]["message"]);
            }
            return Ok(answer["result"].take());
        }
    }

    /// The text that a model would read.
    pub(super) async fn call(&mut self, tool: &str, arguments: Value) -> anyhow::Result<String> {
        let result = self
            .request(
                "tools/call",
                json!({ "name": tool, "arguments": arguments }),
            )
            .await?;
        let blocks = result["content"]
            .as_array()
            .context("an answer without content")?;
        let text: Vec<&str> = blocks
            .iter()
            .filter_map(|block| block["text"].as_str())
            .collect();
        let text = text.join("\n");
        if result["isError"] == json!(true) {
            bail!("{tool}: {text}");
        }
        Ok(text)
    }
}
