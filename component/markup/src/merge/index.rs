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

/// How many nodes of the same id are looked through.
const FARTHEST: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Index<'b> {
    /// Nodes that are the same but for what is in them, such as two columns, share an id.
    entries: BTreeMap<&'b str, Vec<Entry<'b>>>,
    ambiguous: BTreeSet<&'b str>,
    /// How often each id stands in the edited text.
    used: BTreeMap<String, usize>,
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
        let known = self.entries.entry(id).or_default();
        if known
            .first()
            .is_some_and(|known| known.kept.origin != entry.kept.origin)
        {
            self.ambiguous.insert(id);
        }
        known.push(entry);
    }

    fn all(&self, placeholder: &Kept) -> &[Entry<'b>] {
        let entries = self.entries.get(placeholder.id.as_str());
        entries.map_or(&[], Vec::as_slice)
    }

    /// Whether `placeholder` stands around blocks.
    pub(super) fn is_body(&self, placeholder: &Kept) -> bool {
        let first = self.all(placeholder).first();
        matches!(first.map(|entry| entry.place), Some(Place::Block(Some(_))))
    }

    pub(super) fn is_repeated(&self, placeholder: &Kept) -> bool {
        self.all(placeholder).len() > 1
    }

    /// The node that `placeholder` names: of several the next one, if it stands as is wanted.
    pub(super) fn find(
        &mut self,
        placeholder: &Kept,
        wanted: impl Fn(&Place<'b>) -> bool,
    ) -> Result<Entry<'b>, RestoreError> {
        let id = placeholder.id.as_str();
        if self.ambiguous.contains(id) {
            return Err(RestoreError::Ambiguous(placeholder.placeholder()));
        }
        let next = self.used.get(id).copied().unwrap_or(0);
        let entries = self.all(placeholder);
        let is_wanted = |entry: &&Entry<'b>| wanted(&entry.place);
        let entry = entries.get(next).filter(is_wanted);
        let entry = entry.or_else(|| entries.iter().find(is_wanted));
        let entry = entry.or(entries.first()).copied();
        let entry = entry.ok_or_else(|| RestoreError::Unknown(placeholder.placeholder()))?;
        self.use_one(id);
        Ok(entry)
    }

    /// What stands in the nodes that `placeholder` may name, of very many only the first.
    pub(super) fn bodies(&self, placeholder: &Kept) -> impl Iterator<Item = &'b [Block]> {
        let entries = self.all(placeholder).iter().take(FARTHEST);
        entries.filter_map(|entry| match entry.place {
            Place::Block(body) => body,
            Place::Inline | Place::Mark => None,
        })
    }

    fn use_one(&mut self, id: &str) {
        match self.used.get_mut(id) {
            Some(count) => *count += 1,
            None => drop(self.used.insert(id.to_owned(), 1)),
        }
    }

    /// Marks everything in `blocks` as used.
    pub(super) fn use_all(&mut self, blocks: &[Block]) {
        visit::each(blocks, &mut |part| {
            let entries = entries(part).into_iter();
            entries.for_each(|entry| self.use_one(&entry.kept.id));
        });
    }

    /// [`Self::use_all`] for one line.
    pub(super) fn use_line(&mut self, content: &[Inline]) {
        for run in content {
            let entries = entries(Part::Run(run)).into_iter();
            entries.for_each(|entry| self.use_one(&entry.kept.id));
        }
    }

    pub(super) fn emoji(&self, name: &str) -> Option<&'b Emoji> {
        self.emoji.get(name).copied()
    }

    /// A line for each node of `blocks` that no longer stands anywhere.
    pub(super) fn unused_in(&self, blocks: &[Block]) -> Vec<String> {
        let mut there: BTreeMap<&str, (usize, &Kept)> = BTreeMap::new();
        visit::each(blocks, &mut |part| {
            for Entry { kept, place } in entries(part) {
                let (count, _) = there.entry(&kept.id).or_insert((0, kept));
                // A mark lies on as many runs as its words have.
                *count = match place {
                    Place::Mark => (*count).max(1),
                    Place::Block(_) | Place::Inline => *count + 1,
                };
            }
        });
        let unused = there.into_iter().filter(|(id, (count, _))| {
            let used = self.used.get(*id).copied().unwrap_or(0);
            used < *count
        });
        unused
            .map(|(_, (_, kept))| format!("{} was taken out", kept.placeholder()))
            .collect()
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
