//! Runs of text with marks, written as Markdown.
//!
//! Decides how marks nest and which spelling of each one is read back: delimiters where
//! CommonMark's flanking rules let them stand, HTML tags where they do not.

use std::borrow::Cow;

use super::escape::{self, Around, Line, MARKUP, escape};
use super::html::in_colour;
use super::page::Page;
use super::text::is_label;
use crate::doc::{Image, ImageTarget, Inline, InlineKind, Marks, Mention, Script, User};
use crate::emoji;
use crate::nesting::{self, Mark, Step};

/// Where inline content stands; a line break is spelled accordingly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Paragraph,
    /// A paragraph whose first line follows another line directly.
    Continued,
    Heading,
    Cell,
}

impl Place {
    /// A break is a line's end here, and in one line a tag or a space.
    fn has_lines(self) -> bool {
        matches!(self, Self::Paragraph | Self::Continued)
    }
}

/// Writes normal-form `inlines`.
pub(super) fn write(inlines: &[Inline], place: Place, page: &mut Page) {
    match inlines {
        [
            Inline {
                kind: InlineKind::Text(text),
                marks,
                ..
            },
        ] if marks.is_none() => write_pieces(inlines, &[Piece::Text(text)], place, page),
        _ => write_pieces(inlines, &nest(inlines), place, page),
    }
}

fn write_pieces(inlines: &[Inline], pieces: &[Piece<'_>], place: Place, page: &mut Page) {
    let is_lines = place.has_lines();
    let mut in_link = false;
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Open { mark, close } => {
                in_link |= matches!(mark, Mark::Link(_));
                let delimited = is_delimited(pieces, *mark, (index, *close), place);
                open(*mark, delimited, page.text());
            }
            Piece::Close { mark, open } => {
                in_link &= !matches!(mark, Mark::Link(_));
                let delimited = is_delimited(pieces, *mark, (*open, index), place);
                close(*mark, delimited, page.text());
            }
            Piece::Text(text) => {
                let around = around(pieces, index, place, in_link);
                escape(text, around, page.text());
            }
            Piece::Bare(text) => page.put(text),
            Piece::Note(label) => {
                page.put("[^");
                page.put(label);
                page.put("]");
            }
            Piece::Object(run) => write_object(inlines, *run, place, page.text()),
            Piece::Code(code) => code_span(code, place, in_link, page.text()),
            // The parser takes a backslash before the end of a link for itself.
            Piece::Break(Break::Hard) if is_lines && !closes_link(pieces.get(index + 1)) => {
                page.put("\\");
                page.line();
            }
            Piece::Break(Break::Hard) => page.put("<br>"),
            Piece::Break(Break::Soft) if is_lines => page.line(),
            Piece::Break(Break::Soft) => page.put(" "),
        }
    }
}

/// Lines of plain text, with a break that shows between them.
pub(super) fn plain_lines<'a>(lines: impl Iterator<Item = &'a str>, page: &mut Page) {
    let mut lines = lines.peekable();
    let mut place = Place::Paragraph;
    while let Some(line) = lines.next() {
        let pieces = [Piece::Text(line), Piece::Break(Break::Hard)];
        let last = lines.peek().is_none();
        let pieces = if last { &pieces[..1] } else { &pieces };
        write_pieces(&[], pieces, place, page);
        place = Place::Continued;
    }
}

/// Plain text where nothing but text may stand: a title, a label.
pub(super) fn plain_text(text: &str, out: &mut String) {
    escape(text, label(true), out);
}

/// Between signs of our own.
fn label(in_cell: bool) -> Around {
    Around {
        before: Some(MARKUP),
        after: MARKUP,
        line: Line::Inside,
        in_link: true,
        in_cell,
        in_heading: false,
    }
}

