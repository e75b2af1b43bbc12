//! Puts an edited text back into the original it was made from.
//!
//! Decides what of the original survives an edit: a block that still says the same keeps its bytes,
//! a changed one keeps the attributes Markdown has no words for, a placeholder becomes its node
//! again. What cannot survive is refused or named, never dropped in silence.

mod align;
mod index;

use align::{Step, align};
use index::{Entry, Index, Place};

use crate::adf::node_at;
use crate::doc::{
    Block, BlockKind, Carried, Document, Format, Inline, InlineKind, Item, Kept, Marks, Origin,
    Row, Source, Span, Table, Task,
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
    let blocks = merge.blocks(&edited.blocks, &base.blocks)?;
    let mut lost = merge.index.unused();
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
    fn blocks(&mut self, edited: &[Block], base: &'b [Block]) -> Result<Vec<Block>, RestoreError> {
        let key = |block: &Block| said(std::slice::from_ref(block));
        let new: Vec<String> = edited.iter().map(key).collect();
        let mut old: Vec<String> = base.iter().map(key).collect();
        let shown: Vec<bool> = old.iter().map(|text| !text.is_empty()).collect();
        let places: Vec<usize> = (0..base.len()).filter(|at| shown[*at]).collect();
        old.retain(|text| !text.is_empty());
        let mut blocks = Vec::with_capacity(base.len());
        self.unseen(base, &shown, 0, &mut blocks);
        let mut last_is_loose = false;
        for step in align(&new, &old, |new, old| {
            same_shape(&edited[new], &base[places[old]])
        }) {
            let (block, partner) = match step {
                Step::Same(_, old) => {
                    let old = places[old];
                    self.index.use_all(&base[old..=old]);
                    // Text outside of any element would run into such text before it.
                    let joins = last_is_loose && self.is_loose(&base[old]);
                    let block = if joins {
                        base[old].clone()
                    } else {
                        self.verbatim(&base[old])
                    };
                    last_is_loose = !joins && self.is_loose(&base[old]);
                    (block, Some(old))
                }
                Step::Changed(new, old) => {
                    last_is_loose = false;
                    let old = places[old];
                    (self.changed(&edited[new], &base[old])?, Some(old))
                }
                Step::New(new) => {
                    last_is_loose = false;
                    (self.restored(&edited[new])?, None)
                }
            };
            blocks.push(block);
            if let Some(old) = partner {
                self.unseen(base, &shown, old + 1, &mut blocks);
            }
        }
        Ok(blocks)
    }

    /// Takes over the blocks from `at` on that Markdown does not show, such as empty lines: they
    /// stay behind the block they follow.
    fn unseen(&mut self, base: &'b [Block], shown: &[bool], at: usize, blocks: &mut Vec<Block>) {
        let hidden = base
            .iter()
            .zip(shown)
            .skip(at)
            .take_while(|(_, shown)| !**shown);
        for (block, _) in hidden {
            self.index.use_all(std::slice::from_ref(block));
            blocks.push(self.verbatim(block));
        }
    }

    /// Running text of storage format that no element holds.
    fn is_loose(&self, block: &Block) -> bool {
        let (
            Source::Text {
                format: Format::Storage,
                text,
            },
            Span::Bytes(range),
        ) = (&self.base.source, &block.span)
        else {
            return false;
        };
        let slice = text.get(range.clone()).unwrap_or("");
        matches!(block.kind, BlockKind::Paragraph(_))
            && !["<p>", "<p ", "<p/"]
                .iter()
                .any(|start| slice.starts_with(start))
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
        let Some((format, open)) = origin else {
            return block.clone();
        };
        let kept = Kept {
            label: "unchanged".into(),
            id: String::new(),
            origin: Some(Origin {
                format,
                open,
                close: String::new(),
            }),
        };
        Block::new(BlockKind::Kept { kept, body: None })
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
            let key = |row: &Row| {
                let cells = row.cells.iter().map(|cell| said(&cell.blocks));
                cells.collect::<Vec<_>>().join(" | ")
            };
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
                        cell.blocks = self.blocks(&cell.blocks, &old.blocks)?;
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
                for body in visit::bodies(other) {
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
            (Place::Block(None), None) => Ok(BlockKind::Kept {
                kept: entry.kept.clone(),
                body: None,
            }),
            (Place::Block(Some(old)), Some(new)) => Ok(BlockKind::Kept {
                kept: entry.kept.clone(),
                body: Some(self.blocks(new, old)?),
            }),
            (Place::Inline, None) => {
                let kind = InlineKind::Kept(entry.kept.clone());
                Ok(BlockKind::Paragraph(vec![Inline::new(
                    kind,
                    Marks::default(),
                )]))
            }
            (Place::Mark, Some([only])) if matches!(only.kind, BlockKind::Paragraph(_)) => {
                let mark = entry.kept.clone();
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
                        Place::Inline => *kept = found.clone(),
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
                        *emoji = known.clone();
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
                    Place::Mark => *kept = found.clone(),
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
    markdown::write_blocks(&nameless(blocks))
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
