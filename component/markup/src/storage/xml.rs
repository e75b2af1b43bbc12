//! XHTML as a tree of elements that remember their bytes.
//!
//! Decides what is well-formed. Resolves character references and HTML's named entities, and no
//! others: a document type is passed over, and nothing expands.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_html5_entity;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesRef, Event};

use super::shape;
use crate::error::ReadError;

/// Deeper elements give only their text.
const MAX_ELEMENTS: usize = 72;

/// All nodes in the order of the source, so that a whole page takes one allocation.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    entries: Vec<Entry<'a>>,
}

#[derive(Debug)]
struct Entry<'a> {
    kind: Kind<'a>,
    span: Range<usize>,
    /// The entry behind this one and everything in it.
    next: usize,
    fits_in_line: bool,
}

#[derive(Debug)]
enum Kind<'a> {
    Element {
        name: &'a str,
        /// As they stood, with the space before them.
        attributes: &'a str,
        inner: Range<usize>,
    },
    Text(Cow<'a, str>),
}

#[derive(Debug, Clone)]
pub(crate) enum Node<'t> {
    Element(Element<'t>),
    Text(&'t str, Range<usize>),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'t> {
    tree: &'t Tree<'t>,
    at: usize,
    pub(crate) name: &'t str,
    /// As they stood, with the space before them.
    pub(crate) attributes: &'t str,
}

/// Nodes that follow one another.
#[derive(Debug, Clone)]
pub(crate) struct Siblings<'t> {
    tree: &'t Tree<'t>,
    at: usize,
    end: usize,
}

impl<'t> Iterator for Siblings<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        if self.at >= self.end {
            return None;
        }
        let (entry, at) = (&self.tree.entries[self.at], self.at);
        self.at = entry.next;
        Some(match &entry.kind {
            Kind::Text(text) => Node::Text(text, entry.span.clone()),
            Kind::Element {
                name, attributes, ..
            } => Node::Element(Element {
                tree: self.tree,
                at,
                name,
                attributes,
            }),
        })
    }
}

impl<'t> Siblings<'t> {
    pub(crate) fn elements(self) -> impl Iterator<Item = Element<'t>> {
        self.filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(..) => None,
        })
    }

    /// Whether text stands between the elements.
    pub(crate) fn has_words(mut self) -> bool {
        self.any(|node| matches!(node, Node::Text(text, _) if !text.trim().is_empty()))
    }
}

impl<'a> Tree<'a> {
    pub(crate) fn roots<'t>(&'t self) -> Siblings<'t>
    where
        'a: 't,
    {
        Siblings {
            tree: self,
            at: 0,
            end: self.entries.len(),
        }
    }

    /// Looks at each element once, those inside it first.
    fn shaped(mut self) -> Self {
        for at in (0..self.entries.len()).rev() {
            let fits = match &self.entries[at].kind {
                Kind::Text(_) => continue,
                Kind::Element { name, .. } => {
                    let (tree, end) = (&self, self.entries[at].next);
                    let at = at + 1;
                    shape::fits(name, Siblings { tree, at, end })
                }
            };
            self.entries[at].fits_in_line = fits;
        }
        self
    }
}

impl<'t> Element<'t> {
    pub(crate) fn span(&self) -> Range<usize> {
        self.tree.entries[self.at].span.clone()
    }

    /// What is between the tags.
    pub(crate) fn inner(&self) -> Range<usize> {
        match &self.tree.entries[self.at].kind {
            Kind::Element { inner, .. } => inner.clone(),
            Kind::Text(_) => 0..0,
        }
    }

