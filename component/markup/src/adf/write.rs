//! Blocks, written as the JSON of ADF.
//!
//! Decides what is said instead where the schema does not let a block stand, so that a valid
//! document comes out of every tree. Writes text as it goes: a tree of JSON values would cost more
//! than the rest of the conversion.

use serde_json::{Map, Value};

use super::instead::{simpler, stands, titled};
use super::model::Holder;
use super::write_inline::{self, image_url};
use crate::doc::{
    Block, BlockKind, Carried, Document, Format, Image, Inline, InlineKind, Marks, PanelKind,
};
use crate::error::WriteError;
use crate::ids::Ids;
use crate::text::holds;

pub(super) fn document(document: &Document) -> Result<String, WriteError> {
    let mut writer = Writer {
        out: Vec::new(),
        ids: Ids::besides(&document.blocks),
    };
    writer.put(r#"{"version":1,"type":"doc","content":["#);
    writer.blocks(&document.blocks, Holder::of("doc"))?;
    writer.put("]}");
    Ok(String::from_utf8(writer.out).expect("strings and serialised JSON are UTF-8"))
}

/// Writes `text` as a JSON string at the end of `out`.
pub(super) fn json_text(out: &mut Vec<u8>, text: &str) {
    // RFC 8259, section 7: all that has to be escaped.
    let escapes = |byte| byte < b' ' || matches!(byte, b'"' | b'\\');
    if !holds(text, escapes) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        return out.push(b'"');
    }
    serde_json::to_writer(out, text).expect("memory takes everything");
}

/// The type of a node or mark that is written as the original had it.
pub(super) fn kind(node: &Value) -> &str {
    node["type"].as_str().unwrap_or("")
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

const LISTS: [&str; 3] = ["bulletList", "orderedList", "taskList"];

pub(super) struct Writer {
    pub(super) out: Vec<u8>,
    pub(super) ids: Ids,
}

impl Writer {
    pub(super) fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(super) fn blocks(&mut self, blocks: &[Block], holder: Holder) -> Result<(), WriteError> {
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

    pub(super) fn block(&mut self, block: &Block, holder: Holder) -> Result<(), WriteError> {
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
                let name = panel_name(*kind);
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
    pub(super) fn begin(
        &mut self,
        name: &str,
        own: &[(&str, Value)],
        carried: &Carried,
        holder: Holder,
    ) {
        next(&mut self.out);
        self.put(r#"{"type":""#);
        self.put(name);
        self.put("\"");
        let Some(source) = carried.of(Format::Adf) else {
            self.own_attributes(own);
            return self.put(r#","content":["#);
        };
        let source = serde_json::from_str::<Value>(source).ok();
        let mut attributes = Map::new();
        for (key, value) in own {
            attributes.insert((*key).to_owned(), value.clone());
        }
        if let Some(source) = &source {
            for (key, value) in source["attrs"].as_object().into_iter().flatten() {
                // The list's own id, not the one made up for it.
                let is_own = matches!(key.as_str(), "localId" | "layout" | "panelType");
                if is_own || !attributes.contains_key(key) {
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
            .filter(|mark| holder.marks(name, kind(mark)))
            .cloned()
            .collect();
        if !marks.is_empty() {
            self.put(r#","marks":"#);
            json(&mut self.out, &marks.into());
        }
        self.put(r#","content":["#);
    }

    /// The attributes of a node that carries none besides.
    fn own_attributes(&mut self, own: &[(&str, Value)]) {
        if own.is_empty() {
            return;
        }
        self.put(r#","attrs":{"#);
        for (index, (key, value)) in own.iter().enumerate() {
            self.put(if index > 0 { ",\"" } else { "\"" });
            self.put(key);
            self.put("\":");
            json(&mut self.out, value);
        }
        self.put("}");
    }

    /// Ends a node that has no content.
    pub(super) fn childless(&mut self) {
        let content = r#","content":["#;
        self.out.truncate(self.out.len() - content.len());
        self.put("}");
    }

    pub(super) fn container(
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
    pub(super) fn filled(&mut self, blocks: &[Block], holder: Holder) -> Result<(), WriteError> {
        const LINE: &[u8] = br#"{"type":"paragraph","content":[]},"#;
        let start = self.out.len();
        self.blocks(blocks, holder)?;
        let first = &self.out[start..];
        // Atlassian's editor begins an item with a line of its own before a list in it.
        let begins_with_list = holder.name == "listItem"
            && LISTS.iter().any(|list| {
                let name = first.strip_prefix(br#"{"type":""#);
                name.and_then(|name| name.strip_prefix(list.as_bytes()))
                    .is_some_and(|rest| rest.first() == Some(&b'"'))
            });
        if first.is_empty() {
            self.out.extend_from_slice(&LINE[..LINE.len() - 1]);
        } else if begins_with_list {
            self.out.splice(start..start, LINE.iter().copied());
        }
        Ok(())
    }

    fn media_single(
        &mut self,
        image: &Image,
        marks: &Marks,
        carried: &Carried,
        holder: Holder,
    ) -> Result<(), WriteError> {
        let mut own = Vec::with_capacity(3);
        if !image.alt.is_empty() {
            own.push(("alt", image.alt.as_str().into()));
        }
        own.push(("type", Value::from("external")));
        own.push(("url", image_url(image)?.into()));
        self.begin(
            "mediaSingle",
            &[("layout", "center".into())],
            carried,
            holder,
        );
        self.begin("media", &own, &image.carried, Holder::of("mediaSingle"));
        self.childless();
        self.out.pop();
        write_inline::media_marks(&mut self.out, marks)?;
        self.put("}");
        self.put("]}");
        Ok(())
    }
}

/// The documented kinds are info, note, warning, success and error; a panel of the original that
/// is another kind carries it.
fn panel_name(kind: PanelKind) -> &'static str {
    match kind {
        PanelKind::Note => "note",
        PanelKind::Tip | PanelKind::Success => "success",
        PanelKind::Warning => "warning",
        PanelKind::Error => "error",
        PanelKind::Info | PanelKind::Decision | PanelKind::Plain => "info",
    }
}
