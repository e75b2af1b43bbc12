//! How long an answer may be, and what it says when something is left out.

use crate::error::ToolError;
use crate::paging::{Position, Question};
use crate::text;
use crate::tool::Output;

/// About what a model reads without losing sight of the task.
pub(crate) const BUDGET: usize = 10_000;

/// The part of `whole` that `cursor` names, with a cursor for the next one. `question` must hold the
/// text itself, so that a cursor does not outlive a change.
pub(crate) fn part_of(
    whole: &str,
    question: Question,
    cursor: Option<&str>,
) -> Result<Output, ToolError> {
    let start = match question.position(cursor)? {
        Some(Position::Offset(offset)) => usize::try_from(offset).unwrap_or(usize::MAX),
        Some(Position::Token(_)) | None => 0,
    };
    let (mut shown, next) = text::part(whole, start, BUDGET);
    if let Some(next) = next {
        let cursor = question.cursor(&Position::Offset(next as u64));
        let left = (whole.len() - next).div_ceil(1000);
        shown.push_str(&format!(
            "\n(Cut here, {left} kB left. Call again with cursor {cursor} for the rest.)\n"
        ));
    }
    Ok(Output::from(shown))
}

/// A list as a Markdown table.
pub(crate) struct Table {
    text: String,
    rows: usize,
}

impl Table {
    pub(crate) fn new(headings: impl IntoIterator<Item = String>) -> Self {
        let mut table = Self {
            text: String::new(),
            rows: 0,
        };
        let columns = table.write(headings);
        table.text.push_str(&"|---".repeat(columns));
        table.text.push_str("|\n");
        table
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.write(cells);
        self.rows += 1;
    }

    /// Says how many there are where the site does, and how to get more.
    pub(crate) fn finish(mut self, total: Option<u64>, cursor: Option<String>) -> Output {
        let shown = match total {
            Some(total) => format!("{} of {total}", self.rows),
            None => self.rows.to_string(),
        };
        match cursor {
            Some(cursor) => self
                .text
                .push_str(&format!("\n{shown} shown; more with cursor {cursor}\n")),
            None => self.text.push_str(&format!("\n{shown} shown, no more.\n")),
        }
        Output::from(self.text)
    }

    fn write(&mut self, cells: impl IntoIterator<Item = String>) -> usize {
        let mut columns = 0;
        for cell in cells {
            self.text.push('|');
            self.text.push_str(&text::cell(&cell));
            columns += 1;
        }
        self.text.push_str("|\n");
        columns
    }
}
