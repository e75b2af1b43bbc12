//! Blocks, written as Markdown.
//!
//! Decides indentation, markers and blank lines, so that neighbours stay apart and lists stay
//! tight.

use super::cell;
use super::inline::{self, Place, plain_text};
use crate::doc::{Block, BlockKind, Inline, InlineKind, Item, ListMarker, PanelKind, Table, Task};
use crate::inlines;

/// The greatest number CommonMark takes for a list item.
const LAST_NUMBER: u32 = 999_999_999;

pub(super) fn document(blocks: &[Block]) -> String {
    let written = write(blocks, Within::Document);
    // At the very start it would be taken for a byte order mark.
    match written.strip_prefix('\u{feff}') {
        Some(rest) => format!("&#xFEFF;{rest}"),
        None => written,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Document,
    Blocks,
    Item,
    /// Directly below the line that names a panel.
    Panel,
}

fn write(blocks: &[Block], within: Within) -> String {
    let mut written = String::new();
    let mut before: Option<(&BlockKind, Flip)> = None;
    for block in blocks.iter().filter(|block| !is_empty(&block.kind)) {
        let kind = &block.kind;
        let flip = match before {
            Some((last, flip)) if same_marker(last, kind) => flip.other(),
            _ => Flip::Usual,
        };
        let place = match before {
            None => within,
            Some(_) if within == Within::Panel => Within::Blocks,
            Some(_) => within,
        };
        let text = block_text(kind, flip, place, before.is_none());
        if let Some((last, _)) = before {
            let tight = within == Within::Item && matches!(last, BlockKind::Paragraph(_));
            written.push_str(if tight && may_follow_directly(kind, &text) {
                "\n"
            } else {
                "\n\n"
            });
        } else if within == Within::Panel {
            let direct = matches!(kind, BlockKind::Paragraph(_));
            written.push_str(if direct { "\n" } else { "\n\n" });
        }
        written.push_str(&text);
        before = Some((kind, flip));
    }
    written
}

/// Two lists in a row are told apart by their markers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flip {
    Usual,
    Other,
}

impl Flip {
    fn other(self) -> Self {
        match self {
            Self::Usual => Self::Other,
            Self::Other => Self::Usual,
        }
    }
}

fn is_empty(kind: &BlockKind) -> bool {
    match kind {
        BlockKind::Paragraph(content) => content.is_empty(),
        BlockKind::List { items, .. } => items.is_empty(),
        BlockKind::Tasks(tasks) => tasks.is_empty(),
        BlockKind::Table(table) => table.rows.iter().all(|row| row.cells.is_empty()),
        _ => false,
    }
}

fn same_marker(left: &BlockKind, right: &BlockKind) -> bool {
    let marker = |kind: &BlockKind| match kind {
        BlockKind::Tasks(_) => Some('-'),
        BlockKind::List { marker, .. } => Some(match marker {
            ListMarker::Bullet => '-',
            ListMarker::Ordered { .. } => '.',
        }),
        _ => None,
    };
    marker(left).is_some() && marker(left) == marker(right)
}

/// CommonMark: a list interrupts a paragraph only if it starts with 1 and its first item is not
/// empty.
fn may_follow_directly(kind: &BlockKind, text: &str) -> bool {
    let first = text.lines().next().unwrap_or("");
    let starts = match kind {
        BlockKind::Tasks(_) => true,
        BlockKind::List { marker, .. } => {
            matches!(
                marker,
                ListMarker::Bullet | ListMarker::Ordered { start: 1 }
            )
        }
        _ => false,
    };
    starts && first.trim_end().contains(' ')
}

fn block_text(kind: &BlockKind, flip: Flip, within: Within, first: bool) -> String {
    match kind {
        BlockKind::Paragraph(content) if within == Within::Panel => {
            inline::write(content, Place::Continued)
        }
        BlockKind::Paragraph(content) if within == Within::Document => {
            footnote(content).unwrap_or_else(|| inline::write(content, Place::Paragraph))
        }
        BlockKind::Paragraph(content) => inline::write(content, Place::Paragraph),
        BlockKind::Heading { level, content } => {
            let hashes = "#".repeat(level.number().into());
            let text = inline::write(content, Place::Heading);
            format!("{hashes} {text}").trim_end_matches(' ').to_owned()
        }
        BlockKind::Code { language, text } => code(language.as_deref(), text),
        BlockKind::Quote(body) => prefixed(&write(body, Within::Blocks), "> ", "> "),
        BlockKind::List { marker, items } => list(*marker, items, flip),
        BlockKind::Tasks(items) => tasks(items, flip),
        BlockKind::Table(rows) => table(rows),
        // `- ---` would be a rule itself, without the item.
        BlockKind::Rule if within == Within::Item && first => "___".into(),
        BlockKind::Rule => "---".into(),
        BlockKind::Panel { kind, title, body } => panel(*kind, title.as_deref(), body),
        BlockKind::Expand { title, body } => expand(title, body),
        BlockKind::Kept { kept, body: None } => kept.placeholder(),
        BlockKind::Kept {
            kept,
            body: Some(body),
        } => around(&kept.begin(), body, &kept.end()),
    }
}

