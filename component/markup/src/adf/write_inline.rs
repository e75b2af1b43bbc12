//! Inline content, written as the JSON of ADF.
//!
//! Decides which marks may stand together, as the schema does: code goes with links and comments
//! only.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::write::{json, json_text, kind, next};
use super::write_kept::parse;
use crate::doc::{
    Carried, Emoji, Format, Image, ImageTarget, Inline, InlineKind, Link, Marks, Mention, Script,
    User,
};
use crate::emoji;
use crate::error::WriteError;

/// Marks of blocks and media, which no text may carry.
const NOT_OF_TEXT: &[&str] = &[
    "alignment",
    "border",
    "breakout",
    "dataConsumer",
    "fontSize",
    "fragment",
    "indentation",
];

/// Marks that an image may carry beside a link.
const OF_MEDIA: &[&str] = &["annotation", "border", "dataConsumer"];

/// Writes normal-form runs, separated by commas.
pub(super) fn write(out: &mut Vec<u8>, inlines: &[Inline]) -> Result<(), WriteError> {
    inlines.iter().try_for_each(|run| write_run(out, run))
}

fn write_run(out: &mut Vec<u8>, run: &Inline) -> Result<(), WriteError> {
    match &run.kind {
        InlineKind::Text(text) if text.is_empty() => {}
        InlineKind::Text(text) => write_text(out, text, &run.marks)?,
        InlineKind::SoftBreak => write_text(out, " ", &run.marks)?,
        InlineKind::HardBreak => {
            next(out);
            out.extend_from_slice(br#"{"type":"hardBreak"}"#);
        }
        InlineKind::Image(image) => {
            let url = image_url(image)?;
            let text = if image.alt.is_empty() {
                url
            } else {
                &image.alt
            };
            let link = run.marks.link.clone();
            let link = link.unwrap_or_else(|| Arc::new(Link::to(url)));
            let marks = Marks {
                link: Some(link),
                ..run.marks.clone()
            };
            if !text.is_empty() {
                write_text(out, text, &marks)?;
            }
        }
        InlineKind::Mention(mention) => write_mention(out, mention)?,
        InlineKind::Status(status) if status.text.is_empty() => {}
        InlineKind::Status(status) => {
            let own = [
                ("text", status.text.as_str()),
                ("color", status.colour.name()),
            ];
            write_object(out, "status", &own, &status.carried);
        }
        InlineKind::Emoji(emoji) => write_emoji(out, emoji),
        InlineKind::Date { day, carried } => {
            let stamp = day.epoch_ms().to_string();
            write_object(out, "date", &[("timestamp", &stamp)], carried);
        }
        InlineKind::Card(card) => {
            write_object(out, "inlineCard", &[("url", &card.url)], &card.carried);
        }
        InlineKind::Kept(kept) => {
            next(out);
            json(out, &parse(kept)?);
        }
    }
    Ok(())
}

fn write_text(out: &mut Vec<u8>, text: &str, marks: &Marks) -> Result<(), WriteError> {
    next(out);
    out.extend_from_slice(br#"{"type":"text","text":"#);
    json_text(out, text);
    if !marks.is_none() {
        out.extend_from_slice(br#","marks":["#);
        let start = out.len();
        write_marks(out, marks)?;
        if out.len() == start {
            out.truncate(start - br#","marks":["#.len());
        } else {
            out.push(b']');
        }
    }
    out.push(b'}');
    Ok(())
}

/// The marks of an image, behind its attributes.
pub(super) fn media_marks(out: &mut Vec<u8>, marks: &Marks) -> Result<(), WriteError> {
    let start = out.len();
    out.extend_from_slice(br#","marks":["#);
    let empty = out.len();
    if let Some(link) = &marks.link {
        write_link(out, link)?;
    }
    for kept in marks.kept.iter() {
        let mark = parse(kept)?;
        if OF_MEDIA.contains(&kind(&mark)) {
            next(out);
            json(out, &mark);
        }
    }
    if out.len() == empty {
        out.truncate(start);
    } else {
        out.push(b']');
    }
    Ok(())
}

fn write_link(out: &mut Vec<u8>, link: &Link) -> Result<(), WriteError> {
    let mut own = vec![("href", href(&link.href)?)];
    own.extend(link.title.as_deref().map(|title| ("title", title)));
    write_object(out, "link", &own, &link.carried);
    Ok(())
}

fn write_marks(out: &mut Vec<u8>, marks: &Marks) -> Result<(), WriteError> {
    if let Some(link) = &marks.link {
        write_link(out, link)?;
    }
    if marks.code {
        write_bare(out, "code");
    } else {
        let plain = [
            (marks.strong, "strong"),
            (marks.emphasis, "em"),
            (marks.strike, "strike"),
            (marks.underline, "underline"),
        ];
        for (_, name) in plain.iter().filter(|(on, _)| *on) {
            write_bare(out, name);
        }
        if let Some(script) = marks.script {
            let name = match script {
                Script::Subscript => "sub",
                Script::Superscript => "sup",
            };
            write_object(out, "subsup", &[("type", name)], &Carried::default());
        }
        if let Some(colour) = marks.colour.as_deref().and_then(hex_colour) {
            let own = [("color", colour.as_str())];
            write_object(out, "textColor", &own, &Carried::default());
        }
    }
    for kept in marks.kept.iter() {
        let mark = parse(kept)?;
        let fits = if marks.code {
            kind(&mark) == "annotation"
        } else {
            !NOT_OF_TEXT.contains(&kind(&mark))
        };
        if fits {
            next(out);
            json(out, &mark);
        }
    }
    Ok(())
}

fn write_bare(out: &mut Vec<u8>, name: &str) {
    next(out);
    out.extend_from_slice(br#"{"type":""#);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(br#""}"#);
}

/// A node or a mark with attributes that are text, and with what it carries, which says more.
fn write_object(out: &mut Vec<u8>, name: &str, own: &[(&str, &str)], carried: &Carried) {
    next(out);
    out.extend_from_slice(br#"{"type":""#);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(br#"","attrs":"#);
    if let Some(mut attributes) = carried_attributes(carried) {
        for (key, value) in own {
            let value = || Value::from(*value);
            attributes.entry(*key).or_insert_with(value);
        }
        json(out, &attributes.into());
        out.push(b'}');
        return;
    }
    out.push(b'{');
    for (index, (key, value)) in own.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        json_text(out, key);
        out.push(b':');
        json_text(out, value);
    }
    out.extend_from_slice(b"}}");
}

fn carried_attributes(carried: &Carried) -> Option<Map<String, Value>> {
    match serde_json::from_str(carried.of(Format::Adf)?).ok()? {
        Value::Object(mut carried) => match carried.remove("attrs")? {
            Value::Object(attributes) => Some(attributes),
            _ => None,
        },
        _ => None,
    }
}

fn href(href: &str) -> Result<&str, WriteError> {
    if href.starts_with("page:") || href.starts_with("attachment:") {
        return Err(WriteError::Link {
            href: href.to_owned(),
            to: Format::Adf,
        });
    }
    Ok(href)
}

pub(super) fn image_url(image: &Image) -> Result<&str, WriteError> {
    match &image.target {
        ImageTarget::Url(url) => Ok(url),
        ImageTarget::Attachment(name) => Err(WriteError::Attachment(name.clone(), Format::Adf)),
    }
}

fn write_mention(out: &mut Vec<u8>, mention: &Mention) -> Result<(), WriteError> {
    let id = match &mention.user {
        User::AccountId(id) => id,
        User::Key(name) | User::Name(name) => {
            return Err(WriteError::Mention {
                user: name.clone(),
                to: Format::Adf,
                instead: "use `[@Name](accountid:ID)`",
            });
        }
    };
    match &mention.name {
        Some(name) => {
            let own = [("id", id.as_str()), ("text", &format!("@{name}"))];
            write_object(out, "mention", &own, &mention.carried);
        }
        None => write_object(out, "mention", &[("id", id)], &mention.carried),
    }
    Ok(())
}

fn write_emoji(out: &mut Vec<u8>, emoji: &Emoji) {
    let name = format!(":{}:", emoji.name);
    let text = emoji.text.as_deref().or(emoji::text_of(&emoji.name));
    let mut attributes = vec![("shortName", name.as_str())];
    attributes.extend(emoji.id.as_deref().map(|id| ("id", id)));
    attributes.extend(text.map(|text| ("text", text)));
    write_object(out, "emoji", &attributes, &emoji.carried);
}

/// The schema wants six hexadecimal digits; the names are those of wiki markup's palette.
fn hex_colour(colour: &str) -> Option<String> {
    let named = match colour.to_ascii_lowercase().as_str() {
        "red" => "#ff5630",
        "green" => "#36b37e",
        "blue" => "#4c9aff",
        "yellow" => "#ffc400",
        "orange" => "#ff991f",
        "purple" => "#6554c0",
        "grey" | "gray" => "#97a0af",
        "black" => "#172b4d",
        "white" => "#ffffff",
        _ => "",
    };
    if !named.is_empty() {
        return Some(named.to_owned());
    }
    let digits = colour.strip_prefix('#')?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (is_hex, digits.len()) {
        (true, 6) => Some(colour.to_owned()),
        (true, 3) => {
            let doubled: String = digits.chars().flat_map(|digit| [digit, digit]).collect();
            Some(format!("#{doubled}"))
        }
        _ => None,
    }
}
