//! Running text, read from Markdown events.
//!
//! Decides which marks a run has, and which links are mentions, statuses or dates. Knows the
//! beginnings that change the block around: a task's box, a panel's name.

use std::ops::Range;
use std::sync::Arc;

use compact_str::{CompactString, format_compact};
use pulldown_cmark::{CowStr, Event, Tag, TagEnd};

use super::alone::{Alone, is_unmarked};
use super::html;
use super::marks::Active;
use super::panel::panel_kind;
use super::target::{LinkKind, Target, image_target, link_kind, object, printable};
use super::text::{self, Part};
use crate::MAX_DEPTH;
use crate::doc::{
    Carried, Emoji, Image, Inline, InlineKind, Kept, Link, Marks, PanelKind, Script, push_few,
};
use crate::inlines;
use crate::placeholder::Token;

/// What the first words may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Plain,
    Item,
    Quote,
}

/// The text of one paragraph, heading or cell.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) runs: Vec<Inline>,
    /// The paragraph began with a task's box.
    pub(super) done: Option<bool>,
    /// The paragraph began with a panel's name.
    pub(super) panel: Option<PanelKind>,
    /// The paragraph is nothing but placeholders, each on its own line.
    pub(super) alone: Option<Vec<Token>>,
}

pub(super) struct Lines<'a> {
    source: &'a str,
    begins: Start,
    range: Range<usize>,
    read: Read,
    text: CompactString,
    /// Offsets into `text` of characters that were escaped.
    escaped: Vec<usize>,
    last_end: usize,
    marks: Active,
    links: Vec<OpenLink>,
    kept: Vec<Begun>,
    alone: Alone,
}

/// A placeholder whose end is still to come.
struct Begun {
    kept: Arc<Kept>,
    /// The run that it begins before.
    at: usize,
}

struct OpenLink {
    kind: LinkKind,
    first: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(source: &'a str, begins: Start, start: usize) -> Self {
        Self {
            source,
            begins,
            range: start..start,
            read: Read::default(),
            text: CompactString::default(),
            escaped: Vec::new(),
            // The backslash of an escape may stand just before the first text.
            last_end: start.saturating_sub(1),
            marks: Active::default(),
            links: Vec::new(),
            kept: Vec::new(),
            alone: Alone::default(),
        }
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.range.clone()
    }

    pub(super) fn event(&mut self, event: Event<'a>, range: Range<usize>) {
        self.range.end = self.range.end.max(range.end);
        // The range of a start covers the content that is still to come.
        let end = if matches!(event, Event::Start(_)) {
            range.start
        } else {
            range.end
        };
        match event {
            Event::Text(text) => self.push_text(&text, &range),
            Event::Code(code) => {
                self.flush(false);
                let marks = Marks {
                    code: true,
                    ..self.active()
                };
                self.push(InlineKind::Text(code.as_ref().into()), marks);
            }
            Event::InlineHtml(tag) | Event::Html(tag) => self.html(&tag),
            Event::SoftBreak => self.push_break(InlineKind::SoftBreak),
            Event::HardBreak => self.push_break(InlineKind::HardBreak),
            Event::FootnoteReference(label) => {
                self.flush(false);
                let marks = self.active();
                self.note(&label, marks);
            }
            Event::Start(tag) => self.open(tag),
            Event::End(tag) => self.close(tag),
            _ => {}
        }
        self.last_end = end;
    }

    /// Ends a part of the text, inside a table cell, and gives its runs. What was begun and goes on
    /// behind it is given too, each with the run that it begins before.
    pub(super) fn take_runs(&mut self) -> (Vec<Inline>, Vec<(Kept, usize)>) {
        self.flush(false);
        let begun = std::mem::take(&mut self.kept);
        let begun = begun.into_iter().map(|Begun { kept, at, .. }| {
            self.unmark(&kept);
            (Kept::clone(&kept), at)
        });
        let begun = begun.collect();
        (std::mem::take(&mut self.read.runs), begun)
    }

    fn unmark(&mut self, kept: &Arc<Kept>) {
        for run in &mut self.read.runs {
            if !run.marks.kept.is_empty() {
                run.marks.kept.retain(|mark| mark != kept);
            }
        }
    }

    pub(super) fn finish(&mut self) -> Read {
        self.flush(true);
        // A begun node whose end is missing stands as a whole: putting it back then fails.
        while let Some(Begun { kept, at, .. }) = self.kept.pop() {
            self.unmark(&kept);
            let lone = Inline::new(
                InlineKind::Kept(Box::new(Kept::clone(&kept))),
                Marks::default(),
            );
            let at = at.min(self.read.runs.len());
            self.read.runs.insert(at, lone);
        }
        self.read.alone = self.alone.finish();
        std::mem::take(&mut self.read)
    }

