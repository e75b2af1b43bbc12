//! Blocks, written as ADF nodes.
//!
//! Decides what each node may hold. A block where the schema does not let it stand is said with
//! simpler blocks, so that a valid document comes out of every tree.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::inline;
use crate::doc::{
    Block, BlockKind, Carried, Document, Format, Inline, InlineKind, Item, Kept, ListMarker, Marks,
    PanelKind, Table, Task,
};
use crate::error::WriteError;
use crate::inlines;
use crate::visit;

pub(super) fn document(document: &Document) -> Result<Value, WriteError> {
    let mut writer = Writer::default();
    visit::each_task(&document.blocks, &mut |task| {
        writer.used.extend(task.id.clone())
    });
    let content = writer.blocks(&document.blocks, Parent::Document)?;
    Ok(json!({"version": 1, "type": "doc", "content": content}))
}

/// What holds a block, as far as the schema tells the holders apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parent {
    Document,
    Item,
    Quote,
    Panel,
    Cell,
    Expand,
    NestedExpand,
    /// A node of the original, which allowed what it held.
    Kept,
}

impl Parent {
    fn allows(self, kind: &BlockKind) -> bool {
        match kind {
            BlockKind::Paragraph(_)
            | BlockKind::Code { .. }
            | BlockKind::List { .. }
            // The original says where a kept node may stand.
            | BlockKind::Kept { .. } => true,
            BlockKind::Heading { .. } | BlockKind::Rule => {
                !matches!(self, Self::Item | Self::Quote)
            }
            BlockKind::Tasks(_) => self != Self::Quote,
            BlockKind::Quote(_) | BlockKind::Panel { .. } => matches!(
                self,
                Self::Document | Self::Cell | Self::Expand | Self::NestedExpand | Self::Kept
            ),
            BlockKind::Table(_) => matches!(self, Self::Document | Self::Expand | Self::Kept),
            BlockKind::Expand { .. } => matches!(
                self,
                Self::Document | Self::Cell | Self::Expand | Self::Kept
            ),
        }
    }
}

#[derive(Default)]
struct Writer {
    /// Ids of tasks that the document has.
    used: BTreeSet<String>,
    last_id: u32,
}

impl Writer {
    fn blocks(&mut self, blocks: &[Block], parent: Parent) -> Result<Vec<Value>, WriteError> {
        let mut nodes = Vec::new();
        for block in blocks {
            if parent.allows(&block.kind) {
                nodes.extend(self.block(block, parent)?);
            } else {
                nodes.extend(self.blocks(&simpler(&block.kind), parent)?);
            }
        }
        Ok(nodes)
    }

    fn block(&mut self, block: &Block, parent: Parent) -> Result<Option<Value>, WriteError> {
        let mut node = match &block.kind {
            BlockKind::Paragraph(content) => match content.as_slice() {
                [
                    Inline {
                        kind: InlineKind::Image(image),
                        marks,
                        ..
                    },
                ] => return inline::media_single(image, marks, &block.carried).map(Some),
                content => json!({"type": "paragraph", "content": inline::write(content)?}),
            },
            BlockKind::Heading { level, content } => json!({
                "type": "heading",
                "attrs": {"level": level.number()},
                "content": inline::write(content)?,
            }),
            BlockKind::Code { language, text } => code(language.as_deref(), text),
            BlockKind::Quote(body) => {
                let body = self.filled(body, Parent::Quote)?;
                json!({"type": "blockquote", "content": body})
            }
            BlockKind::List { items, .. } if items.is_empty() => return Ok(None),
            BlockKind::List { marker, items } => self.list(*marker, items)?,
            BlockKind::Tasks(tasks) if tasks.is_empty() => return Ok(None),
            BlockKind::Tasks(tasks) => self.tasks(tasks)?,
            BlockKind::Table(table) => match self.table(table)? {
                Some(table) => table,
                None => return Ok(None),
            },
            BlockKind::Rule => json!({"type": "rule"}),
            BlockKind::Panel { kind, title, body } => {
                let mut content = Vec::new();
                if let Some(title) = title {
                    content.push(titled(title));
                }
                content.extend(body.iter().cloned());
                json!({
                    "type": "panel",
                    "attrs": {"panelType": panel_name(*kind, &block.carried)},
                    "content": self.filled(&content, Parent::Panel)?,
                })
            }
            BlockKind::Expand { title, body } => {
                let (name, inside) = match parent {
                    Parent::Cell | Parent::Expand => ("nestedExpand", Parent::NestedExpand),
                    _ => ("expand", Parent::Expand),
                };
                let body = self.filled(body, inside)?;
                json!({"type": name, "attrs": {"title": title}, "content": body})
            }
            BlockKind::Kept { kept, body } => return self.kept(kept, body.as_deref()).map(Some),
        };
        carry(&mut node, &block.carried);
        Ok(Some(node))
    }

