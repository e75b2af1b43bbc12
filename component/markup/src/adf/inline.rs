//! Inline nodes and marks of ADF, both ways.
//!
//! Decides which marks may stand together, as the schema does: code goes with links only.

use serde_json::{Map, Value, json};

use super::read::{attribute, kind, string};
use super::write::{carry, parse_kept};
use crate::doc::{
    Carried, Day, Emoji, Format, Image, ImageTarget, Inline, InlineKind, Kept, Link, Marks,
    Mention, Script, Span, StatusColour, User,
};
use crate::emoji;
use crate::error::WriteError;

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

pub(super) fn is_inline(node: &Value) -> bool {
    INLINE.contains(&kind(node))
}

/// Reads one inline node; a text with line breaks in it becomes several runs.
pub(super) fn read(node: &Value, span: Span) -> Vec<Inline> {
    let marks = read_marks(node);
    if kind(node) == "text" {
        let text = node.get("text").and_then(Value::as_str).unwrap_or("");
        let mut runs = Vec::new();
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                let hard = Inline::new(InlineKind::HardBreak, Marks::default());
                runs.push(hard.at(span.clone()));
            }
            let line = InlineKind::Text(line.trim_end_matches('\r').to_owned());
            runs.push(Inline::new(line, marks.clone()).at(span.clone()));
        }
        return runs;
    }
    let object = read_object(node).unwrap_or_else(|| {
        let label = label(node);
        let kept = Kept::new(&label, Format::Adf, node.to_string(), String::new());
        InlineKind::Kept(kept)
    });
    // A kept node brings its own marks along.
    let marks = if matches!(object, InlineKind::Kept(_)) {
        Marks::default()
    } else {
        marks
    };
    vec![Inline::new(object, marks).at(span)]
}

fn read_object(node: &Value) -> Option<InlineKind> {
    Some(match kind(node) {
        "hardBreak" => InlineKind::HardBreak,
        "mention" => {
            let name = string(node, "text").unwrap_or("");
            let name = name.strip_prefix('@').unwrap_or(name).trim();
            InlineKind::Mention(Mention {
                user: User::AccountId(string(node, "id")?.to_owned()),
                name: (!name.is_empty()).then(|| name.to_owned()),
            })
        }
        "emoji" => {
            let name = string(node, "shortName")?.trim_matches(':').to_owned();
            if name.is_empty() {
                return None;
            }
            let usual = emoji::text_of(&name).is_some();
            let own = |key| string(node, key).filter(|_| !usual).map(str::to_owned);
            InlineKind::Emoji(Emoji {
                id: own("id"),
                text: own("text"),
                name,
            })
        }
        "status" => InlineKind::Status {
            text: string(node, "text").unwrap_or("").trim().to_owned(),
            colour: colour(string(node, "color").unwrap_or("")),
        },
        "date" => {
            // The schema says string; numbers have been seen.
            let stamp = attribute(node, "timestamp")?;
            let ms = match stamp {
                Value::String(text) => text.parse().ok()?,
                other => other.as_i64()?,
            };
            InlineKind::Date(Day::from_epoch_ms(ms)?)
        }
        "inlineCard" => InlineKind::Card {
            url: string(node, "url")?.to_owned(),
        },
        _ => return None,
    })
}

fn label(node: &Value) -> String {
    match kind(node) {
        "inlineExtension" => format!("macro {}", string(node, "extensionKey").unwrap_or("")),
        "mediaInline" => format!("file {}", string(node, "alt").unwrap_or("")),
        "placeholder" => format!("placeholder {}", string(node, "text").unwrap_or("")),
        other => other.to_owned(),
    }
}

/// An image that names its own address.
pub(super) fn external_image(media: &Value) -> Option<Inline> {
    let url = string(media, "url")?;
    let plain = string(media, "type") == Some("external");
    plain.then(|| {
        let image = Image {
            target: ImageTarget::Url(url.to_owned()),
            alt: string(media, "alt").unwrap_or("").trim().to_owned(),
            title: None,
            carried: Carried::default(),
        };
        Inline::new(InlineKind::Image(image), read_marks(media))
    })
}

fn read_marks(node: &Value) -> Marks {
    let mut marks = Marks::default();
    let list = node.get("marks").and_then(Value::as_array);
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
            "textColor" => marks.colour = string(mark, "color").map(str::to_owned),
            "link" => {
                marks.link = string(mark, "href").map(|href| Link {
                    href: href.to_owned(),
                    title: string(mark, "title").map(str::to_owned),
                });
            }
            name => {
                let label = match name {
                    "annotation" => "comment",
                    "backgroundColor" => "highlight",
                    other => other,
                };
                let kept = Kept::new(label, Format::Adf, mark.to_string(), String::new());
                marks.kept.push(kept);
            }
        }
    }
    marks
}

/// Writes normal-form runs.
pub(super) fn write(inlines: &[Inline]) -> Result<Vec<Value>, WriteError> {
    inlines
        .iter()
        .filter_map(|run| write_run(run).transpose())
        .collect()
}