#[derive(Debug)]
enum Piece<'a> {
    Open {
        mark: Mark<'a>,
        close: usize,
    },
    Close {
        mark: Mark<'a>,
        open: usize,
    },
    Text(&'a str),
    /// A link that shows its own address.
    Bare(&'a str),
    /// A reference to a footnote.
    Note(&'a str),
    /// The run with this index.
    Object(usize),
    Code(&'a str),
    Break(Break),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    Hard,
    Soft,
}

/// The spelling of a mark's beginning.
fn open(mark: Mark<'_>, delimited: bool, out: &mut String) {
    match mark {
        Mark::Kept(kept) => out.push_str(&kept.begin()),
        Mark::Link(_) => out.push('['),
        Mark::Colour(colour) => {
            out.push_str("<font color=\"");
            out.extend(colour.chars().filter(|char| in_colour(*char)));
            out.push_str("\">");
        }
        mark => match delimiter(mark, delimited) {
            Some(delimiter) => out.push_str(delimiter),
            None => out.extend(["<", tag(mark), ">"]),
        },
    }
}

fn close(mark: Mark<'_>, delimited: bool, out: &mut String) {
    match mark {
        Mark::Kept(kept) => out.push_str(&kept.end()),
        Mark::Link(link) => {
            out.push_str("](");
            escape::destination(&foreign_href(&link.href), out);
            escape::title(link.title.as_deref(), out);
            out.push(')');
        }
        mark => match delimiter(mark, delimited) {
            Some(delimiter) => out.push_str(delimiter),
            None => out.extend(["</", tag(mark), ">"]),
        },
    }
}

fn delimiter(mark: Mark<'_>, delimited: bool) -> Option<&'static str> {
    match mark {
        Mark::Strong if delimited => Some("**"),
        Mark::Emphasis if delimited => Some("_"),
        Mark::Strike if delimited => Some("~~"),
        _ => None,
    }
}

fn tag(mark: Mark<'_>) -> &'static str {
    match mark {
        Mark::Kept(_) | Mark::Link(_) | Mark::Colour(_) => "font",
        Mark::Strong => "strong",
        Mark::Emphasis => "em",
        Mark::Strike => "del",
        Mark::Underline => "u",
        Mark::Script(Script::Subscript) => "sub",
        Mark::Script(Script::Superscript) => "sup",
        Mark::Code => "code",
    }
}

/// A link of the source that looks like one of our own notations must not become one.
fn foreign_href(href: &str) -> Cow<'_, str> {
    let own = ["accountid", "userkey", "user", "status", "date", "emoji"];
    match href.split_once(':') {
        Some((scheme, rest)) if own.contains(&scheme) => format!("{scheme}%3A{rest}").into(),
        _ => href.into(),
    }
}

/// Code is spelled with its text, not around it.
fn nest(inlines: &[Inline]) -> Vec<Piece<'_>> {
    let wanted = |index: usize, mark: Mark<'_>| match mark {
        Mark::Link(_) => !is_bare_link(inlines, index),
        Mark::Script(_) => note(inlines, index).is_none(),
        Mark::Code => false,
        _ => true,
    };
    let mut pieces = Vec::with_capacity(inlines.len());
    let mut open: Vec<usize> = Vec::new();
    nesting::walk(inlines, wanted, |step| {
        let piece = match step {
            Step::Open(mark) => {
                open.push(pieces.len());
                Piece::Open { mark, close: 0 }
            }
            Step::Close(mark) => {
                let open = open.pop().unwrap_or(0);
                let close = pieces.len();
                pieces[open] = Piece::Open { mark, close };
                Piece::Close { mark, open }
            }
            Step::Run(index, inline) => match &inline.kind {
                InlineKind::Text(_) if let Some(label) = note(inlines, index) => Piece::Note(label),
                InlineKind::Text(text) if is_bare_link(inlines, index) => Piece::Bare(text),
                InlineKind::Text(text) if inline.marks.code => Piece::Code(text),
                InlineKind::Text(text) => Piece::Text(text),
                InlineKind::HardBreak => Piece::Break(Break::Hard),
                InlineKind::SoftBreak => Piece::Break(Break::Soft),
                _ => Piece::Object(index),
            },
        };
        pieces.push(piece);
    });
    pieces
}

fn closes_link(piece: Option<&Piece<'_>>) -> bool {
    matches!(
        piece,
        Some(Piece::Close {
            mark: Mark::Link(_),
            ..
        })
    )
}

/// The label of the footnote that a raised `[label]` refers to. What may follow must not make a
/// link or another footnote of it.
pub(super) fn note(inlines: &[Inline], index: usize) -> Option<&str> {
    let run = &inlines[index];
    run.marks
        .script
        .filter(|script| *script == Script::Superscript)?;
    let plain = Marks {
        script: None,
        ..run.marks.clone()
    };
    let InlineKind::Text(text) = &run.kind else {
        return None;
    };
    let label = text.strip_prefix('[')?.strip_suffix(']')?;
    let goes_on = match inlines.get(index + 1).map(|next| &next.kind) {
        Some(InlineKind::Text(next)) => next.starts_with(['(', '[', ':']),
        // An emoji is written between colons.
        Some(InlineKind::Emoji(_)) => true,
        _ => false,
    };
    (plain == Marks::default() && is_label(label) && !goes_on).then_some(label)
}

/// A link that shows its own address and stands free is written as the bare address.
fn is_bare_link(inlines: &[Inline], index: usize) -> bool {
    let inline = &inlines[index];
    let (InlineKind::Text(text), Some(link)) = (&inline.kind, &inline.marks.link) else {
        return false;
    };
    if link.href != *text || link.title.is_some() || inline.marks.code {
        return false;
    }
    let plain = Marks {
        link: None,
        ..inline.marks.clone()
    };
    let free = |near: Option<&Inline>, edge: &dyn Fn(&str) -> bool| match near {
        None => true,
        Some(near) => match &near.kind {
            InlineKind::HardBreak | InlineKind::SoftBreak => true,
            InlineKind::Text(text) => near.marks == plain && edge(text),
            _ => false,
        },
    };
    let is_last = index + 2 >= inlines.len();
    // The comma or full stop after an address is not part of it.
    let goes_on = |text: &str| {
        let rest = text.trim_start_matches(['.', ',']);
        rest.starts_with(' ') || rest.is_empty() && is_last
    };
    escape::is_bare_url(text)
        && free(
            index.checked_sub(1).map(|before| &inlines[before]),
            &|text| text.ends_with(' '),
        )
        && free(inlines.get(index + 1), &goes_on)
}

fn write_object(inlines: &[Inline], index: usize, place: Place, out: &mut String) {
    match &inlines[index].kind {
        InlineKind::Image(image) => write_image(image, out),
        InlineKind::Mention(mention) => write_mention(mention, out),
        InlineKind::Status(status) => {
            out.push('[');
            plain_text(&status.text, out);
            out.extend(["](status:", status.colour.name(), ")"]);
        }
        InlineKind::Emoji(emoji) => write_emoji(&emoji.name, inlines, index, out),
        InlineKind::Date { day, .. } => out.push_str(&format!("<date:{day}>")),
        InlineKind::Card(card) if escape::is_autolink(&card.url) => {
            out.extend(["<", &card.url, ">"]);
        }
        // It is read back as a link, whose words are escaped so.
        InlineKind::Card(card) => {
            out.push('[');
            escape(&card.url, label(place == Place::Cell), out);
            linked(&card.url, out);
        }
        InlineKind::Kept(kept) => out.push_str(&kept.placeholder()),
        InlineKind::Text(_) | InlineKind::HardBreak | InlineKind::SoftBreak => {}
    }
}

/// Ends the words of a link to `target`.
fn linked(target: &str, out: &mut String) {
    out.push_str("](");
    escape::destination(target, out);
    out.push(')');
}

/// `:smile:` where it stands free, `<emoji:smile>` between letters and for unusual names.
fn write_emoji(name: &str, inlines: &[Inline], index: usize, out: &mut String) {
    let joins = |char: Option<char>| char.is_some_and(|char| char.is_alphanumeric() || char == ':');
    let near = |at: Option<usize>, last: bool| match at.and_then(|at| inlines.get(at)) {
        Some(Inline {
            kind: InlineKind::Text(text),
            ..
        }) if last => joins(text.chars().next_back()),
        Some(Inline {
            kind: InlineKind::Text(text),
            ..
        }) => joins(text.chars().next()),
        Some(near) => matches!(near.kind, InlineKind::Emoji(_)),
        None => false,
    };
    let target = format!("emoji:{name}");
    if emoji::is_name(name) && !near(index.checked_sub(1), true) && !near(Some(index + 1), false) {
        out.extend([":", name, ":"]);
    } else if escape::is_autolink(&target) {
        out.extend(["<", &target, ">"]);
    } else {
        out.push('[');
        linked(&target, out);
    }
}

fn write_image(image: &Image, out: &mut String) {
    let target = match &image.target {
        ImageTarget::Url(url) | ImageTarget::Attachment(url) => url,
    };
    out.push_str("![");
    plain_text(&image.alt, out);
    out.push_str("](");
    escape::destination(target, out);
    escape::title(image.title.as_deref(), out);
    out.push(')');
}

fn write_mention(mention: &Mention, out: &mut String) {
    let target = match &mention.user {
        User::AccountId(id) => format!("accountid:{id}"),
        User::Key(key) => format!("userkey:{key}"),
        User::Name(name) => format!("user:{name}"),
    };
    match &mention.name {
        None if escape::is_autolink(&target) => out.extend(["<", &target, ">"]),
        name => {
            out.push_str("[@");
            plain_text(name.as_deref().unwrap_or(""), out);
            linked(&target, out);
        }
    }
}

/// A code span, or its HTML spelling where a table cell would eat a backslash or a pipe, and where
/// what looks like the end of a link's definition stands behind the bracket of a link: at the start
/// of a paragraph the whole would define a link and say nothing.
fn code_span(code: &str, place: Place, in_link: bool, out: &mut String) {
    let eaten = place == Place::Cell && code.contains('|') && code.contains(['\\', '`']);
    if eaten || in_link && code.contains("]:") {
        out.push_str("<code>");
        plain_text(code, out);
        return out.push_str("</code>");
    }
    let ticks = longest_ticks(code) + 1;
    let edge = |char: Option<char>| char == Some('`');
    let (first, last) = (code.chars().next(), code.chars().next_back());
    let stripped =
        first == Some(' ') && last == Some(' ') && !code.bytes().all(|byte| byte == b' ');
    let pad = if edge(first) || edge(last) || stripped {
        " "
    } else {
        ""
    };
    let fence = std::iter::repeat_n('`', ticks);
    out.extend(fence.clone());
    out.push_str(pad);
    if place == Place::Cell && code.contains('|') {
        out.push_str(&code.replace('|', "\\|"));
    } else {
        out.push_str(code);
    }
    out.push_str(pad);
    out.extend(fence);
}

/// How many backticks stand together at most.
pub(super) fn longest_ticks(code: &str) -> usize {
    if !code.contains('`') {
        return 0;
    }
    let runs = code.split(|char| char != '`').map(str::len);
    runs.max().unwrap_or(0)
}

fn around(pieces: &[Piece<'_>], index: usize, place: Place, in_link: bool) -> Around {
    // A cell's text may stand between tags, and a hard break is spelled with a backslash.
    let in_cell = place == Place::Cell;
    let before = match index.checked_sub(1).map(|before| &pieces[before]) {
        None => in_cell.then_some(MARKUP),
        Some(Piece::Break(_)) if place.has_lines() => Some('\n'),
        Some(Piece::Break(Break::Soft)) if !in_cell => Some(' '),
        Some(_) => Some(MARKUP),
    };
    let after = match pieces.get(index + 1) {
        None | Some(Piece::Break(Break::Soft)) if !in_cell => '\n',
        _ => MARKUP,
    };
    let line = match (place, before) {
        (Place::Heading | Place::Cell, _) => Line::Inside,
        (Place::Continued, None) | (_, Some('\n')) => Line::Later,
        (_, None) => Line::First,
        (_, Some(_)) => Line::Inside,
    };
    Around {
        before,
        after,
        line,
        in_link,
        in_cell,
        in_heading: place == Place::Heading,
    }
}

/// What a delimiter stands beside. `Other` is a character that may or may not count as
/// punctuation; a delimiter is used only where both readings agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Space,
    Punctuation,
    Word,
    Other,
}

/// CommonMark, "Emphasis and strong emphasis": whether both delimiters can stand.
fn is_delimited(
    pieces: &[Piece<'_>],
    mark: Mark<'_>,
    (open, close): (usize, usize),
    place: Place,
) -> bool {
    if !matches!(mark, Mark::Strong | Mark::Emphasis | Mark::Strike) {
        return false;
    }
    let outer = [
        beside(open.checked_sub(1).map(|at| &pieces[at]), false, place),
        beside(pieces.get(close + 1), true, place),
    ];
    let inner = [
        beside(pieces.get(open + 1), true, place),
        beside(close.checked_sub(1).map(|at| &pieces[at]), false, place),
    ];
    outer.into_iter().zip(inner).all(|(outer, inner)| {
        let free = matches!(outer, Beside::Space | Beside::Punctuation);
        match inner {
            Beside::Space => false,
            Beside::Word => free || mark == Mark::Strong,
            Beside::Punctuation | Beside::Other => free,
        }
    })
}

fn beside(piece: Option<&Piece<'_>>, first: bool, place: Place) -> Beside {
    let text = match piece {
        None | Some(Piece::Break(Break::Soft)) => return Beside::Space,
        Some(Piece::Break(Break::Hard)) if place.has_lines() => return Beside::Space,
        Some(Piece::Text(text)) => text,
        Some(_) => return Beside::Punctuation,
    };
    let edge = if first {
        text.chars().next()
    } else {
        text.chars().next_back()
    };
    match edge {
        None => Beside::Other,
        Some(char) if char.is_whitespace() => Beside::Space,
        Some(char) if char.is_ascii_punctuation() => Beside::Punctuation,
        Some(char) if char.is_alphanumeric() => Beside::Word,
        Some(_) => Beside::Other,
    }
}
