//! How protocol messages reach the handler: one module for each transport.
//!
//! Decides framing, limits and the end of a session; what a message means is the handler's.

pub(crate) mod bridge;
mod line_reader;
mod request_id;
pub mod stdio;
