//! Atlassian Document Format to and from the tree: rich text of Jira Cloud.
//!
//! Decides which ADF nodes the tree has words for. Reads whatever real sites send (nulls, missing
//! attributes, unknown nodes); writes only what the schema and Atlassian's own editor accept.

mod described;
mod inline;
mod instead;
mod model;
mod read;
mod write;
mod write_inline;
mod write_kept;
mod write_lists;

pub(crate) use described::described;
#[cfg(test)]
pub(crate) use model::{HOLDS_INLINES, MODEL};
use serde_json::Value;

use crate::doc::{Document, Source};
use crate::error::{ReadError, WriteError};

/// Reads an ADF document from its JSON text.
pub fn read(source: &str) -> Result<Document, ReadError> {
    let value = serde_json::from_str(source).map_err(|error| ReadError::Json(error.to_string()))?;
    Ok(Document {
        blocks: read::blocks(&value)?,
        source: Source::Adf(value),
    })
}

/// Reads an ADF document.
pub fn read_value(value: &Value) -> Result<Document, ReadError> {
    Ok(Document {
        blocks: read::blocks(value)?,
        source: Source::Adf(value.clone()),
    })
}

/// Reads an ADF document to show it. Without its source it can't be written as ADF again.
pub(crate) fn read_only(value: &Value) -> Result<Document, ReadError> {
    read::blocks(value).map(Document::new)
}

/// Writes the JSON text of an ADF document. One that was read from ADF and not changed since is
/// written as it was.
pub fn write(document: &Document) -> Result<String, WriteError> {
    match &document.source {
        Source::Adf(source)
            if read::blocks(source).is_ok_and(|blocks| blocks == document.blocks) =>
        {
            Ok(source.to_string())
        }
        _ => write::document(document),
    }
}

/// [`write`], parsed.
pub fn write_value(document: &Document) -> Result<Value, WriteError> {
    serde_json::from_str(&write(document)?).map_err(|_| WriteError::Deep)
}

/// The node that child indices lead to.
pub(crate) fn node_at<'a>(document: &'a Value, path: &[u32]) -> Option<&'a Value> {
    path.iter().try_fold(document, |node, index| {
        node.get("content")?.get(usize::try_from(*index).ok()?)
    })
}