    /// Blocks for a node that must hold at least one.
    fn filled(&mut self, blocks: &[Block], parent: Parent) -> Result<Vec<Value>, WriteError> {
        let mut nodes = self.blocks(blocks, parent)?;
        let first = nodes.first().and_then(|node| node["type"].as_str());
        // The schema lets an item begin with neither a list nor a task list.
        let begins_well = match parent {
            Parent::Item => matches!(first, Some("paragraph" | "codeBlock" | "mediaSingle")),
            _ => first.is_some(),
        };
        if !begins_well {
            nodes.insert(0, json!({"type": "paragraph", "content": []}));
        }
        Ok(nodes)
    }

    fn list(&mut self, marker: ListMarker, items: &[Item]) -> Result<Value, WriteError> {
        let mut content = Vec::with_capacity(items.len());
        for item in items {
            let blocks = self.filled(&item.blocks, Parent::Item)?;
            let mut node = json!({"type": "listItem", "content": blocks});
            carry(&mut node, &item.carried);
            content.push(node);
        }
        Ok(match marker {
            ListMarker::Bullet => json!({"type": "bulletList", "content": content}),
            ListMarker::Ordered { start: 1 } => json!({"type": "orderedList", "content": content}),
            ListMarker::Ordered { start } => {
                json!({"type": "orderedList", "attrs": {"order": start}, "content": content})
            }
        })
    }

    fn tasks(&mut self, tasks: &[Task]) -> Result<Value, WriteError> {
        let list_id = self.new_id();
        let mut content = Vec::new();
        for task in tasks {
            let id = match &task.id {
                Some(id) => id.clone(),
                None => self.new_id(),
            };
            let state = if task.done { "DONE" } else { "TODO" };
            content.push(json!({
                "type": "taskItem",
                "attrs": {"localId": id, "state": state},
                "content": inline::write(&task.content)?,
            }));
            if !task.children.is_empty() {
                content.push(self.tasks(&task.children)?);
            }
        }
        Ok(json!({"type": "taskList", "attrs": {"localId": list_id}, "content": content}))
    }

    fn table(&mut self, table: &Table) -> Result<Option<Value>, WriteError> {
        let mut rows = Vec::new();
        for row in table.rows.iter().filter(|row| !row.cells.is_empty()) {
            let mut cells = Vec::with_capacity(row.cells.len());
            for cell in &row.cells {
                let name = if cell.header {
                    "tableHeader"
                } else {
                    "tableCell"
                };
                let content = self.filled(&cell.blocks, Parent::Cell)?;
                let mut node = json!({"type": name, "attrs": {}, "content": content});
                carry(&mut node, &cell.carried);
                cells.push(node);
            }
            let mut node = json!({"type": "tableRow", "content": cells});
            carry(&mut node, &row.carried);
            rows.push(node);
        }
        Ok((!rows.is_empty()).then(|| json!({"type": "table", "content": rows})))
    }

    fn kept(&mut self, kept: &Kept, body: Option<&[Block]>) -> Result<Value, WriteError> {
        let mut node = parse_kept(kept)?;
        let Some(body) = body else {
            return Ok(node);
        };
        node["content"] = if node["type"] == "decisionItem" {
            let mut runs = Vec::new();
            for block in body {
                if let BlockKind::Paragraph(content) = &block.kind {
                    if !runs.is_empty() {
                        runs.push(Inline::new(InlineKind::HardBreak, Marks::default()));
                    }
                    runs.extend(content.iter().cloned());
                }
            }
            inline::write(&inlines::normal(runs))?.into()
        } else {
            self.filled(body, Parent::Kept)?.into()
        };
        Ok(node)
    }

    /// Ids need only be unique in the document; Atlassian puts its own in their place.
    fn new_id(&mut self) -> String {
        loop {
            self.last_id += 1;
            let id = format!("task-{}", self.last_id);
            if self.used.insert(id.clone()) {
                return id;
            }
        }
    }
}

