//! A small, stateful Jira and Confluence on loopback, as Cloud or as Data Center.
//!
//! It decides what a site of Atlassian's would answer: paths, credentials, field names, error
//! words, paging, workflows, versions, JQL and CQL. It never leaves loopback, never writes to a
//! file, and forgets everything when it stops. Its only use is trying the product out and testing
//! it, so it holds one made-up team's work and nobody's data.
//!
//! ```no_run
//! let site = demo_site::spawn(demo_site::Options::new(demo_site::Deployment::Cloud))?;
//! println!("{}", site.ready().to_json());
//! site.stop();
//! # Ok::<(), std::io::Error>(())
//! ```

mod auth;
mod confluence;
mod cql;

mod dates;
mod faults;
mod jira;
mod jql;
mod log;
mod oauth;
mod options;
mod query;
mod reply;
mod request;
mod rough;
mod running;
mod serve;
mod site;
#[cfg(test)]
mod testing;
mod world;

pub use auth::{Credential, CredentialKind};
pub use faults::Fault;
pub use log::RequestLine;
pub use oauth::{CLIENT_ID, TokenLife};
pub use options::{Account, Deployment, LogHook, Options, ParseError};
pub use running::{Ready, Running, spawn, start};
