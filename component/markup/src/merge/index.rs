//! The nodes of an original, by the ids of their placeholders.
//!
//! Decides whether a placeholder names exactly one node, and knows which were not used again.

use std::collections::{BTreeMap, BTreeSet};

use crate::doc::{Block, BlockKind, Emoji, Image, ImageTarget, Inline, InlineKind, Kept, Task};
use crate::error::RestoreError;

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'b> {
    pub(super) kept: &'b Kept,
    pub(super) place: Place<'b>,
}

/// Where the node stands in the original.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'b> {
    /// A block; with a body, if that can be edited.
    Block(Option<&'b [Block]>),
    Inline,
    Mark,
}

#[derive(Debug, Default)]
pub(super) struct Index<'b> {
    entries: BTreeMap<&'b str, Entry<'b>>,
    ambiguous: BTreeSet<&'b str>,
    /// Nodes that stand in the original more than once, all the same.
    repeated: BTreeSet<&'b str>,
    used: BTreeSet<String>,
    emoji: BTreeMap<&'b str, &'b Emoji>,
    images: Vec<&'b Image>,
}

impl<'b> Index<'b> {
    pub(super) fn new(blocks: &'b [Block]) -> Self {
        let mut index = Self::default();
        each(blocks, &mut |found| match found {
            Found::Kept(entry) => index.add(entry),
            Found::Emoji(emoji) => {
                index.emoji.insert(&emoji.name, emoji);
            }
            Found::Image(image) => index.images.push(image),
        });
        index
    }

    fn add(&mut self, entry: Entry<'b>) {
        let id = entry.kept.id.as_str();
        match self.entries.get(id) {
            Some(known) if known.kept.origin != entry.kept.origin => {
                self.ambiguous.insert(id);
            }
            Some(_) => {
                self.repeated.insert(id);
            }
            None => {
                self.entries.insert(id, entry);
            }
        }
    }

    /// Whether `placeholder` stands around blocks.
    pub(super) fn is_body(&self, placeholder: &Kept) -> bool {
        let entry = self.entries.get(placeholder.id.as_str());
        matches!(entry.map(|entry| entry.place), Some(Place::Block(Some(_))))
    }

    pub(super) fn is_repeated(&self, placeholder: &Kept) -> bool {
        self.repeated.contains(placeholder.id.as_str())
    }

    /// The node that `placeholder` names.
    pub(super) fn find(&mut self, placeholder: &Kept) -> Result<Entry<'b>, RestoreError> {
        let id = placeholder.id.as_str();
        if self.ambiguous.contains(id) {
            return Err(RestoreError::Ambiguous(placeholder.placeholder()));
        }
        let entry = self.entries.get(id).copied();
        let entry = entry.ok_or_else(|| RestoreError::Unknown(placeholder.placeholder()))?;
        self.used.insert(id.to_owned());
        Ok(entry)
    }

    /// Marks everything in `blocks` as used.
    pub(super) fn use_all(&mut self, blocks: &[Block]) {
        each(blocks, &mut |found| {
            if let Found::Kept(entry) = found {
                self.used.insert(entry.kept.id.clone());
            }
        });
    }

    pub(super) fn emoji(&self, name: &str) -> Option<&'b Emoji> {
        self.emoji.get(name).copied()
    }

    pub(super) fn image(&self, target: &ImageTarget) -> Option<&'b Image> {
        self.images
            .iter()
            .copied()
            .find(|image| image.target == *target)
    }

    /// A line for each node of `blocks` that no longer stands anywhere.
    pub(super) fn unused_in(&self, blocks: &[Block]) -> Vec<String> {
        let mut unused: BTreeMap<&str, String> = BTreeMap::new();
        each(blocks, &mut |found| {
            if let Found::Kept(Entry { kept, .. }) = found
                && !self.used.contains(&kept.id)
            {
                let line = format!("{} was taken out", kept.placeholder());
                unused.insert(&kept.id, line);
            }
        });
        unused.into_values().collect()
    }
}

enum Found<'b> {
    Kept(Entry<'b>),
    Emoji(&'b Emoji),
    Image(&'b Image),
}

fn each<'b>(blocks: &'b [Block], visit: &mut impl FnMut(Found<'b>)) {
    for block in blocks {
        match &block.kind {
            BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
                each_inline(content, visit);
            }
            BlockKind::Tasks(tasks) => each_task(tasks, visit),
            BlockKind::Kept { kept, body } => {
                let place = Place::Block(body.as_deref());
                visit(Found::Kept(Entry { kept, place }));
                each(body.as_deref().unwrap_or_default(), visit);
            }
            BlockKind::Quote(body)
            | BlockKind::Panel { body, .. }
            | BlockKind::Expand { body, .. } => each(body, visit),
            BlockKind::List { items, .. } => {
                items.iter().for_each(|item| each(&item.blocks, visit));
            }
            BlockKind::Table(table) => {
                let cells = table.rows.iter().flat_map(|row| &row.cells);
                cells.for_each(|cell| each(&cell.blocks, visit));
            }
            BlockKind::Code { .. } | BlockKind::Rule => {}
        }
    }
}

fn each_task<'b>(tasks: &'b [Task], visit: &mut impl FnMut(Found<'b>)) {
    for task in tasks {
        each_inline(&task.content, visit);
        each_task(&task.children, visit);
    }
}

fn each_inline<'b>(content: &'b [Inline], visit: &mut impl FnMut(Found<'b>)) {
    for run in content {
        for kept in &run.marks.kept {
            visit(Found::Kept(Entry {
                kept,
                place: Place::Mark,
            }));
        }
        match &run.kind {
            InlineKind::Kept(kept) => visit(Found::Kept(Entry {
                kept,
                place: Place::Inline,
            })),
            InlineKind::Emoji(emoji) => visit(Found::Emoji(emoji)),
            InlineKind::Image(image) => visit(Found::Image(image)),
            _ => {}
        }
    }
}
