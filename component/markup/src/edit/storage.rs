//! Edits of storage format, as bytes of the source.
//!
//! Decides which bytes a place has. What is put there is written as the page spells it: text is
//! escaped, in a CDATA section as that needs it.

use std::ops::Range;

use super::outline::{Kind, Node, OBJECT, Piece};
use super::search::{self, Found, Replaced};
use super::{Edit, EditError, Edited, Lies, blocks_in, fitted};
use crate::doc::{BlockKind, Document, Span};
use crate::storage::xml::{self, Element, Tree};
use crate::storage::{self, cdata_text, escape};

pub(super) fn apply(source: &str, edit: &Edit) -> Result<Edited, EditError> {
    let tree = xml::parse(source)?;
    let root = outline(&tree, source);
    let mut lost = Vec::new();
    let splices = match edit {
        Edit::ReplaceText { find, with, every } => {
            let found = search::places(&root, find, *every)?;
            found
                .iter()
                .flat_map(|found| replaced(found, with))
                .collect()
        }
        Edit::ReplaceSection { heading, body } => {
            let section = root.section(heading)?;
            let behind = section.head().place.span.end;
            let range = match section.body() {
                [first, .., last] => first.place.span.start..last.place.span.end,
                [only] => only.place.span.clone(),
                [] => behind..behind,
            };
            vec![(range.clone(), written(source, body, range, &mut lost)?)]
        }
        Edit::AppendToSection { heading, body } => {
            let section = root.section(heading)?;
            let last = section.body().last().unwrap_or(section.head());
            vec![inserted(source, body, last.place.span.end)?]
        }
        Edit::InsertAfter { anchor, body } => {
            let node = root.anchor(anchor)?;
            vec![inserted(source, body, node.place.after)?]
        }
        Edit::SetCell {
            table,
            row,
            column,
            body,
        } => {
            let place = &root.cell(*table, row, column)?.place;
            let text = written(source, body, place.inner.clone(), &mut lost)?;
            vec![filled(source, place, text)]
        }
    };
    let mut text = source.to_owned();
    for (range, new) in splices {
        text.replace_range(range, &new);
    }
    Ok(Edited { text, lost })
}

type Splice = (Range<usize>, String);

#[derive(Debug, Clone)]
struct Place {
    span: Range<usize>,
    inner: Range<usize>,
    /// Where a block can stand behind it.
    after: usize,
    spelled: Spelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelled {
    Plainly,
    /// `&amp;`, which is one character or nothing.
    AsEntity,
    InCdata,
    /// Not words: a mention, an image.
    Object,
}

impl Place {
    fn of(element: &Element<'_>) -> Self {
        let span = element.span();
        Self {
            after: span.end,
            inner: element.inner(),
            span,
            spelled: Spelled::Plainly,
        }
    }

    fn text(span: Range<usize>, inner: Range<usize>, spelled: Spelled) -> Self {
        Self {
            after: span.end,
            span,
            inner,
            spelled,
        }
    }
}

fn outline(tree: &Tree<'_>, source: &str) -> Node<Place> {
    let whole = 0..source.len();
    let place = Place::text(whole.clone(), whole, Spelled::Plainly);
    let mut root = Node::new(Kind::Other, place);
    collect(tree.roots(), source, &mut root);
    root
}

/// The blocks and words in one container.
fn collect(nodes: xml::Siblings<'_>, source: &str, into: &mut Node<Place>) {
    let mut loose: Option<Node<Place>> = None;
    for node in nodes {
        match node {
            xml::Node::Element(element) if storage::is_block(&element) => {
                into.children.extend(loose.take());
                let before = into.children.len();
                block(&element, source, into);
                if element.name == "p" {
                    // No block stands in a paragraph, even if one does.
                    for child in &mut into.children[before..] {
                        climb(child, element.span().end);
                    }
                }
            }
            inline => {
                let span = span_of(&inline);
                let loose = loose.get_or_insert_with(|| {
                    let place = Place::text(span.clone(), span.clone(), Spelled::Plainly);
                    Node::new(Kind::Text, place)
                });
                words(inline, source, loose);
                loose.place.span.end = span.end;
                loose.place.after = span.end;
            }
        }
    }
    into.children.extend(loose);
    into.children.retain(|node| {
        node.kind != Kind::Text || !node.words().is_empty() || !node.macros.is_empty()
    });
}

fn climb(node: &mut Node<Place>, after: usize) {
    node.place.after = after;
    node.children
        .iter_mut()
        .for_each(|child| climb(child, after));
}

fn span_of(node: &xml::Node<'_>) -> Range<usize> {
    match node {
        xml::Node::Element(element) => element.span(),
        xml::Node::Text(_, span) => span.clone(),
    }
}

fn block(element: &Element<'_>, source: &str, into: &mut Node<Place>) {
    let kind = match element.name {
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
            Kind::Heading(element.name[1..].parse().unwrap_or(1))
        }
        "table" => Kind::Table,
        "tr" => Kind::Row,
        "th" | "td" => Kind::Cell,
        "ac:structured-macro" | "ac:macro" => {
            Kind::Macro(element.value("ac:name").unwrap_or_default().into_owned())
        }
        "p" | "pre" => Kind::Text,
        "ac:parameter"
        | "ac:default-parameter"
        | "ac:task-id"
        | "ac:task-uuid"
        | "ac:task-status"
        | "ac:adf-attribute"
        | "ac:adf-fallback"
        | "style"
        | "script"
        | "at:declarations"
        | "colgroup" => return,
        // What only holds others is not seen.
        "tbody" | "thead" | "tfoot" | "ac:rich-text-body" => {
            return collect(element.children(), source, into);
        }
        _ => Kind::Other,
    };
    let in_line = matches!(kind, Kind::Heading(_) | Kind::Text)
        && element.elements().all(|child| !storage::is_block(&child));
    let mut node = Node::new(kind, Place::of(element));
    if let Some(plain) = element.child("ac:plain-text-body") {
        plain
            .children()
            .for_each(|text| words(text, source, &mut node));
    } else if in_line {
        element
            .children()
            .for_each(|child| words(child, source, &mut node));
    } else {
        collect(element.children(), source, &mut node);
    }
    into.children.push(node);
}

