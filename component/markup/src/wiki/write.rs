//! Blocks, written as wiki markup.
//!
//! Decides the macro or the line start of each block. What wiki markup cannot nest is said one
//! after the other.

use super::macros::EXPAND;
use super::markers::{self, Between};
use super::write_inline::{self, Place, macro_text};
use super::{NO_WORDS, NOFORMAT, PANELS};
use crate::doc::{
    Block, BlockKind, Carried, Document, Format, Inline, InlineKind, Item, Kept, ListMarker, Marks,
    Table, Task,
};
use crate::error::WriteError;
use crate::inlines;
use crate::merge::is_gap;

pub(super) fn document(document: &Document) -> Result<String, WriteError> {
    blocks(&document.blocks, Within::Document)
}

/// The macros around a block: none of them can hold itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Document,
    Quote,
    Panel,
    Both,
}

impl Within {
    fn quote(self) -> Option<Self> {
        match self {
            Self::Document => Some(Self::Quote),
            Self::Panel => Some(Self::Both),
            Self::Quote | Self::Both => None,
        }
    }

    fn panel(self) -> Option<Self> {
        match self {
            Self::Document => Some(Self::Panel),
            Self::Quote => Some(Self::Both),
            Self::Panel | Self::Both => None,
        }
    }
}

fn blocks(blocks: &[Block], within: Within) -> Result<String, WriteError> {
    let mut written = String::new();
    let mut apart = true;
    for block in blocks {
        if let BlockKind::Kept { kept, .. } = &block.kind
            && is_gap(block)
        {
            written.push_str(source(kept)?);
            apart = true;
            continue;
        }
        let text = self::block(block, within)?;
        if !text.is_empty() {
            written.push_str(if apart { "" } else { "\n\n" });
            written.push_str(&text);
            apart = false;
        }
    }
    Ok(written)
}

/// What a macro's tag said besides.
fn parameters(carried: &Carried) -> &str {
    carried.of(Format::Wiki).unwrap_or("")
}

fn block(block: &Block, within: Within) -> Result<String, WriteError> {
    let more = parameters(&block.carried);
    Ok(match &block.kind {
        BlockKind::Paragraph(content) => write_inline::write(content, Place::Paragraph)?,
        BlockKind::Heading { level, content } => {
            let text = write_inline::write(content, Place::Line)?;
            format!("h{}. {text}", level.number())
        }
        BlockKind::Code { language, text } => code(language.as_deref(), text, more)?,
        BlockKind::Quote(body) => match within.quote() {
            Some(inner) => format!("{{quote}}\n{}\n{{quote}}", blocks(body, inner)?),
            None => anchored(Between::Quote, "", body, within)?,
        },
        BlockKind::List { marker, items } => list(*marker, items, "")?.join("\n"),
        BlockKind::Tasks(list) => tasks(list, "")?.join("\n"),
        BlockKind::Table(rows) => table(rows)?,
        BlockKind::Rule => "----".to_owned(),
        BlockKind::Panel { kind, title, body } => {
            let title = title.as_deref().unwrap_or("");
            panel(Between::Panel(*kind), title, more, body, within)?
        }
        BlockKind::Expand { title, body } => panel(Between::Expand, title, more, body, within)?,
        BlockKind::Kept { kept, body } => {
            let text = source(kept)?.to_owned();
            let body = blocks(body.as_deref().unwrap_or_default(), within)?;
            if body.is_empty() {
                text
            } else {
                format!("{text}\n\n{body}")
            }
        }
    })
}

/// The source of a kept node of wiki markup.
pub(super) fn source(kept: &Kept) -> Result<&str, WriteError> {
    match &kept.origin {
        None => Err(WriteError::Placeholder(kept.placeholder())),
        Some(origin) if origin.format == Format::Wiki => Ok(&origin.open),
        Some(origin) => Err(WriteError::Foreign {
            label: kept.label.clone(),
            from: origin.format,
            to: Format::Wiki,
        }),
    }
}

/// A block of code cannot hold its own closing tag.
fn code(language: Option<&str>, text: &str, more: &str) -> Result<String, WriteError> {
    let holds = |tag: &str| text.contains(tag);
    let name = match (holds("{code}"), holds("{noformat}")) {
        (true, true) => return Err(WriteError::Code),
        (true, false) => "noformat",
        (false, _) if more.starts_with(NOFORMAT) => "noformat",
        (false, _) => "code",
    };
    let language = language.filter(|_| name == "code").map(str::to_owned);
    let more = more.trim_start_matches(NOFORMAT);
    let tag = tag(name, language.into_iter(), more);
    Ok(format!("{tag}\n{text}\n{{{name}}}"))
}

/// A macro's opening tag.
fn tag(name: &str, parameters: impl Iterator<Item = String>, more: &str) -> String {
    let more = (!more.is_empty()).then(|| more.to_owned());
    let parameters: Vec<String> = parameters.chain(more).collect();
    if parameters.is_empty() {
        format!("{{{name}}}")
    } else {
        format!("{{{name}:{}}}", parameters.join("|"))
    }
}

