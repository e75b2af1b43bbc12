//! Blocks, written as storage format.
//!
//! Decides the elements and macros of each block, and escapes everything that is text.

use super::read::CARRIED_INSIDE;
use super::write_inline::inlines;
use crate::doc::{
    Block, BlockKind, Carried, Format, Kept, ListMarker, Origin, PanelKind, Table, Task,
};
use crate::error::WriteError;
use crate::ids::Ids;
use crate::merge::is_gap;

pub(super) fn blocks(blocks: &[Block]) -> Result<String, WriteError> {
    let mut writer = Writer {
        out: String::new(),
        // Confluence counts tasks for each page.
        ids: Ids::besides(blocks),
    };
    writer.blocks(blocks)?;
    Ok(writer.out)
}

/// Text and attribute values.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(char),
            // XML 1.0 has no way to spell these.
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => escaped.push(char),
        }
    }
    escaped
}

/// The source of a kept node of storage format.
pub(super) fn origin(kept: &Kept) -> Result<&Origin, WriteError> {
    match &kept.origin {
        None => Err(WriteError::Placeholder(kept.placeholder())),
        Some(origin) if origin.format == Format::Storage => Ok(origin),
        Some(origin) => Err(WriteError::Foreign {
            label: kept.label.clone(),
            from: origin.format,
            to: Format::Storage,
        }),
    }
}

/// What a list that counts from one may carry.
const FROM_ONE: &str = " start=\"1\"";

struct Writer {
    out: String,
    ids: Ids,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn blocks(&mut self, blocks: &[Block]) -> Result<(), WriteError> {
        let mut after_loose = false;
        for block in blocks {
            if after_loose && super::is_loose(block) {
                // Two texts without elements of their own would be one.
                self.put("<p>");
                self.block(block)?;
                self.put("</p>");
                continue;
            }
            self.block(block)?;
            after_loose = super::is_loose(block) || after_loose && is_gap(block);
        }
        Ok(())
    }

    fn block(&mut self, block: &Block) -> Result<(), WriteError> {
        let (attributes, inside) = carried(&block.carried);
        match &block.kind {
            BlockKind::Paragraph(content) if super::is_loose(block) => {
                let text = inlines(content)?;
                self.put(&text);
            }
            BlockKind::Paragraph(content) => {
                let text = inlines(content)?;
                self.put(&format!("<p{attributes}>{text}</p>"));
            }
            BlockKind::Heading { level, content } => {
                let (level, text) = (level.number(), inlines(content)?);
                self.put(&format!("<h{level}{attributes}>{text}</h{level}>"));
            }
            BlockKind::Rule => self.put(&format!("<hr{attributes} />")),
            BlockKind::Code { language, text } => {
                let is_code =
                    !attributes.contains("ac:name=") || attributes.contains("ac:name=\"code\"");
                let language = language.as_deref().filter(|_| is_code);
                let language = language.map(|name| parameter("language", name));
                let inside = format!("{}{inside}", language.unwrap_or_default());
                self.put(&macro_start("code", attributes, &inside));
                self.put(&format!(
                    "<ac:plain-text-body>{}</ac:plain-text-body></ac:structured-macro>",
                    cdata(text)
                ));
            }
            BlockKind::Quote(body) => {
                self.put(&format!("<blockquote{attributes}>"));
                self.blocks(body)?;
                self.put("</blockquote>");
            }
            BlockKind::List { items, .. } if items.is_empty() => {}
            BlockKind::List { marker, items } => {
                let (start, end) = match marker {
                    ListMarker::Bullet => {
                        let attributes = attributes.replace(FROM_ONE, "");
                        (format!("<ul{attributes}>"), "</ul>")
                    }
                    ListMarker::Ordered { start: 1 } => (format!("<ol{attributes}>"), "</ol>"),
                    ListMarker::Ordered { start } => {
                        let attributes = attributes.replace(FROM_ONE, "");
                        (format!("<ol{attributes} start=\"{start}\">"), "</ol>")
                    }
                };
                self.put(&start);
                for item in items {
                    self.put(&format!("<li{}>", carried(&item.carried).0));
                    self.blocks(&item.blocks)?;
                    self.put("</li>");
                }
                self.put(end);
            }
            BlockKind::Tasks(tasks) => self.tasks(tasks, attributes)?,
            BlockKind::Table(table) => self.table(table, attributes, inside)?,
            BlockKind::Panel { kind, title, body } => {
                let title = title.as_deref().map(|title| parameter("title", title));
                let inside = format!("{}{inside}", title.unwrap_or_default());
                self.rich(panel_name(*kind), attributes, &inside, body)?;
            }
            BlockKind::Expand { title, body } => {
                let title = if title.is_empty() {
                    String::new()
                } else {
                    parameter("title", title)
                };
                self.rich("expand", attributes, &format!("{title}{inside}"), body)?;
            }
            BlockKind::Kept { kept, body } => {
                let origin = origin(kept)?;
                self.put(&origin.open);
                self.blocks(body.as_deref().unwrap_or_default())?;
                self.put(&origin.close);
            }
        }
        Ok(())
    }

