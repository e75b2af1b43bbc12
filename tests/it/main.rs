//! The integration tests: one binary.

mod canary;
mod hostile;
mod imports;
mod limits;
mod policy_cli;
mod program;
mod routes;
mod stdio;
mod tidy;
mod tools;
