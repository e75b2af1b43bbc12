//! Flat runs as nested marks, for formats that open and close them.
//!
//! Decides the order in which marks nest, the same in every format. Never spells one.

use crate::doc::{Inline, Kept, Link, Marks, Script};

#[derive(Debug, Clone, Copy)]
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

/// What is shared is the same without a look at what it says.
impl PartialEq for Mark<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Kept(one), Self::Kept(other)) => std::ptr::eq(one, other) || one == other,
            (Self::Link(one), Self::Link(other)) => std::ptr::eq(one, other) || one == other,
            (Self::Colour(one), Self::Colour(other)) => one == other,
            (Self::Script(one), Self::Script(other)) => one == other,
            (one, other) => std::mem::discriminant(&one) == std::mem::discriminant(&other),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'a> {
    Open(Mark<'a>),
    Close(Mark<'a>),
    /// The run with this index.
    Run(usize, &'a Inline),
}

/// The marks of a run, outermost first.
fn each<'a>(marks: &'a Marks, mut visit: impl FnMut(Mark<'a>)) {
    marks.kept.iter().for_each(|kept| visit(Mark::Kept(kept)));
    if let Some(link) = &marks.link {
        visit(Mark::Link(link));
    }
    if let Some(colour) = &marks.colour {
        visit(Mark::Colour(colour));
    }
    let plain = [
        (marks.strong, Mark::Strong),
        (marks.emphasis, Mark::Emphasis),
        (marks.strike, Mark::Strike),
        (marks.underline, Mark::Underline),
    ];
    for (_, mark) in plain.into_iter().filter(|(on, _)| *on) {
        visit(mark);
    }
    if let Some(script) = marks.script {
        visit(Mark::Script(script));
    }
    if marks.code {
        visit(Mark::Code);
    }
}

/// Walks over `inlines`, opening and closing those marks that `wanted` leaves in place.
pub(crate) fn walk<'a>(
    inlines: &'a [Inline],
    wanted: impl Fn(usize, Mark<'_>) -> bool,
    mut step: impl FnMut(Step<'a>),
) {
    let mut open: Vec<Mark<'a>> = Vec::new();
    let mut marks: Vec<Mark<'a>> = Vec::new();
    for (index, inline) in inlines.iter().enumerate() {
        if !inline.marks.is_none() {
            each(&inline.marks, |mark| {
                if wanted(index, mark) {
                    marks.push(mark);
                }
            });
        }
        let pairs = open.iter().zip(&marks);
        let shared = pairs.take_while(|(one, other)| one == other).count();
        for mark in open.drain(shared..).rev() {
            step(Step::Close(mark));
        }
        for mark in marks.drain(..).skip(shared) {
            step(Step::Open(mark));
            open.push(mark);
        }
        step(Step::Run(index, inline));
    }
    while let Some(mark) = open.pop() {
        step(Step::Close(mark));
    }
}

/// All steps of a [`walk`].
pub(crate) fn steps(inlines: &[Inline], wanted: impl Fn(usize, Mark<'_>) -> bool) -> Vec<Step<'_>> {
    let mut steps = Vec::with_capacity(inlines.len());
    walk(inlines, wanted, |step| steps.push(step));
    steps
}
