//! Marks of running text that are on, by delimiters and by tags.
//!
//! Decides which tags put a mark on or take it off. Links and placeholders are not among them.

use std::sync::Arc;

use super::html::Name;
use crate::doc::{Marks, Script};

/// Counted: `<b>` and `**` may nest.
#[derive(Debug, Default)]
pub(super) struct Active {
    pub(super) strong: u32,
    pub(super) emphasis: u32,
    pub(super) strike: u32,
    underline: u32,
    pub(super) code: u32,
    scripts: Vec<Script>,
    colours: Vec<Arc<str>>,
}

impl Active {
    pub(super) fn on(&self) -> Marks {
        Marks {
            strong: self.strong > 0,
            emphasis: self.emphasis > 0,
            strike: self.strike > 0,
            underline: self.underline > 0,
            code: self.code > 0,
            script: self.scripts.last().copied(),
            colour: self.colours.last().cloned(),
            ..Marks::default()
        }
    }

    /// Puts on what a tag begins; false if it is text.
    pub(super) fn open(&mut self, name: Name, value: Option<String>) -> bool {
        match (name, value) {
            (Name::Subscript, None) => self.scripts.push(Script::Subscript),
            (Name::Superscript, None) => self.scripts.push(Script::Superscript),
            (Name::Colour, Some(colour)) => self.colours.push(colour.into()),
            (name, None) => match self.counter(name) {
                Some(counter) => *counter += 1,
                None => return false,
            },
            _ => return false,
        }
        true
    }

    /// Takes off what a tag ends; false if it is text.
    pub(super) fn close(&mut self, name: Name) -> bool {
        match name {
            Name::Subscript | Name::Superscript => self.scripts.pop().is_some(),
            Name::Colour => self.colours.pop().is_some(),
            name => match self.counter(name) {
                Some(counter) if *counter > 0 => {
                    *counter -= 1;
                    true
                }
                _ => false,
            },
        }
    }

    fn counter(&mut self, name: Name) -> Option<&mut u32> {
        Some(match name {
            Name::Strong => &mut self.strong,
            Name::Emphasis => &mut self.emphasis,
            Name::Strike => &mut self.strike,
            Name::Underline => &mut self.underline,
            Name::Code => &mut self.code,
            _ => return None,
        })
    }
}
