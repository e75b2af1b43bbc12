//! Elements, read into blocks.
//!
//! Decides which elements are blocks and what is kept. Whitespace between blocks is nothing.

use std::ops::Range;

use super::LOOSE;
use super::shape::{fits_in_line, is_inline, is_macro};
use super::xml::{self, Element, Node, Siblings};
use crate::MAX_DEPTH;
use crate::doc::{
    Block, BlockKind, Carried, Document, Format, Inline, Kept, Level, ListMarker, Marks, Source,
    Span, code_text,
};
use crate::error::ReadError;
use crate::inlines;

pub(super) fn document(source: &str) -> Result<Document, ReadError> {
    let tree = xml::parse(source)?;
    let reader = Reader {
        source,
        in_cell: false,
    };
    Ok(Document {
        blocks: reader.blocks(tree.roots(), 0),
        source: Source::Text {
            format: Format::Storage,
            text: source.to_owned(),
        },
    })
}

#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) source: &'a str,
    /// Whether a table is around. Markdown has no quotes, panels, expands and rules there.
    pub(super) in_cell: bool,
}

/// Between the attributes and the inner XML that is carried beside them.
pub(super) const CARRIED_INSIDE: char = '\u{0}';

impl Reader<'_> {
    pub(super) fn slice(&self, range: Range<usize>) -> String {
        self.source.get(range).unwrap_or("").to_owned()
    }

    /// Keeps `element` as a whole.
    pub(super) fn keep(&self, label: &str, element: &Element<'_>) -> Kept {
        let open = self.slice(element.span());
        Kept::new(label, Format::Storage, open, String::new())
    }

    /// Keeps `element` around what is in `inner`.
    pub(super) fn keep_around(
        &self,
        label: &str,
        element: &Element<'_>,
        inner: Range<usize>,
    ) -> Kept {
        let span = element.span();
        let open = self.slice(span.start..inner.start);
        let close = self.slice(inner.end..span.end);
        Kept::new(label, Format::Storage, open, close)
    }

    pub(super) fn blocks(&self, nodes: Siblings<'_>, depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut loose: Vec<Inline> = Vec::new();
        let mut range: Option<Range<usize>> = None;
        for node in nodes {
            let span = match &node {
                Node::Element(element) => element.span(),
                Node::Text(_, span) => span.clone(),
            };
            match node {
                Node::Element(element) if !is_inline(&element) => {
                    blocks.extend(self.loose(std::mem::take(&mut loose), range.take()));
                    self.block(&element, depth, &mut blocks);
                }
                inline => {
                    self.inline(inline, &Marks::default(), &mut loose);
                    range = Some(range.map_or(span.start, |range| range.start)..span.end);
                }
            }
        }
        blocks.extend(self.loose(loose, range));
        // The editor leaves an empty line in containers that hold nothing.
        if depth > 0 && blocks.iter().all(Block::is_nothing) {
            blocks.clear();
        }
        blocks
    }

    /// Running text outside of any element, without the spaces around it.
    fn loose(&self, runs: Vec<Inline>, range: Option<Range<usize>>) -> Option<Block> {
        let range = range?;
        let content = inlines::normal(runs);
        let text = self.source.get(range.clone())?;
        let start = range.start + (text.len() - text.trim_start().len());
        let span = Span::Bytes(start..range.start + text.trim_end().len());
        let carried = Carried::new(Format::Storage, LOOSE.to_owned());
        let block = || Block::paragraph(content).at(span).carrying(carried);
        (start < range.end)
            .then(block)
            .filter(|block| !block.is_empty_line())
    }

    fn block(&self, element: &Element<'_>, depth: usize, blocks: &mut Vec<Block>) {
        if depth >= MAX_DEPTH {
            blocks.extend(self.loose(vec![Inline::text(element.text())], Some(element.span())));
            return;
        }
        let attributes = || Carried::new(Format::Storage, element.attributes.to_owned());
        let fits = || element.elements().all(|child| fits_in_line(&child));
        let runs = || self.inlines(element.children(), &Marks::default());
        let (kind, carried) = match element.name {
            "p" if fits() => {
                let content = inlines::normal(runs());
                (BlockKind::Paragraph(content), attributes())
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" if fits() => {
                let level = Level::nearest(element.name[1..].parse().unwrap_or(1));
                let content = inlines::normal_line(runs());
                (BlockKind::Heading { level, content }, attributes())
            }
            "hr" if self.in_cell => {
                let rule = BlockKind::whole(self.keep("rule", element));
                (rule, Carried::default())
            }
            "hr" => (BlockKind::Rule, attributes()),
            "blockquote" if !self.in_cell => {
                let body = self.blocks(element.children(), depth + 1);
                (BlockKind::Quote(body), attributes())
            }
            "pre" if fits() => {
                let text = element.text();
                let text = code_text(text.strip_prefix('\n').unwrap_or(&text));
                let language = None;
                (BlockKind::Code { language, text }, Carried::default())
            }
            "ul" => (self.list(element, ListMarker::Bullet, depth), attributes()),
            "ol" => self.ordered(element, depth),
            "table" if super::rows::is_regular(element) => self.table(element, depth),
            "ac:task-list" => match self.tasks(element, depth) {
                Some(tasks) => (BlockKind::Tasks(tasks), attributes()),
                None => (self.around(element, depth), Carried::default()),
            },
            _ if is_macro(element) => self.macro_block(element, depth),
            _ => (self.around(element, depth), Carried::default()),
        };
        let span = Span::Bytes(element.span());
        blocks.push(Block::new(kind).at(span).carrying(carried));
    }

    /// An element without a word of its own: what is in it can be read and edited.
    fn around(&self, element: &Element<'_>, depth: usize) -> BlockKind {
        let label = label(element);
        if element.is_empty() || is_hidden(element.name) {
            return BlockKind::whole(self.keep(&label, element));
        }
        BlockKind::Kept {
            kept: Box::new(self.keep_around(&label, element, element.inner())),
            body: Some(self.blocks(element.children(), depth + 1)),
        }
    }
}

/// What Confluence never shows: the parts of an element that describe it, and the second telling
/// of what the new editor stores as its own nodes.
fn is_hidden(name: &str) -> bool {
    matches!(
        name,
        "ac:adf-attribute"
            | "ac:adf-fallback"
            | "ac:task-id"
            | "ac:task-uuid"
            | "ac:task-status"
            | "at:declarations"
            | "style"
            | "script"
            | "colgroup"
    )
}

fn label(element: &Element<'_>) -> String {
    match element.name {
        "ac:layout-section" => "section".to_owned(),
        "ac:layout-cell" => "column".to_owned(),
        "ac:task-list" => "tasks".to_owned(),
        "ac:adf-node" => element.value("type").unwrap_or_default().into_owned(),
        "p" => "paragraph".to_owned(),
        "blockquote" => "quote".to_owned(),
        other => other.strip_prefix("ac:").unwrap_or(other).to_owned(),
    }
}

pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}
