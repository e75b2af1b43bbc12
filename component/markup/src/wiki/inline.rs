//! Running text of wiki markup, read.
//!
//! Decides where a mark, code or an emoticon begins and ends. Each mark is open at most
//! once and each search remembers its answer, so no text takes more than linear time.

use std::sync::Arc;

use compact_str::CompactString;

use super::macros::{self, Names};
use crate::doc::{Emoji, Format, Inline, InlineKind, Kept, Marks, Script, push_few};
use crate::emoji;
use crate::text::signs;

/// Appends the runs of `text`.
pub(super) fn read(text: &str, depth: usize, names: &Names<'_>, runs: &mut Vec<Inline>) {
    Reader::new(text, depth > crate::MAX_DEPTH, names).all(runs);
}

pub(super) struct Reader<'a> {
    pub(super) names: &'a Names<'a>,
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// What lies between here and `at` is plain text, not yet in `plain`.
    pub(super) from: usize,
    pub(super) runs: Vec<Inline>,
    plain: CompactString,
    /// Open marks: the delimiter, and where its text begins in `runs`.
    open: Vec<(u8, usize)>,
    colours: Vec<(Arc<str>, usize)>,
    pub(super) in_link: bool,
    pub(super) next: Next,
}

/// The next place of each closing character, found once.
#[derive(Default)]
pub(super) struct Next {
    pub(super) bracket: Option<Option<usize>>,
    pub(super) bang: Option<Option<usize>>,
    brace: Option<Option<usize>>,
    code: Option<Option<usize>>,
}