    fn rich(
        &mut self,
        name: &str,
        attributes: &str,
        inside: &str,
        body: &[Block],
    ) -> Result<(), WriteError> {
        self.put(&macro_start(name, attributes, inside));
        self.put("<ac:rich-text-body>");
        self.blocks(body)?;
        self.put("</ac:rich-text-body></ac:structured-macro>");
        Ok(())
    }

    fn tasks(&mut self, tasks: &[Task], attributes: &str) -> Result<(), WriteError> {
        if tasks.is_empty() {
            return Ok(());
        }
        self.put(&format!("<ac:task-list{attributes}>"));
        for task in tasks {
            let id = match &task.id {
                Some(id) => id.clone(),
                None => self.ids.fresh(""),
            };
            let status = if task.done { "complete" } else { "incomplete" };
            let (attributes, inside) = carried(&task.carried);
            let (others, around) = inside.split_once(CARRIED_INSIDE).unwrap_or((inside, ""));
            let content = inlines(&task.content)?;
            self.put(&format!(
                "<ac:task{attributes}><ac:task-id>{}</ac:task-id>{others}<ac:task-status>{status}</ac:task-status><ac:task-body>{around}{content}{}",
                escape(&id),
                end_of(around),
            ));
            self.tasks(&task.children, "")?;
            self.put("</ac:task-body></ac:task>");
        }
        self.put("</ac:task-list>");
        Ok(())
    }

    fn table(&mut self, table: &Table, attributes: &str, columns: &str) -> Result<(), WriteError> {
        if table.rows.iter().all(|row| row.cells.is_empty()) {
            return Ok(());
        }
        self.put(&format!("<table{attributes}>{columns}"));
        let mut open = "";
        for row in &table.rows {
            let (attributes, section) = carried(&row.carried);
            // A new row belongs to the rows before it, but not to the head.
            let section = match section {
                "" if open.is_empty() || open.starts_with("<thead") => "<tbody>",
                "" => open,
                section => section,
            };
            if section != open {
                self.put(&end_of(open));
                self.put(section);
                open = section;
            }
            self.put(&format!("<tr{attributes}>"));
            for cell in &row.cells {
                let name = if cell.header { "th" } else { "td" };
                let attributes = carried(&cell.carried).0;
                if cell.blocks.is_empty() {
                    self.put(&format!("<{name}{attributes} />"));
                    continue;
                }
                self.put(&format!("<{name}{attributes}>"));
                self.blocks(&cell.blocks)?;
                self.put(&format!("</{name}>"));
            }
            self.put("</tr>");
        }
        self.put(&end_of(open));
        self.put("</table>");
        Ok(())
    }
}

/// Attributes, and the XML that is carried beside them.
pub(super) fn carried(carried: &Carried) -> (&str, &str) {
    let source = carried.of(Format::Storage).unwrap_or("");
    source.split_once(CARRIED_INSIDE).unwrap_or((source, ""))
}

/// The end tag for a start tag, if there is one.
fn end_of(tag: &str) -> String {
    let name = tag.trim_start_matches('<');
    let name = name.split([' ', '\n', '\t', '\r', '>']).next();
    let name = name.filter(|name| !name.is_empty());
    name.map(|name| format!("</{name}>")).unwrap_or_default()
}

pub(super) fn parameter(name: &str, value: &str) -> String {
    format!(
        "<ac:parameter ac:name=\"{name}\">{}</ac:parameter>",
        escape(value)
    )
}

/// A macro that was read brings its attributes, its name among them.
pub(super) fn macro_start(name: &str, attributes: &str, inside: &str) -> String {
    if attributes.contains("ac:name=") {
        format!("<ac:structured-macro{attributes}>{inside}")
    } else {
        format!("<ac:structured-macro ac:name=\"{name}\">{inside}")
    }
}

/// A CDATA section cannot hold its own end.
fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", cdata_text(text))
}

/// Text inside a CDATA section that is there.
pub(crate) fn cdata_text(text: &str) -> String {
    text.replace("]]>", "]]]]><![CDATA[>")
}

/// Success and error look like Confluence's tip and warning.
fn panel_name(kind: PanelKind) -> &'static str {
    match kind {
        PanelKind::Info => "info",
        PanelKind::Note => "note",
        PanelKind::Tip | PanelKind::Success => "tip",
        PanelKind::Warning | PanelKind::Error => "warning",
        _ => "panel",
    }
}