/// The words of running text, and what stands amid them.
fn words(node: xml::Node<'_>, source: &str, into: &mut Node<Place>) {
    match node {
        xml::Node::Text(text, span) => {
            let raw = &source[span.clone()];
            let (inner, spelled) = if raw.starts_with("<![CDATA[") {
                (span.start + 9..span.end - 3, Spelled::InCdata)
            } else if is_reference(raw) && raw != text {
                (span.clone(), Spelled::AsEntity)
            } else {
                (span.clone(), Spelled::Plainly)
            };
            let text = match spelled {
                Spelled::AsEntity => text.to_owned(),
                // With the line ends of the source, so that each byte has its place.
                _ => source[inner.clone()].to_owned(),
            };
            let place = Place::text(span, inner, spelled);
            into.pieces.push(Piece { text, place });
        }
        xml::Node::Element(element) => {
            if let Some(name) = element
                .value("ac:name")
                .filter(|_| element.name != "ac:emoticon")
            {
                into.macros.push(name.into_owned());
            }
            let before = into.pieces.len();
            if let Some(children) = storage::words_in(&element) {
                children.for_each(|child| words(child, source, into));
            }
            if into.pieces.len() == before {
                let place = Place::text(element.span(), element.span(), Spelled::Object);
                let text = OBJECT.to_owned();
                into.pieces.push(Piece { text, place });
            }
        }
    }
}

/// `&name;` and nothing else. An ampersand may also begin running text, whose line ends are read otherwise than they stand.
fn is_reference(raw: &str) -> bool {
    raw.strip_prefix('&')
        .and_then(|rest| rest.strip_suffix(';'))
        .is_some_and(|name| {
            name.bytes()
                .all(|byte| byte == b'#' || byte.is_ascii_alphanumeric())
        })
}

/// Puts `with` where the words were, the last change first.
fn replaced(found: &Found<'_, Place>, with: &str) -> Vec<Splice> {
    let parts = found.replaced(with);
    let splices = parts.map(|Replaced { piece, range, new }| {
        let (place, at) = (&piece.place, piece.place.inner.start);
        match place.spelled {
            Spelled::Plainly => (at + range.start..at + range.end, escape(new)),
            Spelled::InCdata => {
                let before = piece.text[..range.start].ends_with(']');
                let behind = piece.text[range.end..].starts_with([']', '>']);
                // What stands around the words must not become the end of the section.
                let apart = if before || behind { "]]><![CDATA[" } else { "" };
                let new = format!("{apart}{}{apart}", cdata_text(new));
                (at + range.start..at + range.end, new)
            }
            Spelled::AsEntity | Spelled::Object => (place.span.clone(), escape(new)),
        }
    });
    splices.collect()
}

/// The body as storage format, fitted to the blocks that stand in `range`.
fn written(
    source: &str,
    body: &str,
    range: Range<usize>,
    lost: &mut Vec<String>,
) -> Result<String, EditError> {
    let base = storage::read(source)?;
    let old = blocks_in(&base.blocks, &|span| lies(span, &range));
    let (mut blocks, mut gone) = fitted(body, &base, old)?;
    lost.append(&mut gone);
    // A line stays a line without a paragraph of its own.
    if let ([new], [old]) = (blocks.as_mut_slice(), old)
        && storage::is_loose(old)
        && matches!(new.kind, BlockKind::Paragraph(_))
    {
        new.carried = old.carried.clone();
    }
    Ok(storage::write(&Document::new(blocks))?)
}

fn inserted(source: &str, body: &str, at: usize) -> Result<Splice, EditError> {
    let mut lost = Vec::new();
    Ok((at..at, written(source, body, at..at, &mut lost)?))
}

/// A cell that was one tag gets a second one.
fn filled(source: &str, place: &Place, text: String) -> Splice {
    if place.inner.end < place.span.end {
        return (place.inner.clone(), text);
    }
    let tag = &source[place.span.clone()];
    let start = tag.trim_end_matches('>').trim_end_matches('/').trim_end();
    let name = start[1..].split_whitespace().next().unwrap_or("td");
    (place.span.clone(), format!("{start}>{text}</{name}>"))
}

/// How a block lies to the bytes of an edit.
fn lies(span: &Span, range: &Range<usize>) -> Lies {
    match span {
        Span::Bytes(span) if range.start <= span.start && span.end <= range.end => Lies::Inside,
        Span::Bytes(span) if span.start < range.end && range.start < span.end => Lies::Around,
        _ => Lies::Apart,
    }
}
