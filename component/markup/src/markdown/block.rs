//! Blocks, written as Markdown.
//!
//! Decides indentation, markers and blank lines, so that neighbours stay apart and lists stay
//! tight.

use super::cell;
use super::inline::{self, Place, longest_ticks, plain_text};
use super::page::Page;
use super::panel::panel_name;
use crate::doc::{
    Block, BlockKind, Cell, Inline, InlineKind, Item, ListMarker, PanelKind, Row, Table, Task,
    plain_paragraphs,
};
use crate::inlines;

/// The greatest number CommonMark takes for a list item.
const LAST_NUMBER: u32 = 999_999_999;

pub(super) fn document(blocks: &[Block]) -> String {
    let mut page = Page::default();
    write(blocks, Within::Document, &mut page);
    finished(page)
}

/// Plain text, a paragraph for each run of lines.
pub(super) fn plain(text: &str) -> String {
    let mut page = Page::default();
    for (index, lines) in plain_paragraphs(text).enumerate() {
        if index > 0 {
            page.line();
            page.line();
        }
        inline::plain_lines(lines, &mut page);
    }
    finished(page)
}

fn finished(page: Page) -> String {
    let written = page.finish();
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

fn write(blocks: &[Block], within: Within, page: &mut Page) {
    let mut before: Option<(&BlockKind, Flip)> = None;
    for block in blocks.iter().filter(|block| !is_empty(&block.kind)) {
        let kind = &block.kind;
        let flip = match before {
            Some((last, flip)) if same_marker(last, kind) => flip.other(),
            // `- - -` would be a rule.
            None if is_wordless(kind) && page.since(0).ends_with("- - ") => Flip::Other,
            _ => Flip::Usual,
        };
        let tight = match before {
            Some((BlockKind::Paragraph(_), _)) if within == Within::Item => may_interrupt(kind),
            None if within == Within::Panel => matches!(kind, BlockKind::Paragraph(_)),
            _ => false,
        };
        if before.is_some() || within == Within::Panel {
            page.line();
            if !tight {
                page.line();
            }
        }
        let place = match before {
            Some(_) if within == Within::Panel => Within::Blocks,
            _ => within,
        };
        let start = page.end();
        block_text(kind, flip, place, before.is_none(), page);
        if tight && before.is_some() && !begins_with_words(page.since(start)) {
            page.part(start);
        }
        before = Some((kind, flip));
    }
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

/// A list of bullets whose first one says nothing.
fn is_wordless(kind: &BlockKind) -> bool {
    let marker = ListMarker::Bullet;
    matches!(kind, BlockKind::List { marker: own, items } if *own == marker
        && items.first().is_some_and(|item| item.blocks.iter().all(|block| is_empty(&block.kind))))
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
fn may_interrupt(kind: &BlockKind) -> bool {
    match kind {
        BlockKind::Tasks(_) => true,
        BlockKind::List { marker, .. } => {
            matches!(
                marker,
                ListMarker::Bullet | ListMarker::Ordered { start: 1 }
            )
        }
        _ => false,
    }
}

/// Whether something stands behind the marker that the list begins with.
fn begins_with_words(list: &str) -> bool {
    let first = list.lines().next().unwrap_or("");
    first.trim_end().contains(' ')
}

fn block_text(kind: &BlockKind, flip: Flip, within: Within, first: bool, page: &mut Page) {
    match kind {
        BlockKind::Paragraph(content) if within == Within::Panel => {
            inline::write(content, Place::Continued, page);
        }
        BlockKind::Paragraph(content) if within == Within::Document && footnote(content, page) => {}
        BlockKind::Paragraph(content) => inline::write(content, Place::Paragraph, page),
        BlockKind::Heading { level, content } => {
            page.put(&"######"[..usize::from(level.number())]);
            page.put(" ");
            inline::write(content, Place::Heading, page);
            page.trim_spaces();
        }
        BlockKind::Code { language, text } => code(language.as_deref(), text, page),
        BlockKind::Quote(body) => page.within("> ", "> ", |page| write(body, Within::Blocks, page)),
        BlockKind::List { marker, items } => list(*marker, items, flip, page),
        BlockKind::Tasks(items) => tasks(items, flip, page),
        BlockKind::Table(rows) => table(rows, page),
        // `- ---` would be a rule itself, without the item.
        BlockKind::Rule if within == Within::Item && first => page.put("___"),
        BlockKind::Rule => page.put("---"),
        BlockKind::Panel { kind, title, body } => panel(*kind, title.as_deref(), body, page),
        BlockKind::Expand { title, body } => expand(title, body, page),
        BlockKind::Kept { kept, body: None } => page.put(&kept.placeholder()),
        BlockKind::Kept {
            kept,
            body: Some(body),
        } => around(&kept.begin(), body, &kept.end(), page),
    }
}

/// A paragraph that begins with its raised label, as a footnote; false if it does not.
fn footnote(content: &[Inline], page: &mut Page) -> bool {
    let Some(label) = content.first().and_then(|_| inline::note(content, 0)) else {
        return false;
    };
    let mut rest = content[1..].to_vec();
    match rest.first_mut().map(|run| &mut run.kind) {
        Some(InlineKind::Text(text)) if text.starts_with(' ') => drop(text.remove(0)),
        _ => return false,
    }
    let rest = inlines::normal(rest);
    // Placeholders alone would be blocks behind the footnote.
    let is_word = |run: &Inline| match &run.kind {
        InlineKind::Text(text) => !inlines::is_blank_text(text),
        kind => !matches!(kind, InlineKind::Kept(_) | InlineKind::SoftBreak),
    };
    if !rest.iter().any(is_word) {
        return false;
    }
    page.within(&format!("[^{label}]: "), "    ", |page| {
        inline::write(&rest, Place::Paragraph, page);
    });
    true
}

fn around(begin: &str, body: &[Block], end: &str, page: &mut Page) {
    page.put(begin);
    page.line();
    page.line();
    let start = page.end();
    write(body, Within::Blocks, page);
    if page.end() > start {
        page.line();
        page.line();
    }
    page.put(end);
}

fn code(language: Option<&str>, text: &str, page: &mut Page) {
    let fence = "`".repeat((longest_ticks(text) + 1).max(3));
    page.put(&fence);
    page.put(language.unwrap_or(""));
    if !text.is_empty() {
        for line in text.split('\n') {
            page.line();
            page.put(line);
        }
    }
    page.line();
    page.put(&fence);
}

fn list(marker: ListMarker, items: &[Item], flip: Flip, page: &mut Page) {
    let mut number = match marker {
        ListMarker::Bullet => 0,
        ListMarker::Ordered { start } => start,
    };
    for (index, item) in items.iter().enumerate() {
        let numbered;
        let marker = match (marker, flip) {
            (ListMarker::Bullet, Flip::Usual) => "- ",
            (ListMarker::Bullet, Flip::Other) => "* ",
            (ListMarker::Ordered { .. }, flip) => {
                let sign = if flip == Flip::Usual { '.' } else { ')' };
                numbered = format!("{}{sign} ", number.min(LAST_NUMBER));
                &numbered
            }
        };
        number = number.saturating_add(1);
        if index > 0 {
            page.line();
        }
        // As wide as the longest marker, `999999999. `.
        let indent = &"           "[..marker.len()];
        page.within(marker, indent, |page| {
            write(&item.blocks, Within::Item, page);
        });
    }
}

fn tasks(tasks: &[Task], flip: Flip, page: &mut Page) {
    for (index, task) in tasks.iter().enumerate() {
        if index > 0 {
            page.line();
        }
        let marker = if flip == Flip::Usual { "- " } else { "* " };
        page.within(marker, "  ", |page| {
            page.put(if task.done { "[x] " } else { "[ ] " });
            inline::write(&task.content, Place::Paragraph, page);
            page.trim_spaces();
            if !task.children.is_empty() {
                page.line();
                self::tasks(&task.children, Flip::Usual, page);
            }
        });
    }
}

fn table(table: &Table, page: &mut Page) {
    let width = table.rows.iter().map(|row| row.cells.len()).max();
    let width = width.unwrap_or(0);
    let (header, rows) = match table.rows.split_first() {
        Some((first, rows)) if is_header(first) => (Some(first), rows),
        _ => (None, table.rows.as_slice()),
    };
    match header {
        None => bars("  |", width, page),
        Some(first) => {
            let start = page.end();
            row(first, width, |_| "", "  |", page);
            // The reader takes a row of nothing but `<th>` for the header.
            let mut bytes = page.since(start).bytes();
            if bytes.all(|byte| matches!(byte, b'|' | b' ')) {
                page.cut(start);
                row(first, width, |_| "<th>", " <th> |", page);
            }
        }
    }
    page.line();
    bars("---|", width, page);
    let named = |cell: &Cell| if cell.header { "<th>" } else { "" };
    let cells: usize = rows.iter().map(|row| row.cells.len()).sum();
    // GFM lets a row be short. A few short rows are filled, for people; many of a very wide table
    // would be far longer than what they say.
    let fills = width.saturating_mul(rows.len()) <= 8 * cells + 10_000;
    for cells in rows {
        page.line();
        let width = if fills { width } else { cells.cells.len() };
        row(cells, width, named, "  |", page);
    }
}

fn is_header(row: &Row) -> bool {
    !row.cells.is_empty() && row.cells.iter().all(|cell| cell.header)
}

/// A row of nothing but `cell`, which ends in its bar.
fn bars(cell: &str, width: usize, page: &mut Page) {
    page.put("|");
    for _ in 0..width {
        page.put(cell);
    }
}

fn row(
    row: &Row,
    width: usize,
    name: impl Fn(&Cell) -> &'static str,
    missing: &str,
    page: &mut Page,
) {
    page.put("|");
    for column in 0..width {
        match row.cells.get(column) {
            Some(cell) => {
                page.put(" ");
                page.put(name(cell));
                cell::write(&cell.blocks, page);
                page.put(" |");
            }
            None => page.put(missing),
        }
    }
}

fn panel(kind: PanelKind, title: Option<&str>, body: &[Block], page: &mut Page) {
    page.within("> ", "> ", |page| {
        page.text().extend(["[!", panel_name(kind), "]"]);
        if let Some(title) = title {
            page.put(" ");
            plain_text(title, page.text());
        }
        write(body, Within::Panel, page);
    });
}

fn expand(title: &str, body: &[Block], page: &mut Page) {
    let title = title
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let begin = if title.is_empty() {
        "<details>".to_owned()
    } else {
        format!("<details><summary>{title}</summary>")
    };
    around(&begin, body, "</details>", page);
}
