//! What objects and links of the original carry besides what a reader of the Markdown sees.
//!
//! Decides which object of the edited text is which of the original: the next one that reads the
//! same and does not stand in a place that was not touched. So nothing is given to two of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::said::said;
use crate::doc::{Block, Carried, Format, Inline, InlineKind, Link, Marks};
use crate::visit::{self, Part};

#[derive(Debug, Default)]
pub(super) struct Unseen<'b> {
    /// By what a reader sees, as they stand in the original.
    waiting: BTreeMap<String, VecDeque<&'b Inline>>,
    /// Runs that stand somewhere in the edited text, by their address.
    in_place: BTreeSet<*const Inline>,
    /// Those whose attributes were put back.
    given: Vec<*const Inline>,
}

impl<'b> Unseen<'b> {
    pub(super) fn new(blocks: &'b [Block]) -> Self {
        let mut unseen = Self::default();
        let mut last: Option<&Link> = None;
        visit::each(blocks, &mut |part| {
            let Part::Run(run) = part else {
                return last = None;
            };
            let link = run.marks.link.as_deref();
            if let Some(link) = link.filter(|link| last != Some(link) && !link.carried.is_empty()) {
                unseen.wait(address(link), run);
            }
            last = link;
            if has_unseen(&run.kind) {
                unseen.wait(shown(&run.kind), run);
            }
        });
        unseen
    }

    fn wait(&mut self, key: String, run: &'b Inline) {
        self.waiting.entry(key).or_default().push_back(run);
    }

    /// Everything in these blocks of the original stays where it is.
    pub(super) fn stay(&mut self, blocks: &[Block]) {
        if self.waiting.is_empty() {
            return;
        }
        visit::each(blocks, &mut |part| {
            if let Part::Run(run) = part {
                self.stay_run(run);
            }
        });
    }

    pub(super) fn stay_run(&mut self, run: &Inline) {
        self.in_place.insert(std::ptr::from_ref(run));
    }

    fn next(&mut self, key: &str) -> Option<&'b Inline> {
        let waiting = self.waiting.get_mut(key)?;
        while let Some(run) = waiting.pop_front() {
            if !self.in_place.contains(&std::ptr::from_ref(run)) {
                self.given.push(std::ptr::from_ref(run));
                return Some(run);
            }
        }
        None
    }

    /// Gives a changed block what its own partner carried.
    pub(super) fn put_back_of(&mut self, old: &'b Block, edited: &mut Block) {
        let mut own = Self::new(std::slice::from_ref(old));
        own.put_back(std::slice::from_mut(edited));
        own.put_back_changed(std::slice::from_mut(edited));
        self.in_place.extend(own.given);
    }

    /// A status or a date that says something else now is still the same one.
    fn put_back_changed(&mut self, edited: &mut [Block]) {
        let mut left: Vec<&Inline> = self.waiting.values().flatten().copied().collect();
        for run in visit::contents(edited).into_iter().flatten() {
            let same_one = |old: &&Inline| {
                let same_kind = matches!(
                    (&old.kind, &run.kind),
                    (InlineKind::Status(_), InlineKind::Status(_))
                        | (InlineKind::Date { .. }, InlineKind::Date { .. })
                );
                same_kind && !has_unseen(&run.kind) && !says_value(&old.kind)
            };
            if let Some(at) = left.iter().position(same_one) {
                let old = left.remove(at);
                self.given.push(std::ptr::from_ref(old));
                take_over(&mut run.kind, &old.kind);
            }
        }
    }

    /// Gives the objects and links of the edited text what theirs carried.
    pub(super) fn put_back(&mut self, edited: &mut [Block]) {
        if self.waiting.is_empty() {
            return;
        }
        for content in visit::contents(edited) {
            self.put_back_into(content);
        }
    }

    fn put_back_into(&mut self, content: &mut [Inline]) {
        let mut last: Option<(Link, Link)> = None;
        for run in content {
            if run.kind.carried().is_some_and(Carried::is_empty)
                && let Some(old) = self.next(&shown(&run.kind))
            {
                take_over(&mut run.kind, &old.kind);
            }
            let Some(link) = run.marks.link.as_deref().cloned() else {
                last = None;
                continue;
            };
            let whole = match last {
                Some((before, whole)) if before == link => whole,
                _ => {
                    let mut whole = link.clone();
                    let old = self.next(&address(&link));
                    if let Some(old) = old.and_then(|old| old.marks.link.as_deref()) {
                        whole.carried = old.carried.clone();
                    }
                    whole
                }
            };
            if whole != link {
                run.marks.link = Some(whole.clone().into());
            }
            last = Some((link, whole));
        }
    }
}

/// Whether a reader of the Markdown does not see all of it.
fn has_unseen(object: &InlineKind) -> bool {
    let is_own =
        matches!(object, InlineKind::Emoji(emoji) if emoji.id.is_some() || emoji.text.is_some());
    is_own || object.carried().is_some_and(|carried| !carried.is_empty())
}

fn take_over(object: &mut InlineKind, old: &InlineKind) {
    match (object, old) {
        (InlineKind::Emoji(emoji), InlineKind::Emoji(old)) => emoji.clone_from(old),
        (object, old) => {
            if let (Some(place), Some(carried)) = (object.carried_mut(), old.carried()) {
                place.clone_from(carried);
            }
        }
    }
}

/// Whether it carries the very value that was changed: a colour without a name, an hour of the day.
fn says_value(object: &InlineKind) -> bool {
    let source = object.carried().and_then(|carried| carried.of(Format::Adf));
    let source = source.unwrap_or("");
    source.contains("\"color\":") || source.contains("\"timestamp\":")
}

fn address(link: &Link) -> String {
    format!("to {}", link.href)
}

/// The object as the Markdown shows it, an image by its target alone.
fn shown(object: &InlineKind) -> String {
    let mut object = object.clone();
    if let InlineKind::Image(image) = &mut object {
        image.alt.clear();
        image.title = None;
    }
    said(&[Block::paragraph(vec![Inline::new(
        object,
        Marks::default(),
    )])])
}
