//! Tables, read from Markdown events, with the blocks that tags make inside their cells.
//!
//! Decides which rows are headers and where one block of a cell ends. Never decides what running
//! text means.

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use super::html::{self, Name};
use super::lines::{Lines, Start};
use crate::MAX_DEPTH;
use crate::doc::{
    Block, BlockKind, Cell, Inline, InlineKind, Item, Kept, ListMarker, Marks, Row, Table,
    code_text, language, push_few,
};
use crate::inlines;

pub(super) struct TableReader<'a> {
    source: &'a str,
    rows: Vec<Row>,
    row: Row,
    /// Where the cell begins; most cells of a sparse table hold nothing to read.
    start: usize,
    cell: Option<CellReader<'a>>,
    in_head: bool,
}

impl<'a> TableReader<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self {
            source,
            rows: Vec::new(),
            row: Row::default(),
            start: 0,
            cell: None,
            in_head: false,
        }
    }

    pub(super) fn event(&mut self, event: Event<'a>, range: Range<usize>) {
        match event {
            Event::Start(Tag::TableHead) => self.in_head = true,
            Event::Start(Tag::TableRow) => {}
            Event::Start(Tag::TableCell) => {
                self.start = range.start;
            }
            Event::End(TagEnd::TableCell) => {
                let cell = self.cell.take().map(|cell| cell.finish(self.in_head));
                self.row.cells.push(cell.unwrap_or_default());
            }
            Event::End(TagEnd::TableHead) => {
                self.in_head = false;
                let row = std::mem::take(&mut self.row);
                // Markdown demands a header row; an empty one stands for none.
                let named = row.cells.iter().any(|cell| cell.header);
                if named {
                    let header = |cell: Cell| Cell {
                        header: true,
                        ..cell
                    };
                    let cells = row.cells.into_iter().map(header).collect();
                    self.rows.push(Row { cells, ..row });
                }
            }
            Event::End(TagEnd::TableRow) => self.rows.push(std::mem::take(&mut self.row)),
            inside => {
                let begin = || CellReader::new(self.source, self.start);
                self.cell.get_or_insert_with(begin).event(inside, range);
            }
        }
    }

    pub(super) fn finish(&mut self) -> Block {
        let rows = std::mem::take(&mut self.rows);
        Block::new(BlockKind::Table(Table { rows }))
    }
}

struct CellReader<'a> {
    lines: Lines<'a>,
    named: bool,
    blocks: Vec<Block>,
    /// The lists that are open, each with its item.
    frames: Vec<Frame>,
    /// The language and the text of an open `<pre>`.
    code: Option<(Option<String>, String)>,
}

enum Frame {
    List(ListMarker, Vec<Item>, Vec<Block>),
    /// An item.
    Blocks(Vec<Block>),
    /// A placeholder with blocks in it.
    Kept(Box<Kept>, Vec<Block>),
}

impl<'a> CellReader<'a> {
    fn new(source: &'a str, start: usize) -> Self {
        Self {
            lines: Lines::new(source, Start::Plain, start),
            named: false,
            blocks: Vec::new(),
            frames: Vec::new(),
            code: None,
        }
    }

    fn event(&mut self, event: Event<'a>, range: Range<usize>) {
        if self.code.is_some() {
            return self.code_event(&event);
        }
        let tag = match &event {
            Event::InlineHtml(source) | Event::Html(source) => html::tag(source),
            _ => None,
        };
        match tag {
            Some(html::Tag::Open(Name::RowHeader, None)) => self.named = true,
            Some(html::Tag::Open(Name::Preformatted, info)) => {
                self.end_text();
                self.code = Some((info.as_deref().and_then(language), String::new()));
            }
            Some(html::Tag::Open(Name::Bullets, None)) => self.open_list(ListMarker::Bullet),
            Some(html::Tag::Open(Name::Numbers, start)) => {
                let start = start.and_then(|start| start.parse().ok()).unwrap_or(1);
                self.open_list(ListMarker::Ordered { start });
            }
            Some(html::Tag::Open(Name::Item, None)) if self.in_list() => {
                self.end_text();
                self.frames.push(Frame::Blocks(Vec::new()));
            }
            Some(html::Tag::Close(Name::Item)) if self.in_item() => {
                self.end_text();
                while !matches!(self.frames.last(), Some(Frame::Blocks(_))) {
                    self.close_frame();
                }
                self.close_frame();
            }
            Some(html::Tag::Close(Name::Bullets | Name::Numbers)) if self.in_list() => {
                self.end_text();
                self.close_frame();
            }
            _ => self.lines.event(event, range),
        }
    }

