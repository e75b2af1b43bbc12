//! Elements, read into blocks.
//!
//! Decides which elements are blocks, which macros are known, and what is kept. Whitespace between
//! blocks is nothing.

use std::ops::Range;

use super::inline;
use super::xml::{self, Element, Node};
use crate::MAX_DEPTH;
use crate::doc::{
    Block, BlockKind, Carried, Cell, Document, Format, Inline, Item, Kept, Level, ListMarker,
    Marks, PanelKind, Row, Source, Span, Table, Task, code_text, language,
};
use crate::error::ReadError;
use crate::inlines;

pub(super) fn document(source: &str) -> Result<Document, ReadError> {
    let nodes = xml::parse(source)?;
    let reader = Reader { source };
    Ok(Document {
        blocks: reader.blocks(&nodes, 0),
        source: Source::Text {
            format: Format::Storage,
            text: source.to_owned(),
        },
    })
}

#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) source: &'a str,
}

/// Between the attributes and the inner XML that is carried beside them.
pub(super) const CARRIED_INSIDE: char = '\u{0}';

impl Reader<'_> {
    pub(super) fn slice(&self, range: Range<usize>) -> String {
        self.source.get(range).unwrap_or("").to_owned()
    }

    /// Keeps `element`, around its content or as a whole.
    pub(super) fn keep(&self, label: &str, element: &Element<'_>, around: bool) -> Kept {
        let (open, close) = if around {
            let inner = element.inner.clone();
            (
                self.slice(element.span.start..inner.start),
                self.slice(inner.end..element.span.end),
            )
        } else {
            (self.slice(element.span.clone()), String::new())
        };
        Kept::new(label, Format::Storage, open, close)
    }

    fn blocks(&self, nodes: &[Node<'_>], depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut loose: Vec<Inline> = Vec::new();
        let mut range = start_of(nodes);
        for node in nodes {
            let span = match node {
                Node::Element(element) => &element.span,
                Node::Text(_, span) => span,
            };
            match node {
                Node::Element(element) if !inline::is_inline(element) => {
                    blocks.extend(paragraph(std::mem::take(&mut loose), &range));
                    self.block(element, depth, &mut blocks);
                    range = span.end..span.end;
                }
                inline => {
                    loose.extend(self.inlines(std::slice::from_ref(inline), &Marks::default()));
                }
            }
            range.end = span.end;
        }
        blocks.extend(paragraph(loose, &range));
        // The editor leaves an empty line in containers that hold nothing.
        if depth > 0 && blocks.iter().all(Block::is_empty_line) {
            blocks.clear();
        }
        blocks
    }

    fn block(&self, element: &Element<'_>, depth: usize, blocks: &mut Vec<Block>) {
        let span = Span::Bytes(element.span.clone());
        if depth >= MAX_DEPTH {
            let words = inlines::normal(vec![Inline::text(element.text())]);
            blocks.extend(paragraph(words, &element.span));
            return;
        }
        let inner = |element: &Element<'_>| self.blocks(&element.children, depth + 1);
        let mut carried = Carried::new(Format::Storage, element.attributes.to_owned());
        let kind = match element.name {
            "p" if element.elements().all(inline::fits_in_line) => {
                let content = self.inlines(&element.children, &Marks::default());
                BlockKind::Paragraph(inlines::normal(content))
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let content = self.inlines(&element.children, &Marks::default());
                BlockKind::Heading {
                    level: Level::nearest(element.name[1..].parse().unwrap_or(1)),
                    content: inlines::normal_line(content),
                }
            }
            "hr" => BlockKind::Rule,
            "blockquote" => BlockKind::Quote(inner(element)),
            "pre" => {
                let text = element.text();
                BlockKind::Code {
                    language: None,
                    text: code_text(text.strip_prefix('\n').unwrap_or(&text)),
                }
            }
            "ul" => self.list(element, ListMarker::Bullet, depth),
            "ol" => {
                let start = element.value("start").and_then(|start| start.parse().ok());
                carried = Carried::default();
                let marker = ListMarker::Ordered {
                    start: start.unwrap_or(1),
                };
                self.list(element, marker, depth)
            }
            "table" => {
                let columns = element.child("colgroup");
                let columns = columns.map(|columns| self.slice(columns.span.clone()));
                carried = with_inner(element.attributes, &columns.unwrap_or_default());
                self.table(element, depth)
            }
            "ac:task-list" => match self.tasks(element, depth) {
                Some(tasks) => BlockKind::Tasks(tasks),
                None => BlockKind::Kept {
                    kept: self.keep("tasks", element, false),
                    body: None,
                },
            },
            "ac:structured-macro" | "ac:macro" => {
                let (kind, inside) = self.macro_block(element, depth);
                carried = inside;
                kind
            }
            name => {
                let label = match name {
                    "ac:layout-section" => "section",
                    "ac:layout-cell" => "column",
                    "p" => "paragraph",
                    other => other.strip_prefix("ac:").unwrap_or(other),
                };
                carried = Carried::default();
                BlockKind::Kept {
                    kept: self.keep(label, element, !element.inner.is_empty()),
                    body: (!element.inner.is_empty()).then(|| inner(element)),
                }
            }
        };
        blocks.push(Block::new(kind).at(span).carrying(carried));
    }

    fn list(&self, element: &Element<'_>, marker: ListMarker, depth: usize) -> BlockKind {
        let mut items = Vec::new();
        for child in element.elements() {
            let (blocks, attributes) = if child.name == "li" {
                (self.blocks(&child.children, depth + 1), child.attributes)
            } else {
                let mut blocks = Vec::new();
                self.block(child, depth + 1, &mut blocks);
                (blocks, "")
            };
            items.push(Item {
                blocks,
                carried: Carried::new(Format::Storage, attributes.to_owned()),
            });
        }
        BlockKind::List { marker, items }
    }

    fn table(&self, element: &Element<'_>, depth: usize) -> BlockKind {
        let mut rows = Vec::new();
        let mut parts: Vec<&Element<'_>> = element.elements().collect();
        parts.reverse();
        while let Some(part) = parts.pop() {
            match part.name {
                "thead" | "tbody" | "tfoot" => {
                    let inside: Vec<_> = part.elements().collect();
                    parts.extend(inside.into_iter().rev());
                }
                "tr" => rows.push(self.row(part, depth)),
                _ => {}
            }
        }
        BlockKind::Table(Table { rows })
    }

    fn row(&self, row: &Element<'_>, depth: usize) -> Row {
        let cells = row
            .elements()
            .filter(|cell| matches!(cell.name, "th" | "td"))
            .map(|cell| Cell {
                header: cell.name == "th",
                blocks: self.blocks(&cell.children, depth + 1),
                carried: Carried::new(Format::Storage, cell.attributes.to_owned()),
            });
        Row {
            cells: cells.collect(),
            carried: Carried::new(Format::Storage, row.attributes.to_owned()),
        }
    }

    /// A task list whose tasks are lines; None if a task holds more than that.
    fn tasks(&self, list: &Element<'_>, depth: usize) -> Option<Vec<Task>> {
        if depth >= MAX_DEPTH {
            return None;
        }
        let mut tasks = Vec::new();
        for task in list.elements() {
            let body = task.child("ac:task-body")?;
            let status = task.child("ac:task-status")?.text();
            let mut content = Vec::new();
            let mut children = Vec::new();
            for node in &body.children {
                match node {
                    Node::Element(nested) if nested.name == "ac:task-list" => {
                        children.extend(self.tasks(nested, depth + 1)?);
                    }
                    Node::Element(block) if !inline::is_inline(block) => {
                        let lone = block.name == "p" && content.is_empty();
                        if !lone || !block.elements().all(inline::is_inline) {
                            return None;
                        }
                        content = self.inlines(&block.children, &Marks::default());
                    }
                    line => {
                        content.extend(self.inlines(std::slice::from_ref(line), &Marks::default()));
                    }
                }
            }
            tasks.push(Task {
                id: task
                    .child("ac:task-id")
                    .map(|id| id.text().trim().to_owned()),
                done: status.trim() == "complete",
                content: inlines::normal(content),
                children,
            });
        }
        Some(tasks)
    }

    fn macro_block(&self, element: &Element<'_>, depth: usize) -> (BlockKind, Carried) {
        let name = element.value("ac:name").unwrap_or("");
        let rich = element.child("ac:rich-text-body");
        let plain = element.child("ac:plain-text-body");
        let title = element.parameter("title");
        let body = || {
            rich.map(|rich| self.blocks(&rich.children, depth + 1))
                .unwrap_or_default()
        };
        let title = title
            .map(|title| one_line(&title))
            .filter(|title| !title.is_empty());
        match (name, panel_kind(name)) {
            ("code" | "noformat", _) if plain.is_some() => {
                let text = plain.map(Element::text).unwrap_or_default();
                let kind = BlockKind::Code {
                    language: element.parameter("language").as_deref().and_then(language),
                    text: code_text(&text),
                };
                (kind, self.macro_carried(element, "language"))
            }
            (_, Some(kind)) if rich.is_some() => {
                let kind = BlockKind::Panel {
                    kind,
                    title,
                    body: body(),
                };
                (kind, self.macro_carried(element, "title"))
            }
            ("expand", _) if rich.is_some() => {
                let kind = BlockKind::Expand {
                    title: title.unwrap_or_default(),
                    body: body(),
                };
                (kind, self.macro_carried(element, "title"))
            }
            _ => (self.unknown_macro(element, rich, depth), Carried::default()),
        }
    }

    fn unknown_macro(
        &self,
        element: &Element<'_>,
        rich: Option<&Element<'_>>,
        depth: usize,
    ) -> BlockKind {
        let label = macro_label(element);
        match rich {
            Some(rich) if !rich.inner.is_empty() => {
                let open = self.slice(element.span.start..rich.inner.start);
                let close = self.slice(rich.inner.end..element.span.end);
                BlockKind::Kept {
                    kept: Kept::new(&label, Format::Storage, open, close),
                    body: Some(self.blocks(&rich.children, depth + 1)),
                }
            }
            _ => BlockKind::Kept {
                kept: self.keep(&label, element, false),
                body: None,
            },
        }
    }

    /// The macro's own attributes but its name, and the parameters the tree does not hold.
    fn macro_carried(&self, element: &Element<'_>, known: &str) -> Carried {
        let name = element.value("ac:name").unwrap_or("");
        let usual =
            name != "noformat" && element.attributes.trim() == format!("ac:name=\"{name}\"");
        let attributes = if usual { "" } else { element.attributes };
        let parameters: String = element
            .elements()
            .filter(|child| child.name == "ac:parameter" && child.value("ac:name") != Some(known))
            .map(|child| self.slice(child.span.clone()))
            .collect();
        with_inner(attributes, &parameters)
    }
}

