//! What lies between the blocks of a storage source: spaces, line ends, comments.
//!
//! Decides where it stays: between two blocks that still follow each other.

use std::ops::Range;

use crate::doc::{Block, Document, Format, Source, Span};

pub(super) struct Gaps<'b> {
    base: &'b [Block],
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
        let source = match &document.source {
            Source::Text {
                format: Format::Storage,
                text,
            } => text.as_str(),
            _ => "",
        };
        Self {
            base,
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
        let text = self.source.get(range).filter(|text| !text.is_empty())?;
        Some(Block::verbatim(Format::Storage, text.to_owned()))
    }
}

fn bytes(block: &Block) -> Option<&Range<usize>> {
    match &block.span {
        Span::Bytes(range) => Some(range),
        _ => None,
    }
}
