//! What the index says of each file of the record, put together from its lines. Whether the lines are those that were
//! written is for the reader to decide before.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::proof::{Entry, Event, Point};
use super::seal::Seal;

/// A line of the index.
#[derive(Deserialize)]
pub(super) struct Numbered {
    pub(super) seq: u64,
    #[serde(flatten)]
    pub(super) entry: Entry,
}

/// What the index says of one file.
#[derive(Default)]
pub(super) struct Entered {
    pub(super) first: Option<Point>,
    pub(super) follows: Option<String>,
    pub(super) last: Option<Point>,
    /// When the index took note of its end.
    pub(super) closed: Option<String>,
    pub(super) is_retired: bool,
}

/// By name, which is by time.
#[derive(Default)]
pub(super) struct Files(pub(super) BTreeMap<String, Entered>);

impl Files {
    /// Adds what one line says.
    pub(super) fn enter(&mut self, Entry { ts, event, .. }: Entry) {
        match event {
            Event::Index { .. } => {}
            Event::Open {
                file,
                first,
                follows,
            } => {
                let file = self.0.entry(file).or_default();
                (file.first, file.follows) = (Some(first), follows);
            }
            Event::Close { file, last, .. } => {
                let file = self.0.entry(file).or_default();
                (file.last, file.closed) = (Some(last), Some(ts));
            }
            Event::Retire { file } => self.0.entry(file).or_default().is_retired = true,
        }
    }

    /// What the first line of a file follows, where that is known.
    pub(super) fn before(&self, file: &Entered) -> Option<Seal> {
        match &file.follows {
            Some(before) => Some(self.0.get(before)?.last?.seal),
            None => Some(Seal::NONE),
        }
    }
}
