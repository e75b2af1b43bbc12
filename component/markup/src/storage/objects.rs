//! Elements of running text that the tree has a word for.
//!
//! Decides what each one says. An element that says more than the word can hold is none of them.

use std::borrow::Cow;

use super::inline::plain_mark;
use super::macros::with_inner;
use super::rows::{attribute, is_editors};
use super::shape::is_macro;
use super::write::parameter;
use super::xml::Element;
use crate::doc::{
    Card, Carried, Day, Emoji, Format, Image, ImageTarget, InlineKind, Marks, Status, StatusColour,
    User,
};
use crate::emoji;
use crate::page_link::PageLink;

/// The marks inside an element that is one.
pub(super) fn mark(element: &Element<'_>, marks: &Marks) -> Option<Marks> {
    if element.name != "span" {
        return plain_mark(element.name, marks);
    }
    if element.attributes.trim().is_empty() || is_editors(element) {
        return Some(marks.clone());
    }
    let colour = span_colour(element)?;
    Some(Marks {
        colour: Some(colour.into()),
        ..marks.clone()
    })
}

pub(super) fn object(element: &Element<'_>) -> Option<InlineKind> {
    Some(match element.name {
        "br" => InlineKind::HardBreak,
        "a" if is_card(element) => {
            let inline = element.value("data-card-appearance").as_deref() == Some("inline");
            let said = if inline { CARD } else { &CARD[..1] };
            InlineKind::Card(Box::new(Card {
                url: element.value("href")?.into_owned(),
                carried: others(element, said),
            }))
        }
        "time" => InlineKind::Date {
            day: Day::parse(&element.value("datetime")?)?,
            carried: others(element, &["datetime"]),
        },
        "img" => InlineKind::Image(Box::new(Image {
            target: ImageTarget::Url(element.value("src")?.into_owned()),
            alt: trimmed(element, "alt"),
            title: element.value("title").map(Cow::into_owned),
            carried: Carried::default(),
        })),
        "ac:image" => InlineKind::Image(Box::new(image(element)?)),
        "ac:emoticon" => InlineKind::Emoji(Box::new(emoticon(element)?)),
        _ if is_macro(element) && element.value("ac:name").as_deref() == Some("status") => {
            let title = element.parameter("title").unwrap_or_default();
            let colour = element.parameter("colour").unwrap_or_default();
            InlineKind::Status(Box::new(Status {
                text: title.trim().to_owned(),
                // Confluence calls its neutral one Grey.
                colour: StatusColour::named(&colour.to_ascii_lowercase())
                    .unwrap_or(StatusColour::Neutral),
                carried: status_carried(element),
            }))
        }
        _ => return None,
    })
}

const CARD: &[&str] = &["href", "data-card-appearance"];
const EMOTICON: &[&str] = &[
    "ac:name",
    "ac:emoji-shortname",
    "ac:emoji-fallback",
    "ac:emoji-id",
];

/// The attributes that the tree does not hold.
pub(super) fn others(element: &Element<'_>, said: &[&str]) -> Carried {
    let others = element.values().filter(|(key, _)| !said.contains(key));
    let others: String = others.map(|(key, value)| attribute(key, &value)).collect();
    Carried::new(Format::Storage, others)
}

/// A status has parameters besides its words and its colour.
fn status_carried(element: &Element<'_>) -> Carried {
    let said = |child: &Element<'_>| child.is_parameter("title") || child.is_parameter("colour");
    let parameters = element.elements().filter(|child| !said(child));
    let parameters = parameters.filter_map(|child| {
        let name = child.value("ac:name")?;
        (child.name == "ac:parameter").then(|| parameter(&name, &child.text()))
    });
    let attributes = others(element, &["ac:name"]);
    match attributes.of(Format::Storage) {
        None => with_inner("", &parameters.collect::<String>()),
        Some(_) => with_inner(element.attributes, &parameters.collect::<String>()),
    }
}

/// What an `ac:link` and what it points at carry.
pub(super) fn link_carried(element: &Element<'_>) -> Carried {
    let resource = element
        .elements()
        .find(|child| child.name.starts_with("ri:"));
    let said: &[&str] = match &resource {
        Some(_) => &["ac:anchor"],
        None => &[],
    };
    let own = others(element, said);
    let inner = resource.map(|resource| source(&others(&resource, RESOURCE)));
    with_inner(&source(&own), &inner.unwrap_or_default())
}

fn source(carried: &Carried) -> String {
    carried.of(Format::Storage).unwrap_or("").to_owned()
}

