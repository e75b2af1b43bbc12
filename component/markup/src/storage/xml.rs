//! XHTML as a tree of elements that remember their bytes.
//!
//! Decides what is well-formed. Resolves character references and HTML's named entities, and no
//! others: there is no DTD to read, and nothing expands.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_html5_entity;
use quick_xml::events::{BytesStart, Event};

use crate::error::ReadError;

/// Deeper elements give only their text.
const MAX_ELEMENTS: usize = 72;

#[derive(Debug, Clone)]
pub(super) enum Node<'a> {
    Element(Element<'a>),
    Text(String, Range<usize>),
}

#[derive(Debug, Clone)]
pub(super) struct Element<'a> {
    pub(super) name: &'a str,
    /// As they stood, with the space before them.
    pub(super) attributes: &'a str,
    pub(super) values: Vec<(String, String)>,
    pub(super) children: Vec<Node<'a>>,
    pub(super) span: Range<usize>,
    /// What is between the tags.
    pub(super) inner: Range<usize>,
}

impl<'a> Element<'a> {
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Element<'a>> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(..) => None,
        })
    }

    pub(super) fn child(&self, name: &str) -> Option<&Element<'a>> {
        self.elements().find(|element| element.name == name)
    }

    /// All text inside.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let mut open: Vec<&Node<'_>> = self.children.iter().rev().collect();
        while let Some(node) = open.pop() {
            match node {
                Node::Text(part, _) => text.push_str(part),
                Node::Element(element) => open.extend(element.children.iter().rev()),
            }
        }
        text
    }

    /// The value of a macro's parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.elements()
            .find(|element| {
                element.name == "ac:parameter" && element.value("ac:name").unwrap_or("") == name
            })
            .map(Element::text)
    }
}

/// Parses a sequence of elements and text.
pub(super) fn parse(source: &str) -> Result<Vec<Node<'_>>, ReadError> {
    let mut reader = Reader::from_str(source);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    let mut open: Vec<Element<'_>> = Vec::new();
    let mut too_deep = 0_usize;
    let mut roots = Vec::new();
    loop {
        let start = offset(reader.buffer_position());
        let event = reader.read_event().map_err(|error| ReadError::Xml {
            at: reader.error_position(),
            problem: error.to_string(),
        })?;
        let end = offset(reader.buffer_position());
        let node = match event {
            Event::Start(_) if open.len() >= MAX_ELEMENTS => {
                too_deep += 1;
                continue;
            }
            Event::End(_) if too_deep > 0 => {
                too_deep -= 1;
                continue;
            }
            Event::Start(tag) => {
                open.push(element(source, &tag, start..end));
                continue;
            }
            Event::End(_) => match open.pop() {
                Some(mut element) => {
                    element.inner.end = start;
                    element.span.end = end;
                    Node::Element(element)
                }
                None => continue,
            },
            Event::Empty(_) if open.len() >= MAX_ELEMENTS => continue,
            Event::Empty(tag) => Node::Element(element(source, &tag, start..end)),
            Event::Text(text) => Node::Text(text.xml10_content().into_owned(), start..end),
            Event::CData(text) => Node::Text(text.xml10_content().into_owned(), start..end),
            Event::GeneralRef(reference) => {
                let name: &str = &reference;
                let known = match reference.resolve_char_ref() {
                    Ok(Some(char)) => Some(char.to_string()),
                    _ => resolve_html5_entity(name).map(str::to_owned),
                };
                Node::Text(known.unwrap_or_else(|| format!("&{name};")), start..end)
            }
            Event::Eof => break,
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::DocType(_) => continue,
        };
        match open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => roots.push(node),
        }
    }
    match open.pop() {
        None => Ok(roots),
        Some(element) => Err(ReadError::Xml {
            at: element.span.start as u64,
            problem: format!("`<{}>` is not closed", element.name),
        }),
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).expect("a position in a string in memory is a usize")
}

fn element<'a>(source: &'a str, tag: &BytesStart<'_>, span: Range<usize>) -> Element<'a> {
    let name_start = span.start + 1;
    let name_end = name_start + tag.name().as_ref().len();
    let attributes = source.get(name_end..name_end + tag.attributes_raw().len());
    let mut values = Vec::new();
    for attribute in tag.attributes().with_checks(false).flatten() {
        let value = match attribute.normalized_value(XmlVersion::Implicit1_0) {
            Ok(value) => value.into_owned(),
            Err(_) => continue,
        };
        let key: &str = attribute.key.as_ref();
        values.push((key.to_owned(), value));
    }
    Element {
        name: source.get(name_start..name_end).unwrap_or(""),
        attributes: attributes.unwrap_or("").trim_end(),
        values,
        children: Vec::new(),
        inner: span.end..span.end,
        span,
    }
}
