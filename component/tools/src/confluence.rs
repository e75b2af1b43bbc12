//! Confluence's tools: one file a family. No file here knows which deployment it talks to.

mod client;
pub(crate) mod comment;
pub(crate) mod page;
pub(crate) mod search;
pub(crate) mod write;
