//! What the integration tests are made of: an MCP client, a hostile upstream, a canary scanner,
//! the judge of outgoing requests and the evil guest. No product code.

pub mod canary;
pub mod client;
pub mod contracts;
pub mod evil;
pub mod guest_memory;
pub mod http;
pub mod upstream;
pub mod world;
