//! Puts an edited text back into the original it was made from.
//!
//! Decides what of the original survives an edit: a block that still says the same keeps its bytes,
//! a changed one keeps the attributes Markdown has no words for, a placeholder becomes its node
//! again. What cannot survive is refused or named, never dropped in silence.

mod align;
mod changed;
mod gaps;
mod index;
mod moved;
mod nodes;
mod said;
mod unheld;
mod unseen;

use std::ops::Range;

use align::{Step, align, without_partner};
use changed::same_shape;
use gaps::Gaps;
pub(crate) use gaps::is_gap;
use index::Index;
use moved::Moves;
use said::said;
use unseen::Unseen;

use crate::doc::{Block, BlockKind, Document, Format, Inline, Kept, Origin, Source, Span};
use crate::error::RestoreError;
use crate::inlines;
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
    let mut merge = Merge::new(base, &base.blocks);
    let blocks = merge.all_blocks(&edited.blocks)?;
    Ok(merge.done(blocks, &base.blocks))
}

/// [`restore`] for a text that takes the place of some blocks of `base`.
pub(crate) fn restore_part(
    edited: &Document,
    base: &Document,
    part: &[Block],
) -> Result<Restored, RestoreError> {
    let mut merge = Merge::new(base, part);
    let edited = merge.opened(&edited.blocks);
    let blocks = merge.blocks(&edited, part)?;
    Ok(merge.done(blocks, part))
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
    unseen: Unseen<'b>,
    moves: Moves<'b>,
    lost: Vec<String>,
}

impl<'b> Merge<'b> {
    /// For a text that takes the place of `part`.
    fn new(base: &'b Document, part: &'b [Block]) -> Self {
        Self {
            base,
            index: Index::new(&base.blocks),
            unseen: Unseen::new(part),
            moves: Moves::default(),
            lost: Vec::new(),
        }
    }

    fn done(mut self, mut blocks: Vec<Block>, part: &[Block]) -> Restored {
        self.unseen.put_back(&mut blocks);
        self.name_moved();
        let mut lost = self.index.unused_in(part);
        lost.append(&mut self.lost);
        Restored {
            document: Document::new(blocks),
            lost,
        }
    }

    /// These blocks of the original stand where they stood.
    fn stay(&mut self, blocks: &[Block]) {
        self.index.use_all(blocks);
        self.unseen.stay(blocks);
    }

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

    /// So does this line.
    fn stay_in_line(&mut self, content: &[Inline]) {
        self.index.use_line(content);
        content.iter().for_each(|run| self.unseen.stay_run(run));
    }

    /// Pairs `edited` with `base`, whose blocks stand in `within` if that is known.
    fn between(
        &mut self,
        edited: &[Block],
        base: &'b [Block],
        within: Option<Range<usize>>,
    ) -> Result<Vec<Block>, RestoreError> {
        if !edited.is_empty() && !base.is_empty() && base.iter().all(Block::is_empty_line) {
            return self.filled(edited, &base[0]);
        }
        let key = |block: &Block| said(std::slice::from_ref(block));
        let new: Vec<String> = edited.iter().map(key).collect();
        let mut old: Vec<String> = base.iter().map(key).collect();
        let shown: Vec<bool> = old.iter().map(|text| !text.is_empty()).collect();
        let places: Vec<usize> = (0..base.len()).filter(|at| shown[*at]).collect();
        old.retain(|text| !text.is_empty());
        let mut blocks = Vec::with_capacity(base.len());
        let mut gaps = Gaps::new(self.base, base, within);
        self.unseen(base, &shown, 0, &mut gaps, &mut blocks);
        let steps = align(&new, &old, |new, old| {
            same_shape(&edited[new], &base[places[old]])
        });
        for gone in without_partner(&steps, places.len()) {
            self.moves.go(&base[places[gone]..=places[gone]]);
        }
        for step in steps {
            let (block, partner) = match step {
                Step::Same(_, old) => {
                    let old = places[old];
                    self.stay(&base[old..=old]);
                    (self.verbatim(&base[old]), Some(old))
                }
                Step::Changed(new, old) => {
                    let old = places[old];
                    (self.changed(&edited[new], &base[old])?, Some(old))
                }
                Step::New(new) => {
                    self.moves.come(&edited[new..=new]);
                    (self.restored(&edited[new])?, None)
                }
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

    /// What takes the place of an empty line that stood alone.
    fn filled(&mut self, edited: &[Block], line: &Block) -> Result<Vec<Block>, RestoreError> {
        let mut blocks = self.all_restored(edited)?;
        if let Some(first) = blocks.first_mut()
            && matches!(first.kind, BlockKind::Paragraph(_))
        {
            first.carried = line.carried.clone();
        }
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
            self.stay(std::slice::from_ref(block));
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
        match source_of(self.base, block) {
            Some((format, text)) => Block::verbatim(format, text).carrying(block.carried.clone()),
            None => block.clone(),
        }
    }
}

/// The text that stands for a block of `document`.
fn source_of(document: &Document, block: &Block) -> Option<(Format, String)> {
    match (&document.source, &block.span) {
        (Source::Text { format, text }, Span::Bytes(range)) => {
            let slice = text.get(range.clone()).filter(|slice| !slice.is_empty());
            slice.map(|slice| (*format, slice.to_owned()))
        }
        (Source::Adf(original), Span::Path(path)) => original
            .node_at(path)
            .map(|node| (Format::Adf, node.to_string())),
        _ => None,
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
