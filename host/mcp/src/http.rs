//! The protocol over HTTP: no sessions, and each request is answered by itself, with one JSON text. Who may come in was
//! asked before.

use std::sync::Arc;

use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

use crate::{Handler, Provider};

/// Answers one request, of `longest` bytes at most.
pub fn over_http<P: Provider>(
    handler: Handler<P>,
    longest: usize,
) -> StreamableHttpService<Handler<P>, NeverSessionManager> {
    // `Host` and `Origin` are the gate's to judge, once and before anybody is known.
    let protocol = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(longest)
        .disable_allowed_hosts()
        .disable_allowed_origins();
    let sessions = Arc::new(NeverSessionManager::default());
    StreamableHttpService::new(move || Ok(handler.clone()), sessions, protocol)
}
