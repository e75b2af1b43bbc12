//! Puts an edited text back into the original it was made from.
//!
//! Decides what of the original survives an edit: a block that still says the same keeps its bytes,
//! a changed one keeps the attributes Markdown has no words for, a placeholder becomes its node
//! again. What cannot survive is refused or named, never dropped in silence.

mod align;
mod gaps;
mod index;

use std::sync::Arc;

use std::ops::Range;

use align::{Step, align};
use gaps::Gaps;
pub(crate) use gaps::is_gap;
use index::{Entry, Index, Place};

use crate::adf::node_at;
use crate::doc::{
    Block, BlockKind, Carried, Cell, Document, Format, Inline, InlineKind, Item, Kept, Marks,
    Origin, Row, Source, Span, Table, Task,
};
use crate::error::RestoreError;
use crate::inlines;
use crate::markdown;
use crate::visit;

/// The edited document with the original's own nodes in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    pub document: Document,
    /// What the original holds and the result no longer does, one line for each, for the answer
    /// to name: placeholders that were taken out, formatting that could not be kept.
    pub lost: Vec<String>,
}

/// Puts the nodes of `base` in place of the placeholders of `edited`, and takes over every block
/// that was not changed.
pub fn restore(edited: &Document, base: &Document) -> Result<Restored, RestoreError> {
    let mut merge = Merge {
        base,
        index: Index::new(&base.blocks),
        lost: Vec::new(),
    };
    let blocks = merge.all_blocks(&edited.blocks)?;
    let mut lost = merge.index.unused_in(&base.blocks);
    lost.append(&mut merge.lost);
    Ok(Restored {
        document: Document::new(blocks),
        lost,
    })
}

/// [`restore`] for a text that takes the place of some blocks of `base`.
pub(crate) fn restore_part(
    edited: &Document,
    base: &Document,
    part: &[Block],
) -> Result<Restored, RestoreError> {
    let mut merge = Merge {
        base,
        index: Index::new(&base.blocks),
        lost: Vec::new(),
    };
    let edited = merge.opened(&edited.blocks);
    let blocks = merge.blocks(&edited, part)?;
    let mut lost = merge.index.unused_in(part);
    lost.append(&mut merge.lost);
    Ok(Restored {
        document: Document::new(blocks),
        lost,
    })
}

/// Writes `edited` as `format` with the nodes of `base`, and names what got lost.
pub fn write_with_base(
    format: Format,
    edited: &Document,
    base: &Document,
) -> Result<(String, Vec<String>), RestoreError> {
    let restored = restore(edited, base)?;
    let text = crate::write(format, &restored.document)?;
    Ok((text, restored.lost))
}

struct Merge<'b> {
    base: &'b Document,
    index: Index<'b>,
    lost: Vec<String>,
}

impl<'b> Merge<'b> {
    /// The whole text, with what stands before and behind its blocks.
    fn all_blocks(&mut self, edited: &[Block]) -> Result<Vec<Block>, RestoreError> {
        let base = self.base;
        let end = match &base.source {
            Source::Text { text, .. } => text.len(),
            _ => 0,
        };
        self.between(&self.opened(edited), &base.blocks, Some(0..end))
    }

    fn blocks(&mut self, edited: &[Block], base: &'b [Block]) -> Result<Vec<Block>, RestoreError> {
        self.between(edited, base, None)
    }

