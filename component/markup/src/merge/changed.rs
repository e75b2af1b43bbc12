//! A block that was changed, and the one of the original that it was.
//!
//! Decides what the changed one keeps: attributes of the block, its items, rows and cells, each by
//! its own partner. Names what Markdown could not say of the old one.

use super::Merge;
use super::align::{Step, align, without_partner};
use super::index::Place;
use super::said::{bare, last_cell, row_of, said, said_in};
use crate::doc::{Block, BlockKind, Carried, Cell, Item, PanelKind, Row, Table, Task};
use crate::error::RestoreError;
use crate::markdown;

impl<'b> Merge<'b> {
    pub(super) fn changed(&mut self, new: &Block, old: &'b Block) -> Result<Block, RestoreError> {
        let kind = match (&new.kind, &old.kind) {
            (BlockKind::Quote(new), BlockKind::Quote(old)) => {
                BlockKind::Quote(self.blocks(new, old)?)
            }
            (
                BlockKind::Panel { kind, title, body },
                BlockKind::Panel {
                    kind: old_kind,
                    body: old_body,
                    ..
                },
            ) => {
                let panel = BlockKind::Panel {
                    kind: *kind,
                    title: title.clone(),
                    body: self.blocks(body, old_body)?,
                };
                if kind != old_kind {
                    // Its icon and its colours were those of the other kind.
                    return Ok(Block::new(panel));
                }
                panel
            }
            (BlockKind::Expand { title, body }, BlockKind::Expand { body: old, .. }) => {
                BlockKind::Expand {
                    title: title.clone(),
                    body: self.blocks(body, old)?,
                }
            }
            (BlockKind::List { marker, items }, BlockKind::List { items: old, .. }) => {
                BlockKind::List {
                    marker: *marker,
                    items: self.items(items, old)?,
                }
            }
            (BlockKind::Tasks(new), BlockKind::Tasks(old)) => {
                BlockKind::Tasks(self.tasks(new, old)?)
            }
            (BlockKind::Table(new), BlockKind::Table(old)) => {
                BlockKind::Table(self.table(new, old)?)
            }
            (
                BlockKind::Kept {
                    kept: placeholder,
                    body: Some(new),
                },
                BlockKind::Kept {
                    kept,
                    body: Some(old),
                },
            ) => {
                let around = |place: &Place<'_>| matches!(place, Place::Block(Some(_)));
                self.index.find(placeholder, around)?;
                BlockKind::Kept {
                    kept: kept.clone(),
                    body: Some(self.blocks(new, old)?),
                }
            }
            (BlockKind::Kept { .. }, _) => return self.restored(new),
            _ => {
                self.check_said(old);
                self.name_unheld(old);
                let mut block = self.restored(new)?.carrying(old.carried.clone());
                self.unseen.put_back_of(old, &mut block);
                return Ok(block);
            }
        };
        self.name_unheld(old);
        Ok(Block::new(kind).carrying(old.carried.clone()))
    }

    /// Notes what Markdown could not say of a block that was changed.
    fn check_said(&mut self, old: &Block) {
        let text = said(std::slice::from_ref(old));
        let read = markdown::read_own(&text);
        if bare(&read.blocks) == bare(std::slice::from_ref(old)) {
            return;
        }
        self.note_lost(&text);
    }

    fn note_lost(&mut self, text: &str) {
        self.name_lost("formatting that Markdown cannot say", "changed", text);
    }

    /// Names what a block with these words loses that was changed or moved.
    pub(super) fn name_lost(&mut self, what: &str, edit: &str, text: &str) {
        let start: String = text.chars().take(40).collect();
        self.lost
            .push(format!("{what}, of the {edit} block `{start}`"));
    }

    fn items(&mut self, new: &[Item], old: &'b [Item]) -> Result<Vec<Item>, RestoreError> {
        let keys = |items: &[Item]| -> Vec<String> {
            items.iter().map(|item| said(&item.blocks)).collect()
        };
        let mut items = Vec::with_capacity(new.len());
        let steps = align(&keys(new), &keys(old), |_, _| true);
        for gone in without_partner(&steps, old.len()) {
            self.moves.go(&old[gone].blocks);
        }
        for step in steps {
            items.push(match step {
                Step::Same(new_at, old_at) | Step::Changed(new_at, old_at) => Item {
                    blocks: self.blocks(&new[new_at].blocks, &old[old_at].blocks)?,
                    carried: old[old_at].carried.clone(),
                },
                Step::New(at) => {
                    self.moves.come(&new[at].blocks);
                    Item {
                        blocks: self.all_restored(&new[at].blocks)?,
                        carried: Carried::default(),
                    }
                }
            });
        }
        Ok(items)
    }

    pub(super) fn tasks(
        &mut self,
        new: &[Task],
        old: &'b [Task],
    ) -> Result<Vec<Task>, RestoreError> {
        let keys = |tasks: &[Task]| -> Vec<String> {
            let key = |task: &Task| said(&[Block::paragraph(task.content.clone())]);
            tasks.iter().map(key).collect()
        };
        let mut tasks = Vec::with_capacity(new.len());
        for step in align(&keys(new), &keys(old), |_, _| true) {
            let (new, partner, content) = match step {
                Step::Same(at, from) => {
                    let same = &old[from];
                    self.stay_in_line(&same.content);
                    (&new[at], Some(same), same.content.clone())
                }
                Step::Changed(at, from) => {
                    self.check_said(&Block::paragraph(old[from].content.clone()));
                    (&new[at], Some(&old[from]), self.inlines(&new[at].content)?)
                }
                Step::New(at) => (&new[at], None, self.inlines(&new[at].content)?),
            };
            let children = partner.map_or(&[][..], |old| &old.children);
            tasks.push(Task {
                id: partner.and_then(|old| old.id.clone()),
                done: new.done,
                content,
                children: self.tasks(&new.children, children)?,
                carried: partner.map(|old| old.carried.clone()).unwrap_or_default(),
            });
        }
        Ok(tasks)
    }

