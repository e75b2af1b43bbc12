//! Jira's tools: one file a family. No file here knows which deployment it talks to.

mod client;
pub(crate) mod comment;
pub(crate) mod create;
mod fields;
pub(crate) mod issue;
mod metadata;
mod people;
pub(crate) mod project;
mod render;
pub(crate) mod search;
pub(crate) mod transition;
pub(crate) mod update;
mod values;
