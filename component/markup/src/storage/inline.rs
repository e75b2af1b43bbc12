//! Elements of running text.
//!
//! Decides which are marks, which are objects and which links the tree can name.

use super::read::{Reader, macro_label};
use super::xml::{Element, Node};
use crate::doc::{
    Carried, Day, Emoji, Format, Image, ImageTarget, Inline, InlineKind, Link, Marks, Mention,
    Script, Span, StatusColour, User,
};
use crate::emoji;
use crate::page_link::PageLink;

const INLINE: &[&str] = &[
    "a",
    "abbr",
    "ac:emoticon",
    "ac:image",
    "ac:inline-comment-marker",
    "ac:link",
    "ac:placeholder",
    "b",
    "big",
    "br",
    "cite",
    "code",
    "del",
    "em",
    "font",
    "i",
    "img",
    "ins",
    "label",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "time",
    "tt",
    "u",
    "var",
];

pub(super) fn is_inline(element: &Element<'_>) -> bool {
    INLINE.contains(&element.name)
        || is_macro(element) && element.value("ac:name") == Some("status")
        || is_macro(element)
            && element.child("ac:rich-text-body").is_none()
            && is_inline_macro(element)
}

/// Whether an element may stand amid the text of a paragraph: a macro without content may.
pub(super) fn fits_in_line(element: &Element<'_>) -> bool {
    let is_empty_macro = is_macro(element)
        && element.child("ac:rich-text-body").is_none()
        && element.child("ac:plain-text-body").is_none();
    is_inline(element) || is_empty_macro
}

fn is_macro(element: &Element<'_>) -> bool {
    matches!(element.name, "ac:structured-macro" | "ac:macro")
}

/// Macros of one line that stand amid text; the editor says so itself for the others.
fn is_inline_macro(element: &Element<'_>) -> bool {
    matches!(
        element.value("ac:name"),
        Some("anchor" | "jira" | "mathinline" | "profile")
    ) && element.child("ac:plain-text-body").is_none()
        || element.parameter("atlassian-macro-output-type").as_deref() == Some("INLINE")
}

