//! The native host of mcp-airlock: everything that touches the machine. Decisions about requests
//! are the gateway's and the policy's; this crate gives them a wire, a clock, secrets and a record.

pub mod app;
pub mod audit;
pub mod auth;
mod change;
pub mod cli;
pub mod clock;
pub mod component;
pub mod config;
mod credentials;
mod doctor;
mod expiry;
mod fairness;
mod follow;
pub mod harden;
mod http;
mod issuer;
mod keys;
mod log;
mod login;
mod oauth;
mod people;
mod process;
pub mod sandbox;
mod scopes;
pub mod secrets;
mod setup;
pub mod site;
mod stamp;
pub mod store;
pub mod transport;
pub mod wire;
