//! Elements of running text.
//!
//! Decides which are marks, which are objects and which stand around words of their own.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::macros::macro_label;
use super::objects::{self, Target};
use super::read::Reader;
use super::shape::{is_macro, only_paragraph};
use super::xml::{Element, Node, Siblings};
use crate::doc::{Inline, InlineKind, Link, Marks, Mention, Script, push_few};

impl Reader<'_> {
    pub(super) fn inlines(&self, nodes: Siblings<'_>, marks: &Marks) -> Vec<Inline> {
        let mut runs = Vec::new();
        for node in nodes {
            self.inline(node, marks, &mut runs);
        }
        runs
    }

    pub(super) fn inline(&self, node: Node<'_>, marks: &Marks, runs: &mut Vec<Inline>) {
        match node {
            Node::Text(text, _) => push_text(text, marks, runs),
            Node::Element(element) => self.element(&element, marks, runs),
        }
    }

    fn element(&self, element: &Element<'_>, marks: &Marks, runs: &mut Vec<Inline>) {
        if let Some(inside) = objects::mark(element, marks) {
            return runs.extend(self.inlines(element.children(), &inside));
        }
        if element.name == "a"
            && let Some(href) = element.value("href")
            && !objects::is_card(element)
        {
            return self.address(element, href.into_owned(), marks, runs);
        }
        if element.name == "ac:link"
            && let Some(target) = objects::link(element)
        {
            return self.link(element, target, marks, runs);
        }
        if let Some(kind) = objects::object(element) {
            return runs.push(Inline::new(kind, marks.clone()));
        }
        match content(element) {
            Some((inner, children)) => {
                let mut inside = marks.clone();
                let kept = self.keep_around(&label(element), element, inner);
                inside.kept.push(Arc::new(kept));
                runs.extend(self.inlines(children, &inside));
            }
            None => {
                let kind = InlineKind::Kept(Box::new(self.keep(&label(element), element)));
                runs.push(Inline::new(kind, marks.clone()));
            }
        }
    }

    /// A link that is an address; without words it shows the address.
    fn address(&self, element: &Element<'_>, href: String, marks: &Marks, runs: &mut Vec<Inline>) {
        let link = Link {
            href: href.clone(),
            title: element.value("title").map(Cow::into_owned),
            carried: objects::others(element, &["href", "title"]),
        };
        let marks = Marks {
            link: Some(Arc::new(link)),
            ..marks.clone()
        };
        if element.elements().next().is_none() && element.text().is_empty() {
            runs.push(Inline::new(InlineKind::Text(href.into()), marks));
        } else {
            runs.extend(self.inlines(element.children(), &marks));
        }
    }

    fn link(&self, element: &Element<'_>, target: Target, marks: &Marks, runs: &mut Vec<Inline>) {
        let (href, fallback) = match target {
            Target::User(user) => {
                let body = link_body(element).map(|body| body.text());
                let body = body.unwrap_or_default();
                let name = body.trim().trim_start_matches('@').to_owned();
                let mention = Mention {
                    user,
                    name: (!name.is_empty()).then_some(name),
                    carried: objects::link_carried(element),
                };
                let mention = Inline::new(InlineKind::Mention(Box::new(mention)), marks.clone());
                return runs.push(mention);
            }
            Target::Address(href, fallback) => (href, fallback),
        };
        let link = Link {
            carried: objects::link_carried(element),
            ..Link::to(href)
        };
        let marks = Marks {
            link: Some(Arc::new(link)),
            ..marks.clone()
        };
        let body = link_body(element).map(|body| self.inlines(body.children(), &marks));
        match body {
            Some(body) if !body.is_empty() => runs.extend(body),
            _ => runs.push(Inline::new(InlineKind::Text(fallback.into()), marks)),
        }
    }
}

/// One run for text that stands together, however its characters are spelled.
fn push_text(text: &str, marks: &Marks, runs: &mut Vec<Inline>) {
    let text = collapse(text);
    if let Some(Inline {
        kind: InlineKind::Text(before),
        marks: same,
    }) = runs.last_mut()
        && same == marks
    {
        before.push_str(&text);
        return;
    }
    let kind = InlineKind::Text(text.into());
    push_few(runs, Inline::new(kind, marks.clone()));
}

/// What an element without a word of its own stands around: the words in it that people see.
fn content<'t>(element: &Element<'t>) -> Option<(Range<usize>, Siblings<'t>)> {
    let body = match element.name {
        "ac:image" => element.child("ac:caption"),
        "ac:link" => link_body(element),
        _ if is_macro(element) => element.child("ac:rich-text-body"),
        _ => Some(*element),
    }?;
    let body = match body.name {
        "ac:caption" | "ac:rich-text-body" => only_paragraph(body.children()).unwrap_or(body),
        _ => body,
    };
    let shows = body.elements().next().is_some() || !body.text().trim().is_empty();
    shows.then(|| (body.inner(), body.children()))
}

/// What people see of an element of running text; None of an object.
pub(crate) fn words_in<'t>(element: &Element<'t>) -> Option<Siblings<'t>> {
    content(element).map(|(_, children)| children)
}

fn link_body<'t>(element: &Element<'t>) -> Option<Element<'t>> {
    element
        .child("ac:link-body")
        .or_else(|| element.child("ac:plain-text-link-body"))
}

fn label(element: &Element<'_>) -> String {
    match element.name {
        "ac:inline-comment-marker" => "comment".to_owned(),
        "ac:image" => {
            let name = element
                .child("ri:attachment")
                .and_then(|file| file.value("ri:filename"));
            format!("image {}", name.unwrap_or_default())
        }
        "ac:link" => {
            let target = element
                .elements()
                .find(|child| child.name.starts_with("ri:"));
            let named = target.and_then(|target| target.values().next());
            format!("link {}", named.map(|(_, value)| value).unwrap_or_default())
        }
        "at:var" => format!("variable {}", element.value("at:name").unwrap_or_default()),
        _ if is_macro(element) => macro_label(element),
        other => other.strip_prefix("ac:").unwrap_or(other).to_owned(),
    }
}

/// The mark that an element without attributes of its own puts on its text.
pub(super) fn plain_mark(name: &str, marks: &Marks) -> Option<Marks> {
    let mut inside = marks.clone();
    match name {
        "strong" | "b" => inside.strong = true,
        "em" | "i" => inside.emphasis = true,
        "del" | "s" | "strike" => inside.strike = true,
        "u" | "ins" => inside.underline = true,
        "code" | "tt" | "samp" => inside.code = true,
        "sub" => inside.script = Some(Script::Subscript),
        "sup" => inside.script = Some(Script::Superscript),
        _ => return None,
    }
    Some(inside)
}

/// Line ends and tabs of the source are spaces; spaces stay as many as they are.
fn collapse(text: &str) -> Cow<'_, str> {
    if !text.contains(['\n', '\t', '\r']) {
        return Cow::Borrowed(text);
    }
    let mut collapsed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find([' ', '\n', '\t', '\r']) {
        collapsed.push_str(&rest[..at]);
        let after = rest[at..].trim_start_matches([' ', '\n', '\t', '\r']);
        let blank = &rest[at..rest.len() - after.len()];
        collapsed.push_str(if blank.contains(['\n', '\t', '\r']) {
            " "
        } else {
            blank
        });
        rest = after;
    }
    collapsed.push_str(rest);
    Cow::Owned(collapsed)
}
