//! What a link's destination stands for: an address, a person, a status, a day, an emoji.
//!
//! Decides by the scheme alone. Never asks whether the target exists anywhere but in the calendar.

use std::borrow::Cow;
use std::sync::Arc;

use pulldown_cmark::LinkType;

use super::escape::is_autolink;
use crate::doc::{
    Carried, Day, Emoji, Image, ImageTarget, InlineKind, Link, Mention, Status, StatusColour, User,
};

pub(super) enum LinkKind {
    Plain(Arc<Link>),
    Card(String),
    Object(Target, String),
    Image(Image),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    AccountId,
    UserKey,
    User,
    Status,
    Date,
    Emoji,
}

/// A destination without the control characters that no address can hold; a line's end is spelled `%0A` later.
pub(super) fn printable(destination: &str) -> Cow<'_, str> {
    let is_lost = |char| matches!(char, '\u{0}'..='\u{1f}') && !matches!(char, '\n' | '\r');
    if destination.contains(is_lost) {
        destination.replace(is_lost, "").into()
    } else {
        destination.into()
    }
}

pub(super) fn link_kind(link_type: LinkType, href: &str, title: &str) -> LinkKind {
    let targets = [
        ("accountid:", Target::AccountId),
        ("userkey:", Target::UserKey),
        ("user:", Target::User),
        ("status:", Target::Status),
        ("date:", Target::Date),
        ("emoji:", Target::Emoji),
    ];
    for (scheme, target) in targets {
        let Some(value) = href.strip_prefix(scheme).filter(|value| !value.is_empty()) else {
            continue;
        };
        let exists = match target {
            Target::Status => StatusColour::named(value).is_some(),
            Target::Date => Day::parse(value).is_some(),
            _ => true,
        };
        if exists {
            return LinkKind::Object(target, value.to_owned());
        }
    }
    let web = ["http://", "https://"]
        .iter()
        .any(|scheme| href.starts_with(scheme));
    match link_type {
        // Only what can be written so again; any other address is an ordinary link.
        LinkType::Autolink if web && is_autolink(href) => LinkKind::Card(href.to_owned()),
        LinkType::Email => LinkKind::Plain(Arc::new(Link::to(format!("mailto:{href}")))),
        _ => LinkKind::Plain(Arc::new(Link {
            title: (!title.is_empty()).then(|| title.to_owned()),
            ..Link::to(href)
        })),
    }
}

pub(super) fn object(target: Target, value: String, label: &str) -> InlineKind {
    let user = match target {
        Target::Status => {
            return InlineKind::Status(Box::new(Status {
                text: label.to_owned(),
                colour: StatusColour::named(&value).unwrap_or(StatusColour::Neutral),
                carried: Carried::default(),
            }));
        }
        Target::Date => match Day::parse(&value) {
            Some(day) => return InlineKind::date(day),
            None => return InlineKind::Text(value.into()),
        },
        Target::Emoji => {
            return InlineKind::Emoji(Box::new(Emoji::named(value)));
        }
        Target::AccountId => User::AccountId(value.clone()),
        Target::UserKey => User::Key(value.clone()),
        Target::User => User::Name(value.clone()),
    };
    let name = label.strip_prefix('@').unwrap_or(label).trim();
    // An autolink shows its own target.
    let named = !name.is_empty() && name.split_once(':').is_none_or(|(_, rest)| rest != value);
    InlineKind::Mention(Box::new(Mention {
        user,
        name: named.then(|| name.to_owned()),
        carried: Carried::default(),
    }))
}

/// An address is a URL; a bare name is an attachment.
pub(super) fn image_target(target: &str) -> ImageTarget {
    let is_url =
        target.contains("://") || target.starts_with(['/', '#']) || target.starts_with("data:");
    if is_url {
        ImageTarget::Url(target.to_owned())
    } else {
        ImageTarget::Attachment(target.to_owned())
    }
}
