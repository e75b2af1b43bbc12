//! Which characters of plain text Markdown would take for markup, and how to keep it from that.
//!
//! Decides with the characters around: `snake_case` and `2 * 3` stay as they are.

use memchr::memchr_iter;

use super::text::{OPENS, emoji_at, url_scheme_at};
use crate::placeholder;
use crate::text::signs;

/// Where a text stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    /// The character before, `None` at the start of the block.
    pub(super) before: Option<char>,
    /// The character after: `\n` at the end of a line, [`MARKUP`] before anything written here.
    pub(super) after: char,
    pub(super) line: Line,
    pub(super) in_link: bool,
    pub(super) in_cell: bool,
    pub(super) in_heading: bool,
}

/// Stands for a delimiter, a link or another object.
pub(super) const MARKUP: char = '\u{1}';

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// The text begins a block.
    First,
    /// The text begins a later line of a paragraph.
    Later,
    /// Something stands before it on the line.
    Inside,
}

/// Appends `text` so that it is read back as itself.
pub(super) fn escape(text: &str, around: Around, out: &mut String) {
    let mut copied = 0;
    let mut at = 0;
    if around.line != Line::Inside
        && let Some(hazard) = line_hazard(text, around)
    {
        out.push_str(&text[..hazard]);
        out.push('\\');
        copied = hazard;
        at = hazard + 1;
    }
    let is_sign = |byte: &u8| SIGNS[usize::from(*byte)];
    while let Some(found) = text.as_bytes()[at..].iter().position(is_sign) {
        at += found;
        let (char, before) = match text.as_bytes()[at] {
            OPENS if !text[at..].starts_with(placeholder::OPEN) => {
                // Another character of three bytes.
                at += 3;
                continue;
            }
            OPENS => (placeholder::OPEN, None),
            byte => (
                char::from(byte),
                text[..at].chars().next_back().or(around.before),
            ),
        };
        let after = text[at + char.len_utf8()..].chars().next();
        let entity = match char {
            placeholder::OPEN => "&#x27E6;",
            '|' if around.in_cell && before == Some('\\') => "&#124;",
            _ => "",
        };
        if !entity.is_empty() {
            out.push_str(&text[copied..at]);
            out.push_str(entity);
            copied = at + char.len_utf8();
        } else if is_markup(
            char,
            before,
            after.unwrap_or(around.after),
            &text[at..],
            around,
        ) {
            out.push_str(&text[copied..at]);
            out.push('\\');
            copied = at;
        }
        at += char.len_utf8();
    }
    out.push_str(&text[copied..]);
}

/// The bytes that [`is_markup`] or a placeholder begins with.
const SIGNS: [bool; 256] = signs(&[
    b'`', b'\\', b'*', b'~', b'_', b'[', b']', b'!', b'<', b'&', b'|', b'@', b'#', b':', OPENS,
]);

/// Whether a bracket of the text itself closes the one that it begins with. Another one, in code
/// behind it, may make a link's definition of the whole, which shows nothing.
fn is_closed(from: &str, after: char) -> bool {
    memchr_iter(b']', from.as_bytes()).any(|at| {
        let next = from[at + 1..].chars().next().unwrap_or(after);
        !matches!(next, '(' | '[' | ':' | MARKUP)
    })
}

fn is_markup(char: char, before: Option<char>, after: char, from: &str, around: Around) -> bool {
    let ends = from.len() == char.len_utf8();
    let before_markup = ends && after == MARKUP;
    let free = before.is_none_or(char::is_whitespace) && after.is_whitespace();
    match char {
        '`' => true,
        '\\' => after.is_ascii_punctuation() || after == '⟦' || ends,
        '*' | '~' => !free,
        '_' => !(free || before.is_some_and(char::is_alphanumeric) && after.is_alphanumeric()),
        // With a circumflex it may refer to a footnote, or begin one.
        '[' => {
            around.in_link
                || after == '^'
                || around.line == Line::First
                    && before.is_none()
                    && (is_box(from) || !is_closed(from, around.after))
        }
        ']' => around.in_link || matches!(after, '(' | '[' | ':') || before_markup,
        '!' => after == '[' || before_markup,
        '<' => {
            after.is_ascii_alphabetic()
                || matches!(after, '/' | '!' | '?')
                || before_markup
                || is_email(from, around.after)
        }
        '&' => is_entity(from),
        '|' => around.in_cell,
        '@' => before_markup,
        '#' => around.in_heading && ends,
        ':' => emoji_at(from, before).is_some() || !around.in_link && is_url_colon(before, from),
        _ => false,
    }
}

/// Whether the angle that `from` begins with may open an address of e-mail (CommonMark, "Autolinks").
fn is_email(from: &str, after: char) -> bool {
    let is_local =
        |char: char| char.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(char);
    let rest = from[1..].trim_start_matches(is_local);
    match rest.chars().next() {
        Some(next) => next == '@' && rest.len() + 1 < from.len(),
        None => after == MARKUP,
    }
}

/// `[ ]`, `[x]` and `[!NOTE]` at the start of a block.
fn is_box(from: &str) -> bool {
    ["[ ]", "[x]", "[X]", "[!"]
        .iter()
        .any(|start| from.starts_with(start))
}

