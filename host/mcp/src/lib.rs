//! Tool descriptors and outcomes on one side, the Model Context Protocol on the other.
//!
//! [`Handler`] answers both eras of the protocol (`server/discover` with metadata in every request,
//! and the older `initialize` handshake) for any [`Provider`]. It decides how an answer looks on
//! the wire; what a tool does, who may call it and where bytes come from is never decided here.
//! There is no I/O: the native server and a wasm shell put their own transport underneath.
#![forbid(unsafe_code)]

mod answer;
mod handler;
#[cfg(feature = "http")]
mod http;
pub mod message;
mod nearest;
mod progress;
mod provider;
mod question;
mod site_choice;
mod tool;

pub use handler::Handler;
#[cfg(feature = "http")]
pub use http::over_http;
pub use nearest::nearest;
pub use progress::ProgressSink;
pub use provider::{Call, Content, Identity, Outcome, Provider, Reply, Said};
/// The token that a cancelled call carries.
pub use tokio_util::sync::CancellationToken;

pub use site_choice::{SiteError, SiteOffer, sites_for, take_site, with_site_choice};
pub use tool::{Hints, ManifestError, ToolList, ToolProduct, ToolSpec, parse_manifest};

/// Arguments and schemas as they cross the wire.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;
