//! Blocks that were moved into another container: there they stand as new ones.
//!
//! Decides which those are, by what they say, and names the attributes that stay behind. Never
//! decides which blocks of one list are partners.

use std::collections::BTreeMap;

use super::Merge;
use super::said::said;
use super::unheld::Attributes;
use crate::doc::Block;
use crate::visit;

/// What left its place and what came to one, by what it says.
#[derive(Default)]
pub(super) struct Moves<'b> {
    gone: Vec<(String, &'b Block)>,
    come: BTreeMap<String, usize>,
}

impl<'b> Moves<'b> {
    /// These blocks of the original have no partner where they stood.
    pub(super) fn go(&mut self, blocks: impl IntoIterator<Item = &'b Block>) {
        for block in blocks {
            self.gone.push((said(std::slice::from_ref(block)), block));
            self.go(visit::bodies(&block.kind).into_iter().flatten());
        }
    }

    /// These blocks have no partner where they stand now.
    pub(super) fn come<'e>(&mut self, blocks: impl IntoIterator<Item = &'e Block>) {
        for block in blocks {
            let key = said(std::slice::from_ref(block));
            *self.come.entry(key).or_default() += 1;
            self.come(visit::bodies(&block.kind).into_iter().flatten());
        }
    }

    fn all(mut self) -> Vec<(String, &'b Block)> {
        self.gone.retain(|(key, _)| match self.come.get_mut(key) {
            Some(left) if *left > 0 && !key.is_empty() => {
                *left -= 1;
                true
            }
            _ => false,
        });
        self.gone
    }
}

impl Merge<'_> {
    /// Names what the moved blocks had that Markdown does not show.
    pub(super) fn name_moved(&mut self) {
        for (text, old) in std::mem::take(&mut self.moves).all() {
            // What is in it is asked for itself.
            let mut alone = old.clone();
            let bodies = visit::bodies_mut(&mut alone.kind);
            bodies.into_iter().for_each(Vec::clear);
            let mut anew = alone.clone();
            visit::forget_carried(&mut anew);
            let mut gone = Attributes::written(self.base, alone);
            gone.take_away(&Attributes::written(self.base, anew));
            if let Some(names) = gone.names() {
                self.name_lost(&names, "moved", &text);
            }
        }
    }
}
