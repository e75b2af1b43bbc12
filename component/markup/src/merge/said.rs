//! What a reader of the Markdown sees of a node: what nodes are compared by.
//!
//! Decides which differences nobody sees. Never decides which nodes are partners.

use crate::doc::{Block, BlockKind, Cell, Document, Row, Table};
use crate::markdown;
use crate::visit;

/// What a reader of the Markdown sees, whatever names the people mentioned were given.
pub(super) fn said(blocks: &[Block]) -> String {
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

pub(super) fn last_cell(blocks: &[Block]) -> &[Block] {
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
pub(super) fn said_in(cells: Vec<Cell>) -> String {
    said(&[row_of(cells)])
}

pub(super) fn row_of(cells: Vec<Cell>) -> Block {
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
pub(super) fn bare(blocks: &[Block]) -> Vec<Block> {
    let mut document = Document::new(nameless(blocks));
    document.forget_source();
    visit::forget_origins(&mut document.blocks);
    document.blocks
}
