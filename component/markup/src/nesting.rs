//! Flat runs as nested marks, for formats that open and close them.
//!
//! Decides the order in which marks nest, the same in every format. Never spells one.

use crate::doc::{Inline, Kept, Link, Marks, Script};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark<'a> {
    Kept(&'a Kept),
    Link(&'a Link),
    Colour(&'a str),
    Strong,
    Emphasis,
    Strike,
    Underline,
    Script(Script),
    Code,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'a> {
    Open(Mark<'a>),
    Close(Mark<'a>),
    /// The run with this index.
    Run(usize, &'a Inline),
}

/// The marks of a run, outermost first.
pub(crate) fn marks(marks: &Marks) -> Vec<Mark<'_>> {
    let mut list: Vec<Mark<'_>> = marks.kept.iter().map(|kept| Mark::Kept(kept)).collect();
    list.extend(marks.link.as_deref().map(Mark::Link));
    list.extend(marks.colour.as_deref().map(Mark::Colour));
    list.extend(marks.strong.then_some(Mark::Strong));
    list.extend(marks.emphasis.then_some(Mark::Emphasis));
    list.extend(marks.strike.then_some(Mark::Strike));
    list.extend(marks.underline.then_some(Mark::Underline));
    list.extend(marks.script.map(Mark::Script));
    list.extend(marks.code.then_some(Mark::Code));
    list
}

/// Walks over `inlines`, opening and closing those marks that `wanted` leaves in place.
pub(crate) fn steps(inlines: &[Inline], wanted: impl Fn(usize, Mark<'_>) -> bool) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut open: Vec<Mark<'_>> = Vec::new();
    for (index, inline) in inlines.iter().enumerate() {
        let mut marks = marks(&inline.marks);
        marks.retain(|mark| wanted(index, *mark));
        let shared = open
            .iter()
            .zip(&marks)
            .take_while(|(one, other)| one == other)
            .count();
        steps.extend(open.drain(shared..).rev().map(Step::Close));
        steps.extend(marks[shared..].iter().copied().map(Step::Open));
        open.extend(marks.drain(shared..));
        steps.push(Step::Run(index, inline));
    }
    steps.extend(open.into_iter().rev().map(Step::Close));
    steps
}
