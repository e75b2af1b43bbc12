//! What wiki markup has no words for, said by anchors: Jira shows nothing of `{anchor:…}`.
//!
//! Decides how the number that a list begins with and the edges of a quote or panel in another one
//! are spelled. Reader and writer ask the same functions.

use super::PANELS;
use crate::doc::{BlockKind, PanelKind};

/// What lies between two anchors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Between {
    Quote,
    Panel(PanelKind),
    Expand,
}

impl Between {
    /// What its anchor at the start of `text` begins, and what follows on the line.
    pub(super) fn begins(text: &str) -> Option<(Self, &str)> {
        let (name, rest) = anchor(text)?;
        let name = name.strip_prefix("begin-")?;
        let kinds = PANELS.iter().map(|(kind, _)| *kind);
        let panels = kinds.chain([PanelKind::Decision, PanelKind::Plain]);
        let all = panels.map(Self::Panel).chain([Self::Quote, Self::Expand]);
        let mut all = all.into_iter();
        all.find(|one| one.name() == name).map(|one| (one, rest))
    }

    /// What follows on the line, if its closing anchor begins `text`.
    pub(super) fn ends(self, text: &str) -> Option<&str> {
        let (name, rest) = anchor(text)?;
        (name.strip_prefix("end-")? == self.name()).then_some(rest)
    }

    pub(super) fn begin(self) -> String {
        format!("{{anchor:begin-{}}}", self.name())
    }

    pub(super) fn end(self) -> String {
        format!("{{anchor:end-{}}}", self.name())
    }

    /// Whether the words behind its first anchor are its title.
    pub(super) fn is_titled(self) -> bool {
        self != Self::Quote
    }

    /// The block, with the words of the line that begins it.
    pub(super) fn block(self, title: String, body: Vec<crate::doc::Block>) -> BlockKind {
        match self {
            Self::Quote => BlockKind::Quote(body),
            Self::Expand => BlockKind::Expand { title, body },
            Self::Panel(kind) => BlockKind::Panel {
                kind,
                title: (!title.is_empty()).then_some(title),
                body,
            },
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Quote => "quote",
            Self::Expand => "expand",
            Self::Panel(PanelKind::Info) => "panel-info",
            Self::Panel(PanelKind::Note) => "panel-note",
            Self::Panel(PanelKind::Tip) => "panel-tip",
            Self::Panel(PanelKind::Success) => "panel-success",
            Self::Panel(PanelKind::Warning) => "panel-warning",
            Self::Panel(PanelKind::Error) => "panel-error",
            Self::Panel(PanelKind::Decision) => "panel-decision",
            Self::Panel(PanelKind::Plain) => "panel",
        }
    }
}

/// The number that a list begins with, before the words of its first item.
pub(super) fn list_from(text: &str) -> Option<(u32, &str)> {
    let (name, rest) = anchor(text)?;
    let number = name.strip_prefix("list-from-")?;
    let start = number.parse().ok().filter(|start| *start != 1)?;
    // `+5` is a number, too, but not how it is written here.
    (number.bytes().all(|byte| byte.is_ascii_digit())).then_some((start, rest))
}

pub(super) fn from(start: u32) -> String {
    if start == 1 {
        String::new()
    } else {
        format!("{{anchor:list-from-{start}}}")
    }
}

/// The name of the anchor that begins `text`, and what is behind it.
fn anchor(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("{anchor:")?.split_once('}')
}
