//! Jira's tools: one file a family. No file here knows which deployment it talks to.

mod client;
mod fields;
pub(crate) mod issue;
mod render;