    pub(crate) fn children(&self) -> Siblings<'t> {
        Siblings {
            tree: self.tree,
            at: self.at + 1,
            end: self.tree.entries[self.at].next,
        }
    }

    /// The element itself, as the only one of its siblings.
    pub(crate) fn alone(&self) -> Siblings<'t> {
        Siblings {
            tree: self.tree,
            at: self.at,
            end: self.at + 1,
        }
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = Element<'t>> {
        self.children().elements()
    }

    pub(crate) fn child(&self, name: &str) -> Option<Element<'t>> {
        self.elements().find(|element| element.name == name)
    }

    /// Whether this and all that is inside may stand in a line of text.
    pub(super) fn fits_in_line(&self) -> bool {
        self.tree.entries[self.at].fits_in_line
    }

    /// Nothing between the tags, or no second tag.
    pub(crate) fn is_empty(&self) -> bool {
        self.inner().is_empty()
    }

    /// The attributes with their values decoded; what is no attribute is passed over.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'t str, Cow<'t, str>)> {
        let mut attributes = Attributes::new(self.attributes, 0);
        attributes.with_checks(false);
        let named = attributes.flatten();
        let named = named.filter(|attribute| !attribute.key.0.contains(['"', '\'', '<']));
        named.filter_map(|attribute| {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
            Some((attribute.key.0, value))
        })
    }

    pub(crate) fn value(&self, name: &str) -> Option<Cow<'t, str>> {
        if self.attributes.is_empty() {
            return None;
        }
        let mut values = self.values();
        values.find_map(|(key, value)| (key == name).then_some(value))
    }

    /// All text inside.
    pub(crate) fn text(&self) -> String {
        let inside = &self.tree.entries[self.at..self.tree.entries[self.at].next];
        let texts = inside.iter().map(|entry| match &entry.kind {
            Kind::Text(text) => text,
            Kind::Element { .. } => "",
        });
        texts.collect()
    }

    /// The value of a macro's parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.elements()
            .find(|element| element.is_parameter(name))
            .map(|element| element.text())
    }

    pub(crate) fn is_parameter(&self, name: &str) -> bool {
        self.name == "ac:parameter" && self.value("ac:name").as_deref().unwrap_or("") == name
    }
}

/// Parses a sequence of elements and text.
pub(crate) fn parse(source: &str) -> Result<Tree<'_>, ReadError> {
    // XML 1.0 knows no such character, and what is carried along is told apart by it.
    if let Some(at) = source.bytes().position(|byte| byte == 0) {
        return Err(ReadError::Xml {
            at: at as u64,
            problem: "a NUL character".to_owned(),
        });
    }
    // The reader passes over a byte order mark and does not count it.
    let text = source.trim_start_matches('\u{feff}');
    let skipped = source.len() - text.len();
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut entries: Vec<Entry<'_>> = Vec::with_capacity(source.len() / 24);
    let mut open: Vec<usize> = Vec::new();
    let mut too_deep = 0_usize;
    loop {
        let start = skipped + offset(reader.buffer_position());
        let event = reader.read_event().map_err(|error| ReadError::Xml {
            at: skipped as u64 + reader.error_position(),
            problem: error.to_string(),
        })?;
        let end = skipped + offset(reader.buffer_position());
        let kind = match event {
            Event::Start(_) if open.len() >= MAX_ELEMENTS => {
                too_deep += 1;
                continue;
            }
            Event::End(_) if too_deep > 0 => {
                too_deep -= 1;
                continue;
            }
            Event::Empty(_) if open.len() >= MAX_ELEMENTS => continue,
            // A page that was cut and glued: what looks like attributes are none.
            Event::Start(_) | Event::Empty(_) if source[start + 1..end].contains('<') => {
                return Err(ReadError::Xml {
                    at: start as u64,
                    problem: "a tag holds `<`".to_owned(),
                });
            }
            Event::Start(tag) => {
                open.push(entries.len());
                element(source, tag.name().0, start..end)
            }
            Event::Empty(tag) => element(source, tag.name().0, start..end),
            Event::End(_) => {
                let next = entries.len();
                if let Some(entry) = open.pop().and_then(|at| entries.get_mut(at)) {
                    (entry.span.end, entry.next) = (end, next);
                    if let Kind::Element { inner, .. } = &mut entry.kind {
                        inner.end = start;
                    }
                }
                continue;
            }
            Event::Text(_) => Kind::Text(line_ends(&source[start..end])),
            Event::CData(text) => Kind::Text(Cow::Owned(line_ends(&text).into_owned())),
            Event::GeneralRef(reference) => {
                Kind::Text(Cow::Owned(resolved(&reference, &source[start..end])))
            }
            Event::Eof => break,
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::DocType(_) => continue,
        };
        let next = entries.len() + 1;
        let span = start..end;
        entries.push(Entry {
            kind,
            span,
            next,
            fits_in_line: true,
        });
    }
    match open.pop().map(|at| &entries[at]) {
        Some(Entry {
            kind: Kind::Element { name, .. },
            span,
            ..
        }) => Err(ReadError::Xml {
            at: span.start as u64,
            problem: format!("`<{name}>` is not closed"),
        }),
        _ => Ok(Tree { entries }.shaped()),
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).expect("a position in a string in memory is a usize")
}