const RESOURCE: &[&str] = &[
    "ri:account-id",
    "ri:userkey",
    "ri:username",
    "ri:content-title",
    "ri:space-key",
    "ri:filename",
];

/// A link that shows what the product knows of its target, not words of its own.
pub(super) fn is_card(element: &Element<'_>) -> bool {
    let says_address = || {
        let text = element.text();
        text.trim().is_empty() || Some(text.trim()) == element.value("href").as_deref()
    };
    element.value("data-card-appearance").is_some() && says_address()
}

pub(super) enum Target {
    User(User),
    /// The address, and what to show where the link has no text.
    Address(String, String),
}

/// What an `ac:link` points at, if it can be said in one address.
pub(super) fn link(element: &Element<'_>) -> Option<Target> {
    let anchor = element.value("ac:anchor").map(Cow::into_owned);
    let resource = element
        .elements()
        .find(|child| child.name.starts_with("ri:"));
    let Some(resource) = resource else {
        let anchor = anchor?;
        return Some(Target::Address(format!("#{anchor}"), anchor));
    };
    if !resource.is_empty() {
        return None;
    }
    let value = |name| resource.value(name).map(Cow::into_owned);
    match resource.name {
        "ri:user" => {
            let id = value("ri:account-id").map(User::AccountId);
            let key = || value("ri:userkey").map(User::Key);
            let name = || value("ri:username").map(User::Name);
            id.or_else(key).or_else(name).map(Target::User)
        }
        "ri:page" => {
            let title = value("ri:content-title")?;
            let link = PageLink {
                space: value("ri:space-key"),
                title: title.clone(),
                anchor,
            };
            (!title.is_empty()).then(|| Target::Address(link.href(), title))
        }
        "ri:attachment" => {
            let name = value("ri:filename")?;
            Some(Target::Address(format!("attachment:{name}"), name))
        }
        _ => None,
    }
}

fn image(element: &Element<'_>) -> Option<Image> {
    let mut inside = element.elements();
    let (Some(resource), None) = (inside.next(), inside.next()) else {
        return None;
    };
    if !resource.is_empty() {
        return None;
    }
    let target = match resource.name {
        "ri:attachment" => ImageTarget::Attachment(resource.value("ri:filename")?.into_owned()),
        "ri:url" => ImageTarget::Url(resource.value("ri:value")?.into_owned()),
        _ => return None,
    };
    Some(Image {
        target,
        alt: trimmed(element, "ac:alt"),
        title: element.value("ac:title").map(Cow::into_owned),
        carried: with_inner(
            &source(&others(element, &["ac:alt", "ac:title"])),
            &source(&others(&resource, &["ri:filename", "ri:value"])),
        ),
    })
}

fn trimmed(element: &Element<'_>, name: &str) -> String {
    element.value(name).unwrap_or_default().trim().to_owned()
}

fn emoticon(element: &Element<'_>) -> Option<Emoji> {
    let named = element.value("ac:emoji-shortname");
    let named = named.as_deref().map(|name| name.trim_matches(':'));
    let name = match named.filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None => {
            let name = element.value("ac:name")?;
            emoji::from_storage(&name).unwrap_or(&name).to_owned()
        }
    };
    let usual = emoji::text_of(&name);
    let own = |key| {
        let value = element.value(key).filter(|_| usual.is_none());
        value.map(Cow::into_owned)
    };
    // The id of an emoji that every site knows is carried beside its name.
    let said = match usual {
        None => EMOTICON,
        Some(_) => &EMOTICON[..3],
    };
    Some(Emoji {
        carried: others(element, said),
        id: own("ac:emoji-id"),
        text: own("ac:emoji-fallback"),
        name,
    })
}

/// The colour of a span whose style says nothing else.
fn span_colour(element: &Element<'_>) -> Option<String> {
    let mut values = element.values();
    let (Some((key, style)), None) = (values.next(), values.next()) else {
        return None;
    };
    let style = style.trim().trim_end_matches(';');
    let colour = style
        .strip_prefix("color:")
        .filter(|_| key == "style")?
        .trim();
    let channels = colour
        .strip_prefix("rgb(")
        .and_then(|rest| rest.strip_suffix(')'));
    if let Some(channels) = channels {
        let channels: Vec<u8> = channels
            .split(',')
            .filter_map(|channel| channel.trim().parse().ok())
            .collect();
        let [red, green, blue] = channels.as_slice() else {
            return None;
        };
        return Some(format!("#{red:02x}{green:02x}{blue:02x}"));
    }
    let plain = colour
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
    (plain && !colour.is_empty()).then(|| colour.to_owned())
}
