//! Markdown to and from the tree: what models read and write.
//!
//! Decides the dialect (the table in the crate head). Whatever is written here is read back as the
//! same tree, as far as Markdown has words for it, and written again as the same text.

mod alone;
mod block;
mod bounds;
mod cell;
mod escape;
mod html;
mod inline;
mod items;
mod lines;
mod marks;
mod page;
mod panel;
mod read;
mod table;
mod target;
mod text;

use crate::doc::Document;
use crate::error::{ReadError, WriteError};

/// Reads Markdown. Every text is Markdown, so this fails only for one that is markup and hardly
/// anything else: [`ReadError::Dense`].
pub fn read(source: &str) -> Result<Document, ReadError> {
    bounds::check(source)?;
    Ok(read::document(source))
}

/// Reads what was written here, however much markup it is.
pub(crate) fn read_own(source: &str) -> Document {
    read::document(source)
}

/// Writes canonical Markdown. Every document can be written; what Markdown cannot say is left out
/// or stands there as a placeholder.
pub fn write(document: &Document) -> Result<String, WriteError> {
    Ok(block::document(&document.blocks))
}

/// What [`Document::plain`] is written as; a text that no reader takes may have very many lines.
pub(crate) fn write_plain(text: &str) -> String {
    block::plain(text)
}

/// `blocks` as they would be written, to compare by.
pub(crate) fn write_blocks(blocks: &[crate::doc::Block]) -> String {
    block::document(blocks)
}
