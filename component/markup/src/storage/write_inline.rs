//! Runs of text with marks, written as storage format.
//!
//! Decides the element of each mark and object, and how each kind of link names its target.

use super::write::{carried, escape, macro_start, origin, parameter};
use crate::doc::{
    Emoji, Image, ImageTarget, Inline, InlineKind, Link, Mention, Script, StatusColour, User,
};
use crate::emoji;
use crate::error::WriteError;
use crate::nesting::{self, Mark, Step};
use crate::page_link::PageLink;

pub(super) fn inlines(content: &[Inline]) -> Result<String, WriteError> {
    let mut out = String::new();
    for step in nesting::steps(content, |_, _| true) {
        match step {
            Step::Open(mark) => out.push_str(&open(mark)?),
            Step::Close(mark) => out.push_str(&close(mark)?),
            Step::Run(_, run) => out.push_str(&object(&run.kind)?),
        }
    }
    Ok(out)
}

fn tag(mark: Mark<'_>) -> &'static str {
    match mark {
        Mark::Strong => "strong",
        Mark::Emphasis => "em",
        Mark::Strike => "del",
        Mark::Underline => "u",
        Mark::Script(Script::Subscript) => "sub",
        Mark::Script(Script::Superscript) => "sup",
        Mark::Code => "code",
        Mark::Kept(_) | Mark::Colour(_) => "span",
        Mark::Link(_) => "a",
    }
}

fn open(mark: Mark<'_>) -> Result<String, WriteError> {
    Ok(match mark {
        Mark::Kept(kept) => origin(kept)?.open.clone(),
        Mark::Colour(colour) => format!("<span style=\"color: {};\">", escape(colour)),
        Mark::Link(link) => match resource(link) {
            Some(resource) => format!("{resource}<ac:link-body>"),
            None => {
                let title = link.title.as_deref();
                let title = title.map(|title| format!(" title=\"{}\"", escape(title)));
                format!(
                    "<a href=\"{}\"{}{}>",
                    escape(&link.href),
                    title.unwrap_or_default(),
                    carried(&link.carried).0
                )
            }
        },
        plain => format!("<{}>", tag(plain)),
    })
}

fn close(mark: Mark<'_>) -> Result<String, WriteError> {
    Ok(match mark {
        Mark::Kept(kept) => origin(kept)?.close.clone(),
        Mark::Link(link) if resource(link).is_some() => "</ac:link-body></ac:link>".to_owned(),
        plain => format!("</{}>", tag(plain)),
    })
}

/// The beginning of an `ac:link` to a page or an attachment.
fn resource(link: &Link) -> Option<String> {
    let (attributes, inside) = carried(&link.carried);
    if link.href.starts_with('#') {
        // A link to an anchor of the page carries it; an address of that kind does not.
        let is_anchor = attributes.contains("ac:anchor=");
        return is_anchor.then(|| format!("<ac:link{attributes}>"));
    }
    if let Some(page) = PageLink::parse(&link.href) {
        let space = page.space.as_deref();
        let space = space.map(|space| format!(" ri:space-key=\"{}\"", escape(space)));
        let anchor = page.anchor.as_deref();
        let anchor = anchor.map(|anchor| format!(" ac:anchor=\"{}\"", escape(anchor)));
        return Some(format!(
            "<ac:link{}{attributes}><ri:page ri:content-title=\"{}\"{}{inside} />",
            anchor.unwrap_or_default(),
            escape(&page.title),
            space.unwrap_or_default()
        ));
    }
    let name = link.href.strip_prefix("attachment:")?;
    let name = escape(name);
    Some(format!(
        "<ac:link{attributes}><ri:attachment ri:filename=\"{name}\"{inside} />"
    ))
}

fn object(kind: &InlineKind) -> Result<String, WriteError> {
    Ok(match kind {
        InlineKind::Text(text) => escape(text),
        InlineKind::HardBreak => "<br />".to_owned(),
        InlineKind::SoftBreak => "\n".to_owned(),
        InlineKind::Image(image) => write_image(image),
        InlineKind::Mention(mention) => write_mention(mention),
        InlineKind::Status(status) => {
            let colour = match status.colour {
                StatusColour::Neutral => "Grey",
                StatusColour::Purple => "Purple",
                StatusColour::Blue => "Blue",
                StatusColour::Red => "Red",
                StatusColour::Yellow => "Yellow",
                StatusColour::Green => "Green",
            };
            let (attributes, others) = carried(&status.carried);
            let inside = format!(
                "{}{}{others}",
                parameter("colour", colour),
                parameter("title", &status.text)
            );
            format!(
                "{}</ac:structured-macro>",
                macro_start("status", attributes, &inside)
            )
        }
        InlineKind::Emoji(emoji) => write_emoji(emoji),
        InlineKind::Date { day, carried: more } => {
            format!("<time datetime=\"{day}\"{} />", carried(more).0)
        }
        InlineKind::Card(card) => {
            let (url, more) = (escape(&card.url), carried(&card.carried).0);
            let appearance = match more.contains("data-card-appearance=") {
                true => "",
                false => " data-card-appearance=\"inline\"",
            };
            format!("<a href=\"{url}\"{appearance}{more}>{url}</a>")
        }
        InlineKind::Kept(kept) => origin(kept)?.open.clone(),
    })
}

fn write_image(image: &Image) -> String {
    let mut attributes = String::new();
    if !image.alt.is_empty() {
        attributes.push_str(&format!(" ac:alt=\"{}\"", escape(&image.alt)));
    }
    if let Some(title) = &image.title {
        attributes.push_str(&format!(" ac:title=\"{}\"", escape(title)));
    }
    let (others, inside) = carried(&image.carried);
    attributes.push_str(others);
    let target = match &image.target {
        ImageTarget::Url(url) => format!("<ri:url ri:value=\"{}\"{inside} />", escape(url)),
        ImageTarget::Attachment(name) => {
            format!("<ri:attachment ri:filename=\"{}\"{inside} />", escape(name))
        }
    };
    format!("<ac:image{attributes}>{target}</ac:image>")
}

/// The name is Confluence's to show.
fn write_mention(mention: &Mention) -> String {
    let user = match &mention.user {
        User::AccountId(id) => format!("ri:account-id=\"{}\"", escape(id)),
        User::Key(key) => format!("ri:userkey=\"{}\"", escape(key)),
        User::Name(name) => format!("ri:username=\"{}\"", escape(name)),
    };
    let (attributes, inside) = carried(&mention.carried);
    format!("<ac:link{attributes}><ri:user {user}{inside} /></ac:link>")
}

fn write_emoji(emoji: &Emoji) -> String {
    // The editor writes this name for every emoji that had none in the old set.
    let name = emoji::storage_of(&emoji.name).unwrap_or("blue-star");
    let mut attributes = format!(
        "ac:name=\"{name}\" ac:emoji-shortname=\":{}:\"",
        escape(&emoji.name)
    );
    let text = emoji.text.as_deref().or(emoji::text_of(&emoji.name));
    for (key, value) in [
        ("ac:emoji-id", emoji.id.as_deref()),
        ("ac:emoji-fallback", text),
    ] {
        if let Some(value) = value {
            attributes.push_str(&format!(" {key}=\"{}\"", escape(value)));
        }
    }
    format!("<ac:emoticon {attributes}{} />", carried(&emoji.carried).0)
}
