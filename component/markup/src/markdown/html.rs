//! The HTML tags that have a meaning in our Markdown.
//!
//! Decides which tags are known and what they say. Every other tag is plain text.

/// A tag of running text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tag {
    Break,
    Open(Name, Option<String>),
    Close(Name),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Strong,
    Emphasis,
    Strike,
    Underline,
    Subscript,
    Superscript,
    Colour,
    Code,
    // Of table cells.
    RowHeader,
    Bullets,
    Numbers,
    Item,
    Preformatted,
}

/// Element name, what it means, and the attribute that matters.
const TAGS: &[(&str, Name, &str)] = &[
    ("strong", Name::Strong, ""),
    ("b", Name::Strong, ""),
    ("em", Name::Emphasis, ""),
    ("i", Name::Emphasis, ""),
    ("del", Name::Strike, ""),
    ("s", Name::Strike, ""),
    ("u", Name::Underline, ""),
    ("ins", Name::Underline, ""),
    ("sub", Name::Subscript, ""),
    ("sup", Name::Superscript, ""),
    ("font", Name::Colour, "color"),
    ("code", Name::Code, ""),
    ("th", Name::RowHeader, ""),
    ("ul", Name::Bullets, ""),
    ("ol", Name::Numbers, "start"),
    ("li", Name::Item, ""),
    ("pre", Name::Preformatted, "lang"),
];

/// Reads one whole tag, `<…>`.
pub(super) fn tag(source: &str) -> Option<Tag> {
    let inside = source.strip_prefix('<')?.strip_suffix('>')?.trim();
    let (closes, inside) = match inside.strip_prefix('/') {
        Some(inside) => (true, inside),
        None => (false, inside.trim_end_matches('/').trim_end()),
    };
    let (element, attributes) = match inside.split_once(char::is_whitespace) {
        Some((element, attributes)) => (element, attributes.trim()),
        None => (inside, ""),
    };
    if element.eq_ignore_ascii_case("br") {
        return (!closes && attributes.is_empty()).then_some(Tag::Break);
    }
    let (_, name, attribute) = TAGS
        .iter()
        .find(|(known, ..)| element.eq_ignore_ascii_case(known))?;
    if closes {
        return attributes.is_empty().then_some(Tag::Close(*name));
    }
    if attributes.is_empty() {
        // A colour without a colour says nothing.
        return (*name != Name::Colour).then_some(Tag::Open(*name, None));
    }
    let (key, value) = attributes.split_once('=')?;
    let value = value.strip_prefix('"')?.strip_suffix('"')?;
    let fits = !attribute.is_empty()
        && key.eq_ignore_ascii_case(attribute)
        && !value.is_empty()
        && !value.contains(['"', '<', '>', '&'])
        && (*name != Name::Colour || value.chars().all(in_colour));
    fits.then(|| Tag::Open(*name, Some(value.to_owned())))
}

/// What the name or the code of a colour may hold: names, `#rrggbb` and `rgb(…)`.
pub(super) fn in_colour(char: char) -> bool {
    char.is_ascii_alphanumeric() || "#(),.% -".contains(char)
}

/// A part of a block of HTML.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// `<details>` with its `<summary>`.
    ExpandBegin(String),
    ExpandEnd,
    Text(&'a str),
}

pub(super) fn parts(source: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = source.trim();
    // Without an end ahead none is looked for again: linear time on many beginnings.
    let mut summaries = rest.matches(SUMMARY_END).count();
    let mut summarised = |text| {
        let found = (summaries > 0).then(|| summary(text)).flatten();
        summaries -= usize::from(found.is_some());
        found
    };
    while !rest.is_empty() {
        if let Some(after) = after_tag(rest, "<details>") {
            let after = after.trim_start();
            let (title, after) = summarised(after).unwrap_or((String::new(), after));
            parts.push(Part::ExpandBegin(title));
            rest = after.trim_start();
        } else if let Some(after) = after_tag(rest, "</details>") {
            parts.push(Part::ExpandEnd);
            rest = after.trim_start();
        } else {
            let first = rest.chars().next().map_or(0, char::len_utf8);
            let end = rest[first..]
                .match_indices('<')
                .map(|(at, _)| at + first)
                .find(|at| {
                    let from = &rest[*at..];
                    after_tag(from, "<details>")
                        .or(after_tag(from, "</details>"))
                        .is_some()
                })
                .unwrap_or(rest.len());
            let text = rest[..end].trim();
            if !matches!(text, "<br>" | "<br/>" | "<br />") {
                parts.push(Part::Text(text));
            }
            rest = &rest[end..];
        }
    }
    parts
}

fn after_tag<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    let start = text.get(..tag.len())?;
    start.eq_ignore_ascii_case(tag).then(|| &text[tag.len()..])
}

const SUMMARY_END: &str = "</summary>";

/// The title that `text` begins with, and what follows it.
fn summary(text: &str) -> Option<(String, &str)> {
    let after = after_tag(text, "<summary>")?;
    let end = after.find(SUMMARY_END)?;
    let title = after[..end]
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    let words: Vec<&str> = title.split_whitespace().collect();
    Some((words.join(" "), &after[end + SUMMARY_END.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_tags() {
        for (source, expected) in [
            ("<u>", Tag::Open(Name::Underline, None)),
            ("</SUB>", Tag::Close(Name::Subscript)),
            ("<br />", Tag::Break),
            (
                "<font color=\"#fff\">",
                Tag::Open(Name::Colour, Some("#fff".into())),
            ),
            (
                "<ol start=\"3\">",
                Tag::Open(Name::Numbers, Some("3".into())),
            ),
        ] {
            assert_eq!(tag(source), Some(expected), "{source}");
        }
    }

    #[test]
    fn everything_else_is_text() {
        for source in [
            "<script>",
            "<u onclick=\"x\">",
            "<font>",
            "<font color=red>",
            "<font color=\"\">",
            "<font color=\"#1\u{0}2\">",
            "<font color=\"a&quot;b\">",
            "</br>",
            "</u x>",
            "<>",
            "u",
        ] {
            assert_eq!(tag(source), None, "{source}");
        }
    }

    #[test]
    fn expands_within_text() {
        assert_eq!(
            parts("<div>\n<details><summary>A &amp; <b></summary>x</details>"),
            [
                Part::Text("<div>"),
                Part::ExpandBegin("A & <b>".into()),
                Part::Text("x"),
                Part::ExpandEnd
            ]
        );
    }
}
