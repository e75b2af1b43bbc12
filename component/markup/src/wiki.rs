//! Jira wiki markup to and from the tree: rich text of Jira Data Center.
//!
//! Decides which marks and macros are known. Reads in time that grows with the length of the text
//! alone, whatever stands in it.

mod inline;
mod links;
mod list;
mod macros;
mod markers;
mod read;
mod rows;
mod write;
mod write_inline;

use crate::doc::Document;
use crate::error::{ReadError, WriteError};

/// Reads wiki markup. Every text is wiki markup, so this does not fail.
pub fn read(source: &str) -> Result<Document, ReadError> {
    Ok(read::document(source))
}

/// Writes wiki markup.
pub fn write(document: &Document) -> Result<String, WriteError> {
    write::document(document)
}

/// Background colours that tell the kinds of panels apart; Jira knows only `{panel}`.
const PANELS: &[(crate::doc::PanelKind, &str)] = &[
    (crate::doc::PanelKind::Info, "#deebff"),
    (crate::doc::PanelKind::Note, "#eae6ff"),
    (crate::doc::PanelKind::Tip, "#e6fcff"),
    (crate::doc::PanelKind::Success, "#e3fcef"),
    (crate::doc::PanelKind::Warning, "#fffae6"),
    (crate::doc::PanelKind::Error, "#ffebe6"),
];

/// What an item without words shows: markers alone on a line are text, in Jira too.
const NO_WORDS: &str = "&nbsp;";

/// Begins what a `{noformat}` carries, to tell it from `{code}`.
const NOFORMAT: char = '\u{1}';