fn titled(title: &str) -> Block {
    let marks = Marks {
        strong: true,
        ..Marks::default()
    };
    let text = Inline::new(InlineKind::Text(title.to_owned()), marks);
    Block::paragraph(inlines::normal(vec![text]))
}

/// The same words in blocks that may stand anywhere.
fn simpler(kind: &BlockKind) -> Vec<Block> {
    match kind {
        BlockKind::Heading { content, .. } => {
            let mut content = content.clone();
            for run in &mut content {
                run.marks.strong |= !run.marks.code;
            }
            vec![Block::paragraph(inlines::normal(content))]
        }
        BlockKind::Rule => vec![Block::paragraph(vec![Inline::text("———")])],
        BlockKind::Quote(body) => body.clone(),
        BlockKind::Panel { title, body, .. } => {
            let mut blocks: Vec<Block> = title.iter().map(|title| titled(title)).collect();
            blocks.extend(body.iter().cloned());
            blocks
        }
        BlockKind::Expand { title, body } => {
            let mut blocks = vec![titled(title)];
            blocks.extend(body.iter().cloned());
            blocks
        }
        BlockKind::Tasks(tasks) => {
            let items = tasks.iter().map(task_item).collect();
            vec![Block::new(BlockKind::List {
                marker: ListMarker::Bullet,
                items,
            })]
        }
        BlockKind::Table(table) => {
            let cells = table.rows.iter().flat_map(|row| &row.cells);
            cells.flat_map(|cell| cell.blocks.clone()).collect()
        }
        other => vec![Block::new(other.clone())],
    }
}

fn task_item(task: &Task) -> Item {
    let mut content = task.content.clone();
    content.insert(0, Inline::text(if task.done { "[x] " } else { "[ ] " }));
    let mut blocks = vec![Block::paragraph(inlines::normal(content))];
    if !task.children.is_empty() {
        blocks.extend(simpler(&BlockKind::Tasks(task.children.clone())));
    }
    Item {
        blocks,
        ..Item::default()
    }
}

fn code(language: Option<&str>, text: &str) -> Value {
    let content = if text.is_empty() {
        json!([])
    } else {
        json!([{"type": "text", "text": text}])
    };
    match language {
        Some(language) => {
            json!({"type": "codeBlock", "attrs": {"language": language}, "content": content})
        }
        None => json!({"type": "codeBlock", "content": content}),
    }
}

/// The documented kinds are info, note, warning, success and error; a panel with its own colours
/// stays custom.
fn panel_name(kind: PanelKind, carried: &Carried) -> &'static str {
    match kind {
        PanelKind::Info => "info",
        PanelKind::Note => "note",
        PanelKind::Tip | PanelKind::Success => "success",
        PanelKind::Warning => "warning",
        PanelKind::Error => "error",
        PanelKind::Plain if carried.of(Format::Adf).is_some() => "custom",
        PanelKind::Plain => "info",
    }
}

/// The JSON of a kept node or mark.
pub(super) fn parse_kept(kept: &Kept) -> Result<Value, WriteError> {
    let Some(origin) = &kept.origin else {
        return Err(WriteError::Placeholder(kept.placeholder()));
    };
    let node = (origin.format == Format::Adf)
        .then(|| serde_json::from_str(&origin.open).ok())
        .flatten();
    node.ok_or_else(|| WriteError::Foreign {
        label: kept.label.clone(),
        from: origin.format,
        to: Format::Adf,
    })
}

/// Puts carried attributes and marks back; what the tree says itself stands above them.
pub(super) fn carry(node: &mut Value, carried: &Carried) {
    let source = carried.of(Format::Adf).map(serde_json::from_str::<Value>);
    let (Some(Ok(carried)), Some(node)) = (source, node.as_object_mut()) else {
        return;
    };
    if let Some(attributes) = carried.get("attrs").and_then(Value::as_object) {
        let own = node
            .entry("attrs")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Some(own) = own.as_object_mut() {
            for (name, value) in attributes {
                own.entry(name.clone()).or_insert_with(|| value.clone());
            }
            // The list's own id, not the one made up for it.
            if let Some(id) = attributes.get("localId") {
                own.insert("localId".into(), id.clone());
            }
            if let Some(layout) = attributes.get("layout") {
                own.insert("layout".into(), layout.clone());
            }
        }
    }
    if let Some(marks) = carried.get("marks") {
        node.insert("marks".into(), marks.clone());
    }
}
