//! Blocks of a storage source that say what they said when they were read.
//!
//! Decides which bytes of the source stand for themselves: those of such blocks, and what lies
//! between two of them that follow each other as they did. Never decides what an edit is.

use crate::doc::{Block, Format, Span};

/// `blocks` with the unchanged ones as the bytes they have in `source`.
pub(super) fn verbatim(blocks: &[Block], source: &str) -> Vec<Block> {
    let Ok(original) = super::read::document(source) else {
        return blocks.to_vec();
    };
    let original = original.blocks;
    if original == blocks {
        return vec![Block::verbatim(Format::Storage, source.to_owned())];
    }
    let mut written = Vec::with_capacity(blocks.len() + 1);
    // The block of the original that stands next, if what was written last stood before it.
    let mut next = Some(0);
    for block in blocks {
        let place = original.partition_point(|one| start(one) < start(block));
        if original.get(place) != Some(block) {
            written.push(block.clone());
            next = None;
            continue;
        }
        let from = match next {
            Some(next) if next == place => behind(&original[..place]),
            _ => start(block),
        };
        let text = source.get(from..end(block)).unwrap_or("").to_owned();
        written.push(Block::verbatim(Format::Storage, text).carrying(block.carried.clone()));
        next = Some(place + 1);
    }
    if next == Some(original.len()) {
        let rest = source.get(behind(&original)..).unwrap_or("").to_owned();
        written.push(Block::verbatim(Format::Storage, rest));
    }
    written
}

fn start(block: &Block) -> usize {
    match &block.span {
        Span::Bytes(range) => range.start,
        _ => usize::MAX,
    }
}

fn end(block: &Block) -> usize {
    match &block.span {
        Span::Bytes(range) => range.end,
        _ => usize::MAX,
    }
}

fn behind(blocks: &[Block]) -> usize {
    blocks.last().map_or(0, end)
}
