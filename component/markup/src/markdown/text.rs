//! What stands in running text beyond Markdown itself: bare URLs, `:emoji:` and placeholders.
//!
//! Decides where each begins and ends. Reader and writer ask the same functions, so neither can
//! see one where the other does not.

use memchr::memchr3;

use crate::emoji;
use crate::placeholder::{self, Token};

/// One part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Text(&'a str),
    Url(&'a str),
    Emoji(&'a str),
    /// A reference to a footnote, by its label.
    Note(&'a str),
    Token(Token),
}

/// Cuts `text` into its parts. `escaped` holds the offsets of characters that were escaped or
/// written as entities, in rising order: they begin nothing.
pub(super) fn parts<'a>(text: &'a str, escaped: &[usize], links: bool) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    // Without a closing bracket ahead none is looked for again: linear time on many open ones.
    let mut last_close = None;
    let is_escaped = |offset: usize| escaped.binary_search(&offset).is_ok();
    while let Some(next) = memchr3(b':', b'[', OPENS, &text.as_bytes()[at..]) {
        let sign = at + next;
        at = sign + 1;
        let (begins, found) = if text.as_bytes()[sign] == b':' {
            match links.then(|| url_around(text, plain, sign)).flatten() {
                Some(begins) => {
                    let url =
                        url_at(&text[begins..]).filter(|_| !(begins..sign + 3).any(is_escaped));
                    (begins, url.map(|url| (Part::Url(url), url.len())))
                }
                None if is_escaped(sign) => continue,
                None => {
                    let name = emoji_at(&text[sign..], text[..sign].chars().next_back());
                    (sign, name.map(|name| (Part::Emoji(name), name.len() + 2)))
                }
            }
        } else if text.as_bytes()[sign] == b'[' {
            if is_escaped(sign) {
                continue;
            }
            let label = note_at(&text[sign..]).filter(|_| links);
            (
                sign,
                label.map(|label| (Part::Note(label), label.len() + 3)),
            )
        } else if text[sign..].starts_with(placeholder::OPEN) && !is_escaped(sign) {
            let last_close = *last_close.get_or_insert_with(|| text.rfind(placeholder::CLOSE));
            let ahead = last_close.is_some_and(|close| close > sign);
            (sign, ahead.then(|| token_at(&text[sign..])).flatten())
        } else {
            at = sign + text[sign..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        match found {
            Some((part, length)) => {
                if plain < begins {
                    parts.push(Part::Text(&text[plain..begins]));
                }
                parts.push(part);
                plain = begins + length;
                at = plain;
            }
            None => at = sign + text[sign..].chars().next().map_or(1, char::len_utf8),
        }
    }
    if plain < text.len() {
        parts.push(Part::Text(&text[plain..]));
    }
    parts
}

/// Whether `text` holds nothing that a part can begin with.
pub(super) fn is_plain(text: &str) -> bool {
    memchr3(b':', b'[', OPENS, text.as_bytes()).is_none()
}

/// The first byte of [`placeholder::OPEN`].
pub(super) const OPENS: u8 = 0xe2;

/// Where the URL begins whose colon stands at `colon`: a scheme of the web, not before `from` and
/// not within a word.
fn url_around(text: &str, from: usize, colon: usize) -> Option<usize> {
    let before = &text[from..colon];
    ["https", "http"].iter().find_map(|scheme| {
        let begins = colon
            .checked_sub(scheme.len())
            .filter(|begins| *begins >= from)?;
        let is_scheme = before.get(begins - from..)?.eq_ignore_ascii_case(scheme);
        let near = text[..begins].chars().next_back();
        let stands = is_scheme && !near.is_some_and(char::is_alphanumeric);
        (stands && text[colon + 1..].starts_with("//")).then_some(begins)
    })
}

fn token_at(from: &str) -> Option<(Part<'static>, usize)> {
    let inside = &from[placeholder::OPEN.len_utf8()..];
    let end = inside.find([placeholder::OPEN, placeholder::CLOSE])?;
    inside[end..].starts_with(placeholder::CLOSE).then(|| {
        let length = placeholder::OPEN.len_utf8() + end + placeholder::CLOSE.len_utf8();
        (Part::Token(placeholder::parse(&inside[..end])), length)
    })
}

/// The name of the emoji that begins `from`, which begins with a colon.
pub(super) fn emoji_at(from: &str, before: Option<char>) -> Option<&str> {
    if before.is_some_and(|char| char.is_alphanumeric() || char == ':') {
        return None;
    }
    let inside = from.get(1..)?;
    let end = inside.bytes().take(61).position(|byte| byte == b':')?;
    let name = &inside[..end];
    let after = inside[end + 1..].chars().next();
    let free = !after.is_some_and(|char| char.is_alphanumeric() || char == ':');
    (free && emoji::is_name(name)).then_some(name)
}

/// The label of the footnote reference `[^label]` that begins `from`.
pub(super) fn note_at(from: &str) -> Option<&str> {
    let inside = from.strip_prefix("[^")?;
    let end = inside.bytes().take(41).position(|byte| byte == b']')?;
    Some(&inside[..end]).filter(|label| is_label(label))
}

/// Whether a footnote can have this name. Where its text stands nowhere the name is read as words,
/// and an underscore at the edge of a word would emphasise it.
pub(super) fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let edge = |word: &str| word.starts_with('_') || word.ends_with('_');
    (1..=40).contains(&label.len()) && label.bytes().all(plain) && !label.split('-').any(edge)
}

/// The length of `http://` or `https://` at the start of `from`.
pub(super) fn url_scheme_at(from: &str) -> Option<usize> {
    ["https://", "http://"]
        .iter()
        .map(|scheme| scheme.len())
        .zip(["https://", "http://"])
        .find(|(length, scheme)| {
            from.get(..*length)
                .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        })
        .map(|(length, _)| length)
}

/// The bare URL at the start of `from`, without the punctuation of the sentence around it
/// (GFM, "Autolinks (extension)").
fn url_at(from: &str) -> Option<&str> {
    let scheme = url_scheme_at(from)?;
    let end = from
        .find(|char: char| char.is_whitespace() || char.is_control() || "<>\"`|⟦⟧".contains(char))
        .unwrap_or(from.len());
    let mut url = &from[..end];
    let mut closing = url.matches(')').count();
    let opening = url.matches('(').count();
    while let Some(last) = url.chars().next_back() {
        match last {
            ')' if closing > opening => closing -= 1,
            '.' | ',' | ':' | ';' | '!' | '?' | '\'' | ']' | '}' | '*' | '_' | '~' => {}
            _ => break,
        }
        url = &url[..url.len() - 1];
    }
    (url.len() > scheme).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> Vec<String> {
        parts(text, &[], true)
            .into_iter()
            .map(|part| match part {
                Part::Text(text) => format!("text {text}"),
                Part::Url(url) => format!("url {url}"),
                Part::Emoji(name) => format!("emoji {name}"),
                Part::Note(label) => format!("note {label}"),
                Part::Token(token) => format!("{token:?}"),
            })
            .collect()
    }

    #[test]
    fn urls_end_before_the_sentence_does() {
        assert_eq!(
            show("see https://a.example/x_(y)?q=1, or (http://b.example)."),
            [
                "text see ",
                "url https://a.example/x_(y)?q=1",
                "text , or (",
                "url http://b.example",
                "text )."
            ]
        );
        assert_eq!(show("xhttps://a https://"), ["text xhttps://a https://"]);
    }

    #[test]
    fn emoji_are_words_between_colons() {
        assert_eq!(show("a :smile: b"), ["text a ", "emoji smile", "text  b"]);
        for plain in ["10:30:45", "std::vec::Vec", "a:b:c", ":A:", ": :", "::"] {
            assert_eq!(show(plain), [format!("text {plain}")]);
        }
    }

    #[test]
    fn footnotes_have_simple_labels() {
        assert_eq!(
            show("a[^1], b[^two]"),
            ["text a", "note 1", "text , b", "note two"]
        );
        for plain in ["[^]", "[^a b]", "[1]", "[^a", "^1", "[^_a_]", "[^a-_b]"] {
            assert_eq!(show(plain), [format!("text {plain}")]);
        }
    }

    #[test]
    fn an_escaped_beginning_begins_nothing() {
        assert_eq!(parts(":a:", &[0], true), [Part::Text(":a:")]);
        assert_eq!(parts("https://a", &[5], true), [Part::Text("https://a")]);
    }
}