impl Reader<'_> {
    pub(super) fn inlines(&self, nodes: &[Node<'_>], marks: &Marks) -> Vec<Inline> {
        let mut runs = Vec::new();
        for node in nodes {
            match node {
                Node::Text(text, span) => {
                    let text = InlineKind::Text(collapse(text));
                    let run = Inline::new(text, marks.clone());
                    runs.push(run.at(Span::Bytes(span.clone())));
                }
                Node::Element(element) => self.element(element, marks, &mut runs),
            }
        }
        runs
    }

    fn element(&self, element: &Element<'_>, marks: &Marks, runs: &mut Vec<Inline>) {
        let mut inside = marks.clone();
        match element.name {
            "strong" | "b" => inside.strong = true,
            "em" | "i" => inside.emphasis = true,
            "del" | "s" | "strike" => inside.strike = true,
            "u" | "ins" => inside.underline = true,
            "code" | "tt" | "samp" => inside.code = true,
            "sub" => inside.script = Some(Script::Subscript),
            "sup" => inside.script = Some(Script::Superscript),
            "span" if element.attributes.trim().is_empty() => {}
            "span" if span_colour(element).is_some() => inside.colour = span_colour(element),
            "a" if element.value("href").is_some()
                && element.value("data-card-appearance").is_none() =>
            {
                let href = element.value("href").unwrap_or("").to_owned();
                if element.text().is_empty() && element.elements().next().is_none() {
                    inside.link = Some(Link {
                        href: href.clone(),
                        title: None,
                    });
                    let text = Inline::new(InlineKind::Text(href), inside);
                    return runs.push(text.at(Span::Bytes(element.span.clone())));
                }
                inside.link = Some(Link {
                    href,
                    title: element.value("title").map(str::to_owned),
                });
            }
            // Paragraphs inside a mark: the mark goes on, on a new line.
            "p" | "div" => {
                let line = self.inlines(&element.children, marks);
                let gap = || Inline::new(InlineKind::HardBreak, marks.clone());
                runs.push(gap());
                runs.extend(line);
                return runs.push(gap());
            }
            "ac:link" => {
                if let Some(link) = link(element) {
                    return self.link(element, link, marks, runs);
                }
            }
            _ => {}
        }
        if inside != *marks || element.name == "span" && element.attributes.trim().is_empty() {
            return runs.extend(self.inlines(&element.children, &inside));
        }
        let kind = match self.object(element) {
            Some(kind) => kind,
            // The same mark twice, or a mark within itself.
            None if is_mark(element.name) => {
                return runs.extend(self.inlines(&element.children, &inside));
            }
            None if element.inner.is_empty()
                || !is_inline(element)
                || is_macro(element)
                || element.name == "ac:link" =>
            {
                let label = label(element);
                InlineKind::Kept(self.keep(&label, element, false))
            }
            None => {
                inside.kept.push(self.keep(&label(element), element, true));
                return runs.extend(self.inlines(&element.children, &inside));
            }
        };
        runs.push(Inline::new(kind, inside).at(Span::Bytes(element.span.clone())));
    }

    fn object(&self, element: &Element<'_>) -> Option<InlineKind> {
        Some(match element.name {
            "br" => InlineKind::HardBreak,
            "a" => InlineKind::Card {
                url: element.value("href")?.to_owned(),
            },
            "time" => InlineKind::Date(Day::parse(element.value("datetime")?)?),
            "img" => InlineKind::Image(Image {
                target: ImageTarget::Url(element.value("src")?.to_owned()),
                alt: element.value("alt").unwrap_or("").trim().to_owned(),
                title: element.value("title").map(str::to_owned),
                carried: Carried::default(),
            }),
            "ac:image" => InlineKind::Image(image(element)?),
            "ac:emoticon" => InlineKind::Emoji(emoticon(element)?),
            _ if is_macro(element) && element.value("ac:name") == Some("status") => {
                InlineKind::Status {
                    text: element
                        .parameter("title")
                        .unwrap_or_default()
                        .trim()
                        .to_owned(),
                    colour: colour(&element.parameter("colour").unwrap_or_default()),
                }
            }
            _ => return None,
        })
    }

    fn link(&self, element: &Element<'_>, target: Target, marks: &Marks, runs: &mut Vec<Inline>) {
        let span = Span::Bytes(element.span.clone());
        let (href, fallback) = match target {
            Target::User(user) => {
                let body = link_body(element).map(Element::text).unwrap_or_default();
                let name = body.trim().trim_start_matches('@').to_owned();
                let mention = Mention {
                    user,
                    name: (!name.is_empty()).then_some(name),
                };
                let mention = Inline::new(InlineKind::Mention(mention), marks.clone());
                return runs.push(mention.at(span));
            }
            Target::Address(href, fallback) => (href, fallback),
        };
        let marks = Marks {
            link: Some(Link { href, title: None }),
            ..marks.clone()
        };
        let body = link_body(element).map(|body| self.inlines(&body.children, &marks));
        match body {
            Some(body) if !body.is_empty() => runs.extend(body),
            _ => runs.push(Inline::new(InlineKind::Text(fallback), marks).at(span)),
        }
    }
}

fn is_mark(name: &str) -> bool {
    matches!(
        name,
        "strong"
            | "b"
            | "em"
            | "i"
            | "del"
            | "s"
            | "strike"
            | "u"
            | "ins"
            | "code"
            | "tt"
            | "samp"
            | "sub"
            | "sup"
    )
}

enum Target {
    User(User),
    /// The address, and what to show where the link has no text.
    Address(String, String),
}

fn link_body<'e, 'a>(element: &'e Element<'a>) -> Option<&'e Element<'a>> {
    element
        .child("ac:link-body")
        .or_else(|| element.child("ac:plain-text-link-body"))
}

