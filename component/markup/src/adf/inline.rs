//! Inline nodes and marks of ADF, read into runs.
//!
//! Decides which of them the tree has words for; the others are kept.

use std::sync::Arc;

use serde_json::Value;
use serde_json_borrow::Value as Json;

use super::read::{attribute, carried_attributes, field, kind, one_line, string, words};
use crate::doc::{
    Card, Day, Emoji, Format, Image, ImageTarget, Inline, InlineKind, Kept, Link, Marks, Mention,
    Script, Status, StatusColour, User, push_few,
};
use crate::emoji;

const INLINE: &[&str] = &[
    "text",
    "hardBreak",
    "mention",
    "emoji",
    "status",
    "date",
    "inlineCard",
    "inlineExtension",
    "mediaInline",
    "placeholder",
];

pub(super) fn is_inline(node: &Json<'_>) -> bool {
    INLINE.contains(&kind(node))
}

/// Appends one inline node; a text with line breaks in it becomes several runs.
pub(super) fn read(node: &Json<'_>, runs: &mut Vec<Inline>) {
    let marks = read_marks(node);
    if kind(node) == "text" {
        let text = field(node, "text").and_then(Json::as_str).unwrap_or("");
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                let hard = Inline::new(InlineKind::HardBreak, Marks::default());
                push_few(runs, hard);
            }
            let line = line.trim_end_matches('\r');
            if !line.is_empty() {
                let kind = InlineKind::Text(line.into());
                push_few(runs, Inline::new(kind, marks.clone()));
            }
        }
        return;
    }
    let object = read_object(node).unwrap_or_else(|| {
        let label = label(node);
        let kept = Kept::new(
            &label,
            Format::Adf,
            Value::from(node).to_string(),
            String::new(),
        );
        InlineKind::Kept(Box::new(kept))
    });
    // A kept node brings its own marks along.
    let marks = if matches!(object, InlineKind::Kept(_)) {
        Marks::default()
    } else {
        marks
    };
    push_few(runs, Inline::new(object, marks));
}

fn read_object(node: &Json<'_>) -> Option<InlineKind> {
    Some(match kind(node) {
        "hardBreak" => InlineKind::HardBreak,
        "mention" => {
            let name = string(node, "text").unwrap_or("");
            let name = name.strip_prefix('@').unwrap_or(name).trim();
            InlineKind::Mention(Box::new(Mention {
                user: User::AccountId(string(node, "id")?.to_owned()),
                name: (!name.is_empty()).then(|| one_line(name)),
                carried: carried_attributes(node, &["id", "text"]),
            }))
        }
        "emoji" => {
            let name = string(node, "shortName")?.trim_matches(':').to_owned();
            if name.is_empty() {
                return None;
            }
            let usual = emoji::text_of(&name);
            let own = |key| string(node, key).filter(|_| usual.is_none());
            let known: &[&str] = match usual {
                None => &["shortName", "id", "text"],
                Some(usual) if string(node, "text") == Some(usual) => &["shortName", "text"],
                Some(_) => &["shortName"],
            };
            InlineKind::Emoji(Box::new(Emoji {
                id: own("id").map(str::to_owned),
                text: own("text").map(str::to_owned),
                carried: carried_attributes(node, known),
                name,
            }))
        }
        "status" => {
            // The schema allows any colour.
            let named = string(node, "color").and_then(StatusColour::named);
            let known: &[&str] = match named {
                Some(_) => &["text", "color"],
                None => &["text"],
            };
            InlineKind::Status(Box::new(Status {
                text: one_line(string(node, "text").unwrap_or("")),
                colour: named.unwrap_or(StatusColour::Neutral),
                carried: carried_attributes(node, known),
            }))
        }
        "date" => {
            // The schema says string; numbers have been seen.
            let stamp = attribute(node, "timestamp")?;
            let ms = match stamp {
                Json::Str(text) => text.parse().ok()?,
                other => other.as_i64()?,
            };
            let day = Day::from_epoch_ms(ms)?;
            // The hour of a day, if the source has one.
            let is_whole = day.epoch_ms() == ms || !stamp.is_string();
            let known: &[&str] = if is_whole { &["timestamp"] } else { &[] };
            InlineKind::Date {
                day,
                carried: carried_attributes(node, known),
            }
        }
        "inlineCard" => InlineKind::Card(Box::new(Card {
            url: string(node, "url")?.to_owned(),
            carried: carried_attributes(node, &["url"]),
        })),
        _ => return None,
    })
}

/// What a reader sees of a kept node: its kind and its words.
fn label(node: &Json<'_>) -> String {
    let noun = match kind(node) {
        "inlineExtension" => format!("macro {}", string(node, "extensionKey").unwrap_or("")),
        "mediaInline" => "file".to_owned(),
        other => other.to_owned(),
    };
    format!("{noun} {}", words(node))
}

/// An image that names its own address.
pub(super) fn external_image(media: &Json<'_>) -> Option<Inline> {
    let url = string(media, "url")?;
    let plain = string(media, "type") == Some("external");
    plain.then(|| {
        let image = Image {
            target: ImageTarget::Url(url.to_owned()),
            alt: one_line(string(media, "alt").unwrap_or("")),
            title: None,
            carried: carried_attributes(media, &["type", "url", "alt"]),
        };
        Inline::new(InlineKind::Image(Box::new(image)), read_marks(media))
    })
}

fn read_marks(node: &Json<'_>) -> Marks {
    let mut marks = Marks::default();
    let list = field(node, "marks").and_then(Json::as_array);
    for mark in list.into_iter().flatten() {
        match kind(mark) {
            "strong" => marks.strong = true,
            "em" => marks.emphasis = true,
            "strike" => marks.strike = true,
            "underline" => marks.underline = true,
            "code" => marks.code = true,
            "subsup" if string(mark, "type") == Some("sup") => {
                marks.script = Some(Script::Superscript);
            }
            "subsup" => marks.script = Some(Script::Subscript),
            "textColor" => marks.colour = string(mark, "color").map(Arc::from),
            "link" => {
                marks.link = string(mark, "href").map(|href| {
                    Arc::new(Link {
                        href: href.to_owned(),
                        title: string(mark, "title")
                            .map(one_line)
                            .filter(|title| !title.is_empty()),
                        carried: carried_attributes(mark, &["href", "title"]),
                    })
                });
            }
            name => {
                let label = match name {
                    "annotation" => "comment",
                    "backgroundColor" => "highlight",
                    other => other,
                };
                let kept = Kept::new(
                    label,
                    Format::Adf,
                    Value::from(mark).to_string(),
                    String::new(),
                );
                marks.kept.push(Arc::new(kept));
            }
        }
    }
    marks
}
