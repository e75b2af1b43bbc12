//! Blocks, read from Markdown.
//!
//! Decides what becomes of each event of the CommonMark parser: which quote is a panel, which list
//! is a task list, where a placeholder's content ends. Deeper than [`MAX_DEPTH`] containers open
//! into the one around them.

use std::ops::Range;

use compact_str::format_compact;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::alone::Alone;
use super::html;
use super::items::{self, ReadItem};
use super::lines::{Lines, Start};
use super::table::TableReader;
use crate::MAX_DEPTH;
use crate::doc::{
    Block, BlockKind, Document, Format, Inline, InlineKind, Kept, Level, ListMarker, Marks,
    PanelKind, Script, Source, Span, language, push_few,
};
use crate::inlines;
use crate::placeholder::Token;

pub(super) fn document(source: &str) -> Document {
    // A byte order mark says how the text was stored and is no part of it.
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
    let mut reader = Reader {
        source,
        frames: vec![Frame::new(FrameKind::Root, 0)],
        skipped: Vec::new(),
        lines: None,
        note: None,
        state: State::Blocks,
    };
    for (event, range) in Parser::new_ext(source, options).into_offset_iter() {
        reader.event(event, range);
    }
    Document {
        blocks: reader.finish(),
        source: Source::Text {
            format: Format::Markdown,
            text: source.to_owned(),
        },
    }
}

struct Reader<'a> {
    source: &'a str,
    frames: Vec<Frame>,
    /// For each open container of the parser, whether it was too deep to open a frame.
    skipped: Vec<bool>,
    lines: Option<Lines<'a>>,
    /// The label of a footnote whose text has not begun.
    note: Option<String>,
    state: State<'a>,
}

enum State<'a> {
    Blocks,
    Code {
        language: Option<String>,
        text: String,
    },
    Html(String),
    Table(Box<TableReader<'a>>),
}

struct Frame {
    kind: FrameKind,
    blocks: Vec<Block>,
    items: Vec<ReadItem>,
    start: usize,
}

enum FrameKind {
    Root,
    Quote {
        panel: Option<(PanelKind, Option<String>)>,
    },
    List(ListMarker),
    Item {
        done: Option<bool>,
    },
    Expand(String),
    Kept(Kept),
}

impl Frame {
    fn new(kind: FrameKind, start: usize) -> Self {
        Self {
            kind,
            blocks: Vec::new(),
            items: Vec::new(),
            start,
        }
    }
}