pub(super) fn next_of(
    known: &mut Option<Option<usize>>,
    text: &str,
    needle: &str,
    from: usize,
) -> Option<usize> {
    if let Some(found) = *known
        && found.is_none_or(|found| found >= from)
    {
        return found;
    }
    let found = text
        .get(from..)
        .and_then(|rest| rest.find(needle))
        .map(|at| at + from);
    *known = Some(found);
    found
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, in_link: bool, names: &'a Names<'a>) -> Self {
        Self {
            names,
            text,
            at: 0,
            from: 0,
            runs: Vec::new(),
            plain: CompactString::default(),
            open: Vec::new(),
            colours: Vec::new(),
            in_link,
            next: Next::default(),
        }
    }

    pub(super) fn all(mut self, runs: &mut Vec<Inline>) {
        self.runs = std::mem::take(runs);
        let is_sign = |byte: &u8| SIGNS[usize::from(*byte)];
        while let Some(found) = self.rest().as_bytes().iter().position(is_sign) {
            self.at += found;
            if !self.markup(self.text.as_bytes()[self.at]) {
                self.at += 1;
            }
        }
        self.at = self.text.len();
        self.flush();
        // What was opened and never closed is text again.
        while let Some((delimiter, at)) = self.open.pop() {
            self.put_back(&char::from(delimiter).to_string(), at);
        }
        while let Some((colour, at)) = self.colours.pop() {
            self.put_back(&format!("{{color:{colour}}}"), at);
        }
        *runs = self.runs;
    }

    fn put_back(&mut self, text: &str, at: usize) {
        let at = at.min(self.runs.len());
        self.runs.insert(at, Inline::text(text));
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn before(&self) -> Option<char> {
        self.text[..self.at].chars().next_back()
    }

    /// Makes a run of the plain text before the cursor.
    pub(super) fn flush(&mut self) {
        let rest = &self.text[self.from..self.at];
        self.from = self.at;
        let text = if self.plain.is_empty() {
            rest.into()
        } else {
            self.plain.push_str(rest);
            std::mem::take(&mut self.plain)
        };
        if !text.is_empty() {
            push_few(&mut self.runs, Inline::text(text));
        }
    }

    /// Goes over markup; what is before it was flushed.
    pub(super) fn pass(&mut self, length: usize) -> bool {
        self.at += length;
        self.from = self.at;
        true
    }

    pub(super) fn push(&mut self, kind: InlineKind, marks: Marks, length: usize) -> bool {
        self.flush();
        push_few(&mut self.runs, Inline::new(kind, marks));
        self.pass(length)
    }

    /// Reads markup that stands for `char` as text.
    fn push_char(&mut self, char: char, length: usize) -> bool {
        self.plain.push_str(&self.text[self.from..self.at]);
        self.plain.push(char);
        self.pass(length)
    }

    /// Reads what begins here; false if it is plain text.
    fn markup(&mut self, sign: u8) -> bool {
        match sign {
            b'\\' => self.escape(),
            b'&' => match entity(self.rest()) {
                Some((char, length)) => self.push_char(char, length),
                None => false,
            },
            b'{' => self.brace(),
            b'[' => !self.in_link && self.link(),
            b'!' => self.image(),
            b'*' | b'_' | b'-' | b'+' | b'^' | b'~' => self.delimiter(sign, 1),
            b':' if self.rest().starts_with("://") => self.url(),
            b':' | b';' | b'(' | b'<' => self.emoticon(),
            _ => false,
        }
    }

    fn escape(&mut self) -> bool {
        match self.text.as_bytes().get(self.at + 1) {
            Some(b'\\') => self.push(InlineKind::HardBreak, Marks::default(), 2),
            Some(byte) if byte.is_ascii_punctuation() => self.push_char(char::from(*byte), 2),
            _ => false,
        }
    }

    fn brace(&mut self) -> bool {
        let rest = self.rest();
        if rest.starts_with("{{") {
            return self.code();
        }
        if let [b'{', delimiter, b'}', ..] = rest.as_bytes()
            && b"*_-+^~".contains(delimiter)
        {
            return self.delimiter(*delimiter, 3);
        }
        if rest.starts_with("{color}") {
            let Some((colour, from)) = self.colours.pop() else {
                return false;
            };
            self.flush();
            for run in self.runs.iter_mut().skip(from) {
                run.marks.colour.get_or_insert_with(|| colour.clone());
            }
            return self.pass("{color}".len());
        }
        let Some(end) = next_of(&mut self.next.brace, self.text, "}", self.at) else {
            return false;
        };
        if end - self.at > macros::LONGEST {
            return false;
        }
        let inside = &self.text[self.at + 1..end];
        let (name, value) = inside.split_once(':').unwrap_or((inside, ""));
        if name == "color" && !value.is_empty() && self.colours.len() < 8 {
            let plain = value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
            if plain {
                self.flush();
                self.colours.push((value.into(), self.runs.len()));
                self.pass(end + 1 - self.at);
            }
            return plain;
        }
        if self.names.contains(name) {
            let source = self.text[self.at..=end].to_owned();
            let length = source.len();
            let label = format!("macro {name} {value}");
            let kept = Kept::new(&label, Format::Wiki, source, String::new());
            return self.push(InlineKind::Kept(Box::new(kept)), Marks::default(), length);
        }
        false
    }

    fn code(&mut self) -> bool {
        let start = self.at + 2;
        let Some(end) = next_of(&mut self.next.code, self.text, "}}", start) else {
            return false;
        };
        if end == start {
            return false;
        }
        let marks = Marks {
            code: true,
            ..Marks::default()
        };
        let text = unescape(&self.text[start..end]);
        self.push(InlineKind::Text(text), marks, end + 2 - self.at)
    }

    /// A mark's delimiter, of `length` bytes: three when it is in braces and may stand anywhere.
    fn delimiter(&mut self, delimiter: u8, length: usize) -> bool {
        let forced = length == 3;
        let before = self.before();
        let after = self.rest()[length..].chars().next();
        let word = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
        let space = |char: Option<char>| char.is_none_or(char::is_whitespace);
        let position = self.open.iter().position(|(open, _)| *open == delimiter);
        let closes = forced || !space(before) && !word(after);
        if let (Some(position), true) = (position, closes) {
            self.flush();
            let (_, from) = self.open[position];
            if from == self.runs.len() {
                return false;
            }
            // Marks that began inside and did not end there are text.
            for _ in position + 1..self.open.len() {
                if let Some((inner, at)) = self.open.pop() {
                    self.put_back(&char::from(inner).to_string(), at);
                }
            }
            self.open.pop();
            for run in self.runs.iter_mut().skip(from) {
                apply(&mut run.marks, delimiter);
            }
            return self.pass(length);
        }
        let opens = forced || !word(before) && !space(after);
        if position.is_some() || !opens {
            return false;
        }
        self.flush();
        self.open.push((delimiter, self.runs.len()));
        self.pass(length)
    }

    fn emoticon(&mut self) -> bool {
        let Some((name, length)) = emoji::from_wiki(self.rest()) else {
            return false;
        };
        let after = self.rest()[length..].chars().next();
        let free = |char: Option<char>| !char.is_some_and(char::is_alphanumeric);
        if !free(self.before()) || !free(after) {
            return false;
        }
        let emoji = Emoji::named(name);
        self.push(InlineKind::Emoji(Box::new(emoji)), Marks::default(), length)
    }
}

fn apply(marks: &mut Marks, delimiter: u8) {
    match delimiter {
        b'*' => marks.strong = true,
        b'_' => marks.emphasis = true,
        b'-' => marks.strike = true,
        b'+' => marks.underline = true,
        b'^' => marks.script = Some(Script::Superscript),
        _ => marks.script = Some(Script::Subscript),
    }
}

/// Text inside `{{…}}`: entities only.
fn unescape(text: &str) -> CompactString {
    let mut plain = CompactString::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let (char, length) = entity(&rest[at..]).unwrap_or(('&', 1));
        plain.push(char);
        rest = &rest[at + length..];
    }
    plain.push_str(rest);
    plain
}

/// The character that the entity at the start of `text` stands for, and its length.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(10).position(|byte| byte == b';')?;
    let char = match text.get(1..end)? {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "nbsp" => '\u{a0}',
        name => char::from_u32(name.strip_prefix('#')?.parse().ok()?)?,
    };
    Some((char, end + 1))
}

/// The characters that [`Reader::markup`] knows.
const SIGNS: [bool; 256] = signs(b"\\&{[!*_-+^~:;(<");
