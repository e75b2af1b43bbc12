//! Lists, tasks, decisions and tables, written as the JSON of ADF.
//!
//! Decides their rows and items, and the ids that the schema wants of some. Never decides what a
//! row or an item may hold.

use serde_json::Value;

use super::instead::{flatten, titled};
use super::model::Holder;
use super::write::Writer;
use super::write_inline;
use crate::doc::{Block, BlockKind, Carried, Format, Inline, Item, ListMarker, Table, Task};
use crate::error::WriteError;

impl Writer {
    pub(super) fn list(
        &mut self,
        marker: ListMarker,
        items: &[Item],
        carried: &Carried,
        holder: Holder,
    ) -> Result<(), WriteError> {
        let (name, order) = match marker {
            ListMarker::Bullet => ("bulletList", None),
            ListMarker::Ordered { start: 1 } => ("orderedList", None),
            ListMarker::Ordered { start } => ("orderedList", Some(("order", start.into()))),
        };
        let bullets = carried.of(Format::Adf).filter(|source| {
            // The order that a list which counts from one carries.
            marker == ListMarker::Bullet && source.contains(r#""order":"#)
        });
        let bullets = bullets.map(without_order);
        let carried = bullets.as_ref().unwrap_or(carried);
        self.begin(name, order.as_slice(), carried, holder);
        for item in items {
            self.container(
                "listItem",
                &[],
                &item.carried,
                Holder::of(name),
                &item.blocks,
            )?;
        }
        self.put("]}");
        Ok(())
    }

    pub(super) fn tasks(
        &mut self,
        tasks: &[Task],
        carried: &Carried,
        holder: Holder,
    ) -> Result<(), WriteError> {
        let list = self.ids.fresh("list-");
        self.begin("taskList", &[("localId", list.into())], carried, holder);
        for task in tasks {
            let id = match &task.id {
                Some(id) => id.clone(),
                None => self.ids.fresh("task-"),
            };
            let state = if task.done { "DONE" } else { "TODO" };
            let own = [("localId", id.into()), ("state", state.into())];
            self.begin(
                "taskItem",
                &own,
                &Carried::default(),
                Holder::of("taskList"),
            );
            write_inline::write(&mut self.out, &task.content)?;
            self.put("]}");
            if !task.children.is_empty() {
                self.tasks(&task.children, &task.carried, Holder::of("taskList"))?;
            }
        }
        self.put("]}");
        Ok(())
    }

    /// A decision is one line; every line of the body is one.
    pub(super) fn decisions(
        &mut self,
        title: Option<&str>,
        body: &[Block],
        carried: &Carried,
        holder: Holder,
    ) -> Result<(), WriteError> {
        let list = self.ids.fresh("list-");
        self.begin("decisionList", &[("localId", list.into())], carried, holder);
        let start = self.out.len();
        let title = title.map(titled);
        for block in title.iter().chain(body) {
            if let BlockKind::Kept { kept, body: None } = &block.kind {
                self.kept(kept, None, Holder::of("decisionList"))?;
                continue;
            }
            let mut lines = Vec::new();
            flatten(block, &mut lines)?;
            for line in lines {
                self.decision(&line, &block.carried)?;
            }
        }
        if self.out.len() == start {
            self.decision(&[], &Carried::default())?;
        }
        self.put("]}");
        Ok(())
    }

    fn decision(&mut self, line: &[Inline], carried: &Carried) -> Result<(), WriteError> {
        let id = self.ids.fresh("decision-");
        let mut own = vec![("localId", Value::from(id))];
        let is_new = carried
            .of(Format::Adf)
            .is_none_or(|source| !source.contains(r#""state""#));
        if is_new {
            own.push(("state", "DECIDED".into()));
        }
        self.begin("decisionItem", &own, carried, Holder::of("decisionList"));
        write_inline::write(&mut self.out, line)?;
        self.put("]}");
        Ok(())
    }

    pub(super) fn table(
        &mut self,
        table: &Table,
        carried: &Carried,
        holder: Holder,
    ) -> Result<(), WriteError> {
        let rows = || table.rows.iter().filter(|row| !row.cells.is_empty());
        if rows().next().is_none() {
            return Ok(());
        }
        self.begin("table", &[], carried, holder);
        for row in rows() {
            self.begin("tableRow", &[], &row.carried, Holder::of("table"));
            for cell in &row.cells {
                let name = if cell.header {
                    "tableHeader"
                } else {
                    "tableCell"
                };
                let holder = Holder::of("tableRow");
                self.container(name, &[], &cell.carried, holder, &cell.blocks)?;
            }
            self.put("]}");
        }
        self.put("]}");
        Ok(())
    }
}

/// What a numbered list carried, for the bullet list that it has become.
fn without_order(source: &str) -> Carried {
    let mut carried: Value = serde_json::from_str(source).unwrap_or_default();
    if let Some(attributes) = carried["attrs"].as_object_mut() {
        attributes.remove("order");
    }
    Carried::new(Format::Adf, carried.to_string())
}