fn is_url_colon(before: Option<char>, from: &str) -> bool {
    // `http` or `https` stands before; a needless escape here does no harm.
    matches!(before, Some('p' | 's' | 'P' | 'S')) && from.starts_with("://")
}

/// CommonMark, "Entity and numeric character references".
pub(super) fn is_entity(from: &str) -> bool {
    let Some(end) = from.bytes().take(48).position(|byte| byte == b';') else {
        return false;
    };
    let name = &from[1..end];
    let body = name.strip_prefix('#').unwrap_or(name);
    !body.is_empty() && body.len() <= 40 && body.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn holds_entity(url: &str) -> bool {
    let mut signs = memchr_iter(b'&', url.as_bytes());
    signs.any(|at| is_entity(&url[at..]))
}

/// The offset of the character that would make the line a heading, a list, a quote, a rule, or the
/// line above it a heading or a table.
fn line_hazard(text: &str, around: Around) -> Option<usize> {
    let mut chars = text.chars();
    let first = chars.next()?;
    let second = chars.next().unwrap_or(around.after);
    let later = around.line == Line::Later;
    let hazard = match first {
        '>' => true,
        '#' => {
            let rest = text.trim_start_matches('#');
            rest.chars().next().unwrap_or(around.after).is_whitespace()
        }
        '-' => second.is_whitespace() || matches!(second, '-' | ':' | '|'),
        '+' | '*' => second.is_whitespace(),
        '_' => is_rule(text),
        '=' => later,
        // Behind the `-` of a list, too, it makes the line above the head of a table.
        '|' | ':' => later && (first == '|' || second == '-') || is_delimiter_row(text),
        '0'..='9' => return ordered_hazard(text, around),
        _ => false,
    };
    hazard.then_some(0)
}

fn is_delimiter_row(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b'|' | b'-' | b':' | b' '))
}

/// Of `_` alone; a line of `-` or `*` begins like that of a list.
fn is_rule(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'_' | b' ')) && text.matches('_').count() > 2
}

fn ordered_hazard(text: &str, around: Around) -> Option<usize> {
    let rest = text.trim_start_matches(|char: char| char.is_ascii_digit());
    let at = text.len() - rest.len();
    let mut chars = rest.chars();
    let marker = matches!(chars.next(), Some('.' | ')'));
    (marker && chars.next().unwrap_or(around.after).is_whitespace()).then_some(at)
}

/// A link destination or image source.
pub(super) fn destination(url: &str, out: &mut String) {
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'+,;=%[]".contains(&byte) || byte >= 0x80
    };
    let is_plain = !url.is_empty()
        && url.bytes().all(plain)
        && (url.is_ascii() || !url.contains(char::is_whitespace))
        && !holds_entity(url);
    if is_plain {
        return out.push_str(url);
    }
    out.push('<');
    for (at, char) in url.char_indices() {
        match char {
            '\n' => out.push_str("%0A"),
            '\r' => out.push_str("%0D"),
            '\\' | '<' | '>' | '|' => out.extend(['\\', char]),
            '&' if is_entity(&url[at..]) => out.push_str("\\&"),
            '\u{0}'..='\u{1f}' => {}
            _ => out.push(char),
        }
    }
    out.push('>');
}

/// A link or image title in its quotes, with a space before.
pub(super) fn title(title: Option<&str>, out: &mut String) {
    let Some(title) = title else {
        return;
    };
    out.push_str(" \"");
    for (at, char) in title.char_indices() {
        match char {
            '"' | '\\' | '|' => out.extend(['\\', char]),
            '&' if is_entity(&title[at..]) => out.push_str("\\&"),
            char if char.is_control() => out.push(' '),
            _ => out.push(char),
        }
    }
    out.push('"');
}

/// Whether `url` is read back from `<url>`.
pub(super) fn is_autolink(url: &str) -> bool {
    let scheme = url.split(':').next().unwrap_or("");
    let named = (2..=32).contains(&scheme.len())
        && scheme.len() < url.len()
        && scheme.starts_with(|char: char| char.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    let barred = |char: char| {
        char.is_whitespace() || char.is_control() || matches!(char, '<' | '>' | '|' | '\\' | '⟦')
    };
    named && !url.contains(barred) && !holds_entity(url)
}

/// Whether `url`, with space around it, is read back as a link to itself.
pub(super) fn is_bare_url(url: &str) -> bool {
    let Some(length) = url_scheme_at(url) else {
        return false;
    };
    let bytes = url.as_bytes();
    let harmless = |at: usize| match bytes[at] {
        b'_' => [at.wrapping_sub(1), at + 1]
            .iter()
            .all(|near| bytes.get(*near).is_some_and(u8::is_ascii_alphanumeric)),
        b'&' => !is_entity(&url[at..]),
        byte => byte.is_ascii_alphanumeric() || b"/:.?=%#+,@-".contains(&byte),
    };
    let ends_well = bytes
        .last()
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'/');
    url.len() > length
        && ends_well
        && (0..bytes.len()).all(harmless)
        && !url.char_indices().any(|(at, char)| {
            char == ':' && emoji_at(&url[at..], url[..at].chars().next_back()).is_some()
        })
}
