//! Macros of wiki markup: `{name}` and `{name:a=b|c}`.
//!
//! Decides what their tags say, and which names are macros at all: braces alone are text.

use std::collections::BTreeSet;

use memchr::memchr_iter;

use super::markers::Between;
use super::{NOFORMAT, PANELS};
use crate::doc::{Carried, Format, PanelKind};

/// Macros around blocks, beside `{quote}`.
pub(super) const CONTAINERS: &[&str] = &["panel", "info", "note", "tip", "warning"];

/// Macros that the readers of lines and runs have words for.
const WORDS: &[&str] = &[
    "code", "noformat", "quote", "panel", "info", "note", "tip", "warning", "color",
];

/// Macros of one tag that show something of their own.
const SINGLE: &[&str] = &[
    "anchor",
    "attachments",
    "chart",
    "children",
    "gallery",
    "include",
    "jira",
    "jiraissues",
    "junitreport",
    "loremipsum",
    "toc",
    "vote",
    "widget",
];

/// The names that a text uses as macros the tree has no word for.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    used: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
    /// A name with parameters is one, and a name that stands twice may close itself.
    pub(super) fn of(source: &'a str) -> Self {
        let mut used: BTreeSet<&str> = BTreeSet::new();
        let mut once: BTreeSet<&str> = BTreeSet::new();
        let ends = memchr_iter(b'{', source.as_bytes()).chain([source.len()]);
        let begins = memchr_iter(b'{', source.as_bytes());
        for (begin, end) in begins.zip(ends.skip(1)) {
            let part = &source[begin + 1..end];
            let Some(name) = name_at(part) else {
                continue;
            };
            let closes = part[name.len()..].starts_with('}');
            if !WORDS.contains(&name) && (!closes || !once.insert(name)) {
                used.insert(name);
            }
        }
        Self { used }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        SINGLE.contains(&name) || self.used.contains(name)
    }
}

/// The name that is followed by `}` or by parameters that end on the line.
fn name_at(text: &str) -> Option<&str> {
    let end = text.find(|char: char| !char.is_ascii_alphanumeric() && !"-_".contains(char))?;
    let (name, rest) = text.split_at(end);
    let is_name = name.starts_with(|char: char| char.is_ascii_alphabetic());
    let has_parameters = || {
        let bytes = rest.bytes().take(LONGEST);
        let inside = rest.starts_with(':') && !rest.starts_with(":}");
        inside
            && bytes
                .clone()
                .take_while(|byte| *byte != b'\n')
                .any(|byte| byte == b'}')
    };
    (is_name && (rest.starts_with('}') || has_parameters())).then_some(name)
}

/// The longest tag that is looked for.
pub(super) const LONGEST: usize = 1000;

/// A tag's parameters, each with its name or none.
pub(super) type Parameters<'t> = Vec<(&'t str, &'t str)>;

/// The parameters of `{name}` or `{name:a=b|c}` at the start of `text`, and its length.
pub(super) fn parameters<'t>(text: &'t str, name: &str) -> Option<(Parameters<'t>, usize)> {
    let rest = text.strip_prefix('{')?.strip_prefix(name)?;
    let before = text.len() - rest.len();
    if rest.starts_with('}') {
        return Some((Vec::new(), before + 1));
    }
    let inside = rest.strip_prefix(':')?;
    let end = inside
        .bytes()
        .take(LONGEST)
        .position(|byte| matches!(byte, b'}' | b'\n'))?;
    if !inside[end..].starts_with('}') {
        return None;
    }
    let list = inside[..end]
        .split('|')
        .map(|part| part.split_once('=').unwrap_or(("", part)))
        .collect();
    Some((list, before + 1 + end + 1))
}

pub(super) fn is_container(text: &str) -> bool {
    text.starts_with("{quote}")
        || CONTAINERS
            .iter()
            .any(|name| parameters(text, name).is_some())
}

/// Where the next `{name}` in `text` stands.
pub(super) fn closing(text: &str, name: &str) -> Option<usize> {
    memchr_iter(b'{', text.as_bytes()).find(|at| {
        let inside = text[at + 1..].strip_prefix(name);
        inside.is_some_and(|rest| rest.starts_with('}'))
    })
}

/// Macros of two tags whose text is no markup.
const VERBATIM: [&str; 2] = ["code", "noformat"];

/// The name of the verbatim macro that `text` may begin with.
pub(super) fn verbatim_name(text: &str) -> Option<&'static str> {
    let inside = text.strip_prefix('{')?;
    VERBATIM.into_iter().find(|name| inside.starts_with(name))
}

/// Behind the code that begins here; the inner None if it does not end.
pub(super) fn code_end(text: &str) -> Option<Option<usize>> {
    let name = verbatim_name(text)?;
    let (_, begin) = parameters(text, name)?;
    let end = closing(&text[begin..], name);
    Some(end.map(|end| begin + end + name.len() + 2))
}

/// The language of a `{code}`, and what its tag says besides.
pub(super) fn code(name: &str, parameters: &Parameters<'_>) -> (Option<String>, Carried) {
    let is_language = |(key, value): &(&str, &str)| match *key {
        "" => !value.trim().is_empty(),
        key => key == "language",
    };
    let named = parameters.iter().find(|parameter| is_language(parameter));
    let named = named.filter(|_| name == "code");
    let language = named.and_then(|(_, value)| crate::doc::language(value));
    let first = if name == "noformat" {
        NOFORMAT.to_string()
    } else {
        String::new()
    };
    let others = parameters.iter().filter(|other| named != Some(other));
    let others = first + &spelled(others);
    (language, Carried::new(Format::Wiki, others))
}

/// What a panel shows, with its title, and what its tag says besides. Jira has no expands: a panel
/// with a dashed border and no ground of a kind stands for one.
pub(super) fn panel(name: &str, parameters: &Parameters<'_>) -> (Between, String, Carried) {
    let value = |wanted: &str| {
        let found = parameters.iter().find(|(key, _)| *key == wanted);
        found.map(|(_, value)| value.trim())
    };
    let known = value("bgColor").and_then(|colour| {
        PANELS
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(colour))
    });
    let kind = match name {
        "info" => PanelKind::Info,
        "note" => PanelKind::Note,
        "tip" => PanelKind::Tip,
        "warning" => PanelKind::Warning,
        _ => known.map_or(PanelKind::Plain, |(kind, _)| *kind),
    };
    let is_expand = name == "panel" && known.is_none() && value(EXPAND.0) == Some(EXPAND.1);
    let others = parameters.iter().filter(|(key, value)| {
        let said = match *key {
            "title" => true,
            "bgColor" => known.is_some(),
            key => is_expand && (key, value.trim()) == EXPAND,
        };
        !said
    });
    let others = Carried::new(Format::Wiki, spelled(others));
    let shows = if is_expand {
        Between::Expand
    } else {
        Between::Panel(kind)
    };
    (shows, value("title").unwrap_or("").to_owned(), others)
}

/// The parameter of a panel that stands for an expand.
pub(super) const EXPAND: (&str, &str) = ("borderStyle", "dashed");

fn spelled<'p>(parameters: impl Iterator<Item = &'p (&'p str, &'p str)>) -> String {
    let one = |(key, value): &(&str, &str)| match *key {
        "" => (*value).to_owned(),
        key => format!("{key}={value}"),
    };
    let all: Vec<String> = parameters.map(one).collect();
    all.join("|")
}
