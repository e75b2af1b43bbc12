//! Runs of text with marks, written as wiki markup.
//!
//! Decides the delimiter of each mark, in braces where a plain one would not be seen, and which
//! characters need an escape.

use super::write::source;
use crate::doc::{
    Format, Image, ImageTarget, Inline, InlineKind, Link, Mention, Script, StatusColour, User,
};
use crate::emoji;
use crate::error::WriteError;
use crate::nesting::{self, Mark, Step};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Paragraph,
    /// A heading or an item: one line.
    Line,
    Cell,
}

pub(super) fn write(content: &[Inline], place: Place) -> Result<String, WriteError> {
    let mut out = String::new();
    let steps = nesting::steps(content, |index, mark| {
        // A mark ends with its line, a free address is a link already.
        let ends = matches!(content[index].kind, InlineKind::HardBreak);
        let is_link_already = matches!(mark, Mark::Link(_)) && is_bare(content, index);
        !ends && !is_link_already
    });
    let mut code = false;
    let mut in_link = false;
    for (index, step) in steps.iter().enumerate() {
        match step {
            Step::Open(Mark::Code) => {
                code = true;
                out.push_str("{{");
            }
            Step::Close(Mark::Code) => {
                code = false;
                out.push_str("}}");
            }
            Step::Open(mark) => {
                in_link |= matches!(mark, Mark::Link(_));
                out.push_str(&open(*mark, is_free(&steps, index, true))?);
            }
            Step::Close(mark) => {
                in_link &= !matches!(mark, Mark::Link(_));
                out.push_str(&close(*mark, is_free(&steps, index, false))?);
            }
            Step::Run(at, run) => match &run.kind {
                InlineKind::Text(text) if code => out.push_str(&code_text(text)),
                InlineKind::Text(text) if is_bare(content, *at) => out.push_str(text),
                InlineKind::Text(text) => {
                    let starts = out.is_empty() || out.ends_with('\n');
                    escape(text, starts, in_link, place, &mut out);
                }
                // An empty line would end the paragraph.
                InlineKind::HardBreak
                    if place == Place::Paragraph && !is_break(&steps, index + 1) =>
                {
                    out.push('\n');
                }
                InlineKind::HardBreak => out.push_str(" \\\\ "),
                InlineKind::SoftBreak => out.push(' '),
                object => {
                    // Jira sees no image beside a letter.
                    let joined = out.ends_with(char::is_alphanumeric);
                    if joined && matches!(object, InlineKind::Image(_)) {
                        out.push(' ');
                    }
                    out.push_str(&write_object(object)?);
                }
            },
        }
    }
    Ok(out)
}

