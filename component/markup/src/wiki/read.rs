//! Lines of wiki markup, read into blocks.
//!
//! Decides where a block begins and ends. A line break inside a paragraph shows, as in Jira.

use std::ops::Range;

use super::PANELS;
use super::inline;
use crate::MAX_DEPTH;
use crate::doc::{
    Block, BlockKind, Cell, Document, Format, Inline, InlineKind, Item, Level, ListMarker, Marks,
    PanelKind, Row, Source, Span, Table, code_text, language,
};
use crate::inlines;

pub(super) fn document(source: &str) -> Document {
    Document {
        blocks: Reader::new(source, 0).blocks(),
        source: Source::Text {
            format: Format::Wiki,
            text: source.to_owned(),
        },
    }
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
    depth: usize,
    frames: Vec<Frame>,
    /// Lines of the running paragraph, and where it began.
    lines: Vec<&'a str>,
    lines_start: usize,
    /// Behind the line that was looked at last: many blocks may begin on one.
    line_end: usize,
    /// Where the last closing tag of each macro stands; none is looked for behind it.
    last_code: Option<usize>,
    last_noformat: Option<usize>,
}

struct Frame {
    kind: FrameKind,
    blocks: Vec<Block>,
    start: usize,
}

enum FrameKind {
    Root,
    Quote,
    /// The macro's name, which closes it too.
    Panel(String, PanelKind, Option<String>),
}

impl<'a> Reader<'a> {
    fn new(source: &'a str, depth: usize) -> Self {
        Self {
            source,
            at: 0,
            depth,
            frames: vec![Frame {
                kind: FrameKind::Root,
                blocks: Vec::new(),
                start: 0,
            }],
            lines: Vec::new(),
            lines_start: 0,
            line_end: 0,
            last_code: source.rfind("{code}"),
            last_noformat: source.rfind("{noformat}"),
        }
    }

