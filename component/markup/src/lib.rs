//! One document tree, and Markdown, Atlassian Document Format, Confluence storage format and Jira
//! wiki markup to and from it.
//!
//! Pure functions from text to text. Never knows Jira or Confluence, never does I/O, never panics
//! on any input.
//!
//! # The Markdown
//!
//! GitHub-flavoured Markdown, with these additions for what Atlassian's editors know besides:
//!
//! | what | how |
//! |---|---|
//! | mention | `[@Name](accountid:ID)` (also `@[Name](accountid:ID)`); Data Center `[@Name](user:NAME)`, Confluence Data Center `[@Name](userkey:KEY)`; `<accountid:ID>` without a name |
//! | task list | `- [ ] open`, `- [x] done` |
//! | panel | `> [!INFO] Optional title`, then `> ` lines; also NOTE, TIP, SUCCESS, WARNING, ERROR, PANEL |
//! | decisions | `> [!DECISION]`, then one paragraph for each |
//! | footnote | `[^1]`, and `[^1]: text` in a paragraph of its own; elsewhere both show as a raised `[1]` |
//! | expand | `<details><summary>Title</summary>`, blank line, blocks, blank line, `</details>` |
//! | status | `[DONE](status:green)`; neutral, purple, blue, red, yellow, green |
//! | date | `<date:2026-11-22>` |
//! | emoji | `:smile:`, between letters `<emoji:smile>` |
//! | smart link (card) | `<https://…>`; a bare URL is an ordinary link |
//! | underline, sub, sup | `<u>…</u>`, `<sub>…</sub>`, `<sup>…</sup>` |
//! | text colour | `<font color="#ff5630">…</font>` |
//! | row header | `<th>` at the start of a cell |
//! | blocks in a cell | `<br>`, `<br><br>` between paragraphs, `<ul><li>…</li></ul>`, `<ol>`, `<pre>…</pre>` |
//! | Confluence page | `[text](page:KEY/Title)`, `[text](page:/Title)` in the same space |
//! | attachment | `![alt](plan.png)` shows it, `[text](attachment:plan.pdf)` links to it |
//! | anything else | a placeholder `⟦macro jira #3f9a2c⟧`; with content `⟦macro details #3f9a2c …⟧` to `⟦end #3f9a2c⟧` |
//!
//! A placeholder stands for a node of the original. It may be moved, or taken out to delete the
//! node. [`restore`] puts the node back byte for byte; writing a placeholder without the original
//! is an error.
#![forbid(unsafe_code)]

pub mod adf;
mod carried;
mod code;
mod day;
pub mod doc;
pub mod edit;
mod emoji;
mod error;
mod ids;
mod inlines;
pub mod markdown;
mod merge;
mod nesting;
mod page_link;
mod placeholder;
mod runs;
pub mod storage;
mod text;
mod visit;
pub mod wiki;

pub use doc::{Block, BlockKind, Document, Format, Inline, InlineKind, Mention, User};
pub use error::{ReadError, RestoreError, WriteError};
pub use merge::{Restored, restore, write_with_base};
pub use text::visible_text;

/// How many containers may lie in one another; deeper ones open into the one around them. Keeps
/// every recursion over the tree within a small stack.
pub(crate) const MAX_DEPTH: usize = 32;

/// Reads `source` as `format`.
pub fn read(format: Format, source: &str) -> Result<Document, ReadError> {
    match format {
        Format::Markdown => markdown::read(source),
        Format::Adf => adf::read(source),
        Format::Storage => storage::read(source),
        Format::Wiki => wiki::read(source),
    }
}

/// Writes `document` as `format`.
pub fn write(format: Format, document: &Document) -> Result<String, WriteError> {
    match format {
        Format::Markdown => markdown::write(document),
        Format::Adf => adf::write(document),
        Format::Storage => storage::write(document),
        Format::Wiki => wiki::write(document),
    }
}

/// `source` as Markdown to be read; a source that is no text of its format is shown as plain text.
pub fn to_markdown(format: Format, source: &str) -> String {
    let document = match format {
        Format::Adf => adf::read_only(source),
        Format::Markdown | Format::Storage | Format::Wiki => read(format, source),
    };
    match document {
        Ok(document) => markdown::write_blocks(&document.blocks),
        Err(_) => markdown::write_plain(source),
    }
}

#[cfg(test)]
mod tests;