    fn code_event(&mut self, event: &Event<'a>) {
        let Some((_, text)) = &mut self.code else {
            return;
        };
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(part),
            Event::InlineHtml(source) | Event::Html(source) => match html::tag(source) {
                Some(html::Tag::Break) => text.push('\n'),
                Some(html::Tag::Close(Name::Preformatted)) => self.end_code(),
                _ => text.push_str(source),
            },
            _ => {}
        }
    }

    fn end_code(&mut self) {
        if let Some((language, text)) = self.code.take() {
            let text = code_text(&text);
            self.push(Block::new(BlockKind::Code { language, text }));
        }
    }

    fn in_list(&self) -> bool {
        matches!(self.frames.last(), Some(Frame::List(..)))
    }

    /// Whether an item is open around what a placeholder left open.
    fn in_item(&self) -> bool {
        let mut frames = self.frames.iter().rev();
        let around = frames.find(|frame| !matches!(frame, Frame::Kept(..)));
        matches!(around, Some(Frame::Blocks(_)))
    }

    fn open_list(&mut self, marker: ListMarker) {
        self.end_text();
        if self.frames.len() + 1 < MAX_DEPTH {
            self.frames
                .push(Frame::List(marker, Vec::new(), Vec::new()));
        }
    }

    fn push(&mut self, block: Block) {
        match self.frames.last_mut() {
            Some(Frame::Blocks(blocks) | Frame::List(_, _, blocks) | Frame::Kept(_, blocks)) => {
                push_few(blocks, block);
            }
            None => push_few(&mut self.blocks, block),
        }
    }

    /// Ends the text before a block. A placeholder that goes on behind it has blocks in it.
    fn end_text(&mut self) {
        let (mut runs, begun) = self.lines.take_runs();
        let mut taken = 0;
        for (kept, at) in begun {
            let inside = runs.split_off(at.saturating_sub(taken).min(runs.len()));
            taken += runs.len();
            self.text(runs);
            runs = inside;
            let kept = Box::new(kept);
            if self.frames.len() + 1 < MAX_DEPTH {
                self.frames.push(Frame::Kept(kept, Vec::new()));
            } else {
                self.push(Block::new(BlockKind::Kept { kept, body: None }));
            }
        }
        self.text(runs);
    }

    /// Running text, with the ends of the placeholders that blocks stand in.
    fn text(&mut self, mut runs: Vec<Inline>) {
        while let Some(Frame::Kept(kept, _)) = self.frames.last() {
            let end = runs
                .iter()
                .position(|run| matches!(&run.kind, InlineKind::Kept(end) if end.is_end_of(kept)));
            let Some(end) = end else { break };
            let behind = runs.split_off(end + 1);
            runs.pop();
            self.paragraphs(runs);
            runs = behind;
            if let Some(Frame::Kept(kept, blocks)) = self.frames.pop() {
                let body = Some(blocks);
                self.push(Block::new(BlockKind::Kept { kept, body }));
            }
        }
        self.paragraphs(runs);
    }

    /// Two breaks in a row end a paragraph of a cell.
    fn paragraphs(&mut self, runs: Vec<Inline>) {
        if !runs
            .iter()
            .any(|run| matches!(run.kind, InlineKind::HardBreak))
        {
            return self.paragraph(runs);
        }
        let mut content: Vec<Inline> = Vec::new();
        let mut breaks = 0;
        for run in runs {
            let is_break = matches!(run.kind, InlineKind::HardBreak);
            let is_space =
                matches!(&run.kind, InlineKind::Text(text) if inlines::is_blank_text(text));
            if breaks >= 2 && !is_break && !is_space {
                self.paragraph(std::mem::take(&mut content));
            }
            breaks = match (is_break, is_space) {
                (true, _) => breaks + 1,
                (false, true) => breaks,
                (false, false) => 0,
            };
            content.push(run);
        }
        self.paragraph(content);
    }

    fn paragraph(&mut self, runs: Vec<Inline>) {
        if let Some(block) = paragraph(runs) {
            self.push(block);
        }
    }

    fn close_frame(&mut self) {
        match self.frames.pop() {
            Some(Frame::Blocks(blocks)) => {
                if let Some(Frame::List(_, items, _)) = self.frames.last_mut() {
                    items.push(Item {
                        blocks,
                        ..Item::default()
                    });
                }
            }
            Some(Frame::List(marker, items, stray)) => {
                if !items.is_empty() {
                    self.push(Block::new(BlockKind::List { marker, items }));
                }
                for block in stray {
                    self.push(block);
                }
            }
            // Its end is missing: putting it back fails.
            Some(Frame::Kept(kept, blocks)) => {
                self.push(Block::new(BlockKind::Kept { kept, body: None }));
                for block in blocks {
                    self.push(block);
                }
            }
            None => {}
        }
    }

    fn finish(mut self, in_head: bool) -> Cell {
        self.end_code();
        let runs = self.lines.finish().runs;
        self.text(runs);
        while !self.frames.is_empty() {
            self.close_frame();
        }
        let blocks = self.blocks;
        let header = self.named || in_head && !blocks.is_empty();
        Cell {
            header,
            blocks,
            ..Cell::default()
        }
    }
}

fn paragraph(runs: Vec<Inline>) -> Option<Block> {
    let content = inlines::normal_line(runs);
    if let [only] = content.as_slice()
        && only.marks == Marks::default()
        && let InlineKind::Kept(kept) = &only.kind
    {
        let kind = BlockKind::Kept {
            kept: kept.clone(),
            body: None,
        };
        return Some(Block::new(kind));
    }
    (!content.is_empty()).then(|| Block::paragraph(content))
}