fn element<'a>(source: &'a str, name: &str, span: Range<usize>) -> Kind<'a> {
    let name_end = span.start + 1 + name.len();
    let tag = source.get(name_end..span.end).unwrap_or("");
    let attributes = tag.strip_suffix('>').unwrap_or(tag);
    // `<p //>` is taken for an empty element too.
    let attributes = attributes.trim_end_matches(|char: char| char == '/' || char.is_whitespace());
    Kind::Element {
        name: source.get(span.start + 1..name_end).unwrap_or(""),
        attributes,
        inner: span.end..span.end,
    }
}

/// XML 1.0, section 2.11: a line ends in one line feed.
fn line_ends(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The character that a reference names; one that nobody knows stays as it stands.
fn resolved(reference: &BytesRef<'_>, source: &str) -> String {
    match reference.resolve_char_ref() {
        Ok(Some(char)) => char.to_string(),
        _ => resolve_html5_entity(reference).unwrap_or(source).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(nodes: Siblings<'_>) -> String {
        let node = |node| match node {
            Node::Text(text, _) => text.to_owned(),
            Node::Element(element) => format!("({} {})", element.name, show(element.children())),
        };
        nodes.map(node).collect()
    }

    #[test]
    fn a_tree_is_read() {
        for (source, tree) in [
            ("a<b>c<d/>e</b>f", "a(b c(d )e)f"),
            ("<a><b/></a><c></c>", "(a (b ))(c )"),
            (
                "<![CDATA[<x>]]>&lt;&nbsp;&#65;&none;&",
                "<x><\u{a0}A&none;&",
            ),
            ("<!DOCTYPE x [<!ENTITY y \"z\">]><p>&y;</p>", "(p &y;)"),
            ("<!-- a --><?b c?>d\r\ne", "d\ne"),
            ("\u{feff}a<b>é</b>", "a(b é)"),
            ("<p //>a", "(p )a"),
        ] {
            let parsed = parse(source).expect("the sources here are well-formed");
            assert_eq!(show(parsed.roots()), tree, "{source}");
        }
    }

    #[test]
    fn what_is_not_closed_is_named() {
        for (source, problem) in [
            ("<a><b></b>", "`<a>` is not closed"),
            ("<a></b>", "`</a>`"),
            ("</a>", "`</a>`"),
            ("<a", ""),
            ("<![CDATA[a", ""),
            ("<p>a\u{0}</p>", "at byte 4: a NUL character"),
            ("<p a=\"<b\">c</p>", "at byte 0: a tag holds `<`"),
        ] {
            let refused = parse(source).expect_err("the sources here are broken");
            assert!(refused.to_string().contains(problem), "{source}: {refused}");
        }
    }

    #[test]
    fn attributes_are_decoded() {
        let tree = parse("<a b=\"1 &amp; 2\" c='&quot;' d />").expect("it is well-formed");
        let element = tree.roots().elements().next().expect("there is one");
        assert_eq!(element.value("b").as_deref(), Some("1 & 2"));
        assert_eq!(element.value("c").as_deref(), Some("\""));
        assert_eq!(element.value("e"), None);
        let odd = parse("<p //>").expect("it is an element");
        assert!(
            odd.roots()
                .elements()
                .all(|element| element.attributes.is_empty())
        );
        assert_eq!(element.attributes, " b=\"1 &amp; 2\" c='&quot;' d");
    }
}