    fn table(&mut self, new: &Table, old: &'b Table) -> Result<Table, RestoreError> {
        let keys = |table: &Table| -> Vec<String> {
            // Markdown fills rows up that merged cells leave short.
            let key = |row: &Row| {
                let filled = row.cells.len() - trailing_empty(row);
                said_in(row.cells[..filled].to_vec())
            };
            table.rows.iter().map(key).collect()
        };
        let width = |row: &Row| row.cells.len();
        let columns = columns(new, old);
        let mut rows = Vec::with_capacity(new.rows.len());
        for step in align(&keys(new), &keys(old), |at, from| {
            columns.is_some() || width(&new.rows[at]) >= width(&old.rows[from])
        }) {
            let (new, old) = match step {
                Step::Same(at, from) | Step::Changed(at, from) => {
                    (&new.rows[at], Some(&old.rows[from]))
                }
                Step::New(at) => (&new.rows[at], None),
            };
            let mut row = new.clone();
            row.carried = old.map(|old| old.carried.clone()).unwrap_or_default();
            for (column, cell) in row.cells.iter_mut().enumerate() {
                let from = match &columns {
                    Some(columns) => columns[column],
                    None => Some(column),
                };
                match old.and_then(|old| old.cells.get(from?)) {
                    Some(old) => {
                        cell.blocks = self.cell(&cell.blocks, &old.blocks)?;
                        cell.carried = old.carried.clone();
                    }
                    None => cell.blocks = self.all_restored(&cell.blocks)?,
                }
            }
            // Markdown fills short rows up; merged cells have no cells there.
            if let (Some(old), None) = (old, &columns) {
                row.cells
                    .truncate(old.cells.len().max(new.cells.len() - trailing_empty(new)));
            }
            rows.push(row);
        }
        let stays = |column: usize| {
            columns
                .as_ref()
                .is_none_or(|all| all.contains(&Some(column)))
        };
        let merged = |row: &&Row, stays: &dyn Fn(usize) -> bool| {
            let mut cells = row.cells.iter().enumerate();
            cells.any(|(column, cell)| stays(column) && !cell.carried.is_empty())
        };
        let now = rows.iter().filter(|row| merged(row, &|_| true)).count();
        if now < old.rows.iter().filter(|row| merged(row, &stays)).count() {
            self.lost
                .push("widths, colours or merging of cells in a changed table".into());
        }
        Ok(Table { rows })
    }

    /// A cell is one line of Markdown, where not all blocks keep their shape.
    fn cell(&mut self, new: &[Block], old: &'b [Block]) -> Result<Vec<Block>, RestoreError> {
        let cell = |blocks: &[Block]| Cell {
            blocks: blocks.to_vec(),
            ..Cell::default()
        };
        if said_in(vec![cell(new)]) == said_in(vec![cell(old)]) {
            self.stay(old);
            return Ok(old.iter().map(|block| self.verbatim(block)).collect());
        }
        let line = markdown::write_blocks(&[row_of(vec![cell(old)])]);
        let read = markdown::read_own(&line);
        let lines = old.iter().filter(|block| !block.is_empty_line());
        let shown: Vec<Block> = lines.cloned().collect();
        if bare(&self.opened(last_cell(&read.blocks))) != bare(&shown) {
            let words = line.lines().last().unwrap_or_default();
            self.note_lost(words.trim_matches(['|', ' ']));
        }
        self.blocks(new, old)
    }
}

/// Whether `new` may be an edit of `old`.
pub(super) fn same_shape(new: &Block, old: &Block) -> bool {
    match (&new.kind, &old.kind) {
        // Decisions are lines, other panels hold blocks.
        (BlockKind::Panel { kind: new, .. }, BlockKind::Panel { kind: old, .. }) => {
            (*new == PanelKind::Decision) == (*old == PanelKind::Decision)
        }
        (BlockKind::Kept { kept: new, .. }, BlockKind::Kept { kept: old, .. }) => new.id == old.id,
        (new, old) => std::mem::discriminant(new) == std::mem::discriminant(old),
    }
}

/// For each column which one of the original it was, where columns were added or taken out; None
/// if they are the same, or if merged cells hide which they are.
fn columns(new: &Table, old: &Table) -> Option<Vec<Option<usize>>> {
    let (head, old_head) = (new.rows.first()?, old.rows.first()?);
    let width = old_head.cells.len();
    let is_even = old.rows.iter().all(|row| row.cells.len() == width);
    if !is_even || head.cells.len() == width {
        return None;
    }
    let keys = |row: &Row| -> Vec<String> {
        let cells = row.cells.iter();
        cells.map(|cell| said_in(vec![cell.clone()])).collect()
    };
    let mut columns = vec![None; head.cells.len()];
    for step in align(&keys(head), &keys(old_head), |_, _| true) {
        if let Step::Same(at, from) | Step::Changed(at, from) = step {
            columns[at] = Some(from);
        }
    }
    Some(columns)
}

fn trailing_empty(row: &Row) -> usize {
    let cells = row.cells.iter().rev();
    cells
        .take_while(|cell| said(&cell.blocks).is_empty())
        .count()
}