/// What an `ac:link` points at, if it can be said in one address.
fn link(element: &Element<'_>) -> Option<Target> {
    let anchor = element.value("ac:anchor").map(str::to_owned);
    let resource = element
        .elements()
        .find(|child| child.name.starts_with("ri:"));
    let Some(resource) = resource else {
        let anchor = anchor?;
        return Some(Target::Address(format!("#{anchor}"), anchor));
    };
    if !resource.children.is_empty() {
        return None;
    }
    match resource.name {
        "ri:user" => {
            let id = resource
                .value("ri:account-id")
                .map(|id| User::AccountId(id.into()));
            let key = || {
                resource
                    .value("ri:userkey")
                    .map(|key| User::Key(key.into()))
            };
            let name = || {
                resource
                    .value("ri:username")
                    .map(|name| User::Name(name.into()))
            };
            id.or_else(key).or_else(name).map(Target::User)
        }
        "ri:page" => {
            let title = resource.value("ri:content-title")?.to_owned();
            let link = PageLink {
                space: resource.value("ri:space-key").map(str::to_owned),
                title: title.clone(),
                anchor,
            };
            (!title.is_empty()).then(|| Target::Address(link.href(), title))
        }
        "ri:attachment" => {
            let name = resource.value("ri:filename")?.to_owned();
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
    if !resource.children.is_empty() {
        return None;
    }
    let target = match resource.name {
        "ri:attachment" => ImageTarget::Attachment(resource.value("ri:filename")?.to_owned()),
        "ri:url" => ImageTarget::Url(resource.value("ri:value")?.to_owned()),
        _ => return None,
    };
    let known = ["ac:alt", "ac:title"];
    let rest = element
        .values
        .iter()
        .filter(|(key, _)| !known.contains(&key.as_str()));
    let carried: String = rest
        .map(|(key, value)| format!(" {key}=\"{}\"", super::write::escape(value)))
        .collect();
    Some(Image {
        target,
        alt: element.value("ac:alt").unwrap_or("").trim().to_owned(),
        title: element.value("ac:title").map(str::to_owned),
        carried: Carried::new(Format::Storage, carried),
    })
}

fn emoticon(element: &Element<'_>) -> Option<Emoji> {
    let named = element
        .value("ac:emoji-shortname")
        .map(|name| name.trim_matches(':'));
    let name = match named.filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None => {
            let name = element.value("ac:name")?;
            emoji::from_storage(name).unwrap_or(name).to_owned()
        }
    };
    let usual = emoji::text_of(&name).is_some();
    let own = |key| element.value(key).filter(|_| !usual).map(str::to_owned);
    Some(Emoji {
        id: own("ac:emoji-id"),
        text: own("ac:emoji-fallback"),
        name,
    })
}

fn label(element: &Element<'_>) -> String {
    match element.name {
        "ac:inline-comment-marker" => "comment".to_owned(),
        "ac:image" => {
            let name = element
                .child("ri:attachment")
                .and_then(|file| file.value("ri:filename"));
            format!("image {}", name.unwrap_or(""))
        }
        "ac:link" => format!(
            "link {}",
            link_body(element).map(Element::text).unwrap_or_default()
        ),
        "ac:placeholder" => format!("placeholder {}", element.text()),
        _ if is_macro(element) => macro_label(element),
        other => other.strip_prefix("ac:").unwrap_or(other).to_owned(),
    }
}

fn colour(name: &str) -> StatusColour {
    match name.to_ascii_lowercase().as_str() {
        "purple" => StatusColour::Purple,
        "blue" => StatusColour::Blue,
        "red" => StatusColour::Red,
        "yellow" => StatusColour::Yellow,
        "green" => StatusColour::Green,
        _ => StatusColour::Neutral,
    }
}

/// The colour of a span whose style says nothing else.
fn span_colour(element: &Element<'_>) -> Option<String> {
    let [(key, style)] = element.values.as_slice() else {
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

/// Line ends and tabs of the source are spaces; spaces stay as many as they are.
fn collapse(text: &str) -> String {
    if !text.contains(['\n', '\t', '\r']) {
        return text.to_owned();
    }
    let mut collapsed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find([' ', '\n', '\t', '\r']) {
        collapsed.push_str(&rest[..at]);
        let after = rest[at..].trim_start_matches([' ', '\n', '\t', '\r']);
        let blank = &rest[at..rest.len() - after.len()];
        collapsed.push_str(if blank.contains(['\n', '\t', '\r']) {
            " "
        } else {
            blank
        });
        rest = after;
    }
    collapsed.push_str(rest);
    collapsed
}
