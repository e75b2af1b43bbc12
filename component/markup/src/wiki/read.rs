//! Lines of wiki markup, read into blocks.
//!
//! Decides where a block begins and ends. A line break inside a paragraph shows, as in Jira.

use std::cell::RefCell;
use std::ops::Range;

use memchr::{memchr, memchr_iter};

use super::inline;
use super::list::list_item;
use super::macros::{self, CONTAINERS, Names, Parameters, is_container, parameters};
use super::markers::Between;
use crate::MAX_DEPTH;
use crate::doc::{
    Block, BlockKind, Carried, Document, Format, Inline, InlineKind, Level, Marks, Source, Span,
    code_text, push_few,
};
use crate::inlines;

pub(super) fn document(source: &str) -> Document {
    Document {
        blocks: Reader::within(source, 0, &Names::of(source)).blocks(),
        source: Source::Text {
            format: Format::Wiki,
            text: source.to_owned(),
        },
    }
}

pub(super) struct Reader<'a> {
    pub(super) source: &'a str,
    pub(super) at: usize,
    pub(super) depth: usize,
    pub(super) names: &'a Names<'a>,
    frames: Vec<Frame>,
    /// Lines of the running paragraph, and where it began.
    lines: Vec<&'a str>,
    lines_start: usize,
    /// Behind the line that was looked at last: many blocks may begin on one.
    line_end: usize,
    /// From where on a macro is not closed any more: none is looked for behind it.
    unclosed: RefCell<Vec<(&'static str, usize)>>,
}

struct Frame {
    kind: FrameKind,
    blocks: Vec<Block>,
    start: usize,
    carried: Carried,
}

enum FrameKind {
    Root,
    Quote,
    /// The macro's name, which closes it too, what it shows and its title.
    Panel(&'static str, Between, String),
    /// What lies between two anchors, and its title.
    Anchored(Between, String),
}

impl<'a> Reader<'a> {
    pub(super) fn within(source: &'a str, depth: usize, names: &'a Names<'a>) -> Self {
        Self {
            source,
            at: 0,
            depth,
            names,
            frames: vec![Frame {
                kind: FrameKind::Root,
                blocks: Vec::new(),
                start: 0,
                carried: Carried::default(),
            }],
            lines: Vec::new(),
            lines_start: 0,
            line_end: 0,
            unclosed: RefCell::default(),
        }
    }

    pub(super) fn blocks(mut self) -> Vec<Block> {
        while self.at < self.source.len() {
            self.line();
        }
        self.end_paragraph();
        while self.frames.len() > 1 {
            self.close();
        }
        self.frames
            .pop()
            .map(|frame| frame.blocks)
            .unwrap_or_default()
    }

    /// The line at the cursor and the offset behind it.
    pub(super) fn line_here(&mut self) -> (&'a str, usize) {
        if self.at >= self.line_end {
            let rest = &self.source.as_bytes()[self.at..];
            self.line_end = memchr(b'\n', rest).map_or(self.source.len(), |end| self.at + end + 1);
        }
        let line = &self.source[self.at..self.line_end];
        (line.trim_end_matches(['\n', '\r']), self.line_end)
    }

    fn line(&mut self) {
        let (line, next) = self.line_here();
        let text = strip(line);
        let start = self.at;
        if text.is_empty() {
            self.end_paragraph();
            self.at = next;
        } else if let Some(code) = self.verbatim_at(start + offset_in(line, text)) {
            self.end_paragraph();
            self.at = code.end;
            self.push(code.block(), start..code.end);
        } else if let Some(rest) = self.container(text) {
            // The rest of the line is read as a line of its own.
            self.at = start + offset_in(line, rest);
        } else if let Some((level, rest)) = heading(text) {
            self.end_paragraph();
            let mut content = Vec::new();
            inline::read(rest, self.depth, self.names, &mut content);
            let content = inlines::normal_line(content);
            self.push(
                Block::new(BlockKind::Heading { level, content }),
                start..next,
            );
            self.at = next;
        } else if let Some(rest) = text.strip_prefix("bq. ") {
            self.end_paragraph();
            let body = paragraph(&[rest], self.depth, self.names)
                .into_iter()
                .collect();
            self.push(Block::new(BlockKind::Quote(body)), start..next);
            self.at = next;
        } else if text.len() >= 4 && text.bytes().all(|byte| byte == b'-') {
            self.end_paragraph();
            self.push(Block::new(BlockKind::Rule), start..next);
            self.at = next;
        } else if list_item(text).is_some() {
            self.end_paragraph();
            self.list();
        } else if text.starts_with('|') {
            self.end_paragraph();
            self.table();
        } else {
            if self.lines.is_empty() {
                self.lines_start = start;
            }
            let end = self.inner_macro(line).unwrap_or(line.len());
            self.lines.push(&line[..end]);
            self.at = if end < line.len() { start + end } else { next };
        }
    }

