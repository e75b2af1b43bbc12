//! Sets of requests, and the exact questions about them: is there one at all, is one set inside another, what is left.
//!
//! A rule is a finite union of [`Shape`]s, and a shape is a product of small sets: tools, one set for each path
//! segment, query names, body length, projects or spaces. Every small set can be met, taken away from and asked for a member, so the
//! whole is decided exactly and every answer comes with a request that shows it. Nothing here permits anything.

mod keys;
mod names;
mod reach;
mod segments;
mod shape;

pub(crate) use keys::{KeySet, NOTHING};
pub(crate) use reach::{Door, Entrance, Grant, Reach, ToolView};
pub(crate) use segments::SegmentSet;
pub use shape::TooTangled;
pub(crate) use shape::{Budget, Shape, meet_paths};
