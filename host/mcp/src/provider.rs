//! What the protocol side asks of whoever runs the tools, and what it hands over for a call.
//!
//! A provider is bound to one caller: its list of tools is already what that caller may use.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{JsonObject, ProgressSink, ToolList};

/// The tools of one caller, and the way to run one.
pub trait Provider: Send + Sync + 'static {
    /// The same in every answer that carries it.
    fn identity(&self) -> Identity;

    /// Guidance for the model, the same in both eras.
    fn instructions(&self) -> &str;

    /// What everybody has to know of the state that the host is in; said before the instructions.
    fn banner(&self) -> Option<String> {
        None
    }

    /// What this caller may use now. Not asked before the first `tools/list` or `tools/call`, so
    /// that a start costs nothing.
    fn tools(&self) -> Arc<ToolList>;

    /// Marked as changed whenever [`Provider::tools`] offers something else than before; `None` where nobody would hear of
    /// it, and then no client is promised that it will.
    fn list_changes(&self) -> Option<watch::Receiver<()>> {
        None
    }

    /// Runs one call. Only names from [`Provider::tools`] arrive here.
    ///
    /// The future is never dropped half-way, so that what was sent upstream is also recorded:
    /// it must end by itself soon after [`Call::cancelled`] fires.
    fn call(&self, call: Call) -> impl Future<Output = Outcome> + Send;
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub name: String,
    pub title: String,
    pub version: String,
}

impl Identity {
    /// This program, wherever it runs.
    pub fn own(version: &str) -> Self {
        Self {
            name: "mcp-airlock".into(),
            title: "Jira and Confluence".into(),
            version: version.into(),
        }
    }
}

/// One `tools/call`, parsed.
#[derive(Debug, Clone)]
pub struct Call {
    pub tool: String,
    pub arguments: JsonObject,
    /// The JSON-RPC id as text; unique among the running calls of one client only.
    pub request_id: String,
    /// The protocol revision of this request, as in `2026-07-28`.
    pub protocol_version: String,
    /// Absent when the client asked for no progress.
    pub progress: Option<ProgressSink>,
    /// Fires when the client takes the call back, goes away, or the server stops.
    pub cancelled: CancellationToken,
    /// The client says that it can put a question to its user.
    pub can_ask: bool,
    /// What the user said to the question that an earlier run of this call ended with.
    pub reply: Option<Reply>,
}

/// An answer to [`Outcome::Ask`]. Both halves come from the client, and are believed by nobody before they are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// As it stood in the question.
    pub state: String,
    pub said: Said,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Yes,
    No,
    /// The question was closed, ran out of time, or was not shown at all.
    Nothing,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Done {
        content: Vec<Content>,
        /// The tool failed in a way that the model can read and mend.
        is_error: bool,
    },
    /// Nothing was done: the user has to say yes first, and the call has to be made again with what they said.
    Ask {
        message: String,
        /// Means nothing to the client, which hands it back as it is.
        state: String,
    },
    /// No such tool for this caller.
    UnknownTool { nearest: Vec<String> },
    /// The model can mend it: it reads this text as the result of the call.
    InvalidArguments(String),
    /// Nobody at the other end can mend it; the text must be fit for them all the same.
    Internal(String),
}

impl Outcome {
    /// Adds what was refused on the way, which the tool itself does not know.
    #[must_use]
    pub fn with_refusals(mut self, refusals: impl IntoIterator<Item = String>) -> Self {
        if let Self::Done { content, .. } = &mut self {
            content.extend(refusals.into_iter().map(Content::Text));
        }
        self
    }

    /// A component that refuses a name which its own manifest has.
    pub fn unknown_to_component() -> Self {
        Self::Internal("the tool component does not know its own tool".into())
    }

    /// A component that wants to put a question to the user.
    pub fn question() -> Self {
        Self::Internal(
            "the tool component asked a question, which this version can't pass on".into(),
        )
    }
}

/// One block of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Text(String),
    ResourceLink {
        uri: String,
        name: String,
        title: Option<String>,
        media_type: Option<String>,
        size: Option<u64>,
    },
    /// Images and audio travel as such, everything else as an embedded resource under `uri`.
    Blob {
        uri: String,
        media_type: String,
        bytes: Vec<u8>,
    },
}

impl Content {
    /// The usual answer of a reading tool.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}
