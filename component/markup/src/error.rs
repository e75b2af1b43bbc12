//! What can go wrong when a text is read, written or put back together.
//!
//! Decides the words a model reads about it. Never decides whether something is an error.

use crate::doc::Format;

/// The source is not a text of its format at all. Everything that can be shown in part is read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("not JSON: {0}")]
    Json(String),
    #[error("not an ADF document: {0}")]
    NotAdf(&'static str),
    #[error("not well-formed XHTML at byte {at}: {problem}")]
    Xml { at: u64, problem: String },
    #[error(
        "the Markdown holds {signs} line ends, brackets and other signs of markup, too many for its length: {most} are read in any text, and one for each seven bytes of a longer one; split it into several texts, or take out what is markup alone"
    )]
    Dense { signs: usize, most: usize },
}

/// The document holds something that the format cannot say without damage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    #[error(
        "the placeholder `{0}` stands for content that only the original holds; read the text again and edit that version, or take the placeholder out to delete the content"
    )]
    Placeholder(String),
    #[error("`{label}` comes from {from} and cannot be written as {to}; take it out or link to it")]
    Foreign {
        label: String,
        from: Format,
        to: Format,
    },
    #[error(
        "an image cannot name the attachment `{0}` in {1}; link to the attachment's URL instead"
    )]
    Attachment(String, Format),
    #[error("a user cannot be mentioned in {to} by `{user}`; {instead}")]
    Mention {
        user: String,
        to: Format,
        instead: &'static str,
    },
    #[error(
        "wiki markup has no way to show code that holds both `{{code}}` and `{{noformat}}`; split the block"
    )]
    Code,
    #[error("the placeholder `{placeholder}` cannot stand inside {holder}; move it out of there")]
    Misplaced {
        placeholder: String,
        holder: &'static str,
    },
    #[error(
        "text stands directly in `{0}`, which holds nothing but its own parts; move the text into one of them or behind the `⟦end …⟧`"
    )]
    Outside(String),
    #[error("the text is nested too deep; take some levels of lists, quotes or panels out")]
    Deep,
    #[error("the link `{href}` has no meaning in {to}; write a full URL")]
    Link { href: String, to: Format },
}

/// The edited text does not fit the original it is to be put back into.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    #[error(
        "the original holds nothing for the placeholder `{0}`: it was changed since it was read, or the placeholder was edited; read it again"
    )]
    Unknown(String),
    #[error(
        "the placeholder `{0}` fits more than one node of the original; edit it in the browser"
    )]
    Ambiguous(String),
    #[error("the placeholder `{0}` stood on a line of its own and must stay so")]
    NotInline(String),
    #[error("the placeholder `{0}` stood around words of one paragraph and must stay so")]
    NotBlock(String),
    #[error(
        "the placeholder `{0}` lost its other half: keep `{0}` and its `⟦end …⟧` both, or neither"
    )]
    Unpaired(String),
    #[error(transparent)]
    Write(#[from] WriteError),
}
