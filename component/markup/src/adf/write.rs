//! Blocks, written as the JSON of ADF.
//!
//! Decides what is said instead where the schema does not let a block stand, so that a valid
//! document comes out of every tree. Writes text as it goes: a tree of JSON values would cost more
//! than the rest of the conversion.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::instead::{flatten, simpler, stands, titled};
use super::model::{HOLDS_INLINES, Holder};
use super::write_inline::{self, href, image_url};
use crate::doc::{
    Block, BlockKind, Carried, Document, Format, Image, Inline, InlineKind, Item, Kept, ListMarker,
    Marks, PanelKind, Table, Task,
};
use crate::error::WriteError;
use crate::inlines;
use crate::visit;

pub(super) fn document(document: &Document) -> Result<String, WriteError> {
    let mut writer = Writer::default();
    visit::each_task(&document.blocks, &mut |task| {
        writer.used.extend(task.id.clone());
    });
    writer.put(r#"{"version":1,"type":"doc","content":["#);
    writer.blocks(&document.blocks, Holder::of("doc"))?;
    writer.put("]}");
    Ok(String::from_utf8(writer.out).expect("strings and serialised JSON are UTF-8"))
}

/// Writes `text` as a JSON string at the end of `out`.
pub(super) fn json_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("memory takes everything");
}

pub(super) fn json(out: &mut Vec<u8>, value: &Value) {
    serde_json::to_writer(out, value).expect("memory takes everything and every key is a string");
}

/// Puts a comma after what stands before in the same list.
pub(super) fn next(out: &mut Vec<u8>) {
    if out.last() != Some(&b'[') {
        out.push(b',');
    }
}

