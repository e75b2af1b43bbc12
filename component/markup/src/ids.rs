//! Ids for the tasks, lists and decisions that a document did not have before.
//!
//! Decides that none is given twice. Only uniqueness in the document counts: Atlassian puts its own
//! in their place.

use std::collections::BTreeSet;

use crate::doc::Block;
use crate::visit::{self, Part};

#[derive(Default)]
pub(crate) struct Ids {
    used: BTreeSet<String>,
    last: u32,
}

impl Ids {
    /// Ids that no task of `blocks` has.
    pub(crate) fn besides(blocks: &[Block]) -> Self {
        let mut ids = Self::default();
        visit::each(blocks, &mut |part| {
            if let Part::Task(task) = part {
                ids.used.extend(task.id.clone());
            }
        });
        ids
    }

    /// A number behind `prefix`.
    pub(crate) fn fresh(&mut self, prefix: &str) -> String {
        loop {
            self.last += 1;
            let id = format!("{prefix}{}", self.last);
            if self.used.insert(id.clone()) {
                return id;
            }
        }
    }
}
