//! Decides what happened to the lines of one file, by their seals, numbers and order alone. Edited, inserted, removed,
//! moved, copied and cut off are told apart; half a line that no head ever named is a killed process, not a change.

use std::collections::BTreeMap;

use super::{Finding, What};
use crate::audit::proof::{Point, Position};
use crate::audit::seal::{ChainKey, Divided, Seal};

/// What the index and the head say of a file.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::audit) struct Bounds {
    pub(in crate::audit) first: Option<Point>,
    /// What the first line follows.
    pub(in crate::audit) before: Option<Seal>,
    pub(in crate::audit) last: Option<Last>,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::audit) enum Last {
    /// At least so far: a head is moved after its line.
    Head(Point),
    /// So far and no further.
    Closed(Point),
}

/// Reads one file line by line.
pub(in crate::audit) struct Chain<'k> {
    key: &'k ChainKey,
    name: &'k str,
    bounds: Bounds,
    /// The number that the next line should have.
    next: u64,
    /// The seal of the line before, where that is known.
    prev: Option<Seal>,
    /// Numbers that were passed over, each range with the line before which it is missing.
    gaps: BTreeMap<u64, (u64, usize)>,
    /// Lines without a seal that fits, not yet explained.
    unsealed: Vec<usize>,
    line: usize,
    pub(super) records: u64,
    pub(in crate::audit) findings: Vec<Finding>,
    pub(super) notes: Vec<Finding>,
}

impl<'k> Chain<'k> {
    pub(in crate::audit) fn new(key: &'k ChainKey, name: &'k str, bounds: Bounds) -> Self {
        Self {
            key,
            name,
            bounds,
            next: bounds.first.map_or(0, |first| first.seq),
            prev: bounds.before,
            gaps: BTreeMap::new(),
            unsealed: Vec::new(),
            line: 0,
            records: 0,
            findings: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Goes through all of `text`; `each` is given every line whose seal fits.
    pub(in crate::audit) fn read(&mut self, text: &[u8], mut each: impl FnMut(&[u8], Seal)) {
        let end = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let (whole, torn) = text.split_at(end);
        for line in whole.split_inclusive(|byte| *byte == b'\n') {
            self.line += 1;
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let sealed = Divided::of(line).filter(|line| self.key.fits(self.name, line));
            let position = serde_json::from_slice::<Position>(line).ok();
            match sealed.zip(position) {
                Some((divided, position)) => {
                    self.sealed(&position, divided.seal);
                    each(line, divided.seal);
                }
                None => self.unsealed.push(self.line),
            }
        }
        self.end(!torn.is_empty());
    }

    fn sealed(&mut self, position: &Position, seal: Seal) {
        self.records += 1;
        let Position { seq, prev } = *position;
        if seq < self.next {
            self.explain_unsealed(0);
            self.out_of_order(seq);
            return;
        }
        let gap = seq - self.next;
        let was_plain = gap == 0 && self.unsealed.is_empty();
        let edited = self.explain_unsealed(gap);
        if edited < gap {
            self.gaps.insert(self.next + edited, (seq, self.line));
        }
        let is_other = was_plain && self.prev.is_some_and(|before| before != prev);
        let is_other_first = self
            .bounds
            .first
            .is_some_and(|first| first.seq == seq && first.seal != seal);
        if is_other || is_other_first {
            self.find(
                What::Edited,
                self.line,
                &format!("record {seq} is of another chain"),
            );
        }
        self.next = seq + 1;
        self.prev = Some(seal);
    }

    /// Lines without a seal stand in the place of as many numbers as are missing; the others were put in.
    fn explain_unsealed(&mut self, missing: u64) -> u64 {
        let mut edited = 0;
        for line in std::mem::take(&mut self.unsealed) {
            if edited < missing {
                let text = format!("record {} is not what was written", self.next + edited);
                self.find(What::Edited, line, &text);
                edited += 1;
            } else {
                self.find(
                    What::Inserted,
                    line,
                    "this line was put in: it carries no seal that fits",
                );
            }
        }
        edited
    }

    fn out_of_order(&mut self, seq: u64) {
        let gap = self.gaps.range(..=seq).next_back();
        match gap.map(|(start, (end, line))| (*start, *end, *line)) {
            Some((start, end, line)) if seq < end => {
                self.gaps.remove(&start);
                if start < seq {
                    self.gaps.insert(start, (seq, line));
                }
                if seq + 1 < end {
                    self.gaps.insert(seq + 1, (end, line));
                }
                let text = format!("record {seq} was moved here from before line {line}");
                self.find(What::Moved, self.line, &text);
            }
            _ => self.find(
                What::Copied,
                self.line,
                &format!("record {seq} stands here a second time"),
            ),
        }
    }

    fn end(&mut self, is_torn: bool) {
        let after = self.line + 1;
        let target = self.bounds.last.map(|last| match last {
            Last::Head(point) | Last::Closed(point) => point.seq + 1,
        });
        let missing = target.unwrap_or(self.next).saturating_sub(self.next);
        if is_torn && missing == 0 {
            let text = format!(
                "half a line: its process was killed while it wrote record {}, or is writing it now",
                self.next
            );
            self.notes
                .push(Finding::at(self.name, after, What::Torn, &text));
        }
        let edited = self.explain_unsealed(missing);
        if edited < missing {
            let (from, to) = (self.next + edited, self.next + missing - 1);
            let text = if is_torn {
                format!("{} cut off in the middle of this line", range(from, to))
            } else {
                format!(
                    "{} cut off, or an older copy was put in the place of the file",
                    range(from, to)
                )
            };
            self.find(What::Cut, after, &text);
        } else if missing == 0 {
            self.check_last();
        }
        for (start, (end, line)) in std::mem::take(&mut self.gaps) {
            let text = format!("{} here, before this line", range(start, end - 1));
            self.find(What::Removed, line, &text);
        }
        self.findings.sort_by_key(|finding| finding.line);
    }

    /// A whole file has to end as the index says.
    fn check_last(&mut self) {
        let (point, goes_on) = match self.bounds.last {
            Some(Last::Closed(point)) => (point, self.next > point.seq + 1),
            Some(Last::Head(point)) => (point, false),
            None => return,
        };
        if goes_on {
            let text = format!("the file goes on after record {}, its last one", point.seq);
            self.find(What::Inserted, self.line, &text);
        } else if self.next == point.seq + 1 && self.prev.is_some_and(|last| last != point.seal) {
            let text = format!("record {} is of another chain", point.seq);
            self.find(What::Edited, self.line, &text);
        }
    }

    /// Lines that follow each other and suffered the same are told together.
    fn find(&mut self, what: What, line: usize, text: &str) {
        let before = self.findings.last_mut();
        match before {
            Some(finding) if finding.what == what && finding.ends_at() + 1 == line => {
                finding.through = Some(line);
            }
            _ => self.findings.push(Finding::at(self.name, line, what, text)),
        }
    }
}

fn range(from: u64, to: u64) -> String {
    if from == to {
        format!("record {from} was")
    } else {
        format!("records {from} to {to} were")
    }
}
