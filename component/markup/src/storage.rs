//! Confluence storage format to and from the tree: XHTML with `ac:` and `ri:` elements.
//!
//! Decides which elements and macros the tree has words for; every other one is kept as it was.

mod inline;
mod read;
mod write;
mod write_inline;
mod xml;

use crate::doc::Document;
use crate::error::{ReadError, WriteError};

/// Reads storage format.
pub fn read(source: &str) -> Result<Document, ReadError> {
    read::document(source)
}

/// Writes storage format.
pub fn write(document: &Document) -> Result<String, WriteError> {
    write::document(document)
}