    fn push_text(&mut self, text: &CowStr<'a>, range: &Range<usize>) {
        let verbatim = self.source.get(range.clone()) == Some(text);
        let backslash = range.start > self.last_end.min(range.start)
            && self.source.as_bytes().get(range.start - 1) == Some(&b'\\');
        if !verbatim {
            let first = self.text.len();
            self.escaped.extend(first..first + text.len());
        } else if backslash {
            self.escaped.push(self.text.len());
        }
        self.text.push_str(text);
    }

    /// Text that means nothing but itself.
    fn push_literal(&mut self, text: &str) {
        let first = self.text.len();
        self.escaped.extend(first..first + text.len());
        self.text.push_str(text);
    }

    fn push(&mut self, kind: InlineKind, marks: Marks) {
        match &kind {
            InlineKind::SoftBreak => self.alone.line(),
            InlineKind::HardBreak => self.alone.hard_break(),
            _ => self.alone.beside(),
        }
        self.push_run(kind, marks);
    }

    fn push_run(&mut self, kind: InlineKind, marks: Marks) {
        push_few(&mut self.read.runs, Inline::new(kind, marks));
    }

    fn push_break(&mut self, kind: InlineKind) {
        self.flush(true);
        let marks = self.active();
        self.push(kind, marks);
    }

    fn active(&self) -> Marks {
        let link = self.links.iter().rev().find_map(|open| match &open.kind {
            LinkKind::Plain(link) => Some(link.clone()),
            _ => None,
        });
        Marks {
            link,
            kept: self.kept.iter().map(|begun| begun.kept.clone()).collect(),
            ..self.marks.on()
        }
    }

    /// Makes runs of the text collected so far. `ends_line` says that a break or the end follows.
    fn flush(&mut self, ends_line: bool) {
        let mut text = std::mem::take(&mut self.text);
        let mut escaped = std::mem::take(&mut self.escaped);
        if text.is_empty() {
            return;
        }
        if self.read.runs.is_empty() && self.read.done.is_none() && self.read.panel.is_none() {
            let taken = self.take_start(&text, &escaped, ends_line);
            if taken > 0 {
                drop(text.drain(..taken));
                escaped.retain(|at| *at >= taken);
                escaped.iter_mut().for_each(|at| *at -= taken);
            }
        }
        let in_link = !self.links.is_empty();
        let raw = self.marks.code > 0
            || self
                .links
                .iter()
                .any(|open| !matches!(open.kind, LinkKind::Plain(_)));
        if raw {
            let marks = self.active();
            return self.push(InlineKind::Text(text), marks);
        }
        if text::is_plain(&text) && !(self.alone.so_far() && inlines::is_blank_text(&text)) {
            let marks = self.active();
            return self.push(InlineKind::Text(text), marks);
        }
        let parts = text::parts(&text, &escaped, !in_link);
        for part in parts {
            let mut marks = self.active();
            let kind = match part {
                // Beside placeholders that stand alone there may be spaces.
                Part::Text(text) if inlines::is_blank_text(text) && self.alone.so_far() => {
                    self.push_run(InlineKind::Text(text.into()), marks);
                    continue;
                }
                Part::Text(text) => InlineKind::Text(text.into()),
                Part::Url(url) => {
                    marks.link = Some(Arc::new(Link::to(url)));
                    InlineKind::Text(url.into())
                }
                Part::Emoji(name) => InlineKind::Emoji(Box::new(Emoji::named(name))),
                Part::Note(label) => {
                    self.note(label, marks);
                    continue;
                }
                Part::Token(token) => {
                    self.token(token, marks);
                    continue;
                }
            };
            self.push(kind, marks);
        }
    }

    /// A reference to a footnote: no format but Markdown has them, so it is said as it is read.
    fn note(&mut self, label: &str, marks: Marks) {
        let script = Some(Script::Superscript);
        let text = InlineKind::Text(format_compact!("[{label}]"));
        self.push(text, Marks { script, ..marks });
    }

    /// The length of a task's box or a panel's name at the start of the paragraph.
    fn take_start(&mut self, text: &str, escaped: &[usize], ends_line: bool) -> usize {
        if escaped.first() == Some(&0) || self.begins == Start::Plain {
            return 0;
        }
        if !self.links.is_empty() || !self.active().is_none() {
            return 0;
        }
        if self.begins == Start::Item {
            let boxes = [("[ ]", false), ("[x]", true), ("[X]", true)];
            let found = boxes.into_iter().find(|(start, _)| text.starts_with(start));
            let rest = text.get(3..).unwrap_or("");
            if let Some((_, done)) = found
                && (rest.starts_with(' ') || rest.is_empty() && ends_line)
            {
                self.read.done = Some(done);
                self.alone.beside();
                return 3 + rest.len().min(1);
            }
            return 0;
        }
        let name = text
            .strip_prefix("[!")
            .and_then(|rest| rest.split_once(']'));
        if let Some((name, _)) = name
            && let Some(kind) = panel_kind(name)
        {
            self.read.panel = Some(kind);
            self.alone.beside();
            return name.len() + 3;
        }
        0
    }

