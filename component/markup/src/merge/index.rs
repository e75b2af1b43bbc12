//! The nodes of an original, by the ids of their placeholders.
//!
//! Decides whether a placeholder names exactly one node, and knows which were not used again.

use std::collections::{BTreeMap, BTreeSet};

use crate::doc::{Block, BlockKind, Emoji, Inline, InlineKind, Kept};
use crate::error::RestoreError;
use crate::visit::{self, Part};

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
}

impl<'b> Index<'b> {
    pub(super) fn new(blocks: &'b [Block]) -> Self {
        let mut index = Self::default();
        visit::each(blocks, &mut |part| {
            if let Part::Run(Inline {
                kind: InlineKind::Emoji(emoji),
                ..
            }) = part
                && (emoji.id.is_some() || emoji.text.is_some())
            {
                index.emoji.insert(&emoji.name, emoji);
            }
            entries(part).into_iter().for_each(|entry| index.add(entry));
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
        visit::each(blocks, &mut |part| {
            let ids = entries(part).into_iter().map(|entry| &entry.kept.id);
            self.used.extend(ids.cloned());
        });
    }

    /// [`Self::use_all`] for one line.
    pub(super) fn use_line(&mut self, content: &[Inline]) {
        for run in content {
            let ids = entries(Part::Run(run)).into_iter();
            self.used.extend(ids.map(|entry| entry.kept.id.clone()));
        }
    }

    pub(super) fn emoji(&self, name: &str) -> Option<&'b Emoji> {
        self.emoji.get(name).copied()
    }

    /// A line for each node of `blocks` that no longer stands anywhere.
    pub(super) fn unused_in(&self, blocks: &[Block]) -> Vec<String> {
        let mut unused: BTreeMap<&str, String> = BTreeMap::new();
        visit::each(blocks, &mut |part| {
            for Entry { kept, .. } in entries(part) {
                if !self.used.contains(&kept.id) {
                    let line = format!("{} was taken out", kept.placeholder());
                    unused.insert(&kept.id, line);
                }
            }
        });
        unused.into_values().collect()
    }
}

/// The nodes that a part of the original is or stands in.
fn entries(part: Part<'_>) -> Vec<Entry<'_>> {
    match part {
        Part::Block(Block {
            kind: BlockKind::Kept { kept, body },
            ..
        }) => {
            let place = Place::Block(body.as_deref());
            vec![Entry { kept, place }]
        }
        Part::Run(run) => {
            let place = Place::Mark;
            let marks = run.marks.kept.iter().map(|kept| Entry { kept, place });
            let mut entries: Vec<Entry<'_>> = marks.collect();
            if let InlineKind::Kept(kept) = &run.kind {
                let place = Place::Inline;
                entries.push(Entry { kept, place });
            }
            entries
        }
        Part::Block(_) | Part::Task(_) => Vec::new(),
    }
}
