//! Blocks, written as wiki markup.
//!
//! Decides the macro or the line start of each block. What wiki markup cannot nest is said one
//! after the other.

use super::PANELS;
use super::write_inline::{self, Place, macro_text};
use crate::doc::{
    Block, BlockKind, Document, Format, Inline, InlineKind, Item, Kept, ListMarker, Marks,
    PanelKind, Table, Task,
};
use crate::error::WriteError;
use crate::inlines;

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
    let mut written = Vec::with_capacity(blocks.len());
    for block in blocks {
        let text = self::block(&block.kind, within)?;
        if !text.is_empty() {
            written.push(text);
        }
    }
    Ok(written.join("\n\n"))
}

fn block(kind: &BlockKind, within: Within) -> Result<String, WriteError> {
    Ok(match kind {
        BlockKind::Paragraph(content) => write_inline::write(content, Place::Paragraph)?,
        BlockKind::Heading { level, content } => {
            let text = write_inline::write(content, Place::Line)?;
            format!("h{}. {text}", level.number())
        }
        BlockKind::Code { language, text } => code(language.as_deref(), text)?,
        BlockKind::Quote(body) => match within.quote() {
            Some(inner) => format!("{{quote}}\n{}\n{{quote}}", blocks(body, inner)?),
            None => blocks(body, within)?,
        },
        BlockKind::List { marker, items } => list(*marker, items, "")?.join("\n"),
        BlockKind::Tasks(tasks) => {
            let items: Vec<Item> = tasks.iter().map(task).collect();
            list(ListMarker::Bullet, &items, "")?.join("\n")
        }
        BlockKind::Table(rows) => table(rows)?,
        BlockKind::Rule => "----".to_owned(),
        BlockKind::Panel { kind, title, body } => panel(*kind, title.as_deref(), body, within)?,
        BlockKind::Expand { title, body } => panel(PanelKind::Plain, Some(title), body, within)?,
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
fn code(language: Option<&str>, text: &str) -> Result<String, WriteError> {
    let holds = |tag: &str| text.contains(tag);
    match (holds("{code}"), holds("{noformat}"), language) {
        (true, true, _) => Err(WriteError::Code),
        (true, false, _) => Ok(format!("{{noformat}}\n{text}\n{{noformat}}")),
        (false, _, Some(language)) => Ok(format!("{{code:{language}}}\n{text}\n{{code}}")),
        (false, _, None) => Ok(format!("{{code}}\n{text}\n{{code}}")),
    }
}

fn panel(
    kind: PanelKind,
    title: Option<&str>,
    body: &[Block],
    within: Within,
) -> Result<String, WriteError> {
    let title = title.map(macro_text).filter(|title| !title.is_empty());
    let Some(inner) = within.panel() else {
        let title = title
            .map(|title| format!("*{title}*\n\n"))
            .unwrap_or_default();
        return Ok(format!("{title}{}", blocks(body, within)?));
    };
    let colour = PANELS.iter().find(|(known, _)| *known == kind);
    let mut parameters: Vec<String> = Vec::new();
    parameters.extend(title.map(|title| format!("title={title}")));
    parameters.extend(colour.map(|(_, colour)| format!("bgColor={colour}")));
    let start = if parameters.is_empty() {
        "{panel}".to_owned()
    } else {
        format!("{{panel:{}}}", parameters.join("|"))
    };
    Ok(format!("{start}\n{}\n{{panel}}", blocks(body, inner)?))
}

fn list(marker: ListMarker, items: &[Item], outer: &str) -> Result<Vec<String>, WriteError> {
    let own = match marker {
        ListMarker::Bullet => '*',
        ListMarker::Ordered { .. } => '#',
    };
    let markers = format!("{outer}{own}");
    let mut lines = Vec::new();
    for item in items {
        let mut text: Vec<Inline> = Vec::new();
        let mut below = Vec::new();
        for block in &item.blocks {
            match &block.kind {
                BlockKind::List { marker, items } => below.extend(list(*marker, items, &markers)?),
                BlockKind::Tasks(tasks) => {
                    let items: Vec<Item> = tasks.iter().map(task).collect();
                    below.extend(list(ListMarker::Bullet, &items, &markers)?);
                }
                BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
                    if !text.is_empty() {
                        text.push(Inline::new(InlineKind::HardBreak, Marks::default()));
                    }
                    text.extend(content.iter().cloned());
                }
                other => below.push(block_below(other)?),
            }
        }
        let text = write_inline::write(&inlines::normal(text), Place::Line)?;
        lines.push(format!("{markers} {text}"));
        lines.extend(below);
    }
    Ok(lines)
}

/// A block that an item cannot hold follows it, without a blank line between.
fn block_below(kind: &BlockKind) -> Result<String, WriteError> {
    block(kind, Within::Document)
}

fn task(task: &Task) -> Item {
    let mut content = task.content.clone();
    content.insert(0, Inline::text(if task.done { "[x] " } else { "[ ] " }));
    let mut blocks = vec![Block::paragraph(inlines::normal(content))];
    if !task.children.is_empty() {
        blocks.push(Block::new(BlockKind::Tasks(task.children.clone())));
    }
    Item {
        blocks,
        ..Item::default()
    }
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

/// A list in a cell has its lines, `|* x` and `* y|`; all other blocks are lines of text.
fn cell_text(blocks: &[Block]) -> Result<String, WriteError> {
    let mut text = String::new();
    let mut last_is_list = false;
    for block in blocks {
        let (part, is_list) = match &block.kind {
            BlockKind::List { marker, items } => (list(*marker, items, "")?.join("\n"), true),
            BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
                (write_inline::write(content, Place::Cell)?, false)
            }
            BlockKind::Kept { kept, .. } => (source(kept)?.to_owned(), false),
            other => (write_inline::write(&words(other), Place::Cell)?, false),
        };
        if part.is_empty() {
            continue;
        }
        text.push_str(match (text.is_empty(), last_is_list || is_list) {
            (true, _) => "",
            (false, false) => " \\\\ ",
            (false, true) => "\n",
        });
        text.push_str(&part);
        last_is_list = is_list;
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
    if let BlockKind::Code { text, .. } = kind {
        let mut runs = Vec::new();
        for line in text.lines() {
            let marks = Marks {
                code: true,
                ..Marks::default()
            };
            runs.push(Inline::new(InlineKind::Text(line.to_owned()), marks));
            runs.push(line_break());
        }
        return inlines::normal(runs);
    }
    let mut blocks = vec![Block::new(kind.clone())];
    let mut runs = Vec::new();
    for content in crate::visit::contents(&mut blocks) {
        runs.append(content);
        runs.push(line_break());
    }
    inlines::normal(runs)
}