    pub(super) fn push(&mut self, block: Block, range: Range<usize>) {
        let trimmed = self.source[range.clone()].trim_end_matches(SPACES).len();
        // Inside another text the offsets are not the document's.
        let span = if self.depth == 0 {
            Span::Bytes(range.start..range.start + trimmed)
        } else {
            Span::Unknown
        };
        self.push_placeless(block.at(span));
    }

    pub(super) fn push_placeless(&mut self, block: Block) {
        if let Some(frame) = self.frames.last_mut() {
            push_few(&mut frame.blocks, block);
        }
    }

    /// Where the tag stands that closes a macro whose text begins at `from`.
    pub(super) fn closing(&self, name: &'static str, from: usize) -> Option<usize> {
        let mut unclosed = self.unclosed.borrow_mut();
        let known = unclosed.iter_mut().find(|(known, _)| *known == name);
        if known.as_ref().is_some_and(|(_, at)| from >= *at) {
            return None;
        }
        let found = macros::closing(&self.source[from..], name);
        match (found, known) {
            (Some(length), _) => return Some(from + length),
            (None, Some((_, at))) => *at = from,
            (None, None) => unclosed.push((name, from)),
        }
        None
    }

    fn end_paragraph(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        if let Some(block) = paragraph(&lines, self.depth, self.names) {
            self.push(block, self.lines_start..self.at);
        }
    }

    /// Where in `line` a block begins or ends, in the middle of it.
    pub(super) fn inner_macro(&self, line: &str) -> Option<usize> {
        memchr_iter(b'{', line.as_bytes()).find(|at| {
            let escaped = line[..*at].ends_with('\\');
            let begins = || self.verbatim_at(self.at + at).is_some() || is_container(&line[*at..]);
            *at > 0 && !escaped && begins()
        })
    }

    /// `{code:rust}…{code}` or `{noformat}…{noformat}`.
    pub(super) fn verbatim_at(&self, at: usize) -> Option<Verbatim<'a>> {
        let rest = &self.source[at..];
        let name = macros::verbatim_name(rest)?;
        let (parameters, begin) = parameters(rest, name)?;
        let end = self.closing(name, at + begin)?;
        Some(Verbatim {
            name,
            parameters,
            text: &self.source[at + begin..end],
            end: self.past_line_end(end + name.len() + 2),
        })
    }

    /// Behind the line if nothing else stands on it.
    pub(super) fn past_line_end(&self, at: usize) -> usize {
        let after = &self.source[at..];
        let rest = after.trim_start_matches([' ', '\t', '\r']);
        if rest.starts_with('\n') {
            at + after.len() - rest.len() + 1
        } else {
            at
        }
    }