/// A paragraph that begins with its raised label, as a footnote.
fn footnote(content: &[Inline]) -> Option<String> {
    let label = content.first().and_then(|_| inline::note(content, 0))?;
    let mut rest = content[1..].to_vec();
    match rest.first_mut().map(|run| &mut run.kind) {
        Some(InlineKind::Text(text)) if text.starts_with(' ') => drop(text.remove(0)),
        _ => return None,
    }
    let text = inline::write(&inlines::normal(rest), Place::Paragraph);
    Some(prefixed(&text, &format!("[^{label}]: "), "    "))
}

fn around(begin: &str, body: &[Block], end: &str) -> String {
    let body = write(body, Within::Blocks);
    if body.is_empty() {
        format!("{begin}\n\n{end}")
    } else {
        format!("{begin}\n\n{body}\n\n{end}")
    }
}

/// `text` with `first` before its first line and `rest` before the others.
fn prefixed(text: &str, first: &str, rest: &str) -> String {
    let mut prefixed = String::with_capacity(text.len() + first.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            prefixed.push('\n');
        }
        let prefix = if index == 0 { first } else { rest };
        prefixed.push_str(if line.is_empty() {
            prefix.trim_end()
        } else {
            prefix
        });
        prefixed.push_str(line);
    }
    prefixed
}

fn code(language: Option<&str>, text: &str) -> String {
    let longest = text
        .split(|char| char != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let language = language.unwrap_or("");
    if text.is_empty() {
        format!("{fence}{language}\n{fence}")
    } else {
        format!("{fence}{language}\n{text}\n{fence}")
    }
}

fn list(marker: ListMarker, items: &[Item], flip: Flip) -> String {
    let mut lines = Vec::with_capacity(items.len());
    let mut number = match marker {
        ListMarker::Bullet => 0,
        ListMarker::Ordered { start } => start,
    };
    for item in items {
        let marker = match (marker, flip) {
            (ListMarker::Bullet, Flip::Usual) => "- ".to_owned(),
            (ListMarker::Bullet, Flip::Other) => "* ".to_owned(),
            (ListMarker::Ordered { .. }, Flip::Usual) => format!("{}. ", number.min(LAST_NUMBER)),
            (ListMarker::Ordered { .. }, Flip::Other) => format!("{}) ", number.min(LAST_NUMBER)),
        };
        number = number.saturating_add(1);
        let text = write(&item.blocks, Within::Item);
        lines.push(prefixed(&text, &marker, &" ".repeat(marker.len())));
    }
    lines.join("\n")
}

fn tasks(tasks: &[Task], flip: Flip) -> String {
    let mut lines = Vec::with_capacity(tasks.len());
    for task in tasks {
        let bullet = if flip == Flip::Usual { '-' } else { '*' };
        let done = if task.done { 'x' } else { ' ' };
        let text = inline::write(&task.content, Place::Paragraph);
        let mut text = format!("[{done}] {text}").trim_end_matches(' ').to_owned();
        if !task.children.is_empty() {
            text.push('\n');
            text.push_str(&self::tasks(&task.children, Flip::Usual));
        }
        lines.push(prefixed(&text, &format!("{bullet} "), "  "));
    }
    lines.join("\n")
}

fn table(table: &Table) -> String {
    let width = table.rows.iter().map(|row| row.cells.len()).max();
    let width = width.unwrap_or(0);
    let has_header = table
        .rows
        .first()
        .is_some_and(|row| !row.cells.is_empty() && row.cells.iter().all(|cell| cell.header));
    let empty_header = has_header
        && table.rows.first().is_some_and(|row| {
            row.cells
                .iter()
                .all(|cell| cell::write(&cell.blocks).is_empty())
        });
    let mut lines = Vec::with_capacity(table.rows.len() + 2);
    if !has_header {
        lines.push(format!("|{}", "  |".repeat(width)));
    }
    for (index, row) in table.rows.iter().enumerate() {
        let is_header = has_header && index == 0;
        let mut line = String::from("|");
        for column in 0..width {
            let Some(cell) = row.cells.get(column) else {
                // The reader takes a row of nothing but `<th>` for the header.
                line.push_str(if is_header && empty_header {
                    " <th> |"
                } else {
                    "  |"
                });
                continue;
            };
            let named = if is_header { empty_header } else { cell.header };
            let text = cell::write(&cell.blocks);
            line.push(' ');
            line.push_str(if named { "<th>" } else { "" });
            line.push_str(&text);
            line.push_str(" |");
        }
        lines.push(line);
    }
    lines.insert(1, format!("|{}", "---|".repeat(width)));
    lines.join("\n")
}

pub(super) fn panel_name(kind: PanelKind) -> &'static str {
    match kind {
        PanelKind::Info => "INFO",
        PanelKind::Note => "NOTE",
        PanelKind::Tip => "TIP",
        PanelKind::Success => "SUCCESS",
        PanelKind::Warning => "WARNING",
        PanelKind::Error => "ERROR",
        PanelKind::Decision => "DECISION",
        PanelKind::Plain => "PANEL",
    }
}

fn panel(kind: PanelKind, title: Option<&str>, body: &[Block]) -> String {
    let mut text = format!("[!{}]", panel_name(kind));
    if let Some(title) = title {
        text.push(' ');
        text.push_str(&plain_text(title));
    }
    text.push_str(&write(body, Within::Panel));
    prefixed(&text, "> ", "> ")
}

fn expand(title: &str, body: &[Block]) -> String {
    let title = title
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let begin = if title.is_empty() {
        "<details>".to_owned()
    } else {
        format!("<details><summary>{title}</summary>")
    };
    around(&begin, body, "</details>")
}
