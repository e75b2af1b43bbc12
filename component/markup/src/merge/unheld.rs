//! What the tree does not hold of a block of the original: it goes when the block is written anew.
//!
//! Decides by writing the old block from the tree and comparing the attributes. Never looks at the
//! edit.

use std::collections::BTreeMap;

use super::said::said;
use super::{Merge, source_of};
use crate::doc::{Block, BlockKind, Document, Format, Source};
use crate::{adf, storage, visit};

/// Attributes by key and value, with the names of those that are the same.
#[derive(Default)]
pub(super) struct Attributes(BTreeMap<(String, String), Vec<String>>);

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

    /// Of a block that is written as the original is; none if it can't be written alone.
    pub(super) fn written(base: &Document, block: Block) -> Self {
        let format = match &base.source {
            Source::Text { format, .. } => *format,
            Source::Adf(_) => Format::Adf,
            Source::Made => return Self::default(),
        };
        let written = crate::write(format, &Document::new(vec![block]));
        written.map_or_else(|_| Self::default(), |text| Self::of(format, &text))
    }

    /// Each once; None if there are none.
    pub(super) fn names(self) -> Option<String> {
        let mut names: Vec<String> = self.0.into_values().flatten().collect();
        names.sort_unstable();
        names.dedup();
        (!names.is_empty()).then(|| names.join(", "))
    }

    pub(super) fn take_away(&mut self, others: &Self) {
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
        if let Some(names) = self.unheld(old).names() {
            let text = said(std::slice::from_ref(old));
            self.name_lost(&names, "changed", &text);
        }
    }

    fn unheld(&self, block: &Block) -> Attributes {
        let Some((format, source)) = source_of(self.base, block) else {
            return Attributes::default();
        };
        let mut gone = Attributes::of(format, &source);
        if gone.0.is_empty() {
            return gone;
        }
        let mut alone = block.clone();
        if let BlockKind::Kept { kept, .. } = &mut alone.kind {
            // As one that stands where it stood: a column has no place outside of its layout.
            kept.id.clear();
        }
        for inside in visit::bodies_mut(&mut alone.kind).into_iter().flatten() {
            *inside = self.verbatim(inside);
        }
        match crate::write(format, &Document::new(vec![alone])) {
            Ok(written) => gone.take_away(&Attributes::of(format, &written)),
            // The edited text cannot be written either.
            Err(_) => gone.0.clear(),
        }
        gone
    }
}
