//! Tables of wiki markup.
//!
//! Decides where a row and a cell end: not inside a link, an image or code.

use super::links::cell_end;
use super::list::list_item;
use super::read::{Reader, paragraph, strip};
use crate::MAX_DEPTH;
use crate::doc::{Block, BlockKind, Cell, Row, Table};

impl Reader<'_> {
    pub(super) fn table(&mut self) {
        let start = self.at;
        let mut rows = Vec::new();
        while self.at < self.source.len() && strip(self.line_here().0).starts_with('|') {
            let row_start = self.at;
            let mut end = self.at;
            // A row goes on until a line ends it.
            while self.at < self.source.len() {
                let (line, next) = self.line_here();
                let text = strip(line);
                if text.is_empty() {
                    break;
                }
                if let Some(behind) = self.behind_code(line) {
                    self.at = behind;
                    end = behind;
                    continue;
                }
                end = self.at + line.len();
                self.at = next;
                if text.ends_with('|')
                    && !text.ends_with("\\|")
                    && (text.len() > 1 || end > row_start + line.len())
                {
                    break;
                }
            }
            rows.push(self.row(strip(&self.source[row_start..end])));
        }
        let end = self.at;
        self.push(Block::new(BlockKind::Table(Table { rows })), start..end);
    }

    /// Behind the code that begins on the line at the cursor.
    fn behind_code(&self, line: &str) -> Option<usize> {
        let at = line.match_indices('{').map(|(at, _)| self.at + at);
        let mut found = at.filter_map(|at| self.verbatim_at(at));
        let end = found.next()?.end;
        // What follows on the last line of the code still belongs to the row.
        let code = &self.source[..end];
        Some(code.trim_end_matches(['\n', '\r', ' ', '\t']).len())
    }

    fn row(&self, text: &str) -> Row {
        let mut cells = Vec::new();
        let mut rest = text;
        while let Some(after) = rest.strip_prefix('|') {
            let (header, after) = match after.strip_prefix('|') {
                Some(after) => (true, after),
                None => (false, after),
            };
            if after.is_empty() {
                break;
            }
            let end = cell_end(after);
            cells.push(Cell {
                header,
                blocks: self.cell(strip(&after[..end])),
                ..Cell::default()
            });
            rest = &after[end..];
        }
        Row {
            cells,
            ..Row::default()
        }
    }

    fn cell(&self, content: &str) -> Vec<Block> {
        let is_lines = list_item(content).is_some()
            || ["\n", "{code", "{noformat"]
                .iter()
                .any(|part| content.contains(part));
        if is_lines && self.depth + 2 < MAX_DEPTH {
            Reader::within(content, self.depth + 1, self.names).blocks()
        } else {
            paragraph(&[content], self.depth, self.names)
                .into_iter()
                .collect()
        }
    }
}
