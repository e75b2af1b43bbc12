//! The protocol over standard input and output: one JSON message a line.
//!
//! Decides how long a line may be, what the sender of a bad one hears, and how a session ends.
//! Nothing but protocol messages is ever written here. rmcp's transport is not used because it
//! drops bad input without a word, ends the process when the first message is a notification, and
//! can wait for a reader that is gone.

use std::{io, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use mcp::message::{Input, Refusal, parse};
use mcp::{CancellationToken, Handler, Provider};
use rmcp::{
    RoleServer, ServiceExt,
    model::{ClientJsonRpcMessage, ClientRequest, GetMeta, ProtocolVersion},
    service::{QuitReason, RxJsonRpcMessage, ServerInitializeError, TxJsonRpcMessage},
    transport::Transport,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::Mutex,
};

use super::line_reader::{LONGEST_LINE, Line, LineReader};

/// After the end of input, running calls get this long: `printf … | mcp-airlock serve` is a client
/// too. Clients that close the pipe kill the process after two seconds.
pub(super) const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// What a cancelled call may take to wind up, before the process goes without it.
const WINDING_UP: Duration = Duration::from_millis(500);

/// Why a session ended that should have gone on.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    #[error("standard input could not be read: {0}")]
    Input(#[source] io::Error),
    #[error("standard output could not be written: {0}")]
    Output(#[source] io::Error),
    #[error("the session could not begin: {0}")]
    Session(#[source] Box<ServerInitializeError>),
    #[error("the session broke off by a defect of the server: {0}")]
    Defect(#[from] tokio::task::JoinError),
}

/// Serves until the client closes the pipe.
///
/// Where both ends are pipes, no thread is used. Elsewhere a thread may still be blocked in a read
/// of standard input when this returns: end the runtime by `shutdown_background`.
pub async fn serve<P: Provider>(handler: Handler<P>) -> Result<(), TransportError> {
    let (reader, writer) = rmcp::transport::io::stdio_pipes();
    serve_on(handler, reader, writer).await
}

/// Serves on any pair of streams until the input ends or nobody reads the output.
pub async fn serve_on<P, R, W>(
    handler: Handler<P>,
    reader: R,
    writer: W,
) -> Result<(), TransportError>
where
    P: Provider,
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let ends = Arc::new(Ends::default());
    let stop = CancellationToken::new();
    let transport = LineTransport {
        lines: LineReader::new(reader),
        output: Arc::new(Output {
            writer: Mutex::new(writer),
            ends: ends.clone(),
        }),
        refusing: None,
        opened: false,
    };
    let end = async {
        tokio::select! {
            () = ends.output.cancelled() => {}
            () = async {
                ends.input.cancelled().await;
                tokio::time::sleep(LAST_ANSWERS).await;
            } => {}
        }
        // rmcp would wait five seconds for calls that nobody will hear of. Their tokens hang on
        // this one.
        stop.cancel();
        tokio::time::sleep(WINDING_UP).await;
    };
    tokio::select! {
        result = converse(handler, transport, stop.clone()) => result?,
        () = end => {}
    }
    ends.failure()
}

async fn converse<P, R, W>(
    handler: Handler<P>,
    transport: LineTransport<R, W>,
    stop: CancellationToken,
) -> Result<(), TransportError>
where
    P: Provider,
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    match handler.serve_with_ct(transport, stop).await {
        Ok(running) => match running.waiting().await? {
            QuitReason::JoinError(error) => Err(error.into()),
            _ => Ok(()),
        },
        // The client left before its first request, or as it was answered.
        Err(
            ServerInitializeError::ConnectionClosed(_)
            | ServerInitializeError::TransportError { .. }
            | ServerInitializeError::Cancelled,
        ) => Ok(()),
        Err(error) => Err(TransportError::Session(Box::new(error))),
    }
}

/// How the two streams ended, shared by reader and writers.
#[derive(Debug, Default)]
struct Ends {
    input: CancellationToken,
    output: CancellationToken,
    failure: std::sync::Mutex<Option<TransportError>>,
}

impl Ends {
    fn end_input(&self, error: Option<io::Error>) {
        self.note(error.map(TransportError::Input));
        self.input.cancel();
    }

    /// A reader that left is the ordinary end of a session, not a failure.
    fn end_output(&self, error: io::Error) {
        self.note((!has_left(&error)).then_some(TransportError::Output(error)));
        self.output.cancel();
    }

    fn note(&self, error: Option<TransportError>) {
        if let (Some(error), Ok(mut failure)) = (error, self.failure.lock()) {
            failure.get_or_insert(error);
        }
    }

    fn failure(&self) -> Result<(), TransportError> {
        match self
            .failure
            .lock()
            .ok()
            .and_then(|mut failure| failure.take())
        {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

/// The reader is gone, which is the ordinary end of a session.
pub(super) fn has_left(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

/// To its end, and out of every buffer.
pub(super) async fn write_line<W: AsyncWrite + Unpin>(
    writer: &mut W,
    line: &[u8],
) -> io::Result<()> {
    writer.write_all(line).await?;
    writer.flush().await
}

#[derive(Debug)]
struct Output<W> {
    writer: Mutex<W>,
    ends: Arc<Ends>,
}

impl<W: AsyncWrite + Unpin> Output<W> {
    async fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut writer = self.writer.lock().await;
        write_line(&mut *writer, line).await.inspect_err(|error| {
            self.ends
                .end_output(io::Error::new(error.kind(), error.to_string()))
        })
    }
}

struct LineTransport<R, W> {
    lines: LineReader<R>,
    output: Arc<Output<W>>,
    /// An answer to bad input that is being written. Kept here because rmcp drops and repeats
    /// `receive`, and half a line would spoil the stream.
    refusing: Option<BoxFuture<'static, io::Result<()>>>,
    opened: bool,
}

impl<R, W> LineTransport<R, W>
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    fn refuse(&mut self, refusal: Refusal) {
        let output = self.output.clone();
        self.refusing = Some(Box::pin(
            async move { output.write(&refusal.to_line()).await },
        ));
    }

    /// Until a request has opened a session, rmcp ends it on anything that is no request. Such a
    /// message (a late `notifications/cancelled`, say) is without meaning then and is passed over.
    fn admits(&mut self, message: &ClientJsonRpcMessage) -> bool {
        if self.opened {
            return true;
        }
        let ClientJsonRpcMessage::Request(request) = message else {
            return false;
        };
        self.opened = opens_session(&request.request);
        true
    }
}

impl<R, W> Transport<RoleServer> for LineTransport<R, W>
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let output = self.output.clone();
        async move {
            let mut line = serde_json::to_vec(&message)?;
            line.push(b'\n');
            output.write(&line).await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        let ends = self.output.ends.clone();
        loop {
            if let Some(refusing) = &mut self.refusing {
                let written = refusing.await;
                self.refusing = None;
                written.ok()?;
            }
            match self.lines.next().await {
                Ok(Line::Whole(line)) => match parse(&line) {
                    Input::Message(message) if self.admits(&message) => return Some(*message),
                    Input::Message(_) | Input::Ignored => {}
                    Input::Refused(refusal) => self.refuse(refusal),
                },
                Ok(Line::TooLong(id)) => self.refuse(Refusal::too_long(id, LONGEST_LINE)),
                Ok(Line::End) => {
                    ends.end_input(None);
                    return None;
                }
                Err(error) => {
                    ends.end_input(Some(error));
                    return None;
                }
            }
        }
    }

    /// Nothing to do, and nothing to wait for: each message was flushed, and a writer that is
    /// stuck on a full pipe must not hold up the end.
    async fn close(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether rmcp leaves its opening phase by this request: the handshake, or a request that brings
/// its own metadata. A ping or a discovery is only answered.
fn opens_session(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
        request => {
            let meta = request.get_meta();
            meta.missing_required_keys(&ProtocolVersion::V_2026_07_28)
                .is_empty()
                && meta
                    .protocol_version()
                    .is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version))
        }
    }
}

#[cfg(test)]
mod tests;
