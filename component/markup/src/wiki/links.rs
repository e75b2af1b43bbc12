//! Links, people, images and free addresses of wiki markup, read.
//!
//! Decides what brackets and exclamation marks must hold to be more than text.

use std::sync::Arc;

use super::inline::{Reader, next_of};
use super::macros;
use crate::doc::{
    Carried, Format, Image, ImageTarget, Inline, InlineKind, Kept, Link, Marks, Mention, User,
};

impl Reader<'_> {
    pub(super) fn link(&mut self) -> bool {
        let Some(end) = next_of(&mut self.next.bracket, self.text, "]", self.at) else {
            return false;
        };
        let inside = &self.text[self.at + 1..end];
        if inside.is_empty() || inside.contains('[') {
            return false;
        }
        let length = inside.len() + 2;
        let user = inside.strip_prefix('~');
        if let Some(user) = user.filter(|user| !user.is_empty() && !user.contains('|')) {
            let user = match user.strip_prefix("accountid:") {
                Some(id) => User::AccountId(id.to_owned()),
                None => User::Name(user.to_owned()),
            };
            let mention = Mention {
                user,
                name: None,
                carried: Carried::default(),
            };
            return self.push(
                InlineKind::Mention(Box::new(mention)),
                Marks::default(),
                length,
            );
        }
        let (text, rest) = match inside.split_at(cell_end(inside)) {
            (first, "") => (None, first),
            (first, rest) => (Some(first), &rest[1..]),
        };
        let (target, style) = match rest.split_once('|') {
            Some((target, style)) => (target.trim(), Some(style)),
            None => (rest.trim(), None),
        };
        if style == Some("smart-link") {
            return self.push(InlineKind::card(target), Marks::default(), length);
        }
        let href = match target.strip_prefix('^') {
            Some(name) => format!("attachment:{name}"),
            None => target.to_owned(),
        };
        if !is_target(target) {
            return false;
        }
        if style.is_some_and(|style| style.starts_with("smart-")) {
            let source = self.rest()[..length].to_owned();
            let label = format!("card {target}");
            let kept = Kept::new(&label, Format::Wiki, source, String::new());
            return self.push(InlineKind::Kept(Box::new(kept)), Marks::default(), length);
        }
        let title = style.map(|title| title.trim().to_owned());
        let title = title.filter(|title| !title.is_empty());
        let link = Arc::new(Link {
            title,
            ..Link::to(href)
        });
        let shown = text.filter(|text| !text.is_empty());
        self.flush();
        let first = self.runs.len();
        match shown {
            Some(text) => Reader::new(text, true, self.names).all(&mut self.runs),
            None => {
                let text = target.trim_start_matches('^');
                self.runs.push(Inline::text(text));
            }
        }
        for run in &mut self.runs[first..] {
            run.marks.link = Some(link.clone());
        }
        self.pass(length)
    }

    pub(super) fn image(&mut self) -> bool {
        let after = self.rest()[1..].chars().next();
        if self.before().is_some_and(char::is_alphanumeric) || after.is_none_or(char::is_whitespace)
        {
            return false;
        }
        let Some(end) = next_of(&mut self.next.bang, self.text, "!", self.at + 1) else {
            return false;
        };
        let inside = &self.text[self.at + 1..end];
        let (name, attributes) = inside.split_once('|').unwrap_or((inside, ""));
        if !is_image(inside) {
            return false;
        }
        let alt = attributes
            .split(',')
            .find_map(|attribute| attribute.trim().strip_prefix("alt="))
            .map(|alt| alt.trim_matches('"').to_owned());
        let rest: Vec<&str> = attributes
            .split(',')
            .filter(|attribute| {
                !attribute.trim().is_empty() && !attribute.trim().starts_with("alt=")
            })
            .collect();
        let target = if name.contains("://") {
            ImageTarget::Url(name.to_owned())
        } else {
            ImageTarget::Attachment(name.to_owned())
        };
        let image = Image {
            target,
            alt: alt.unwrap_or_default(),
            title: None,
            carried: Carried::new(Format::Wiki, rest.join(",")),
        };
        self.push(
            InlineKind::Image(Box::new(image)),
            Marks::default(),
            inside.len() + 2,
        )
    }

    /// An address whose `://` is at the cursor.
    pub(super) fn url(&mut self) -> bool {
        let before = &self.text[self.from..self.at];
        let mut schemes = ["https", "http", "ftp"].into_iter();
        let Some(scheme) = schemes.find(|scheme| before.ends_with(scheme)) else {
            return false;
        };
        let begin = self.at - scheme.len();
        let joined = self.text[..begin].ends_with(char::is_alphanumeric);
        if joined || self.in_link {
            return false;
        }
        let rest = &self.text[begin..];
        let end = rest
            .find(|char: char| char.is_whitespace() || "|[]{}<>\"!\\^*".contains(char))
            .unwrap_or(rest.len());
        let url =
            rest[..end].trim_end_matches(['.', ',', ':', ';', '?', '\'', ')', '_', '-', '~', '+']);
        if url.split_once("//").is_none_or(|(_, host)| host.is_empty()) {
            return false;
        }
        let marks = Marks {
            link: Some(Arc::new(Link::to(url))),
            ..Marks::default()
        };
        self.at = begin;
        self.push(InlineKind::Text(url.into()), marks, url.len())
    }
}

/// Where the cell at the start of `text` ends: before a `|` outside of links, images and escapes.
pub(super) fn cell_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    // Without an end ahead none is looked for again.
    let (mut links, mut images, mut codes) = (true, true, true);
    while at < bytes.len() {
        match bytes[at] {
            b'{' if codes => match macros::code_end(&text[at..]) {
                Some(Some(end)) => at += end - 1,
                Some(None) => codes = false,
                None => {}
            },
            b'\\' => at += 1,
            b'|' => return at,
            b'[' if links => {
                let inside = text[at + 1..].find(['[', ']', '\n']);
                match inside {
                    Some(end) if bytes[at + 1 + end] == b']' => at += end + 1,
                    Some(_) => {}
                    None => links = false,
                }
            }
            b'!' if images => match text[at + 1..].find(['!', '\n']) {
                Some(end) if bytes[at + 1 + end] == b'!' && is_image(&text[at + 1..][..end]) => {
                    at += end + 1;
                }
                Some(_) => {}
                None => images = false,
            },
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// What stands between two exclamation marks names a file, and nothing in it is markup.
fn is_image(inside: &str) -> bool {
    let (name, attributes) = inside.split_once('|').unwrap_or((inside, ""));
    name.contains('.')
        && !name.contains(char::is_whitespace)
        && !name.contains(['|', '"', '{', '[', '\\'])
        && !attributes.contains(['[', '{', '\\', '\n'])
}

/// What a link may point at; other brackets are text.
fn is_target(target: &str) -> bool {
    [
        "http://",
        "https://",
        "mailto:",
        "ftp://",
        "file:",
        "#",
        "^",
        "/",
        "page:",
        "attachment:",
    ]
    .iter()
    .any(|start| target.len() > start.len() && target.starts_with(start))
}
