//! Edits of one place of an original, everywhere else left as it is.
//!
//! Decides which place an edit means and what it puts there. In storage format every byte outside
//! of that place stays, in ADF every node; a place that is not found, or found twice, is an error
//! that names what is there, and changes nothing.

mod adf;
mod error;
mod outline;
mod search;
mod storage;

pub use error::EditError;

use crate::doc::{Block, Document, Format, Span};
use crate::merge;
use crate::visit;

/// One edit. Bodies and cells are Markdown and may hold the placeholders of the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Replaces words, wherever they stand but in a macro's parameters. They are given as they
    /// read, without marks; the new ones get the marks of the first.
    ReplaceText {
        find: String,
        with: String,
        /// Replaces all places; otherwise there must be one.
        every: bool,
    },
    /// Replaces what is under a heading, up to the next one of its level.
    ReplaceSection { heading: String, body: String },
    /// Adds to the end of what is under a heading.
    AppendToSection { heading: String, body: String },
    /// Adds behind the block that the anchor names.
    InsertAfter { anchor: Anchor, body: String },
    /// Replaces what is in one cell.
    SetCell {
        /// Counted from 1; without it there must be one table.
        table: Option<usize>,
        row: Position,
        column: Position,
        body: String,
    },
}

/// A block of the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// A heading by its words, or by those above it as well: `Setup > Windows`.
    Heading(String),
    /// The block that holds these words.
    Text(String),
    /// The macro of this name.
    Macro(String),
}

/// A row by the words of its first cell, a column by the words of the first row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// Counted from 1, the header included.
    Number(usize),
    Words(String),
}

impl Position {
    /// A number is a number; everything else is words.
    pub fn parse(text: &str) -> Self {
        match text.trim().parse() {
            Ok(number) => Self::Number(number),
            Err(_) => Self::Words(text.to_owned()),
        }
    }
}

/// The original with the edit in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    pub text: String,
    /// What the place held and holds no longer, one line for each, for the answer to name.
    pub lost: Vec<String>,
}

/// Makes `edit` in `source`.
pub fn apply(format: Format, source: &str, edit: &Edit) -> Result<Edited, EditError> {
    match format {
        Format::Storage => storage::apply(source, edit),
        Format::Adf => adf::apply(source, edit),
        Format::Markdown | Format::Wiki => Err(EditError::Whole(format)),
    }
}

/// How a block lies to the place of an edit.
enum Lies {
    Inside,
    Around,
    Apart,
}

/// The blocks that stand in a place.
fn blocks_in<'b>(blocks: &'b [Block], lies: &impl Fn(&Span) -> Lies) -> &'b [Block] {
    let inside = |block: &Block| matches!(lies(&block.span), Lies::Inside);
    if let Some(first) = blocks.iter().position(inside) {
        let last = blocks.iter().rposition(inside).unwrap_or(first);
        return &blocks[first..=last];
    }
    let around = blocks
        .iter()
        .filter(|block| matches!(lies(&block.span), Lies::Around));
    around
        .flat_map(|block| visit::bodies(&block.kind))
        .map(|body| blocks_in(body, lies))
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// What is put in the place of `old` blocks of `base`: those that stay the same keep their bytes.
fn fitted(
    body: &str,
    base: &Document,
    old: &[Block],
) -> Result<(Vec<Block>, Vec<String>), EditError> {
    let edited = crate::markdown::read(body)?;
    let restored = merge::restore_part(&edited, base, old)?;
    Ok((restored.document.blocks, restored.lost))
}
