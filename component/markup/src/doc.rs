//! The one tree every format is read into and written from.
//!
//! Decides what a document can say. Never decides how a format spells it, and holds nothing that
//! only one format knows: that is carried along ([`Carried`], [`Kept`]) as the text it was.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub use crate::carried::Carried;
pub use crate::day::Day;
use crate::text;

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
    Adf(serde_json::Value),
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

/// A run of text or one inline object, with the marks on it.
///
/// Runs are flat: nesting of marks carries no meaning in any of the formats, and a flat run is
/// what an edit touches. A text has very many of them, so what is rare stands in a box of its own,
/// and what may lie on a thousand of them is shared.
#[derive(Debug, Clone, PartialEq)]
pub struct Inline {
    pub kind: InlineKind,
    pub marks: Marks,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum InlineKind {
    Text(String),
    /// A line break that shows.
    HardBreak,
    /// A line break of the source that shows as a space. Only Markdown has it.
    SoftBreak,
    Image(Box<Image>),
    Mention(Box<Mention>),
    Status(Box<Status>),
    Emoji(Box<Emoji>),
    Date {
        day: Day,
        carried: Carried,
    },
    Card(Box<Card>),
    /// A node the tree has no word for and that has no text of its own.
    Kept(Box<Kept>),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    pub strong: bool,
    pub emphasis: bool,
    pub strike: bool,
    pub underline: bool,
    pub code: bool,
    pub script: Option<Script>,
    /// `#rrggbb`, or a name the source used.
    pub colour: Option<Arc<str>>,
    pub link: Option<Arc<Link>>,
    /// Marks the tree has no word for (an inline comment's anchor, say), outermost first.
    pub kept: Vec<Arc<Kept>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    Subscript,
    Superscript,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// A URL, or one of the crate's own schemes `page:` and `attachment:`.
    pub href: String,
    pub title: Option<String>,
    pub carried: Carried,
}

/// A link that the product shows as a card of its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    pub url: String,
    pub carried: Carried,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub target: ImageTarget,
    pub alt: String,
    pub title: Option<String>,
    pub carried: Carried,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageTarget {
    Url(String),
    /// The file name of an attachment of the same page or issue.
    Attachment(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub user: User,
    /// The display name without `@`, where the source has it.
    pub name: Option<String>,
    pub carried: Carried,
}

/// How a person is named on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    /// Cloud.
    AccountId(String),
    /// Confluence Data Center.
    Key(String),
    /// Jira Data Center: the user name.
    Name(String),
}

/// A word or two on a coloured ground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub text: String,
    pub colour: StatusColour,
    pub carried: Carried,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusColour {
    Neutral,
    Purple,
    Blue,
    Red,
    Yellow,
    Green,
}

impl StatusColour {
    /// As ADF and this crate's Markdown call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Purple => "purple",
            Self::Blue => "blue",
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
        }
    }

    /// The colour that [`Self::name`] calls so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Neutral,
            Self::Purple,
            Self::Blue,
            Self::Red,
            Self::Yellow,
            Self::Green,
        ];
        all.into_iter().find(|colour| colour.name() == name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emoji {
    /// Without colons: `smile`.
    pub name: String,
    /// The product's id, where it is not the one every site knows.
    pub id: Option<String>,
    /// What to show where the emoji is not known.
    pub text: Option<String>,
    pub carried: Carried,
}

/// A node kept as it was, or the placeholder that stands for it in Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What a reader sees: `macro jira`, `image plan.png`.
    pub label: String,
    /// Names the node by its content, so that a moved placeholder still finds it and a changed
    /// node is noticed.
    pub id: String,
    /// The node itself. A document read from Markdown has none until [`crate::restore`].
    pub origin: Option<Origin>,
}

/// The source text of a kept node. What was between `open` and `close` is in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub format: Format,
    pub open: String,
    pub close: String,
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

impl InlineKind {
    pub fn date(day: Day) -> Self {
        Self::Date {
            day,
            carried: Carried::default(),
        }
    }

    pub fn card(url: impl Into<String>) -> Self {
        Self::Card(Box::new(Card {
            url: url.into(),
            carried: Carried::default(),
        }))
    }
}

impl Marks {
    /// Whether none is on.
    pub(crate) fn is_none(&self) -> bool {
        let plain = self.strong || self.emphasis || self.strike || self.underline || self.code;
        let others = self.script.is_some() || self.colour.is_some() || self.link.is_some();
        !plain && !others && self.kept.is_empty()
    }
}

impl Link {
    /// Without a title.
    pub fn to(href: impl Into<String>) -> Self {
        Self {
            href: href.into(),
            title: None,
            carried: Carried::default(),
        }
    }
}

impl Emoji {
    /// One that every site knows.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            id: None,
            text: None,
            carried: Carried::default(),
        }
    }
}

impl Inline {
    pub fn new(kind: InlineKind, marks: Marks) -> Self {
        Self {
            kind,
            marks,
            span: Span::Unknown,
        }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::new(InlineKind::Text(text.into()), Marks::default())
    }

    pub(crate) fn at(mut self, span: Span) -> Self {
        self.span = span;
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
        let paragraphs = text.split("\n\n").map(|part| {
            let mut content = Vec::new();
            for line in part.lines().map(str::trim).filter(|line| !line.is_empty()) {
                if !content.is_empty() {
                    content.push(Inline::new(InlineKind::HardBreak, Marks::default()));
                }
                content.push(Inline::text(line));
            }
            content
        });
        let blocks = paragraphs
            .filter(|content| !content.is_empty())
            .map(Block::paragraph)
            .collect();
        Self::new(blocks)
    }
}

/// Adds to a list that mostly stays one long: a growing one would make room for four.
pub(crate) fn push_few<T>(list: &mut Vec<T>, one: T) {
    if list.capacity() == 0 {
        list.reserve_exact(1);
    }
    list.push(one);
}

/// A code block's language as every format can spell it: its first word, without what would end
/// an attribute or a fence.
pub(crate) fn language(info: &str) -> Option<String> {
    let word = info.split_whitespace().next()?;
    let language: String = word
        .chars()
        .filter(|char| char.is_alphanumeric() || "+#-._".contains(*char))
        .collect();
    (!language.is_empty()).then_some(language)
}

/// Code with `\n` line ends, and without what XML cannot hold.
pub(crate) fn code_text(text: &str) -> String {
    let usual = |byte| matches!(byte, b'\n' | b'\t') || !text::is_suspect(byte);
    if !text::holds(text, |byte| !usual(byte)) {
        return text.to_owned();
    }
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|char| match char {
            '\n' | '\t' => true,
            char => !matches!(
                char,
                '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}'
            ),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page has tens of thousands of these, moved from list to list.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_run_is_small() {
        assert_eq!(size_of::<InlineKind>(), size_of::<String>());
        assert_eq!(size_of::<Inline>(), 104);
        assert_eq!(size_of::<Block>(), 88);
    }
}