    /// Pairs `edited` with `base`, whose blocks stand in `within` if that is known.
    fn between(
        &mut self,
        edited: &[Block],
        base: &'b [Block],
        within: Option<Range<usize>>,
    ) -> Result<Vec<Block>, RestoreError> {
        let key = |block: &Block| said(std::slice::from_ref(block));
        let new: Vec<String> = edited.iter().map(key).collect();
        let mut old: Vec<String> = base.iter().map(key).collect();
        let shown: Vec<bool> = old.iter().map(|text| !text.is_empty()).collect();
        let places: Vec<usize> = (0..base.len()).filter(|at| shown[*at]).collect();
        old.retain(|text| !text.is_empty());
        let mut blocks = Vec::with_capacity(base.len());
        let mut gaps = Gaps::new(self.base, base, within);
        self.unseen(base, &shown, 0, &mut gaps, &mut blocks);
        for step in align(&new, &old, |new, old| {
            same_shape(&edited[new], &base[places[old]])
        }) {
            let (block, partner) = match step {
                Step::Same(_, old) => {
                    let old = places[old];
                    self.index.use_all(&base[old..=old]);
                    (self.verbatim(&base[old]), Some(old))
                }
                Step::Changed(new, old) => {
                    let old = places[old];
                    (self.changed(&edited[new], &base[old])?, Some(old))
                }
                Step::New(new) => (self.restored(&edited[new])?, None),
            };
            blocks.extend(gaps.before(partner));
            blocks.push(block);
            if let Some(old) = partner {
                self.unseen(base, &shown, old + 1, &mut gaps, &mut blocks);
            }
        }
        blocks.extend(gaps.behind());
        Ok(blocks)
    }

    /// Takes over the blocks from `at` on that Markdown does not show, such as empty lines: they
    /// stay behind the block they follow.
    fn unseen(
        &mut self,
        base: &'b [Block],
        shown: &[bool],
        at: usize,
        gaps: &mut Gaps<'b>,
        blocks: &mut Vec<Block>,
    ) {
        for (old, block) in base.iter().enumerate().skip(at) {
            if shown[old] {
                break;
            }
            self.index.use_all(std::slice::from_ref(block));
            blocks.extend(gaps.before(Some(old)));
            blocks.push(self.verbatim(block));
        }
    }

