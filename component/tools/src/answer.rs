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

/// Cells are not cut below this.
const SHORTEST: usize = 24;

/// A list as a Markdown table. It cannot be cut between rows, since a site's next part begins after
/// the last one; where it would be too long, the longest cells are shortened.
pub(crate) struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(headings: impl IntoIterator<Item = String>) -> Self {
        Self {
            headings: cells(headings),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, row: impl IntoIterator<Item = String>) {
        self.rows.push(cells(row));
    }

    /// Says how many there are where the site does, and how to get more.
    pub(crate) fn finish(mut self, total: Option<u64>, cursor: Option<String>) -> Output {
        let cut = self.fit();
        let mut text = line(&self.headings);
        text.push_str(&"|---".repeat(self.headings.len()));
        text.push_str("|\n");
        for row in &self.rows {
            text.push_str(&line(row));
        }
        let shown = match total {
            Some(total) => format!("{} of {total} shown", self.rows.len()),
            None => format!("{} shown", self.rows.len()),
        };
        let more = match cursor {
            Some(cursor) => format!("; more with cursor {cursor}"),
            None => ", no more.".to_owned(),
        };
        let note = if cut { "Long cells are cut; " } else { "" };
        text.push_str(&format!("\n{note}{shown}{more}\n"));
        Output::from(text)
    }

    fn fit(&mut self) -> bool {
        let length: usize = self.rows.iter().map(|row| line(row).len()).sum();
        if length <= BUDGET {
            return false;
        }
        let allowance = BUDGET / self.rows.len().max(1);
        for row in &mut self.rows {
            while line(row).len() > allowance {
                let longest = row.iter_mut().max_by_key(|cell| cell.len());
                match longest.filter(|cell| cell.chars().count() > SHORTEST) {
                    Some(cell) => {
                        *cell = text::cut(cell, (cell.chars().count() * 3 / 4).max(SHORTEST - 1))
                    }
                    None => break,
                }
            }
        }
        true
    }
}

fn cells(cells: impl IntoIterator<Item = String>) -> Vec<String> {
    cells.into_iter().map(|cell| text::cell(&cell)).collect()
}

fn line(row: &[String]) -> String {
    format!("|{}|\n", row.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_too_long_keeps_its_rows() {
        let mut table = Table::new(["key", "summary", "notes"].map(str::to_owned));
        for number in 0..100 {
            table.row([
                format!("PROJ-{number}"),
                "word ".repeat(100),
                "äöü|".repeat(50),
            ]);
        }
        let text = table.finish(None, Some("x.1".to_owned())).text;
        assert!(text.len() < BUDGET + 1_000, "{}", text.len());
        assert_eq!(
            text.lines()
                .filter(|line| line.starts_with("|PROJ-"))
                .count(),
            100
        );
        assert!(text.ends_with("\nLong cells are cut; 100 shown; more with cursor x.1\n"));
    }
}
