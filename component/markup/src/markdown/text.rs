//! What stands in running text beyond Markdown itself: bare URLs, `:emoji:` and placeholders.
//!
//! Decides where each begins and ends. Reader and writer ask the same functions, so neither can
//! see one where the other does not.

use crate::emoji;
use crate::placeholder::{self, Token};

/// One part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Text(&'a str),
    Url(&'a str),
    Emoji(&'a str),
    Token(Token),
}

/// Cuts `text` into its parts. `escaped` holds the offsets of characters that were escaped or
/// written as entities, in rising order: they begin nothing.
pub(super) fn parts<'a>(text: &'a str, escaped: &[usize], links: bool) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    let mut before = None;
    // Without a closing bracket ahead none is looked for again: linear time on many open ones.
    let last_close = text.rfind(placeholder::CLOSE);
    while let Some(char) = text[at..].chars().next() {
        let from = &text[at..];
        let is_escaped = |offset: usize| escaped.binary_search(&offset).is_ok();
        let found = match char {
            _ if is_escaped(at) => None,
            placeholder::OPEN if last_close.is_some_and(|close| close > at) => token_at(from),
            ':' => emoji_at(from, before).map(|name| (Part::Emoji(name), name.len() + 2)),
            'h' | 'H' if links && !before.is_some_and(char::is_alphanumeric) => url_at(from)
                .filter(|url| {
                    let scheme = url.find("//").map_or(0, |slashes| slashes + 2);
                    !(at..at + scheme).any(is_escaped)
                })
                .map(|url| (Part::Url(url), url.len())),
            _ => None,
        };
        let length = if let Some((part, length)) = found {
            if plain < at {
                parts.push(Part::Text(&text[plain..at]));
            }
            parts.push(part);
            plain = at + length;
            length
        } else {
            char.len_utf8()
        };
        before = text[at..at + length].chars().next_back();
        at += length;
    }
    if plain < text.len() {
        parts.push(Part::Text(&text[plain..]));
    }
    parts
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
    fn an_escaped_beginning_begins_nothing() {
        assert_eq!(parts(":a:", &[0], true), [Part::Text(":a:")]);
        assert_eq!(parts("https://a", &[5], true), [Part::Text("https://a")]);
    }
}
