//! The blocks of a table cell, written on one line.
//!
//! Decides which blocks keep their shape there (paragraphs, lists, code) and which are flattened
//! to what they say.

use std::iter::repeat_n;

use super::inline::{self, Place, plain_text};
use super::page::Page;
use crate::doc::{Block, BlockKind, Item, ListMarker, Task};

pub(super) fn write(blocks: &[Block], page: &mut Page) {
    flow(blocks, &mut false, page);
}

/// Writes `blocks` behind others of the same cell or item; `after_text` says that running text is
/// the last of those. What a container holds stands there as if it held nothing else, since that
/// is how it is read back.
fn flow(blocks: &[Block], after_text: &mut bool, page: &mut Page) {
    for block in blocks {
        match &block.kind {
            BlockKind::Quote(body)
            | BlockKind::Panel {
                title: None, body, ..
            } => {
                flow(body, after_text, page);
            }
            BlockKind::Expand { title, body }
            | BlockKind::Panel {
                title: Some(title),
                body,
                ..
            } => {
                text(after_text, page, |page| plain_text(title, page.text()));
                flow(body, after_text, page);
            }
            BlockKind::Code { language, text } => {
                code(language.as_deref(), text, page);
                *after_text = false;
            }
            BlockKind::List { marker, items } => {
                list(*marker, items, page);
                *after_text = false;
            }
            BlockKind::Tasks(tasks) => {
                self::tasks(tasks, page);
                *after_text = false;
            }
            BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
                text(after_text, page, |page| {
                    inline::write(content, Place::Cell, page);
                });
            }
            BlockKind::Rule => text(after_text, page, |page| page.put("———")),
            BlockKind::Table(table) => text(after_text, page, |page| {
                let cells = table.rows.iter().flat_map(|row| &row.cells);
                for (index, cell) in cells.enumerate() {
                    page.put(if index > 0 { " " } else { "" });
                    write(&cell.blocks, page);
                }
            }),
            BlockKind::Kept { kept, body } => text(after_text, page, |page| match body {
                None => page.put(&kept.placeholder()),
                Some(body) => {
                    page.put(&kept.begin());
                    page.put(" ");
                    write(body, page);
                    page.put(" ");
                    page.put(&kept.end());
                }
            }),
        }
    }
}

/// Running text, with a break to the text before it.
fn text(after_text: &mut bool, page: &mut Page, write: impl FnOnce(&mut Page)) {
    let start = page.end();
    if *after_text {
        page.put("<br><br>");
    }
    let begin = page.end();
    write(page);
    if page.end() == begin {
        page.cut(start);
    } else {
        *after_text = true;
    }
}

fn list(marker: ListMarker, items: &[Item], page: &mut Page) {
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