#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    /// Ids of tasks that the document has.
    used: BTreeSet<String>,
    last_id: u32,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn blocks(&mut self, blocks: &[Block], holder: Holder) -> Result<(), WriteError> {
        for block in blocks {
            if stands(&block.kind, holder) {
                self.block(block, holder)?;
            } else {
                self.instead(&block.kind, holder)?;
            }
        }
        Ok(())
    }

    /// The words of a block that may not stand here. Containers open into their holder without a
    /// copy of what they hold: many of them may lie in one another.
    fn instead(&mut self, kind: &BlockKind, holder: Holder) -> Result<(), WriteError> {
        let (title, body) = match kind {
            BlockKind::Quote(body) => (None, body),
            BlockKind::Panel { title, body, .. } => (title.as_deref(), body),
            BlockKind::Expand { title, body } => (Some(title.as_str()), body),
            other => return self.blocks(&simpler(other), holder),
        };
        if let Some(title) = title {
            self.blocks(&[titled(title)], holder)?;
        }
        self.blocks(body, holder)
    }

    fn block(&mut self, block: &Block, holder: Holder) -> Result<(), WriteError> {
        let carried = &block.carried;
        match &block.kind {
            BlockKind::Paragraph(content) => match content.as_slice() {
                [
                    Inline {
                        kind: InlineKind::Image(image),
                        marks,
                        ..
                    },
                ] if holder.holds("mediaSingle") => {
                    self.media_single(image, marks, carried, holder)?;
                }
                content => {
                    self.begin("paragraph", &[], carried, holder);
                    write_inline::write(&mut self.out, content)?;
                    self.put("]}");
                }
            },
            BlockKind::Heading { level, content } => {
                self.begin(
                    "heading",
                    &[("level", level.number().into())],
                    carried,
                    holder,
                );
                write_inline::write(&mut self.out, content)?;
                self.put("]}");
            }
            BlockKind::Code { language, text } => {
                let language = language.as_deref().map(|name| ("language", name.into()));
                self.begin("codeBlock", language.as_slice(), carried, holder);
                if !text.is_empty() {
                    self.put(r#"{"type":"text","text":"#);
                    json_text(&mut self.out, text);
                    self.put("}");
                }
                self.put("]}");
            }
            BlockKind::Quote(body) => self.container("blockquote", &[], carried, holder, body)?,
            BlockKind::List { items, .. } if items.is_empty() => {}
            BlockKind::List { marker, items } => self.list(*marker, items, carried, holder)?,
            BlockKind::Tasks(tasks) if tasks.is_empty() => {}
            BlockKind::Tasks(tasks) => self.tasks(tasks, carried, holder)?,
            BlockKind::Table(table) => self.table(table, carried, holder)?,
            BlockKind::Rule => {
                self.begin("rule", &[], carried, holder);
                self.childless();
            }
            BlockKind::Panel {
                kind: PanelKind::Decision,
                title,
                body,
            } => {
                self.decisions(title.as_deref(), body, carried, holder)?;
            }
            BlockKind::Panel { kind, title, body } => {
                let name = panel_name(*kind, carried);
                let own = [("panelType", name.into())];
                match title {
                    None => self.container("panel", &own, carried, holder, body)?,
                    Some(title) => {
                        let mut whole = vec![titled(title)];
                        whole.extend(body.iter().cloned());
                        self.container("panel", &own, carried, holder, &whole)?;
                    }
                }
            }
            BlockKind::Expand { title, body } => {
                let name = if holder.holds("expand") {
                    "expand"
                } else {
                    "nestedExpand"
                };
                let own = [("title", title.as_str().into())];
                self.container(name, &own, carried, holder, body)?;
            }
            BlockKind::Kept { kept, body } => self.kept(kept, body.as_deref(), holder)?,
        }
        Ok(())
    }

    /// Begins a node up to its content; what the tree says stands above what it carries.
    fn begin(&mut self, name: &str, own: &[(&str, Value)], carried: &Carried, holder: Holder) {
        next(&mut self.out);
        self.put(r#"{"type":""#);
        self.put(name);
        self.put("\"");
        let source = carried.of(Format::Adf);
        let source = source.and_then(|source| serde_json::from_str::<Value>(source).ok());
        let mut attributes = Map::new();
        for (key, value) in own {
            attributes.insert((*key).to_owned(), value.clone());
        }
        if let Some(source) = &source {
            for (key, value) in source["attrs"].as_object().into_iter().flatten() {
                // The list's own id, not the one made up for it.
                if matches!(key.as_str(), "localId" | "layout") || !attributes.contains_key(key) {
                    attributes.insert(key.clone(), value.clone());
                }
            }
        }
        if !attributes.is_empty() {
            self.put(r#","attrs":"#);
            json(&mut self.out, &attributes.into());
        }
        let marks = source
            .as_ref()
            .and_then(|source| source["marks"].as_array());
        let marks: Vec<Value> = marks
            .into_iter()
            .flatten()
            .filter(|mark| holder.marks(name, super::read::kind(mark)))
            .cloned()
            .collect();
        if !marks.is_empty() {
            self.put(r#","marks":"#);
            json(&mut self.out, &marks.into());
        }
        self.put(r#","content":["#);
    }

    /// Ends a node that has no content.
    fn childless(&mut self) {
        let content = r#","content":["#;
        self.out.truncate(self.out.len() - content.len());
        self.put("}");
    }

    fn container(
        &mut self,
        name: &str,
        own: &[(&str, Value)],
        carried: &Carried,
        holder: Holder,
        body: &[Block],
    ) -> Result<(), WriteError> {
        self.begin(name, own, carried, holder);
        self.filled(body, Holder::of(name))?;
        self.put("]}");
        Ok(())
    }

    /// Blocks for a node that must hold at least one.
    fn filled(&mut self, blocks: &[Block], holder: Holder) -> Result<(), WriteError> {
        let start = self.out.len();
        self.blocks(blocks, holder)?;
        let first = &self.out[start..];
        // Atlassian's editor begins an item with a line of its own before a list in it.
        let begins_with_list = holder.name == "listItem"
            && ["bulletList", "orderedList", "taskList"]
                .iter()
                .any(|list| first.starts_with(format!(r#"{{"type":"{list}""#).as_bytes()));
        if first.is_empty() || begins_with_list {
            let mut line = br#"{"type":"paragraph","content":[]}"#.to_vec();
            if begins_with_list {
                line.push(b',');
            }
            self.out.splice(start..start, line);
        }
        Ok(())
    }

    fn list(
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

    fn tasks(
        &mut self,
        tasks: &[Task],
        carried: &Carried,
        holder: Holder,
    ) -> Result<(), WriteError> {
        let list = self.new_id("list");
        self.begin("taskList", &[("localId", list.into())], carried, holder);
        for task in tasks {
            let id = match &task.id {
                Some(id) => id.clone(),
                None => self.new_id("task"),
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
                self.tasks(&task.children, &Carried::default(), Holder::of("taskList"))?;
            }
        }
        self.put("]}");
        Ok(())
    }

    /// A decision is one line; every line of the body is one.
    fn decisions(
        &mut self,
        title: Option<&str>,
        body: &[Block],
        carried: &Carried,
        holder: Holder,
    ) -> Result<(), WriteError> {
        let list = self.new_id("list");
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
        let id = self.new_id("decision");
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

    fn table(
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

    fn media_single(
        &mut self,
        image: &Image,
        marks: &Marks,
        carried: &Carried,
        holder: Holder,
    ) -> Result<(), WriteError> {
        let mut own = vec![
            ("type", Value::from("external")),
            ("url", image_url(image)?.into()),
        ];
        if !image.alt.is_empty() {
            own.push(("alt", image.alt.as_str().into()));
        }
        self.begin(
            "mediaSingle",
            &[("layout", "center".into())],
            carried,
            holder,
        );
        self.begin(
            "media",
            &own,
            &Carried::default(),
            Holder::of("mediaSingle"),
        );
        self.childless();
        if let Some(link) = &marks.link {
            self.out.pop();
            self.put(r#","marks":[{"type":"link","attrs":{"href":"#);
            json_text(&mut self.out, href(&link.href)?);
            self.put("}}]}");
        }
        self.put("]}");
        Ok(())
    }

    /// A node of the original, with the content it has now.
    fn kept(
        &mut self,
        kept: &Kept,
        body: Option<&[Block]>,
        holder: Holder,
    ) -> Result<(), WriteError> {
        let source = source(kept)?;
        // What was not touched stands where it stood.
        let unmoved = kept.id.is_empty();
        if unmoved && body.is_none() {
            next(&mut self.out);
            self.put(source);
            return Ok(());
        }
        let mut node = parse(kept)?;
        let name = super::read::kind(&node).to_owned();
        if !unmoved && !holder.holds(&name) {
            return Err(misplaced(kept, holder.noun()));
        }
        next(&mut self.out);
        let Some(body) = body else {
            self.put(source);
            return Ok(());
        };
        if name == "mediaSingle" {
            let caption = self.lines(body, true)?;
            let children = node["content"].as_array_mut().into_iter().flatten();
            for child in children.filter(|child| super::read::kind(child) == "caption") {
                child["content"] = serde_json::from_slice(&caption).unwrap_or_default();
            }
            json(&mut self.out, &node);
            return Ok(());
        }
        if let Some(node) = node.as_object_mut() {
            node.remove("content");
        }
        json(&mut self.out, &node);
        self.out.pop();
        self.put(r#","content":["#);
        let inside = Holder::of(&name);
        if HOLDS_INLINES.contains(&name.as_str()) {
            let lines = self.lines(body, false)?;
            self.out.extend_from_slice(&lines[1..lines.len() - 1]);
        } else if inside.holds("paragraph") {
            self.filled(body, inside)?;
        } else {
            for block in body.iter().filter(|block| !block.is_empty_line()) {
                match &block.kind {
                    BlockKind::Kept { kept, body } => self.kept(kept, body.as_deref(), inside)?,
                    BlockKind::Tasks(tasks) if name == "taskList" => {
                        self.tasks(tasks, &block.carried, inside)?;
                    }
                    _ => return Err(WriteError::Outside(kept.placeholder())),
                }
            }
        }
        self.put("]}");
        Ok(())
    }

    /// The lines of `blocks` as one list of inline nodes.
    fn lines(&mut self, blocks: &[Block], is_caption: bool) -> Result<Vec<u8>, WriteError> {
        let mut lines = Vec::new();
        for block in blocks {
            flatten(block, &mut lines)?;
        }
        let mut runs = Vec::new();
        for line in lines {
            if !runs.is_empty() {
                runs.push(Inline::new(InlineKind::HardBreak, Marks::default()));
            }
            runs.extend(line);
        }
        let runs = inlines::normal(runs);
        for run in runs.iter().filter(|_| is_caption) {
            if let InlineKind::Kept(kept) = &run.kind
                && matches!(
                    super::read::kind(&parse(kept)?),
                    "mediaInline" | "inlineExtension"
                )
            {
                return Err(misplaced(kept, "a caption"));
            }
        }
        let mut written = vec![b'['];
        write_inline::write(&mut written, &runs)?;
        written.push(b']');
        Ok(written)
    }

    /// Ids need only be unique in the document; Atlassian puts its own in their place.
    fn new_id(&mut self, noun: &str) -> String {
        loop {
            self.last_id += 1;
            let id = format!("{noun}-{}", self.last_id);
            if self.used.insert(id.clone()) {
                return id;
            }
        }
    }
}

/// A panel with its own colours stays custom, a tip of the original a tip. The documented kinds
/// are info, note, warning, success and error.
fn panel_name(kind: PanelKind, carried: &Carried) -> &'static str {
    match kind {
        PanelKind::Note => "note",
        PanelKind::Tip | PanelKind::Success => "success",
        PanelKind::Warning => "warning",
        PanelKind::Error => "error",
        PanelKind::Plain if carried.of(Format::Adf).is_some() => "custom",
        PanelKind::Info | PanelKind::Decision | PanelKind::Plain => "info",
    }
}

/// The JSON text of a kept node or mark.
fn source(kept: &Kept) -> Result<&str, WriteError> {
    let Some(origin) = &kept.origin else {
        return Err(WriteError::Placeholder(kept.placeholder()));
    };
    if origin.format != Format::Adf {
        return Err(WriteError::Foreign {
            label: kept.label.clone(),
            from: origin.format,
            to: Format::Adf,
        });
    }
    Ok(&origin.open)
}

/// The JSON of a kept node or mark.
pub(super) fn parse(kept: &Kept) -> Result<Value, WriteError> {
    let source = source(kept)?;
    serde_json::from_str(source).map_err(|_| WriteError::Placeholder(kept.placeholder()))
}

pub(super) fn misplaced(kept: &Kept, holder: &'static str) -> WriteError {
    WriteError::Misplaced {
        placeholder: kept.placeholder(),
        holder,
    }
}