    fn blocks(mut self) -> Vec<Block> {
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
    fn line_here(&mut self) -> (&'a str, usize) {
        if self.at >= self.line_end {
            let rest = &self.source[self.at..];
            self.line_end = rest
                .find('\n')
                .map_or(self.source.len(), |end| self.at + end + 1);
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
        } else if let Some((content, end)) = self.verbatim() {
            self.end_paragraph();
            self.at = end;
            self.push(content, start..end);
        } else if let Some(rest) = self.container(text) {
            // The rest of the line is read as a line of its own.
            self.at = start + offset_in(line, rest);
        } else if let Some((level, rest)) = heading(text) {
            self.end_paragraph();
            let content = inlines::normal_line(inline::read(rest, self.depth));
            self.push(BlockKind::Heading { level, content }, start..next);
            self.at = next;
        } else if let Some(rest) = text.strip_prefix("bq. ") {
            self.end_paragraph();
            let body = paragraph(&[rest], self.depth).into_iter().collect();
            self.push(BlockKind::Quote(body), start..next);
            self.at = next;
        } else if text.len() >= 4 && text.bytes().all(|byte| byte == b'-') {
            self.end_paragraph();
            self.push(BlockKind::Rule, start..next);
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

    fn push(&mut self, kind: BlockKind, range: Range<usize>) {
        let trimmed = self.source[range.clone()].trim_end_matches(SPACES).len();
        // Inside another text the offsets are not the document's.
        let span = if self.depth == 0 {
            Span::Bytes(range.start..range.start + trimmed)
        } else {
            Span::Unknown
        };
        if let Some(frame) = self.frames.last_mut() {
            frame.blocks.push(Block::new(kind).at(span));
        }
    }

    fn end_paragraph(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        if let Some(block) = paragraph(&lines, self.depth) {
            self.push(block.kind, self.lines_start..self.at);
        }
    }

    /// Where in `line` a block begins or ends, in the middle of it.
    fn inner_macro(&self, line: &str) -> Option<usize> {
        let mut from = 0;
        while let Some(found) = line[from..].find('{') {
            let at = from + found;
            let escaped = line[..at].ends_with('\\');
            let begins = self.verbatim_at(self.at + at).is_some() || is_container(&line[at..]);
            if at > 0 && !escaped && begins {
                return Some(at);
            }
            from = at + 1;
        }
        None
    }

    fn verbatim(&self) -> Option<(BlockKind, usize)> {
        let indent =
            self.source[self.at..].len() - self.source[self.at..].trim_start_matches(SPACES).len();
        self.verbatim_at(self.at + indent)
    }

    /// `{code:rust}…{code}` or `{noformat}…{noformat}`, and the offset behind it.
    fn verbatim_at(&self, at: usize) -> Option<(BlockKind, usize)> {
        let rest = &self.source[at..];
        let (name, last) = if rest.starts_with("{code") {
            ("code", self.last_code)
        } else if rest.starts_with("{noformat") {
            ("noformat", self.last_noformat)
        } else {
            return None;
        };
        let (parameters, begin) = parameters(rest, name)?;
        if last? < at + begin {
            return None;
        }
        let close = format!("{{{name}}}");
        let length = rest[begin..].find(&close)?;
        let text = &rest[begin..begin + length];
        let text = text
            .strip_prefix("\r\n")
            .or(text.strip_prefix('\n'))
            .unwrap_or(text);
        let text = text.strip_suffix('\n').unwrap_or(text);
        let named = parameters
            .iter()
            .find_map(|(key, value)| match *key {
                "" => Some(*value),
                "language" => Some(*value),
                _ => None,
            })
            .and_then(language);
        let kind = BlockKind::Code {
            language: named.filter(|_| name == "code"),
            text: code_text(text.strip_suffix('\r').unwrap_or(text)),
        };
        let mut end = at + begin + length + close.len();
        let after = &self.source[end..];
        let rest = after.trim_start_matches([' ', '\t', '\r']);
        if rest.starts_with('\n') {
            end += after.len() - rest.len() + 1;
        }
        Some((kind, end))
    }

    /// Opens or closes a `{quote}` or `{panel}`; gives what follows on the line.
    fn container<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        if !text.starts_with('{') {
            return None;
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
                self.open(FrameKind::Quote);
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
                Some(FrameKind::Panel(open, ..)) if open == *name
            );
            if closes && parameters.is_empty() {
                let behind = self.at + offset_in(self.line_here().0, &text[end..]);
                self.close_at(behind);
            } else {
                let kind = panel_kind(name, &parameters);
                let title = parameters.iter().find(|(key, _)| *key == "title");
                let title = title.map(|(_, title)| title.trim().to_owned());
                let title = title.filter(|title| !title.is_empty());
                self.open(FrameKind::Panel((*name).to_owned(), kind, title));
            }
            return Some(&text[end..]);
        }
        None
    }

    fn open(&mut self, kind: FrameKind) {
        if self.frames.len() + self.depth < MAX_DEPTH {
            self.frames.push(Frame {
                kind,
                blocks: Vec::new(),
                start: self.at,
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
            FrameKind::Panel(_, kind, title) => BlockKind::Panel { kind, title, body },
            FrameKind::Root => return,
        };
        self.push(kind, frame.start..end);
    }

    fn list(&mut self) {
        let start = self.at;
        let mut items: Vec<(&'a str, Vec<&'a str>)> = Vec::new();
        loop {
            let (line, next) = self.line_here();
            let text = strip(line);
            if let Some((markers, rest)) = list_item(text) {
                items.push((markers, vec![rest]));
            } else if text.is_empty() || self.begins_block(text) {
                break;
            } else if let Some((_, lines)) = items.last_mut() {
                lines.push(text);
            }
            self.at = next;
            if self.at >= self.source.len() {
                break;
            }
        }
        let end = self.at;
        let mut items = items.into_iter().peekable();
        while let Some((markers, _)) = items.peek() {
            let first = markers.as_bytes()[0];
            let kind = nest(&mut items, 0, first, self.depth);
            self.push(kind, start..end);
            // Several lists from one run of lines have no bytes of their own.
            if items.peek().is_some()
                && let Some(block) = self
                    .frames
                    .last_mut()
                    .and_then(|frame| frame.blocks.last_mut())
            {
                block.span = Span::Unknown;
            }
        }
        let several = self
            .frames
            .last_mut()
            .map(|frame| frame.blocks.as_mut_slice());
        if let Some([.., before, last]) = several
            && before.span == Span::Unknown
            && matches!(before.kind, BlockKind::List { .. })
        {
            last.span = Span::Unknown;
        }
    }

    fn begins_block(&self, text: &str) -> bool {
        text.starts_with('|')
            || heading(text).is_some()
            || text.starts_with("bq. ")
            || text.len() >= 4 && text.bytes().all(|byte| byte == b'-')
            || [
                "{code",
                "{noformat",
                "{quote}",
                "{panel",
                "{info",
                "{note",
                "{tip",
                "{warning",
            ]
            .iter()
            .any(|start| text.starts_with(start))
    }

    fn table(&mut self) {
        let start = self.at;
        let mut rows = Vec::new();
        while self.at < self.source.len() && strip(self.line_here().0).starts_with('|') {
            let row_start = self.at;
            let mut end = self.at;
            // A row goes on until a line ends it.
            while self.at < self.source.len() {
                let (line, next) = self.line_here();
                let text = strip(line);
                if text.is_empty() {
                    break;
                }
                end = self.at + line.len();
                self.at = next;
                if text.ends_with('|') && !text.ends_with("\\|") && text.len() > 1 {
                    break;
                }
            }
            rows.push(row(strip(&self.source[row_start..end]), self.depth));
        }
        let end = self.at;
        self.push(BlockKind::Table(Table { rows }), start..end);
    }
}

const CONTAINERS: &[&str] = &["panel", "info", "note", "tip", "warning"];

fn is_container(text: &str) -> bool {
    text.starts_with("{quote}")
        || CONTAINERS
            .iter()
            .any(|name| parameters(text, name).is_some())
}

const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

/// A non-breaking space is text.
fn strip(text: &str) -> &str {
    text.trim_matches(SPACES)
}

/// Where `part`, the end of the trimmed line, begins in `line`.
fn offset_in(line: &str, part: &str) -> usize {
    line.trim_end_matches(SPACES).len() - part.len()
}

fn paragraph(lines: &[&str], depth: usize) -> Option<Block> {
    let mut content = Vec::new();
    for line in lines {
        if !content.is_empty() {
            content.push(Inline::new(InlineKind::HardBreak, Marks::default()));
        }
        content.extend(inline::read(strip(line), depth));
    }
    let content = inlines::normal(content);
    (!content.is_empty()).then(|| Block::paragraph(content))
}

fn heading(text: &str) -> Option<(Level, &str)> {
    let digit = text.strip_prefix('h')?.bytes().next()?;
    let rest = text.get(2..)?.strip_prefix(". ")?;
    (b'1'..=b'6')
        .contains(&digit)
        .then(|| (Level::nearest(u64::from(digit - b'0')), rest))
}

/// `*# text`: the markers and the text.
fn list_item(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim_start_matches(['*', '#', '-']);
    let markers = &text[..text.len() - rest.len()];
    let dashes = markers.len() > 1 && markers.bytes().all(|byte| byte == b'-');
    (!markers.is_empty() && !dashes && rest.starts_with(' ')).then(|| (markers, strip(rest)))
}

/// Takes the items that belong to one list, and their own lists.
fn nest<'a>(
    items: &mut std::iter::Peekable<impl Iterator<Item = (&'a str, Vec<&'a str>)>>,
    level: usize,
    marker: u8,
    depth: usize,
) -> BlockKind {
    let mut list: Vec<Item> = Vec::new();
    while let Some((markers, _)) = items.peek() {
        let markers = markers.as_bytes();
        if markers.len() <= level || is_ordered(markers[level]) != is_ordered(marker) {
            break;
        }
        let deeper = markers.len() > level + 1 && level + 1 + depth < MAX_DEPTH / 2;
        if deeper {
            let inner = markers[level + 1];
            let kind = nest(items, level + 1, inner, depth);
            if list.is_empty() {
                list.push(Item::default());
            }
            if let Some(item) = list.last_mut() {
                item.blocks.push(Block::new(kind));
            }
            continue;
        }
        if let Some((_, lines)) = items.next() {
            list.push(Item {
                blocks: paragraph(&lines, depth).into_iter().collect(),
                ..Item::default()
            });
        }
    }
    let marker = if is_ordered(marker) {
        ListMarker::Ordered { start: 1 }
    } else {
        ListMarker::Bullet
    };
    BlockKind::List {
        marker,
        items: list,
    }
}

fn is_ordered(marker: u8) -> bool {
    marker == b'#'
}

fn row(text: &str, depth: usize) -> Row {
    let mut cells = Vec::new();
    let mut rest = text;
    while let Some(after) = rest.strip_prefix('|') {
        let (header, after) = match after.strip_prefix('|') {
            Some(after) => (true, after),
            None => (false, after),
        };
        if after.is_empty() {
            break;
        }
        let end = inline::cell_end(after);
        let content = strip(&after[..end]);
        let is_lines = content.contains('\n') || list_item(content).is_some();
        let blocks = if is_lines && depth + 2 < MAX_DEPTH {
            Reader::new(content, depth + 1).blocks()
        } else {
            paragraph(&[content], depth).into_iter().collect()
        };
        cells.push(Cell {
            header,
            blocks,
            ..Cell::default()
        });
        rest = &after[end..];
    }
    Row {
        cells,
        ..Row::default()
    }
}

fn panel_kind(name: &str, parameters: &[(&str, &str)]) -> PanelKind {
    match name {
        "info" => PanelKind::Info,
        "note" => PanelKind::Note,
        "tip" => PanelKind::Tip,
        "warning" => PanelKind::Warning,
        _ => {
            let colour = parameters.iter().find(|(key, _)| *key == "bgColor");
            let known = colour.and_then(|(_, colour)| {
                PANELS
                    .iter()
                    .find(|(_, known)| known.eq_ignore_ascii_case(colour))
            });
            known.map_or(PanelKind::Plain, |(kind, _)| *kind)
        }
    }
}

/// The parameters of `{name}` or `{name:a=b|c}` at the start of `text`, and its length.
fn parameters<'t>(text: &'t str, name: &str) -> Option<(Vec<(&'t str, &'t str)>, usize)> {
    let rest = text.strip_prefix('{')?.strip_prefix(name)?;
    let before = text.len() - rest.len();
    if rest.starts_with('}') {
        return Some((Vec::new(), before + 1));
    }
    let inside = rest.strip_prefix(':')?;
    let end = inside
        .bytes()
        .take(1000)
        .position(|byte| matches!(byte, b'}' | b'\n'))?;
    if !inside[end..].starts_with('}') {
        return None;
    }
    let list = inside[..end]
        .split('|')
        .map(|part| part.split_once('=').unwrap_or(("", part)))
        .collect();
    Some((list, before + 1 + end + 1))
}