    /// Opens or closes a `{quote}` or `{panel}`; gives what follows on the line.
    fn container<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        if !text.starts_with('{') {
            return None;
        }
        if let Some(rest) = self.anchored(text) {
            return Some(rest);
        }
        if let Some(rest) = text.strip_prefix("{quote}") {
            self.end_paragraph();
            if matches!(
                self.frames.last().map(|frame| &frame.kind),
                Some(FrameKind::Quote)
            ) {
                let end = self.at + offset_in(self.line_here().0, rest);
                self.close_at(end);
            } else {
                self.open(FrameKind::Quote, Carried::default());
            }
            return Some(rest);
        }
        for name in CONTAINERS {
            let Some((parameters, end)) = parameters(text, name) else {
                continue;
            };
            self.end_paragraph();
            let closes = matches!(
                self.frames.last().map(|frame| &frame.kind),
                Some(FrameKind::Panel(open, ..)) if open == name
            );
            if closes && parameters.is_empty() {
                let behind = self.at + offset_in(self.line_here().0, &text[end..]);
                self.close_at(behind);
            } else {
                let (shows, title, carried) = macros::panel(name, &parameters);
                self.open(FrameKind::Panel(name, shows, title), carried);
            }
            return Some(&text[end..]);
        }
        None
    }

    /// Opens or closes what lies between two anchors; gives what follows on the line.
    fn anchored<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        if let Some(rest) = self.closes_anchored(text) {
            self.end_paragraph();
            let end = self.at + offset_in(self.line_here().0, rest);
            self.close_at(end);
            return Some(rest);
        }
        let (between, line) = Between::begins(text)?;
        if self.frames.len() + self.depth >= MAX_DEPTH {
            return None;
        }
        self.end_paragraph();
        let (title, rest) = line.split_at(if between.is_titled() { line.len() } else { 0 });
        let mut runs = Vec::new();
        inline::read(strip(title), self.depth, self.names, &mut runs);
        let title = inlines::plain(&inlines::normal(runs));
        self.open(FrameKind::Anchored(between, title), Carried::default());
        Some(rest)
    }

    fn closes_anchored<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self.frames.last().map(|frame| &frame.kind) {
            Some(FrameKind::Anchored(between, _)) => between.ends(text),
            _ => None,
        }
    }

    /// Whether `text` begins with the tag that ends the innermost quote or panel.
    pub(super) fn closes_frame(&self, text: &str) -> bool {
        match self.frames.last().map(|frame| &frame.kind) {
            Some(FrameKind::Quote) => text.starts_with("{quote}"),
            Some(FrameKind::Panel(name, ..)) => {
                matches!(parameters(text, name), Some((found, _)) if found.is_empty())
            }
            Some(FrameKind::Anchored(..)) => self.closes_anchored(text).is_some(),
            Some(FrameKind::Root) | None => false,
        }
    }

    fn open(&mut self, kind: FrameKind, carried: Carried) {
        if self.frames.len() + self.depth < MAX_DEPTH {
            self.frames.push(Frame {
                kind,
                blocks: Vec::new(),
                start: self.at,
                carried,
            });
        }
    }

    fn close(&mut self) {
        self.close_at(self.source.len());
    }

    fn close_at(&mut self, end: usize) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let body = frame.blocks;
        let kind = match frame.kind {
            FrameKind::Quote => BlockKind::Quote(body),
            FrameKind::Panel(_, shows, title) | FrameKind::Anchored(shows, title) => {
                shows.block(title, body)
            }
            FrameKind::Root => return,
        };
        let block = Block::new(kind).carrying(frame.carried);
        self.push(block, frame.start..end);
    }
}

/// A macro whose text is no markup, and the offset behind it.
pub(super) struct Verbatim<'a> {
    name: &'static str,
    parameters: Parameters<'a>,
    text: &'a str,
    pub(super) end: usize,
}

impl Verbatim<'_> {
    pub(super) fn block(&self) -> Block {
        let text = self.text;
        let text = text
            .strip_prefix("\r\n")
            .or(text.strip_prefix('\n'))
            .unwrap_or(text);
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = code_text(text.strip_suffix('\r').unwrap_or(text));
        let (language, carried) = macros::code(self.name, &self.parameters);
        Block::new(BlockKind::Code { language, text }).carrying(carried)
    }
}

const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

/// A non-breaking space is text.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(|char| SPACES.contains(&char))
}

/// Where `part`, the end of the trimmed line, begins in `line`.
pub(super) fn offset_in(line: &str, part: &str) -> usize {
    line.trim_end_matches(SPACES).len() - part.len()
}

pub(super) fn paragraph(lines: &[&str], depth: usize, names: &Names<'_>) -> Option<Block> {
    let mut content = Vec::new();
    for line in lines {
        if !content.is_empty() {
            content.push(Inline::new(InlineKind::HardBreak, Marks::default()));
        }
        inline::read(strip(line), depth, names, &mut content);
    }
    let content = inlines::normal(content);
    (!content.is_empty()).then(|| Block::paragraph(content))
}

pub(super) fn heading(text: &str) -> Option<(Level, &str)> {
    let digit = text.strip_prefix('h')?.bytes().next()?;
    let rest = text.get(2..)?.strip_prefix(". ")?;
    (b'1'..=b'6')
        .contains(&digit)
        .then(|| (Level::nearest(u64::from(digit - b'0')), rest))
}
