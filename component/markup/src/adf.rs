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
use std::sync::OnceLock;

use serde_json::Value;
use serde_json_borrow::Value as Json;

use crate::doc::{Document, Source};
use crate::error::{ReadError, WriteError};

/// Reads an ADF document from its JSON text.
pub fn read(source: &str) -> Result<Document, ReadError> {
    Ok(Document {
        source: Source::Adf(Original::new(source)),
        ..read_only(source)?
    })
}

/// Reads an ADF document to show it. Without its source it can't be written as ADF again.
pub(crate) fn read_only(source: &str) -> Result<Document, ReadError> {
    read::blocks(&parsed(source)?).map(Document::new)
}

/// The strings stay in `source`, and a node is a short list: most of what a document costs is the
/// room that its JSON takes up.
fn parsed(source: &str) -> Result<Json<'_>, ReadError> {
    serde_json::from_str(source).map_err(|error| ReadError::Json(error.to_string()))
}

/// Writes the JSON text of an ADF document. One that was read from ADF and not changed since is
/// written as it was.
pub fn write(document: &Document) -> Result<String, WriteError> {
    match &document.source {
        Source::Adf(Original { text, .. })
            if read_only(text).is_ok_and(|read| read.blocks == document.blocks) =>
        {
            Ok(text.clone())
        }
        _ => write::document(document),
    }
}

/// [`write`], parsed.
pub fn write_value(document: &Document) -> Result<Value, WriteError> {
    serde_json::from_str(&write(document)?).map_err(|_| WriteError::Deep)
}

/// The JSON text that a document was read from.
#[derive(Debug, Clone)]
pub struct Original {
    text: String,
    /// Parsed when the first of its nodes is asked for: most documents are only shown.
    tree: OnceLock<Value>,
}

impl Original {
    fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            tree: OnceLock::new(),
        }
    }

    /// The node that child indices lead to.
    pub(crate) fn node_at(&self, path: &[u32]) -> Option<&Value> {
        let tree = self
            .tree
            .get_or_init(|| serde_json::from_str(&self.text).unwrap_or_default());
        path.iter().try_fold(tree, |node, index| {
            node.get("content")?.get(usize::try_from(*index).ok()?)
        })
    }
}

impl PartialEq for Original {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
