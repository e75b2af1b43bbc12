//! Confluence storage format to and from the tree: XHTML with `ac:` and `ri:` elements.
//!
//! Decides which elements and macros the tree has words for; every other one is kept as it was,
//! and so is every block that was not changed since it was read.

mod described;
mod inline;
mod macros;
mod objects;
mod read;
mod rows;
mod shape;
mod unchanged;
mod write;
mod write_inline;
pub(crate) mod xml;

use crate::doc::{Block, Document, Format, Source};
use crate::error::{ReadError, WriteError};

pub(crate) use described::described;
pub(crate) use inline::words_in;
pub(crate) use write::{cdata_text, escape};

/// What a paragraph carries whose text no element of its own holds.
pub(crate) const LOOSE: &str = "\u{1}";

/// Reads storage format.
pub fn read(source: &str) -> Result<Document, ReadError> {
    read::document(source)
}

/// Writes storage format. A block of a storage source that was not changed keeps its bytes.
pub fn write(document: &Document) -> Result<String, WriteError> {
    match &document.source {
        Source::Text {
            format: Format::Storage,
            text,
        } => write::blocks(&unchanged::verbatim(&document.blocks, text)),
        _ => write::blocks(&document.blocks),
    }
}

/// Whether an element is a block where it stands on its own.
pub(crate) fn is_block(element: &xml::Element<'_>) -> bool {
    !shape::is_inline(element)
}

/// Running text that no element of its own holds: it would run into such text before it.
pub(crate) fn is_loose(block: &Block) -> bool {
    block.carried.of(Format::Storage) == Some(LOOSE)
}
