//! What the tree does not hold of a block of the original: it goes when the block is written anew.
//!
//! Decides by writing the old block from the tree and comparing the attributes. Never looks at the
//! edit.

use std::collections::BTreeMap;

use super::said::said;
use super::{Merge, source_of};
use crate::doc::{Block, Document, Format};
use crate::{adf, storage, visit};

/// Attributes by key and value, with the names of those that are the same.
#[derive(Default)]
struct Attributes(BTreeMap<(String, String), Vec<String>>);

impl Attributes {
    fn of(format: Format, source: &str) -> Self {
        let described = match format {
            Format::Storage => storage::described(source),
            Format::Adf => adf::described(source),
            Format::Markdown | Format::Wiki => Vec::new(),
        };
        let mut attributes = Self::default();
        for (name, value) in described {
            // The owner may have another name where it says the same.
            let key = name.split(" of ").next().unwrap_or_default().to_owned();
            attributes.0.entry((key, value)).or_default().push(name);
        }
        attributes
    }

    fn take_away(&mut self, others: &Self) {
        for (key, names) in &others.0 {
            if let Some(own) = self.0.get_mut(key) {
                own.truncate(own.len().saturating_sub(names.len()));
            }
        }
        self.0.retain(|_, names| !names.is_empty());
    }
}

impl Merge<'_> {
    /// Names what goes with a changed block, but not what goes with the blocks in it: they are
    /// asked for themselves.
    pub(super) fn name_unheld(&mut self, old: &Block) {
        let mut gone = self.unheld(old);
        if gone.0.is_empty() {
            return;
        }
        for body in visit::bodies(&old.kind) {
            for block in body {
                gone.take_away(&self.unheld(block));
            }
        }
        let mut names: Vec<String> = gone.0.into_values().flatten().collect();
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            let text = said(std::slice::from_ref(old));
            let names = names.join(", ");
            self.name_lost(&names, &text);
        }
    }

    fn unheld(&self, block: &Block) -> Attributes {
        let Some((format, source)) = source_of(self.base, block) else {
            return Attributes::default();
        };
        let mut gone = Attributes::of(format, &source);
        if !gone.0.is_empty()
            && let Ok(written) = crate::write(format, &Document::new(vec![block.clone()]))
        {
            gone.take_away(&Attributes::of(format, &written));
        }
        gone
    }
}
