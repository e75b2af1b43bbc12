//! The blocks of a table cell, written on one line.
//!
//! Decides which blocks keep their shape there (paragraphs, lists, code) and which are flattened
//! to what they say.

use std::iter::repeat_n;

use super::inline::{self, Place, plain_text};
use super::page::Page;
use crate::doc::{Block, BlockKind, ListMarker, Task};

pub(super) fn write(blocks: &[Block], page: &mut Page) {
    let mut after_text = false;
    for block in blocks {
        let start = page.end();
        let is_text = is_text(&block.kind);
        if is_text && after_text {
            page.put("<br><br>");
        }
        let begin = page.end();
        block_text(&block.kind, page);
        if page.end() == begin {
            page.cut(start);
        } else {
            after_text = is_text;
        }
    }
}

/// Whether the block is running text that needs a break to its neighbour.
fn is_text(kind: &BlockKind) -> bool {
    !matches!(
        kind,
        BlockKind::Code { .. } | BlockKind::List { .. } | BlockKind::Tasks(_)
    )
}

fn block_text(kind: &BlockKind, page: &mut Page) {
    match kind {
        BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
            inline::write(content, Place::Cell, page);
        }
        BlockKind::Code { language, text } => code(language.as_deref(), text, page),
        BlockKind::List { marker, items } => {
            match marker {
                ListMarker::Bullet => page.put("<ul>"),
                ListMarker::Ordered { start: 1 } => page.put("<ol>"),
                ListMarker::Ordered { start } => page.put(&format!("<ol start=\"{start}\">")),
            }
            for item in items {
                page.put("<li>");
                write(&item.blocks, page);
                page.put("</li>");
            }
            page.put(match marker {
                ListMarker::Bullet => "</ul>",
                ListMarker::Ordered { .. } => "</ol>",
            });
        }
        BlockKind::Tasks(tasks) => self::tasks(tasks, page),
        BlockKind::Rule => page.put("———"),
        BlockKind::Quote(body) | BlockKind::Panel { body, .. } => write(body, page),
        BlockKind::Expand { title, body } => {
            let start = page.end();
            plain_text(title, page.text());
            let named = page.end();
            if named > start {
                page.put("<br><br>");
            }
            let begin = page.end();
            write(body, page);
            if page.end() == begin {
                page.cut(named);
            }
        }
        BlockKind::Table(table) => {
            let cells = table.rows.iter().flat_map(|row| &row.cells);
            for (index, cell) in cells.enumerate() {
                page.put(if index > 0 { " " } else { "" });
                write(&cell.blocks, page);
            }
        }
        BlockKind::Kept { kept, body: None } => page.put(&kept.placeholder()),
        BlockKind::Kept {
            kept,
            body: Some(body),
        } => {
            page.put(&kept.begin());
            page.put(" ");
            write(body, page);
            page.put(" ");
            page.put(&kept.end());
        }
    }
}

fn tasks(tasks: &[Task], page: &mut Page) {
    page.put("<ul>");
    for task in tasks {
        page.put(if task.done { "<li>[x] " } else { "<li>[ ] " });
        inline::write(&task.content, Place::Cell, page);
        if !task.children.is_empty() {
            self::tasks(&task.children, page);
        }
        page.put("</li>");
    }
    page.put("</ul>");
}

fn code(language: Option<&str>, text: &str, page: &mut Page) {
    match language {
        Some(language) => page.text().extend(["<pre lang=\"", language, "\">"]),
        None => page.put("<pre>"),
    }
    for (index, line) in text.split('\n').enumerate() {
        page.put(if index > 0 { "<br>" } else { "" });
        code_line(line, page.text());
    }
    page.put("</pre>");
}

/// Tabs, and spaces at the ends, stay when they are entities.
fn code_line(line: &str, out: &mut String) {
    let body = line.trim_matches(' ');
    let indent = line.len() - line.trim_start_matches(' ').len();
    let tail = line.len() - body.len() - indent;
    out.extend(repeat_n("&#32;", indent));
    for (index, part) in body.split('\t').enumerate() {
        out.push_str(if index > 0 { "&#9;" } else { "" });
        plain_text(part, out);
    }
    out.extend(repeat_n("&#32;", tail));
}
