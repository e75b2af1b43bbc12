//! Running text of the tree: runs with marks, and the objects among them.
//!
//! Decides what a line of text can say. Never decides how a format spells it.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use compact_str::CompactString;

use crate::doc::{Carried, Day, Format};

/// A run of text or one inline object, with the marks on it.
///
/// Runs are flat: nesting of marks carries no meaning in any of the formats, and a flat run is
/// what an edit touches. A text has very many of them, so what is rare stands in a box of its own,
/// and what may lie on a thousand of them is shared.
#[derive(Debug, Clone, PartialEq)]
pub struct Inline {
    pub kind: InlineKind,
    pub marks: Marks,
}

#[derive(Debug, Clone, PartialEq)]
pub enum InlineKind {
    /// Few words stand in the run itself, without memory of their own.
    Text(CompactString),
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
    pub kept: KeptMarks,
}

/// Hardly any run has such marks, so they take the room of a pointer, not of a list.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::box_collection,
    reason = "the list that is not there is the usual one, and then it takes a pointer"
)]
pub struct KeptMarks(Option<Box<Vec<Arc<Kept>>>>);

static NO_MARKS: Vec<Arc<Kept>> = Vec::new();

impl Deref for KeptMarks {
    type Target = Vec<Arc<Kept>>;

    fn deref(&self) -> &Self::Target {
        self.0.as_deref().unwrap_or(&NO_MARKS)
    }
}

impl DerefMut for KeptMarks {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.0.get_or_insert_default()
    }
}

impl PartialEq for KeptMarks {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for KeptMarks {}

impl FromIterator<Arc<Kept>> for KeptMarks {
    fn from_iter<T: IntoIterator<Item = Arc<Kept>>>(marks: T) -> Self {
        let mut marks = marks.into_iter().peekable();
        match marks.peek() {
            None => Self::default(),
            Some(_) => Self(Some(Box::new(marks.collect()))),
        }
    }
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
        Self { kind, marks }
    }

    pub fn text(text: impl Into<CompactString>) -> Self {
        Self::new(InlineKind::Text(text.into()), Marks::default())
    }
}