    /// A placeholder around blocks that were written into one line, as in a cell, is a block again.
    fn opened(&self, edited: &[Block]) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::with_capacity(edited.len());
        for block in edited {
            let Some((around, inside)) = self.unwrapped(block) else {
                blocks.push(block.clone());
                continue;
            };
            match blocks.last_mut().map(|last| &mut last.kind) {
                Some(BlockKind::Kept {
                    kept,
                    body: Some(body),
                }) if *kept == around && !self.index.is_repeated(kept) => body.push(inside),
                _ => {
                    let body = Some(vec![inside]);
                    blocks.push(Block::new(BlockKind::Kept { kept: around, body }));
                }
            }
        }
        for body in blocks
            .iter_mut()
            .flat_map(|block| visit::bodies_mut(&mut block.kind))
        {
            *body = self.opened(body);
        }
        blocks
    }

    /// The placeholder for a block that all runs of a paragraph stand in, and the paragraph.
    fn unwrapped(&self, block: &Block) -> Option<(Box<Kept>, Block)> {
        let BlockKind::Paragraph(content) = &block.kind else {
            return None;
        };
        let kept = content.first()?.marks.kept.first()?;
        let whole = content
            .iter()
            .all(|run| run.marks.kept.first() == Some(kept));
        if !whole || !self.index.is_body(kept) {
            return None;
        }
        let mut inside = content.clone();
        let kept = Kept::clone(kept);
        for run in &mut inside {
            run.marks.kept.remove(0);
        }
        let inside = Block::paragraph(inlines::normal(inside));
        Some((Box::new(kept), inside))
    }

    /// The block as its bytes in the source, where they stand for it alone.
    fn verbatim(&self, block: &Block) -> Block {
        let origin = match (&self.base.source, &block.span) {
            (Source::Text { format, text }, Span::Bytes(range)) => {
                let slice = text.get(range.clone()).filter(|slice| !slice.is_empty());
                slice.map(|slice| (*format, slice.to_owned()))
            }
            (Source::Adf(document), Span::Path(path)) => {
                node_at(document, path).map(|node| (Format::Adf, node.to_string()))
            }
            _ => None,
        };
        match origin {
            Some((format, text)) => Block::verbatim(format, text).carrying(block.carried.clone()),
            None => block.clone(),
        }
    }

    fn changed(&mut self, new: &Block, old: &'b Block) -> Result<Block, RestoreError> {
        let kind = match (&new.kind, &old.kind) {
            (BlockKind::Quote(new), BlockKind::Quote(old)) => {
                BlockKind::Quote(self.blocks(new, old)?)
            }
            (BlockKind::Panel { kind, title, body }, BlockKind::Panel { body: old, .. }) => {
                BlockKind::Panel {
                    kind: *kind,
                    title: title.clone(),
                    body: self.blocks(body, old)?,
                }
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
            (BlockKind::Kept { .. }, _) => return self.restored(new),
            _ => {
                self.check_said(old);
                return Ok(self.restored(new)?.carrying(old.carried.clone()));
            }
        };
        Ok(Block::new(kind).carrying(old.carried.clone()))
    }

    /// Notes what Markdown could not say of a block that was changed.
    fn check_said(&mut self, old: &Block) {
        let text = said(std::slice::from_ref(old));
        let read = markdown::read(&text).unwrap_or_default();
        if bare(&read.blocks) == bare(std::slice::from_ref(old)) {
            return;
        }
        self.note_lost(&text);
    }

    fn note_lost(&mut self, text: &str) {
        let start: String = text.chars().take(40).collect();
        self.lost.push(format!(
            "formatting of the changed block `{start}` that Markdown cannot say"
        ));
    }

    fn items(&mut self, new: &[Item], old: &'b [Item]) -> Result<Vec<Item>, RestoreError> {
        let keys = |items: &[Item]| -> Vec<String> {
            items.iter().map(|item| said(&item.blocks)).collect()
        };
        let mut items = Vec::with_capacity(new.len());
        for step in align(&keys(new), &keys(old), |_, _| true) {
            items.push(match step {
                Step::Same(new_at, old_at) | Step::Changed(new_at, old_at) => Item {
                    blocks: self.blocks(&new[new_at].blocks, &old[old_at].blocks)?,
                    carried: old[old_at].carried.clone(),
                },
                Step::New(at) => Item {
                    blocks: self.all_restored(&new[at].blocks)?,
                    carried: Carried::default(),
                },
            });
        }
        Ok(items)
    }

    fn tasks(&mut self, new: &[Task], old: &'b [Task]) -> Result<Vec<Task>, RestoreError> {
        let keys = |tasks: &[Task]| -> Vec<String> {
            let key = |task: &Task| said(&[Block::paragraph(task.content.clone())]);
            tasks.iter().map(key).collect()
        };
        let mut tasks = Vec::with_capacity(new.len());
        for step in align(&keys(new), &keys(old), |_, _| true) {
            let (new, partner) = match step {
                Step::Same(at, from) | Step::Changed(at, from) => (&new[at], Some(&old[from])),
                Step::New(at) => (&new[at], None),
            };
            let children = partner.map_or(&[][..], |old| &old.children);
            tasks.push(Task {
                id: partner.and_then(|old| old.id.clone()),
                done: new.done,
                content: self.inlines(&new.content)?,
                children: self.tasks(&new.children, children)?,
            });
        }
        Ok(tasks)
    }

    fn table(&mut self, new: &Table, old: &'b Table) -> Result<Table, RestoreError> {
        let keys = |table: &Table| -> Vec<String> {
            let key = |row: &Row| said_in(row.cells.clone());
            table.rows.iter().map(key).collect()
        };
        let width = |row: &Row| row.cells.len();
        let mut rows = Vec::with_capacity(new.rows.len());
        for step in align(&keys(new), &keys(old), |at, from| {
            width(&new.rows[at]) >= width(&old.rows[from])
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
                match old.and_then(|old| old.cells.get(column)) {
                    Some(old) => {
                        cell.blocks = self.cell(&cell.blocks, &old.blocks)?;
                        cell.carried = old.carried.clone();
                    }
                    None => cell.blocks = self.all_restored(&cell.blocks)?,
                }
            }
            // Markdown fills short rows up; merged cells have no cells there.
            if let Some(old) = old {
                row.cells
                    .truncate(old.cells.len().max(new.cells.len() - trailing_empty(new)));
            }
            rows.push(row);
        }
        let merged = |row: &Row| row.cells.iter().any(|cell| !cell.carried.is_empty());
        if rows.iter().filter(|row| merged(row)).count()
            < old.rows.iter().filter(|row| merged(row)).count()
        {
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
            self.index.use_all(old);
            return Ok(old.iter().map(|block| self.verbatim(block)).collect());
        }
        let line = markdown::write_blocks(&[row_of(vec![cell(old)])]);
        let read = markdown::read(&line).unwrap_or_default();
        if bare(&self.opened(last_cell(&read.blocks))) != bare(old) {
            let words = line.lines().last().unwrap_or_default();
            self.note_lost(words.trim_matches(['|', ' ']));
        }
        self.blocks(new, old)
    }

    fn all_restored(&mut self, blocks: &[Block]) -> Result<Vec<Block>, RestoreError> {
        blocks.iter().map(|block| self.restored(block)).collect()
    }

    /// A block the original does not have, with its placeholders turned into their nodes.
    fn restored(&mut self, block: &Block) -> Result<Block, RestoreError> {
        let mut block = block.clone();
        match &mut block.kind {
            BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
                *content = self.inlines(content)?;
            }
            BlockKind::Tasks(tasks) => *tasks = self.tasks(tasks, &[])?,
            BlockKind::Kept { kept, body } if kept.origin.is_none() => {
                block.kind = self.kept(kept, body.as_deref())?;
            }
            other => {
                for body in visit::bodies_mut(other) {
                    *body = self.all_restored(body)?;
                }
            }
        }
        Ok(block)
    }

    fn kept(&mut self, kept: &Kept, body: Option<&[Block]>) -> Result<BlockKind, RestoreError> {
        let name = kept.placeholder();
        let entry = self.index.find(kept)?;
        match (entry.place, body) {
            (Place::Block(None), None) => Ok(BlockKind::whole(entry.kept.clone())),
            (Place::Block(Some(old)), Some(new)) => Ok(BlockKind::Kept {
                kept: Box::new(entry.kept.clone()),
                body: Some(self.blocks(new, old)?),
            }),
            (Place::Inline, None) => {
                let kind = InlineKind::Kept(Box::new(entry.kept.clone()));
                Ok(BlockKind::Paragraph(vec![Inline::new(
                    kind,
                    Marks::default(),
                )]))
            }
            (Place::Mark, Some([only])) if matches!(only.kind, BlockKind::Paragraph(_)) => {
                let mark = Arc::new(entry.kept.clone());
                let mut block = self.restored(only)?;
                if let BlockKind::Paragraph(content) = &mut block.kind {
                    for run in content {
                        run.marks.kept.insert(0, mark.clone());
                    }
                }
                Ok(block.kind)
            }
            (Place::Mark, Some(_)) => Err(RestoreError::NotBlock(name)),
            _ => Err(RestoreError::Unpaired(name)),
        }
    }

    fn inlines(&mut self, content: &[Inline]) -> Result<Vec<Inline>, RestoreError> {
        let mut runs = content.to_vec();
        for run in &mut runs {
            match &mut run.kind {
                InlineKind::Kept(kept) if kept.origin.is_none() => {
                    let Entry { kept: found, place } = self.index.find(kept)?;
                    match place {
                        Place::Inline => **kept = found.clone(),
                        Place::Block(None) => {
                            return Err(RestoreError::NotInline(kept.placeholder()));
                        }
                        Place::Block(Some(_)) | Place::Mark => {
                            return Err(RestoreError::Unpaired(kept.placeholder()));
                        }
                    }
                }
                InlineKind::Emoji(emoji) if emoji.id.is_none() && emoji.text.is_none() => {
                    if let Some(known) = self.index.emoji(&emoji.name) {
                        **emoji = known.clone();
                    }
                }
                InlineKind::Image(image) if image.carried.is_empty() => {
                    if let Some(known) = self.index.image(&image.target) {
                        image.carried = known.carried.clone();
                    }
                }
                _ => {}
            }
            for kept in run
                .marks
                .kept
                .iter_mut()
                .filter(|kept| kept.origin.is_none())
            {
                let Entry { kept: found, place } = self.index.find(kept)?;
                match place {
                    Place::Mark => *kept = Arc::new(found.clone()),
                    Place::Block(Some(_)) => {
                        return Err(RestoreError::NotInline(kept.placeholder()));
                    }
                    Place::Block(None) | Place::Inline => {
                        return Err(RestoreError::Unpaired(kept.placeholder()));
                    }
                }
            }
        }
        Ok(inlines::normal(runs))
    }
}

