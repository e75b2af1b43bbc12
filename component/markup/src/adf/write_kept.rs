//! Nodes of an original, written with the content they have now.
//!
//! Decides whether one may stand where it was moved to. Never changes anything of the node itself.

use serde_json::Value;

use super::instead::flatten;
use super::model::{HOLDS_INLINES, Holder};
use super::write::{Writer, json, kind, next};
use super::write_inline;
use crate::doc::{Block, BlockKind, Format, Inline, InlineKind, Kept, Marks};
use crate::error::WriteError;
use crate::inlines;

impl Writer {
    /// A node of the original, with the content it has now.
    pub(super) fn kept(
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
        let name = kind(&node).to_owned();
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
            for child in children.filter(|child| kind(child) == "caption") {
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
                && matches!(kind(&parse(kept)?), "mediaInline" | "inlineExtension")
            {
                return Err(misplaced(kept, "a caption"));
            }
        }
        let mut written = vec![b'['];
        write_inline::write(&mut written, &runs)?;
        written.push(b']');
        Ok(written)
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
