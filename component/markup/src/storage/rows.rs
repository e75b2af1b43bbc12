//! Lists, task lists and tables.
//!
//! Decides what is an item, a task and a cell, and whether a table is one that rows and cells can
//! hold.

use super::read::{CARRIED_INSIDE, Reader};
use super::shape::is_inline;
use super::xml::{Element, Node};
use crate::MAX_DEPTH;
use crate::doc::{
    Block, BlockKind, Carried, Cell, Format, Inline, Item, ListMarker, Marks, Row, Table, Task,
};
use crate::inlines;

impl Reader<'_> {
    pub(super) fn list(
        &self,
        element: &Element<'_>,
        marker: ListMarker,
        depth: usize,
    ) -> BlockKind {
        let mut items = Vec::new();
        for node in element.children() {
            let (blocks, attributes) = match node {
                Node::Element(item) if item.name == "li" => {
                    (self.blocks(item.children(), depth + 1), item.attributes)
                }
                // Old pages hold lists and text right in a list.
                Node::Element(other) => (self.blocks(other.alone(), depth + 1), ""),
                Node::Text(text, _) if text.trim().is_empty() => continue,
                Node::Text(text, _) => {
                    let content = inlines::normal(vec![Inline::text(text)]);
                    (vec![Block::paragraph(content)], "")
                }
            };
            let carried = Carried::new(Format::Storage, attributes.to_owned());
            items.push(Item { blocks, carried });
        }
        BlockKind::List { marker, items }
    }

    pub(super) fn ordered(&self, element: &Element<'_>, depth: usize) -> (BlockKind, Carried) {
        let start = element.value("start").and_then(|start| start.parse().ok());
        let start = start.unwrap_or(1);
        let list = self.list(element, ListMarker::Ordered { start }, depth);
        // The editor says so of every list that counts from one.
        let said = |key: &str, value: &str| key == "start" && value != "1";
        let others = element.values().filter(|(key, value)| !said(key, value));
        let others: String = others.map(|(key, value)| attribute(key, &value)).collect();
        (list, Carried::new(Format::Storage, others))
    }

    pub(super) fn table(&self, element: &Element<'_>, depth: usize) -> (BlockKind, Carried) {
        let mut rows = Vec::new();
        let is_plain = |part: Element<'_>| {
            let is_plain_body = part.name == "tbody" && part.attributes.trim().is_empty();
            is_plain_body || matches!(part.name, "tr" | "colgroup")
        };
        let has_sections = !element.elements().all(is_plain);
        for part in element.elements() {
            match part.name {
                "tr" => rows.push(self.row(&part, "", depth)),
                "colgroup" => {}
                _ => {
                    let section = self.slice(part.span().start..part.inner().start);
                    let section = if has_sections { &*section } else { "" };
                    rows.extend(part.elements().map(|row| self.row(&row, section, depth)));
                }
            }
        }
        let columns = element.child("colgroup");
        let columns = columns.map(|columns| self.slice(columns.span()));
        let carried = super::macros::with_inner(element.attributes, &columns.unwrap_or_default());
        (BlockKind::Table(Table { rows }), carried)
    }

    /// Rows of a table with a head or a foot carry the tag that begins theirs.
    fn row(&self, row: &Element<'_>, section: &str, depth: usize) -> Row {
        let inside = Self {
            in_cell: true,
            ..*self
        };
        let cells = row.elements().map(|cell| Cell {
            header: cell.name == "th",
            blocks: inside.blocks(cell.children(), depth + 1),
            carried: Carried::new(Format::Storage, cell.attributes.to_owned()),
        });
        Row {
            cells: cells.collect(),
            carried: super::macros::with_inner(row.attributes, section),
        }
    }

    /// A task list whose tasks are lines; None if a task holds more than that.
    pub(super) fn tasks(&self, list: &Element<'_>, depth: usize) -> Option<Vec<Task>> {
        if depth >= MAX_DEPTH || list.children().has_words() {
            return None;
        }
        let mut tasks = Vec::new();
        for task in list.elements() {
            let body = task.child("ac:task-body")?;
            let status = task.child("ac:task-status")?.text();
            let mut content = Vec::new();
            let mut children = Vec::new();
            for node in body.children() {
                match node {
                    Node::Element(nested) if nested.name == "ac:task-list" => {
                        children.extend(self.tasks(&nested, depth + 1)?);
                    }
                    Node::Element(block) if !is_inline(&block) => {
                        let lone = block.name == "p" && content.is_empty();
                        if !lone || !block.elements().all(|child| is_inline(&child)) {
                            return None;
                        }
                        content = self.inlines(block.children(), &Marks::default());
                    }
                    line => self.inline(line, &Marks::default(), &mut content),
                }
            }
            tasks.push(Task {
                id: task
                    .child("ac:task-id")
                    .map(|id| id.text().trim().to_owned()),
                done: status.trim() == "complete",
                content: inlines::normal(content),
                children,
                carried: self.task_carried(&task, &body),
            });
        }
        Some(tasks)
    }

    /// A task's own attributes, what describes it besides, and the tag of the one element that its
    /// words stand in.
    fn task_carried(&self, task: &Element<'_>, body: &Element<'_>) -> Carried {
        let said = ["ac:task-id", "ac:task-status", "ac:task-body"];
        let others = task
            .elements()
            .filter(|child| !said.contains(&child.name))
            .map(|child| self.slice(child.span()));
        let mut inner: String = others.collect();
        let words = body.elements().find(|child| child.name != "ac:task-list");
        if let Some(around) = words.filter(|child| stands_around(child, body)) {
            inner.push(CARRIED_INSIDE);
            inner.push_str(&self.slice(around.span().start..around.inner().start));
        }
        super::macros::with_inner(task.attributes, &inner)
    }
}

/// Whether an element stands around all words of a task and is no mark of theirs.
fn stands_around(element: &Element<'_>, body: &Element<'_>) -> bool {
    let mut others = body.elements().filter(|child| child.name != "ac:task-list");
    matches!(element.name, "p" | "span")
        && !element.is_empty()
        && !body.children().has_words()
        && others.nth(1).is_none()
        && (element.name == "p" || is_editors(element))
}

/// The span that the editor of Data Center puts around the words of every task.
pub(super) fn is_editors(span: &Element<'_>) -> bool {
    span.attributes.trim() == "class=\"placeholder-inline-tasks\""
}

/// Whether a table holds nothing but rows, and they nothing but cells.
pub(super) fn is_regular(table: &Element<'_>) -> bool {
    let row = |row: Element<'_>| {
        row.name == "tr"
            && !row.children().has_words()
            && row.elements().all(|cell| matches!(cell.name, "th" | "td"))
    };
    !table.children().has_words()
        && table.elements().all(|part| match part.name {
            "colgroup" => true,
            "thead" | "tbody" | "tfoot" => !part.children().has_words() && part.elements().all(row),
            _ => row(part),
        })
}

pub(super) fn attribute(key: &str, value: &str) -> String {
    format!(" {key}=\"{}\"", super::escape(value))
}
