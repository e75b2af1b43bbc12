//! The one tree every format is read into and written from.
//!
//! Decides what a document can say. Never decides how a format spells it, and holds nothing that
//! only one format knows: that is carried along ([`Carried`], [`Kept`]) as the text it was.

use std::fmt;
use std::ops::Range;

use crate::adf;

pub use crate::carried::Carried;
pub(crate) use crate::code::{code_text, language};
pub use crate::day::Day;
pub use crate::runs::{
    Card, Emoji, Image, ImageTarget, Inline, InlineKind, Kept, KeptMarks, Link, Marks, Mention,
    Origin, Script, Status, StatusColour, User,
};

/// The formats a document can be read from and written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// GitHub-flavoured Markdown with the additions named in the crate head.
    Markdown,
    /// Atlassian Document Format: rich text of Jira Cloud, and of Confluence Cloud on demand.
    Adf,
    /// Confluence storage format: XHTML with `ac:` and `ri:` elements.
    Storage,
    /// Wiki markup: rich text of Jira Data Center.
    Wiki,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Markdown => "Markdown",
            Self::Adf => "Atlassian Document Format",
            Self::Storage => "Confluence storage format",
            Self::Wiki => "wiki markup",
        })
    }
}

/// A whole text: blocks, and the source they were read from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    pub blocks: Vec<Block>,
    pub source: Source,
}

/// What a document was read from; spans point into it.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Source {
    /// Built in memory.
    #[default]
    Made,
    /// Markdown, storage or wiki text.
    Text { format: Format, text: String },
    /// An ADF document.
    Adf(adf::Original),
}

/// Where a node stood in the source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Span {
    /// Built in memory, or put together from more than one place.
    #[default]
    Unknown,
    /// A byte range of a text source.
    Bytes(Range<usize>),
    /// The child indices that lead to the node in an ADF source.
    Path(Vec<u32>),
}

/// A block, where it stood, and the attributes of it that the tree has no word for.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub kind: BlockKind,
    pub span: Span,
    pub carried: Carried,
}

#[derive(Debug, Clone, PartialEq)]
pub enum BlockKind {
    Paragraph(Vec<Inline>),
    Heading {
        level: Level,
        content: Vec<Inline>,
    },
    Code {
        language: Option<String>,
        text: String,
    },
    Quote(Vec<Block>),
    List {
        marker: ListMarker,
        items: Vec<Item>,
    },
    Tasks(Vec<Task>),
    Table(Table),
    Rule,
    Panel {
        kind: PanelKind,
        title: Option<String>,
        body: Vec<Block>,
    },
    Expand {
        title: String,
        body: Vec<Block>,
    },
    /// A node the tree has no word for; its content, if any, can be read and edited.
    Kept {
        kept: Box<Kept>,
        body: Option<Vec<Block>>,
    },
}

/// A heading's level: 1 to 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level(u8);

impl Level {
    /// The nearest level that exists.
    pub fn nearest(level: u64) -> Self {
        Self(level.clamp(1, 6) as u8)
    }

    pub fn number(self) -> u8 {
        self.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListMarker {
    Bullet,
    /// Numbered from `start`.
    Ordered {
        start: u32,
    },
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Item {
    pub blocks: Vec<Block>,
    pub carried: Carried,
}

/// One line of a task list with the tasks indented below it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Task {
    /// The product's own id of the task; Markdown has no place for it.
    pub id: Option<String>,
    pub done: bool,
    pub content: Vec<Inline>,
    pub children: Vec<Task>,
    pub carried: Carried,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    pub cells: Vec<Cell>,
    pub carried: Carried,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    pub header: bool,
    pub blocks: Vec<Block>,
    /// Spans over columns and rows, widths and colours live here.
    pub carried: Carried,
}

/// Named as people see them; each format maps the names to its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PanelKind {
    Info,
    Note,
    Tip,
    Success,
    Warning,
    Error,
    /// What was decided, a line each; Atlassian's editors show a list of decisions.
    Decision,
    /// A plain box, in Confluence and wiki markup with a title.
    Plain,
}

impl BlockKind {
    /// A kept node without any content that can be read.
    pub(crate) fn whole(kept: Kept) -> Self {
        Self::Kept {
            kept: Box::new(kept),
            body: None,
        }
    }
}

impl Block {
    pub fn new(kind: BlockKind) -> Self {
        Self {
            kind,
            span: Span::Unknown,
            carried: Carried::default(),
        }
    }

    pub fn paragraph(content: Vec<Inline>) -> Self {
        Self::new(BlockKind::Paragraph(content))
    }

    /// An empty line of an original. Markdown does not show it, [`crate::restore`] keeps it.
    pub(crate) fn is_empty_line(&self) -> bool {
        matches!(&self.kind, BlockKind::Paragraph(content) if content.is_empty())
    }

    /// An empty line that says nothing at all.
    pub(crate) fn is_nothing(&self) -> bool {
        self.is_empty_line() && self.carried.is_empty()
    }

    pub(crate) fn at(mut self, span: Span) -> Self {
        self.span = span;
        self
    }

    pub(crate) fn carrying(mut self, carried: Carried) -> Self {
        self.carried = carried;
        self
    }
}

impl Document {
    pub fn new(blocks: Vec<Block>) -> Self {
        Self {
            blocks,
            source: Source::Made,
        }
    }

    /// A document that shows `text` and nothing else: one paragraph for each run of lines.
    pub fn plain(text: &str) -> Self {
        let paragraphs = plain_paragraphs(text).map(|lines| {
            let mut content = Vec::new();
            for line in lines {
                if !content.is_empty() {
                    content.push(Inline::new(InlineKind::HardBreak, Marks::default()));
                }
                content.push(Inline::text(line));
            }
            Block::paragraph(content)
        });
        Self::new(paragraphs.collect())
    }
}

/// The lines of each paragraph of a plain text; none is without words.
pub(crate) fn plain_paragraphs(text: &str) -> impl Iterator<Item = impl Iterator<Item = &str>> {
    text.split("\n\n")
        .map(|part| {
            let lines = part.lines().map(str::trim);
            lines.filter(|line| !line.is_empty())
        })
        .filter(|lines| lines.clone().next().is_some())
}

/// Adds to a list that mostly stays one long: a growing one would make room for four.
pub(crate) fn push_few<T>(list: &mut Vec<T>, one: T) {
    if list.capacity() == 0 {
        list.reserve_exact(1);
    }
    list.push(one);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page has tens of thousands of these, moved from list to list.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_run_is_small() {
        assert_eq!(size_of::<InlineKind>(), size_of::<String>());
        assert_eq!(size_of::<Inline>(), 64);
        assert_eq!(size_of::<Block>(), 88);
    }
}