fn is_break(steps: &[Step<'_>], index: usize) -> bool {
    matches!(steps.get(index), Some(Step::Run(_, run)) if run.kind == InlineKind::HardBreak)
}

/// A title in a macro's parameters.
pub(super) fn macro_text(text: &str) -> String {
    text.replace(['|', '{', '}', '\n'], " ").trim().to_owned()
}

/// What shows over a link: nothing in it ends the link or makes a card of it.
fn link_title(title: &str) -> String {
    let title = title.replace(['|', '[', ']', '{', '}', '\n'], " ");
    let title = title.trim();
    title
        .strip_prefix("smart-")
        .unwrap_or(title)
        .trim()
        .to_owned()
}

fn delimiter(mark: Mark<'_>) -> Option<char> {
    Some(match mark {
        Mark::Strong => '*',
        Mark::Emphasis => '_',
        Mark::Strike => '-',
        Mark::Underline => '+',
        Mark::Script(Script::Superscript) => '^',
        Mark::Script(Script::Subscript) => '~',
        _ => return None,
    })
}

fn open(mark: Mark<'_>, free: bool) -> Result<String, WriteError> {
    Ok(match (mark, delimiter(mark)) {
        (_, Some(delimiter)) if free => delimiter.to_string(),
        (_, Some(delimiter)) => format!("{{{delimiter}}}"),
        (Mark::Colour(colour), _) => format!("{{color:{}}}", colour_value(colour)),
        (Mark::Link(_), _) => "[".to_owned(),
        (Mark::Kept(kept), _) => source(kept)?.to_owned(),
        _ => String::new(),
    })
}

fn close(mark: Mark<'_>, free: bool) -> Result<String, WriteError> {
    Ok(match (mark, delimiter(mark)) {
        (_, Some(_)) => open(mark, free)?,
        (Mark::Colour(_), _) => "{color}".to_owned(),
        (Mark::Link(link), _) => match link.title.as_deref().map(link_title) {
            Some(title) if !title.is_empty() => format!("|{}|{title}]", href(link)?),
            _ => format!("|{}]", href(link)?),
        },
        _ => String::new(),
    })
}

fn colour_value(colour: &str) -> String {
    colour
        .chars()
        .filter(|char| char.is_ascii_alphanumeric() || *char == '#')
        .collect()
}

fn href(link: &Link) -> Result<String, WriteError> {
    if link.href.starts_with("page:") {
        return Err(WriteError::Link {
            href: link.href.clone(),
            to: Format::Wiki,
        });
    }
    Ok(match link.href.strip_prefix("attachment:") {
        // A file is found by its name as it is, spaces among its words.
        Some(name) if name.trim() == name => {
            let words: Vec<String> = name.split(' ').map(address).collect();
            format!("^{}", words.join(" "))
        }
        Some(name) => format!("^{}", address(name)),
        None => address(&link.href),
    })
}

/// What ends a link must not stand in it.
fn address(url: &str) -> String {
    let mut address = String::with_capacity(url.len());
    for char in url.chars() {
        match char {
            '[' | ']' | '|' | '{' | '}' | '"' | '<' | '>' => {
                address.push_str(&format!("%{:02X}", u32::from(char)));
            }
            ' ' => address.push_str("%20"),
            char if char.is_control() => {}
            char => address.push(char),
        }
    }
    address
}

/// Whether a plain delimiter is seen here: no letter outside, no space inside.
fn is_free(steps: &[Step<'_>], index: usize, opens: bool) -> bool {
    let near = |at: Option<usize>, last: bool| {
        let text = match at.and_then(|at| steps.get(at)) {
            None => return Some(' '),
            Some(Step::Run(_, run)) => match &run.kind {
                InlineKind::Text(text) if !run.marks.code => text,
                InlineKind::HardBreak | InlineKind::SoftBreak => return Some(' '),
                _ => return None,
            },
            // Beside another mark's sign nothing is certain.
            Some(_) => return None,
        };
        if last {
            text.chars().next_back()
        } else {
            text.chars().next()
        }
    };
    let before = near(index.checked_sub(1), true);
    let after = near(Some(index + 1), false);
    let (outside, inside) = if opens {
        (before, after)
    } else {
        (after, before)
    };
    let apart = outside.is_some_and(|char| char == ' ' || ",.;".contains(char));
    apart && inside.is_some_and(char::is_alphanumeric)
}

fn is_bare(content: &[Inline], index: usize) -> bool {
    let run = &content[index];
    let (InlineKind::Text(text), Some(link)) = (&run.kind, &run.marks.link) else {
        return false;
    };
    let harmless = |char: char| char.is_ascii_alphanumeric() || "/:.?=%#,@&".contains(char);
    let free = |near: Option<&Inline>| match near {
        None => true,
        Some(near) => matches!(near.kind, InlineKind::HardBreak),
    };
    *text == link.href
        && (text.starts_with("https://") || text.starts_with("http://"))
        && text.chars().all(harmless)
        && text.ends_with(|char: char| char.is_ascii_alphanumeric() || char == '/')
        && !text.ends_with("//")
        && !run.marks.code
        && free(index.checked_sub(1).map(|before| &content[before]))
        && free(content.get(index + 1))
}

fn write_object(kind: &InlineKind) -> Result<String, WriteError> {
    Ok(match kind {
        InlineKind::Image(image) => write_image(image),
        InlineKind::Mention(mention) => write_mention(mention)?,
        InlineKind::Status(status) => {
            let mut label = String::new();
            escape(&status.text, false, false, Place::Cell, &mut label);
            match status.colour {
                StatusColour::Neutral => format!("{{*}}{label}{{*}}"),
                colour => format!("{{color:{}}}{{*}}{label}{{*}}{{color}}", palette(colour)),
            }
        }
        InlineKind::Emoji(emoji) => match emoji::wiki_of(&emoji.name) {
            Some(token) => token.to_owned(),
            None => match &emoji.text {
                Some(text) => text.clone(),
                None => format!("\\:{}:", emoji.name),
            },
        },
        InlineKind::Date { day, .. } => day.to_string(),
        InlineKind::Card(card) => {
            let url = address(&card.url);
            format!("[{url}|{url}|smart-link]")
        }
        InlineKind::Kept(kept) => source(kept)?.to_owned(),
        InlineKind::Text(_) | InlineKind::HardBreak | InlineKind::SoftBreak => String::new(),
    })
}

fn palette(colour: StatusColour) -> &'static str {
    match colour {
        StatusColour::Neutral => "#97a0af",
        StatusColour::Purple => "#6554c0",
        StatusColour::Blue => "#4c9aff",
        StatusColour::Red => "#ff5630",
        StatusColour::Yellow => "#ff991f",
        StatusColour::Green => "#36b37e",
    }
}

fn write_image(image: &Image) -> String {
    let target = match &image.target {
        ImageTarget::Url(url) => address(url).replace('!', "%21"),
        ImageTarget::Attachment(name) => name.replace(['!', '|', '\n'], "_"),
    };
    let mut attributes: Vec<String> = Vec::new();
    attributes.extend(image.carried.of(Format::Wiki).map(str::to_owned));
    let alt = image
        .alt
        .replace(['"', '|', '!', ',', '[', '{', '\\', '\n'], " ");
    if !alt.trim().is_empty() {
        attributes.push(format!("alt=\"{}\"", alt.trim()));
    }
    if attributes.is_empty() {
        format!("!{target}!")
    } else {
        format!("!{target}|{}!", attributes.join(","))
    }
}

fn write_mention(mention: &Mention) -> Result<String, WriteError> {
    let name = match &mention.user {
        User::Name(name) => name.clone(),
        User::AccountId(id) => format!("accountid:{id}"),
        User::Key(key) => {
            return Err(WriteError::Mention {
                user: key.clone(),
                to: Format::Wiki,
                instead: "use the user name, `[@Name](user:NAME)`",
            });
        }
    };
    if name.contains([']', '[', '|', '\n']) {
        return Err(WriteError::Mention {
            user: name,
            to: Format::Wiki,
            instead: "a user name holds no brackets and no bar",
        });
    }
    Ok(format!("[~{name}]"))
}

/// Inside `{{…}}` only entities keep a character from being markup.
fn code_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_ascii_punctuation() && !"/.,=$%@'\"".contains(char) {
            escaped.push_str(&format!("&#{};", u32::from(char)));
        } else {
            escaped.push(char);
        }
    }
    escaped
}

