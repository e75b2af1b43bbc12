//! The blocks of a table cell, written on one line.
//!
//! Decides which blocks keep their shape there (paragraphs, lists, code) and which are flattened
//! to what they say.

use super::inline::{self, Place, plain_text};
use crate::doc::{Block, BlockKind, ListMarker, Task};

pub(super) fn write(blocks: &[Block]) -> String {
    let mut written = String::new();
    let mut after_text = false;
    for block in blocks {
        let (text, is_text) = block_text(&block.kind);
        if text.is_empty() {
            continue;
        }
        if is_text && after_text {
            written.push_str("<br><br>");
        }
        written.push_str(&text);
        after_text = is_text;
    }
    written
}

/// The block on one line, and whether it is running text that needs a break to its neighbour.
fn block_text(kind: &BlockKind) -> (String, bool) {
    match kind {
        BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
            (inline::write(content, Place::Cell), true)
        }
        BlockKind::Code { language, text } => (code(language.as_deref(), text), false),
        BlockKind::List { marker, items } => {
            let tag = match marker {
                ListMarker::Bullet => "<ul>".to_owned(),
                ListMarker::Ordered { start: 1 } => "<ol>".to_owned(),
                ListMarker::Ordered { start } => format!("<ol start=\"{start}\">"),
            };
            let end = &tag[1..3];
            let items: String = items
                .iter()
                .map(|item| format!("<li>{}</li>", write(&item.blocks)))
                .collect();
            (format!("{tag}{items}</{end}>"), false)
        }
        BlockKind::Tasks(tasks) => (self::tasks(tasks), false),
        BlockKind::Rule => ("———".to_owned(), true),
        BlockKind::Quote(body) | BlockKind::Panel { body, .. } => (write(body), true),
        BlockKind::Expand { title, body } => {
            let body = write(body);
            let gap = if title.is_empty() || body.is_empty() {
                ""
            } else {
                "<br><br>"
            };
            (format!("{}{gap}{body}", plain_text(title)), true)
        }
        BlockKind::Table(table) => {
            let cells = table.rows.iter().flat_map(|row| &row.cells);
            let texts: Vec<String> = cells.map(|cell| write(&cell.blocks)).collect();
            (texts.join(" "), true)
        }
        BlockKind::Kept { kept, body: None } => (kept.placeholder(), true),
        BlockKind::Kept {
            kept,
            body: Some(body),
        } => (
            format!("{} {} {}", kept.begin(), write(body), kept.end()),
            true,
        ),
    }
}

fn tasks(tasks: &[Task]) -> String {
    let items: String = tasks
        .iter()
        .map(|task| {
            let done = if task.done { 'x' } else { ' ' };
            let text = inline::write(&task.content, Place::Cell);
            let children = if task.children.is_empty() {
                String::new()
            } else {
                self::tasks(&task.children)
            };
            format!("<li>[{done}] {text}{children}</li>")
        })
        .collect();
    format!("<ul>{items}</ul>")
}

fn code(language: Option<&str>, text: &str) -> String {
    let begin = match language {
        Some(language) => format!("<pre lang=\"{language}\">"),
        None => "<pre>".to_owned(),
    };
    let lines: Vec<String> = text.split('\n').map(code_line).collect();
    format!("{begin}{}</pre>", lines.join("<br>"))
}

/// Tabs, and spaces at the ends, stay when they are entities.
fn code_line(line: &str) -> String {
    let body = line.trim_matches(' ');
    let indent = line.len() - line.trim_start_matches(' ').len();
    let tail = line.len() - body.len() - indent;
    let parts: Vec<String> = body.split('\t').map(plain_text).collect();
    format!(
        "{}{}{}",
        "&#32;".repeat(indent),
        parts.join("&#9;"),
        "&#32;".repeat(tail)
    )
}
