//! The integration tests: one binary.

mod alone;
mod audit;
mod audit_mode;
mod canary;
mod config_check;
mod confirm;
mod doors;
mod edge;
mod fairness;
mod guest_memory;
mod hostile;
mod http;
mod imports;
mod issuer;
mod limits;
mod policy_cli;
mod principals;
mod program;
mod reload;
mod routes;
mod stdio;
mod strangers;
mod tidy;
mod tools;
mod vouched;