/// Appends `text` so that it is read back as itself.
fn escape(text: &str, starts_line: bool, in_link: bool, place: Place, out: &mut String) {
    if starts_line && place != Place::Line && hazard(text) {
        out.push_str(&format!("&#{};", u32::from(text.as_bytes()[0])));
        return escape(&text[1..], false, in_link, place, out);
    }
    let mut before = out.chars().next_back().filter(|char| *char != '\n');
    for (at, char) in text.char_indices() {
        let after = text[at + char.len_utf8()..].chars().next();
        let word = |near: Option<char>| near.is_some_and(char::is_alphanumeric);
        let space = |near: Option<char>| near.is_some_and(char::is_whitespace);
        let escaped = match char {
            '*' | '_' | '-' | '+' | '^' | '~' => {
                !(space(before) && space(after) || word(before) && word(after))
            }
            '{' | '}' | '|' | '[' => true,
            '!' => !space(after),
            ':' | ';' | '(' => emoji::from_wiki(&text[at..]).is_some(),
            _ => false,
        };
        let entity = match char {
            '\\' => !word(after),
            '&' => text[at..].bytes().take(10).any(|byte| byte == b';') || after.is_none(),
            // The first bracket that closes ends the link, escaped or not.
            '[' | ']' => in_link,
            '<' => emoji::from_wiki(&text[at..]).is_some(),
            ':' => text[at..].starts_with("://"),
            _ => false,
        };
        if entity {
            out.push_str(&format!("&#{};", u32::from(char)));
        } else {
            if escaped {
                out.push('\\');
            }
            out.push(char);
        }
        before = Some(char);
    }
}

/// Whether the line would be a heading, a quote, a list, a rule or a table.
fn hazard(text: &str) -> bool {
    let heading = text.starts_with('h') && text.get(2..).is_some_and(|rest| rest.starts_with(". "));
    let markers = text.trim_start_matches(['*', '#', '-']);
    let list = markers.len() < text.len() && (markers.is_empty() || markers.starts_with(' '));
    heading || list || text.starts_with("bq. ") || text.starts_with('|') || text.starts_with("----")
}
