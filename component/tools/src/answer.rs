//! How long an answer may be, and what it says when it is cut.

use crate::error::ToolError;
use crate::paging::{Position, Question};
use crate::text;
use crate::tool::Output;

/// About what a model reads without losing sight of the task.
pub(crate) const BUDGET: usize = 10_000;

/// The part of `whole` that `cursor` names, with a cursor for the next one. `question` must hold the
/// text itself, so that a cursor does not outlive a change.
pub(crate) fn part_of(whole: &str, question: Question, cursor: Option<&str>) -> Result<Output, ToolError> {
    let start = match question.position(cursor)? {
        Some(Position::Offset(offset)) => usize::try_from(offset).unwrap_or(usize::MAX),
        Some(Position::Token(_)) | None => 0,
    };
    let (mut shown, next) = text::part(whole, start, BUDGET);
    if let Some(next) = next {
        let cursor = question.cursor(&Position::Offset(next as u64));
        let left = (whole.len() - next).div_ceil(1000);
        shown.push_str(&format!("\n(Cut here, {left} kB left. Call again with cursor {cursor} for the rest.)\n"));
    }
    Ok(Output::from(shown))
}