fn panel(
    shows: Between,
    title: &str,
    more: &str,
    body: &[Block],
    within: Within,
) -> Result<String, WriteError> {
    let Some(inner) = within.panel() else {
        return anchored(shows, title, body, within);
    };
    let title = macro_text(title);
    let title = (!title.is_empty()).then(|| format!("title={title}"));
    let colour = |kind| PANELS.iter().find(|(known, _)| *known == kind);
    let looks = match shows {
        Between::Expand => Some(format!("{}={}", EXPAND.0, EXPAND.1)),
        Between::Panel(kind) => colour(kind).map(|(_, colour)| format!("bgColor={colour}")),
        Between::Quote => None,
    };
    let start = tag("panel", title.into_iter().chain(looks), more);
    Ok(format!("{start}\n{}\n{{panel}}", blocks(body, inner)?))
}

/// A quote in a quote or a panel in a panel, for which there is no macro.
fn anchored(
    shows: Between,
    title: &str,
    body: &[Block],
    within: Within,
) -> Result<String, WriteError> {
    let title = write_inline::write(&[Inline::text(title)], Place::Line)?;
    let (begin, end) = (shows.begin(), shows.end());
    let body = blocks(body, within)?;
    Ok(format!("{begin}{title}\n\n{body}\n\n{end}"))
}

fn list(marker: ListMarker, items: &[Item], outer: &str) -> Result<Vec<String>, WriteError> {
    let own = match marker {
        ListMarker::Bullet => '*',
        ListMarker::Ordered { .. } => '#',
    };
    let mut start = match marker {
        ListMarker::Bullet => String::new(),
        ListMarker::Ordered { start } => markers::from(start),
    };
    let markers = format!("{outer}{own}");
    let mut lines = Vec::new();
    for item in items {
        let mut text: Vec<Inline> = Vec::new();
        let mut below = Vec::new();
        for block in &item.blocks {
            match &block.kind {
                BlockKind::List { marker, items } => below.extend(list(*marker, items, &markers)?),
                BlockKind::Tasks(list) => below.extend(tasks(list, &markers)?),
                BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
                    if !text.is_empty() {
                        text.push(Inline::new(InlineKind::HardBreak, Marks::default()));
                    }
                    text.extend(content.iter().cloned());
                }
                // It follows its item without a blank line between.
                _ => below.push(self::block(block, Within::Document)?),
            }
        }
        let mut text = write_inline::write(&inlines::normal(text), Place::Line)?;
        if text.is_empty() {
            text.push_str(NO_WORDS);
        }
        lines.push(format!("{markers} {start}{text}"));
        start.clear();
        lines.extend(below);
    }
    Ok(lines)
}

/// Tasks are items that begin with a box; Jira shows it as it is.
fn tasks(tasks: &[Task], outer: &str) -> Result<Vec<String>, WriteError> {
    let markers = format!("{outer}*");
    let mut lines = Vec::new();
    for task in tasks {
        let sign = if task.done { "[x]" } else { "[ ]" };
        let text = write_inline::write(&task.content, Place::Line)?;
        lines.push(format!("{markers} {sign} {text}").trim_end().to_owned());
        lines.extend(self::tasks(&task.children, &markers)?);
    }
    Ok(lines)
}

fn table(table: &Table) -> Result<String, WriteError> {
    let mut lines = Vec::with_capacity(table.rows.len());
    for row in table.rows.iter().filter(|row| !row.cells.is_empty()) {
        let mut line = String::new();
        let mut bar = "|";
        for cell in &row.cells {
            bar = if cell.header { "||" } else { "|" };
            line.push_str(bar);
            line.push_str(&cell_text(&cell.blocks)?);
        }
        line.push_str(bar);
        lines.push(line);
    }
    Ok(lines.join("\n"))
}

/// A list or code in a cell has its lines, `|* x` and `* y|`; all other blocks are lines of text.
fn cell_text(blocks: &[Block]) -> Result<String, WriteError> {
    let mut text = String::new();
    let mut last_is_lines = false;
    for block in blocks {
        let (part, is_lines) = match &block.kind {
            BlockKind::List { marker, items } => (list(*marker, items, "")?.join("\n"), true),
            BlockKind::Tasks(list) => (tasks(list, "")?.join("\n"), true),
            BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
                (write_inline::write(content, Place::Cell)?, false)
            }
            BlockKind::Code { .. } => (self::block(block, Within::Document)?, true),
            BlockKind::Kept { kept, .. } => (source(kept)?.to_owned(), false),
            other => (write_inline::write(&words(other), Place::Cell)?, false),
        };
        if part.is_empty() {
            continue;
        }
        text.push_str(match (text.is_empty(), last_is_lines || is_lines) {
            (true, _) => "",
            (false, false) => " \\\\ ",
            (false, true) => "\n",
        });
        text.push_str(&part);
        last_is_lines = is_lines;
    }
    Ok(if text.is_empty() {
        " ".to_owned()
    } else {
        text
    })
}

/// What a block says, as one run of text.
fn words(kind: &BlockKind) -> Vec<Inline> {
    let line_break = || Inline::new(InlineKind::HardBreak, Marks::default());
    let mut blocks = vec![Block::new(kind.clone())];
    let mut runs = Vec::new();
    for content in crate::visit::contents(&mut blocks) {
        runs.append(content);
        runs.push(line_break());
    }
    inlines::normal(runs)
}
