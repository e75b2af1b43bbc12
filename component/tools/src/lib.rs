//! Every tool, behind one trait [`Gateway`]: arguments in, Markdown out. No tool knows an address, a
//! credential, a socket, a file or a clock; what may be asked and sent is the host's decision.
#![forbid(unsafe_code)]

mod answer;
mod arguments;
mod confluence;
mod dialect;
mod error;
#[cfg(any(test, feature = "fake"))]
pub mod fake;
mod gateway;
mod ids;
mod instructions;
mod jira;
mod paging;
mod place;
mod pruned;
mod reading;
mod registry;
pub mod route;
mod schema;
mod sites;
#[cfg(test)]
mod tests;
mod text;
mod tool;

pub use gateway::{Deployment, Gateway, GatewayError, Product, Response, SiteInfo};
pub use instructions::instructions;
pub use registry::{CallError, ToolDescription, call, call_with_schema, list, manifest_json};
pub use tool::{Access, Output};