    /// A placeholder. Its meaning is settled when the paragraph ends: alone on its line it is a
    /// block.
    fn token(&mut self, token: Token, marks: Marks) {
        if !is_unmarked(&marks) {
            self.alone.beside();
        }
        self.alone.token(token.clone());
        match token {
            Token::Begin(kept) if self.kept.len() < MAX_DEPTH => {
                self.kept.push(Begun {
                    kept: Arc::new(kept),
                    at: self.read.runs.len(),
                });
            }
            Token::Whole(kept) | Token::Begin(kept) => {
                self.push_run(InlineKind::Kept(Box::new(kept)), marks);
            }
            Token::End(id) => match self.kept.iter().rposition(|begun| begun.kept.id == id) {
                Some(index) => drop(self.kept.remove(index)),
                None => {
                    let kept = Kept::lost_end(id);
                    self.push_run(InlineKind::Kept(Box::new(kept)), marks);
                }
            },
        }
    }

    fn html(&mut self, source: &str) {
        let Some(tag) = html::tag(source) else {
            return self.push_literal(source);
        };
        let known = match tag {
            html::Tag::Break => return self.push_break(InlineKind::HardBreak),
            html::Tag::Open(name, value) => {
                self.flush(false);
                self.marks.open(name, value)
            }
            html::Tag::Close(name) => {
                self.flush(false);
                self.marks.close(name)
            }
        };
        if !known {
            self.push_literal(source);
        }
    }

    fn open(&mut self, tag: Tag<'a>) {
        let kind = match tag {
            Tag::Link {
                link_type,
                dest_url,
                title,
                ..
            } => {
                let kind = link_kind(link_type, &printable(&dest_url), &title);
                // `@[Name](accountid:…)`
                let mention = matches!(
                    kind,
                    LinkKind::Object(Target::AccountId | Target::UserKey | Target::User, _)
                );
                if mention
                    && self.text.ends_with('@')
                    && self.escaped.last() != Some(&(self.text.len() - 1))
                {
                    self.text.pop();
                }
                kind
            }
            Tag::Image {
                dest_url, title, ..
            } => LinkKind::Image(Image {
                target: image_target(&printable(&dest_url)),
                alt: String::new(),
                title: (!title.is_empty()).then(|| title.into_string()),
                carried: Carried::default(),
            }),
            other => {
                self.flush(false);
                match other {
                    Tag::Strong => self.marks.strong += 1,
                    Tag::Emphasis => self.marks.emphasis += 1,
                    Tag::Strikethrough => self.marks.strike += 1,
                    _ => {}
                }
                return;
            }
        };
        self.flush(false);
        let first = self.read.runs.len();
        self.links.push(OpenLink { kind, first });
    }

    fn close(&mut self, tag: TagEnd) {
        self.flush(false);
        let lower = |count: &mut u32| *count = count.saturating_sub(1);
        match tag {
            TagEnd::Strong => lower(&mut self.marks.strong),
            TagEnd::Emphasis => lower(&mut self.marks.emphasis),
            TagEnd::Strikethrough => lower(&mut self.marks.strike),
            TagEnd::Link | TagEnd::Image => self.close_link(),
            _ => {}
        }
    }

    fn close_link(&mut self) {
        let Some(OpenLink { kind, first }) = self.links.pop() else {
            return;
        };
        let first = first.min(self.read.runs.len());
        let marks = self.active();
        let kind = match kind {
            LinkKind::Plain(link) => {
                if self.read.runs.len() == first {
                    let text = InlineKind::Text(link.href.as_str().into());
                    let link = Some(link);
                    self.push(text, Marks { link, ..marks });
                }
                return;
            }
            LinkKind::Card(url) => {
                self.read.runs.truncate(first);
                InlineKind::card(url)
            }
            LinkKind::Image(mut image) => {
                image.alt = inlines::plain(&self.read.runs.split_off(first));
                InlineKind::Image(Box::new(image))
            }
            LinkKind::Object(target, value) => {
                let label = inlines::plain(&self.read.runs.split_off(first));
                object(target, value, &label)
            }
        };
        self.push(kind, marks);
    }
}