impl Block {
    /// A block of an original as the source it had.
    pub(crate) fn verbatim(format: Format, source: String) -> Self {
        let kept = Kept {
            label: "unchanged".into(),
            id: String::new(),
            origin: Some(Origin {
                format,
                open: source,
                close: String::new(),
            }),
        };
        Self::new(BlockKind::whole(kept))
    }
}

/// Whether `new` may be an edit of `old`.
fn same_shape(new: &Block, old: &Block) -> bool {
    match (&new.kind, &old.kind) {
        (BlockKind::Panel { kind: new, .. }, BlockKind::Panel { kind: old, .. }) => new == old,
        (BlockKind::Kept { kept: new, .. }, BlockKind::Kept { kept: old, .. }) => new.id == old.id,
        (new, old) => std::mem::discriminant(new) == std::mem::discriminant(old),
    }
}

fn trailing_empty(row: &Row) -> usize {
    let cells = row.cells.iter().rev();
    cells.take_while(|cell| cell.blocks.is_empty()).count()
}

/// What a reader of the Markdown sees, whatever names the people mentioned were given.
fn said(blocks: &[Block]) -> String {
    let text = markdown::write_blocks(&nameless(blocks));
    if !text.contains("  |\n") && !text.ends_with("  |") {
        return text;
    }
    // What is flattened into a cell may end in a space that is not read again.
    let lines = text.lines().map(|line| match line.strip_suffix('|') {
        Some(row) => row.trim_end_matches(' '),
        None => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn last_cell(blocks: &[Block]) -> &[Block] {
    match blocks {
        [
            Block {
                kind: BlockKind::Table(table),
                ..
            },
        ] => {
            let cells = table.rows.last().and_then(|row| row.cells.last());
            cells.map_or(&[], |cell| &cell.blocks)
        }
        _ => &[],
    }
}

/// What a reader sees of one row.
fn said_in(cells: Vec<Cell>) -> String {
    said(&[row_of(cells)])
}

fn row_of(cells: Vec<Cell>) -> Block {
    let row = Row {
        cells,
        ..Row::default()
    };
    Block::new(BlockKind::Table(Table { rows: vec![row] }))
}

fn nameless(blocks: &[Block]) -> Vec<Block> {
    let mut document = Document::new(blocks.to_vec());
    for mention in document.mentions_mut() {
        mention.name = None;
    }
    document.blocks
}

/// The tree alone: no places, no carried attributes, no bytes of kept nodes.
fn bare(blocks: &[Block]) -> Vec<Block> {
    let mut document = Document::new(nameless(blocks));
    document.forget_source();
    visit::forget_origins(&mut document.blocks);
    document.blocks
}