fn with_inner(attributes: &str, inner: &str) -> Carried {
    if inner.is_empty() {
        return Carried::new(Format::Storage, attributes.to_owned());
    }
    Carried::new(
        Format::Storage,
        format!("{attributes}{CARRIED_INSIDE}{inner}"),
    )
}

/// The macro's name, and the parameter that says what it shows.
pub(super) fn macro_label(element: &Element<'_>) -> String {
    let name = element.value("ac:name").unwrap_or("");
    let shows = ["key", "", "page", "title"]
        .iter()
        .find_map(|parameter| element.parameter(parameter))
        .unwrap_or_default();
    format!("macro {name} {}", shows.trim())
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// The empty range before the first of `nodes`.
fn start_of(nodes: &[Node<'_>]) -> Range<usize> {
    let start = match nodes.first() {
        Some(Node::Element(element)) => element.span.start,
        Some(Node::Text(_, span)) => span.start,
        None => 0,
    };
    start..start
}

/// Running text outside of any element.
fn paragraph(loose: Vec<Inline>, range: &Range<usize>) -> Option<Block> {
    let content = inlines::normal(loose);
    let span = Span::Bytes(range.clone());
    (!content.is_empty()).then(|| Block::paragraph(content).at(span))
}

fn panel_kind(name: &str) -> Option<PanelKind> {
    Some(match name {
        "info" => PanelKind::Info,
        "note" => PanelKind::Note,
        "tip" => PanelKind::Tip,
        "warning" => PanelKind::Warning,
        "panel" => PanelKind::Plain,
        _ => return None,
    })
}