fn write_run(run: &Inline) -> Result<Option<Value>, WriteError> {
    Ok(Some(match &run.kind {
        InlineKind::Text(text) if text.is_empty() => return Ok(None),
        InlineKind::Text(text) => write_text(text, &run.marks)?,
        InlineKind::SoftBreak => write_text(" ", &run.marks)?,
        InlineKind::HardBreak => json!({"type": "hardBreak"}),
        InlineKind::Image(image) => {
            let url = image_url(image)?;
            let text = if image.alt.is_empty() {
                url
            } else {
                &image.alt
            };
            let link = run.marks.link.clone().unwrap_or(Link {
                href: url.to_owned(),
                title: None,
            });
            let marks = Marks {
                link: Some(link),
                ..run.marks.clone()
            };
            write_text(text, &marks)?
        }
        InlineKind::Mention(mention) => write_mention(mention)?,
        InlineKind::Status { text, .. } if text.is_empty() => return Ok(None),
        InlineKind::Status { text, colour } => {
            json!({"type": "status", "attrs": {"text": text, "color": colour_name(*colour)}})
        }
        InlineKind::Emoji(emoji) => write_emoji(emoji),
        InlineKind::Date(day) => {
            json!({"type": "date", "attrs": {"timestamp": day.epoch_ms().to_string()}})
        }
        InlineKind::Card { url } => json!({"type": "inlineCard", "attrs": {"url": url}}),
        InlineKind::Kept(kept) => parse_kept(kept)?,
    }))
}

fn write_text(text: &str, marks: &Marks) -> Result<Value, WriteError> {
    let mut node = json!({"type": "text", "text": text});
    let marks = write_marks(marks)?;
    if !marks.is_empty() {
        node["marks"] = Value::Array(marks);
    }
    Ok(node)
}

pub(super) fn write_marks(marks: &Marks) -> Result<Vec<Value>, WriteError> {
    let mut list = Vec::new();
    if let Some(link) = &marks.link {
        let mut attributes = json!({"href": href(&link.href)?});
        if let Some(title) = &link.title {
            attributes["title"] = json!(title);
        }
        list.push(json!({"type": "link", "attrs": attributes}));
    }
    if marks.code {
        list.push(json!({"type": "code"}));
    } else {
        let plain = [
            (marks.strong, "strong"),
            (marks.emphasis, "em"),
            (marks.strike, "strike"),
            (marks.underline, "underline"),
        ];
        for (_, name) in plain.iter().filter(|(on, _)| *on) {
            list.push(json!({"type": name}));
        }
        if let Some(script) = marks.script {
            let name = match script {
                Script::Subscript => "sub",
                Script::Superscript => "sup",
            };
            list.push(json!({"type": "subsup", "attrs": {"type": name}}));
        }
        if let Some(colour) = marks.colour.as_deref().and_then(hex_colour) {
            list.push(json!({"type": "textColor", "attrs": {"color": colour}}));
        }
    }
    for kept in &marks.kept {
        let mark = parse_kept(kept)?;
        if !marks.code || kind(&mark) == "annotation" {
            list.push(mark);
        }
    }
    Ok(list)
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

fn write_mention(mention: &Mention) -> Result<Value, WriteError> {
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
    let mut attributes = json!({"id": id});
    if let Some(name) = &mention.name {
        attributes["text"] = json!(format!("@{name}"));
    }
    Ok(json!({"type": "mention", "attrs": attributes}))
}

fn write_emoji(emoji: &Emoji) -> Value {
    let mut attributes = Map::new();
    attributes.insert("shortName".into(), json!(format!(":{}:", emoji.name)));
    let text = emoji.text.as_deref().or(emoji::text_of(&emoji.name));
    for (key, value) in [("id", emoji.id.as_deref()), ("text", text)] {
        if let Some(value) = value {
            attributes.insert(key.into(), json!(value));
        }
    }
    json!({"type": "emoji", "attrs": attributes})
}

pub(super) fn media_single(
    image: &Image,
    marks: &Marks,
    carried: &Carried,
) -> Result<Value, WriteError> {
    let mut media =
        json!({"type": "media", "attrs": {"type": "external", "url": image_url(image)?}});
    if !image.alt.is_empty() {
        media["attrs"]["alt"] = json!(image.alt);
    }
    if let Some(link) = &marks.link {
        let attributes = json!({"href": href(&link.href)?});
        media["marks"] = json!([{"type": "link", "attrs": attributes}]);
    }
    let mut node =
        json!({"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [media]});
    carry(&mut node, carried);
    Ok(node)
}

fn colour(name: &str) -> StatusColour {
    match name {
        "purple" => StatusColour::Purple,
        "blue" => StatusColour::Blue,
        "red" => StatusColour::Red,
        "yellow" => StatusColour::Yellow,
        "green" => StatusColour::Green,
        _ => StatusColour::Neutral,
    }
}

fn colour_name(colour: StatusColour) -> &'static str {
    match colour {
        StatusColour::Neutral => "neutral",
        StatusColour::Purple => "purple",
        StatusColour::Blue => "blue",
        StatusColour::Red => "red",
        StatusColour::Yellow => "yellow",
        StatusColour::Green => "green",
    }
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