impl<'a> Reader<'a> {
    fn event(&mut self, event: Event<'a>, range: Range<usize>) {
        match &mut self.state {
            State::Table(table) => {
                if let Event::End(TagEnd::Table) = event {
                    let block = table.finish().at(Span::Bytes(range));
                    self.state = State::Blocks;
                    self.push(block);
                } else {
                    table.event(event, range);
                }
                return;
            }
            State::Code { language, text } => {
                match event {
                    Event::Text(part) => text.push_str(&part),
                    Event::End(_) => {
                        let kind = code(language.take(), text);
                        self.state = State::Blocks;
                        self.push(Block::new(kind).at(Span::Bytes(range)));
                    }
                    _ => {}
                }
                return;
            }
            State::Html(text) => {
                match event {
                    Event::Html(part) | Event::Text(part) => text.push_str(&part),
                    Event::End(_) => {
                        let text = std::mem::take(text);
                        self.state = State::Blocks;
                        self.html(&text, &range);
                    }
                    _ => {}
                }
                return;
            }
            State::Blocks => {}
        }
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Rule => {
                self.flush();
                self.push(Block::new(BlockKind::Rule).at(Span::Bytes(range)));
            }
            inline => self.lines(range.start).event(inline, range),
        }
    }

    fn start(&mut self, tag: Tag<'a>, range: Range<usize>) {
        let begins_block = !matches!(tag, Tag::Paragraph) && !is_inline(&tag);
        if begins_block {
            self.flush();
            self.lone_note();
        }
        match tag {
            Tag::FootnoteDefinition(label) => self.note = Some(label.into_string()),
            Tag::Paragraph => {
                self.flush();
                self.lines(range.start);
            }
            Tag::Heading { .. } => {
                self.flush();
                self.lines = Some(Lines::new(self.source, Start::Plain, range.start));
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                let language = match kind {
                    CodeBlockKind::Fenced(info) => language(&info),
                    CodeBlockKind::Indented => None,
                };
                self.state = State::Code {
                    language,
                    text: String::new(),
                };
            }
            Tag::HtmlBlock => {
                self.flush();
                self.state = State::Html(String::new());
            }
            Tag::Table(_) => {
                self.flush();
                self.state = State::Table(Box::new(TableReader::new(self.source)));
            }
            Tag::BlockQuote(_) => self.open(FrameKind::Quote { panel: None }, range.start),
            Tag::List(start) => {
                let marker = match start {
                    Some(start) => ListMarker::Ordered {
                        start: u32::try_from(start).unwrap_or(1),
                    },
                    None => ListMarker::Bullet,
                };
                self.open(FrameKind::List(marker), range.start);
            }
            Tag::Item => self.open(FrameKind::Item { done: None }, range.start),
            inline => self.lines(range.start).event(Event::Start(inline), range),
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Paragraph => self.flush(),
            TagEnd::Heading(level) => {
                let lines = self.lines.take().map(|mut lines| lines.finish());
                let kind = BlockKind::Heading {
                    level: heading_level(level),
                    content: inlines::normal_line(lines.unwrap_or_default().runs),
                };
                self.push(Block::new(kind).at(Span::Bytes(range)));
            }
            TagEnd::FootnoteDefinition => {
                self.flush();
                self.lone_note();
            }
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item => {
                self.flush();
                self.close(range.end);
            }
            inline => self.lines(range.start).event(Event::End(inline), range),
        }
    }

    fn top(&mut self) -> &mut Frame {
        self.frames
            .last_mut()
            .expect("the root frame is popped only by `finish`, which takes the reader")
    }

    fn push(&mut self, block: Block) {
        push_few(&mut self.top().blocks, block);
    }

    /// The line collector; a tight list item begins one without a paragraph.
    fn lines(&mut self, start: usize) -> &mut Lines<'a> {
        let frame = self.frames.last();
        let begins = match frame {
            Some(frame) if frame.blocks.is_empty() => match frame.kind {
                FrameKind::Item { done: None } => Start::Item,
                FrameKind::Quote { panel: None } => Start::Quote,
                _ => Start::Plain,
            },
            _ => Start::Plain,
        };
        let source = self.source;
        self.lines
            .get_or_insert_with(|| Lines::new(source, begins, start))
    }

    fn open(&mut self, kind: FrameKind, start: usize) {
        self.flush();
        let fits = match kind {
            // A list and its item open together or not at all.
            FrameKind::List(_) => self.frames.len() + 2 <= MAX_DEPTH,
            FrameKind::Item { .. } => matches!(self.top().kind, FrameKind::List(_)),
            _ => self.frames.len() < MAX_DEPTH,
        };
        self.skipped.push(!fits);
        if fits {
            self.frames.push(Frame::new(kind, start));
        }
    }

    /// Closes the parser's innermost container, and what our own notation left open in it.
    fn close(&mut self, end: usize) {
        if self.skipped.pop() == Some(true) {
            return;
        }
        while matches!(self.top().kind, FrameKind::Expand(_) | FrameKind::Kept(_)) {
            self.close_frame(end, false);
        }
        self.close_frame(end, true);
    }

    fn close_frame(&mut self, end: usize, paired: bool) {
        if self.frames.len() < 2 {
            return;
        }
        let Some(mut frame) = self.frames.pop() else {
            return;
        };
        frame.blocks.shrink_to_fit();
        let span = Span::Bytes(frame.start..end);
        let kind = match frame.kind {
            FrameKind::Root => return,
            FrameKind::Item { done } => {
                let blocks = frame.blocks;
                self.top().items.push(ReadItem { done, blocks });
                return;
            }
            FrameKind::List(marker) => items::list(marker, frame.items),
            FrameKind::Quote { panel: None } => BlockKind::Quote(frame.blocks),
            FrameKind::Quote {
                panel: Some((kind, title)),
            } => BlockKind::Panel {
                kind,
                title,
                body: frame.blocks,
            },
            FrameKind::Expand(title) => BlockKind::Expand {
                title,
                body: frame.blocks,
            },
            FrameKind::Kept(kept) if paired => BlockKind::Kept {
                kept: Box::new(kept),
                body: Some(frame.blocks),
            },
            FrameKind::Kept(kept) => {
                self.push(Block::new(BlockKind::whole(kept)));
                self.top().blocks.extend(frame.blocks);
                return;
            }
        };
        self.push(Block::new(kind).at(span));
    }

    /// Ends the running paragraph, if there is one.
    fn flush(&mut self) {
        let Some(mut lines) = self.lines.take() else {
            return;
        };
        let span = Span::Bytes(lines.span());
        let mut read = lines.finish();
        if let Some(tokens) = read.alone.take() {
            self.lone_note();
            return self.tokens(tokens, &span);
        }
        if let (Some(done), FrameKind::Item { done: item }) = (read.done, &mut self.top().kind) {
            *item = Some(done);
            let block = Block::paragraph(inlines::normal(read.runs)).at(span);
            return self.push(block);
        }
        if let (Some(kind), FrameKind::Quote { panel }) = (read.panel, &mut self.top().kind) {
            let end = read
                .runs
                .iter()
                .position(|run| matches!(run.kind, InlineKind::SoftBreak | InlineKind::HardBreak));
            let rest = read.runs.split_off(end.unwrap_or(read.runs.len()));
            let title = inlines::plain(&inlines::normal(read.runs));
            *panel = Some((kind, (!title.is_empty()).then_some(title)));
            read.runs = rest;
        }
        if let Some(label) = self.note.take() {
            let begin = [note(&label), Inline::text(" ")];
            read.runs.splice(..0, begin);
        }
        let content = inlines::normal(read.runs);
        if read.panel.is_none()
            && let Some(tokens) = Alone::in_content(&content)
        {
            return self.tokens(tokens, &span);
        }
        if !content.is_empty() {
            self.push(Block::paragraph(content).at(span));
        }
    }

    /// A footnote that does not begin with text.
    fn lone_note(&mut self) {
        if let Some(label) = self.note.take() {
            let content = inlines::normal(vec![note(&label)]);
            self.push(Block::paragraph(content));
        }
    }

    /// Placeholders on lines of their own.
    fn tokens(&mut self, tokens: Vec<Token>, span: &Span) {
        for token in tokens {
            self.token(token, span);
        }
    }

    fn token(&mut self, token: Token, span: &Span) {
        let Span::Bytes(range) = span else {
            return;
        };
        match token {
            Token::Begin(kept) if self.frames.len() < MAX_DEPTH => {
                self.frames
                    .push(Frame::new(FrameKind::Kept(kept), range.start));
            }
            Token::Begin(kept) | Token::Whole(kept) => {
                let kind = BlockKind::whole(kept);
                self.push(Block::new(kind).at(span.clone()));
            }
            Token::End(id) => {
                let matching = matches!(&self.top().kind, FrameKind::Kept(kept) if kept.id == id);
                if matching {
                    self.close_frame(range.end, true);
                } else {
                    let kept = Kept::lost_end(id);
                    self.push(Block::new(BlockKind::whole(kept)));
                }
            }
        }
    }

    fn html(&mut self, text: &str, range: &Range<usize>) {
        for part in html::parts(text) {
            match part {
                html::Part::ExpandBegin(title) if self.frames.len() < MAX_DEPTH => {
                    self.frames
                        .push(Frame::new(FrameKind::Expand(title), range.start));
                }
                html::Part::ExpandEnd if matches!(self.top().kind, FrameKind::Expand(_)) => {
                    self.close_frame(range.end, true);
                }
                html::Part::ExpandBegin(_) => self.literal("<details>", range),
                html::Part::ExpandEnd => self.literal("</details>", range),
                html::Part::Text(text) => self.literal(text, range),
            }
        }
    }

    /// HTML that means nothing here is shown as it is written.
    fn literal(&mut self, text: &str, range: &Range<usize>) {
        let mut content = Vec::new();
        for line in text.lines() {
            content.push(Inline::text(line));
            content.push(Inline::new(InlineKind::SoftBreak, Marks::default()));
        }
        let block = Block::paragraph(inlines::normal(content));
        self.push(block.at(Span::Bytes(range.clone())));
    }

    fn finish(mut self) -> Vec<Block> {
        self.flush();
        let end = self.source.len();
        while self.frames.len() > 1 {
            self.close_frame(end, false);
        }
        std::mem::take(&mut self.top().blocks)
    }
}

/// What a footnote begins with, the same as what refers to it.
fn note(label: &str) -> Inline {
    let marks = Marks {
        script: Some(Script::Superscript),
        ..Marks::default()
    };
    Inline::new(InlineKind::Text(format_compact!("[{label}]")), marks)
}

fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::Strong | Tag::Emphasis | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
    )
}

fn heading_level(level: HeadingLevel) -> Level {
    Level::nearest(level as u64)
}

fn code(language: Option<String>, text: &str) -> BlockKind {
    let text = text.strip_suffix('\n').unwrap_or(text);
    BlockKind::Code {
        language,
        text: crate::doc::code_text(text),
    }
}
