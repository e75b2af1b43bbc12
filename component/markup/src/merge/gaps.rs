//! What lies between the blocks of a source: spaces, line ends, comments.
//!
//! Decides where it stays: between two blocks that still follow each other.

use std::ops::Range;

use crate::doc::{Block, BlockKind, Document, Format, Source, Span};

pub(super) struct Gaps<'b> {
    base: &'b [Block],
    format: Format,
    source: &'b str,
    /// Where the blocks stand, if that is known.
    within: Option<Range<usize>>,
    /// The block that stands next in the original, unless the last one was new.
    next: Option<usize>,
}

impl<'b> Gaps<'b> {
    pub(super) fn new(
        document: &'b Document,
        base: &'b [Block],
        within: Option<Range<usize>>,
    ) -> Self {
        let (format, source) = match &document.source {
            Source::Text { format, text } => (*format, text.as_str()),
            _ => (Format::Adf, ""),
        };
        Self {
            base,
            format,
            source,
            within,
            next: Some(0),
        }
    }

    /// What lies before the block of the original that comes now; None for a new one.
    pub(super) fn before(&mut self, place: Option<usize>) -> Option<Block> {
        let next = self.next;
        self.next = place.map(|place| place + 1);
        let place = place.filter(|place| next == Some(*place))?;
        let from = match place.checked_sub(1) {
            Some(before) => bytes(&self.base[before])?.end,
            None => self.within.as_ref()?.start,
        };
        self.gap(from..bytes(&self.base[place])?.start)
    }

    /// What lies behind the last block.
    pub(super) fn behind(self) -> Option<Block> {
        if self.next != Some(self.base.len()) {
            return None;
        }
        let within = self.within.as_ref()?;
        let from = match self.base.last() {
            Some(last) => bytes(last)?.end,
            None => within.start,
        };
        self.gap(from..within.end)
    }

    fn gap(&self, range: Range<usize>) -> Option<Block> {
        let text = self.source.get(range)?;
        // Where a writer would put something between two blocks, nothing is something too.
        if text.is_empty() && self.format != Format::Wiki {
            return None;
        }
        let mut block = Block::verbatim(self.format, text.to_owned());
        if let BlockKind::Kept { kept, .. } = &mut block.kind {
            kept.label = GAP.to_owned();
        }
        Some(block)
    }
}

const GAP: &str = "between blocks";

/// Whether `block` is what lay between two others, and takes the place of what a writer puts there.
pub(crate) fn is_gap(block: &Block) -> bool {
    matches!(&block.kind, BlockKind::Kept { kept, .. } if kept.label == GAP && kept.id.is_empty())
}

fn bytes(block: &Block) -> Option<&Range<usize>> {
    match &block.span {
        Span::Bytes(range) => Some(range),
        _ => None,
    }
}
