//! Which place of a text a change means, as models say it. What is found there, and that nothing
//! else changes, is `markup`'s.

use markup::edit::{Anchor, Edit, EditError, Position};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::ToolError;
use crate::text::RichText;

/// One place of a text.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    /// Heading: replace what is under it
    section: Option<String>,
    /// Heading: add at its end
    append_to: Option<String>,
    /// Heading, or words of a block: insert behind it
    after: Option<String>,
    /// Words to replace
    words: Option<String>,
    /// … wherever they stand
    #[serde(default)]
    every: bool,
    /// Fill a cell: first cell or number of its row
    row: Option<String>,
    /// and head or number of its column
    column: Option<String>,
    /// of which table, from 1
    table: Option<u32>,
}

impl Place {
    /// The text of `base` with `content` at the place, and what the place held and holds no longer.
    pub(crate) fn fill(
        &self,
        base: &RichText,
        content: &str,
    ) -> Result<(String, Vec<String>), ToolError> {
        let edited = match (base.edited(&self.edit(content)?), &self.after) {
            // Not a heading, so words of a block.
            (Err(EditError::NoHeading { .. }), Some(words)) => base.edited(&Edit::InsertAfter {
                anchor: Anchor::Text(words.clone()),
                body: content.to_owned(),
            }),
            (edited, _) => edited,
        };
        edited.map_err(|error| ToolError::arguments(error.to_string()))
    }

    fn edit(&self, content: &str) -> Result<Edit, ToolError> {
        let body = || content.to_owned();
        let cell = self.row.as_ref().zip(self.column.as_ref());
        let edits = [
            self.section.clone().map(|heading| Edit::ReplaceSection {
                heading,
                body: body(),
            }),
            self.append_to.clone().map(|heading| Edit::AppendToSection {
                heading,
                body: body(),
            }),
            self.after.clone().map(|heading| Edit::InsertAfter {
                anchor: Anchor::Heading(heading),
                body: body(),
            }),
            self.words.clone().map(|find| Edit::ReplaceText {
                find,
                with: body(),
                every: self.every,
            }),
            cell.map(|(row, column)| Edit::SetCell {
                table: self.table.map(|number| number as usize),
                row: Position::parse(row),
                column: Position::parse(column),
                body: body(),
            }),
        ];
        let mut edits = edits.into_iter().flatten();
        match (edits.next(), edits.next()) {
            (Some(edit), None) => Ok(edit),
            _ => Err(ToolError::arguments(
                "`place` needs one of section, append_to, after, words, or row with column",
            )),
        }
    }
}
