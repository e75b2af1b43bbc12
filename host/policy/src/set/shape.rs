//! One product of small sets, at one door (site, product, deployment, method, meaning), and differences of many.

use std::collections::BTreeSet;

use super::keys::{KeySet, NOTHING};
use super::names::NameRange;
use super::segments::SegmentSet;
use crate::decide::By;
use crate::vocabulary::Principal;

/// Who asks with which tool, along which path, with which query names, with how long a body, and which projects or
/// spaces it may name beside the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) principals: BTreeSet<Principal>,
    pub(crate) tools: BTreeSet<String>,
    pub(crate) path: Vec<SegmentSet>,
    pub(crate) query: NameRange,
    /// Least and most bytes.
    pub(crate) body: (u64, u64),
    /// A request that names several is let through where each of them alone is.
    pub(crate) keys: KeySet,
}

/// Differences of products can fall into very many pieces. Nobody writes such a file by accident, so there is a
/// bound on the pieces that are more than there were, and beyond it the answer is "not compared" and never a guess.
#[derive(Debug)]
pub(crate) struct Budget(usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the rules overlap in too many ways to be compared exactly; give fewer rules the same paths with different query lists"
)]
pub struct TooTangled;

impl Budget {
    pub(crate) const fn new() -> Self {
        Self(20_000)
    }

    fn spend(&mut self, pieces: usize) -> Result<(), TooTangled> {
        self.0 = self.0.checked_sub(pieces).ok_or(TooTangled)?;
        Ok(())
    }
}

/// What both paths match; `None` where nothing does, which mostly shows at the first word that differs.
pub(crate) fn meet_paths(a: &[SegmentSet], b: &[SegmentSet]) -> Option<Vec<SegmentSet>> {
    if a.len() != b.len() {
        return None;
    }
    let both = a.iter().zip(b).map(|(a, b)| a.meet(b));
    both.map(|set| (!set.is_empty()).then_some(set)).collect()
}

fn both<T: Ord + Clone>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> BTreeSet<T> {
    a.intersection(b).cloned().collect()
}

/// Takes out what `other` does not have, and gives it back.
fn split<T: Ord + Clone>(set: &mut BTreeSet<T>, other: &BTreeSet<T>) -> BTreeSet<T> {
    let outside: BTreeSet<T> = set.difference(other).cloned().collect();
    set.retain(|item| !outside.contains(item));
    outside
}

impl Shape {
    pub(crate) fn contains(
        &self,
        by: By<'_>,
        segments: &[String],
        names: &BTreeSet<String>,
        body: u64,
        key: Option<&str>,
    ) -> bool {
        self.principals.contains(by.principal)
            && self.tools.contains(by.tool)
            && (self.body.0..=self.body.1).contains(&body)
            && self.path.len() == segments.len()
            && self
                .path
                .iter()
                .zip(segments)
                .all(|(set, segment)| set.contains(segment))
            && self.query.contains(names)
            && self.keys.contains(key.unwrap_or(NOTHING))
    }

    pub(crate) fn whatever_it_names(&self) -> Self {
        Self {
            keys: KeySet::any(),
            ..self.clone()
        }
    }

    /// All that the rule speaks of, the requests beyond its limits among them.
    pub(crate) fn whatever_its_limits(&self) -> Self {
        Self {
            query: NameRange::any(),
            body: (0, u64::MAX),
            ..self.whatever_it_names()
        }
    }

    pub(crate) fn meet(&self, other: &Self) -> Option<Self> {
        let body = (self.body.0.max(other.body.0), self.body.1.min(other.body.1));
        let path = meet_paths(&self.path, &other.path)?;
        let principals = both(&self.principals, &other.principals);
        let tools = both(&self.tools, &other.tools);
        let keys = self.keys.meet(&other.keys);
        if principals.is_empty() || tools.is_empty() || body.0 > body.1 || keys.is_empty() {
            return None;
        }
        Some(Self {
            principals,
            tools,
            path,
            query: self.query.meet(&other.query)?,
            body,
            keys,
        })
    }

    /// What is left without `other`, in pieces that do not overlap.
    pub(crate) fn minus(&self, other: &Self) -> Vec<Self> {
        if self.meet(other).is_none() {
            return vec![self.clone()];
        }
        let mut rest = self.clone();
        let mut left = Vec::new();
        for at in 0..self.path.len() {
            let outside = rest.path[at].minus(&other.path[at]);
            if !outside.is_empty() {
                let mut piece = rest.clone();
                piece.path[at] = outside;
                left.push(piece);
            }
            rest.path[at] = rest.path[at].meet(&other.path[at]);
        }
        let outside = split(&mut rest.tools, &other.tools);
        if !outside.is_empty() {
            left.push(Self {
                tools: outside,
                ..rest.clone()
            });
        }
        let outside = split(&mut rest.principals, &other.principals);
        if !outside.is_empty() {
            left.push(Self {
                principals: outside,
                ..rest.clone()
            });
        }
        let outside = rest.keys.minus(&other.keys);
        if !outside.is_empty() {
            rest.keys = rest.keys.meet(&other.keys);
            left.push(Self {
                keys: outside,
                ..rest.clone()
            });
        }
        let (least, most) = rest.body;
        if least < other.body.0 {
            left.push(Self {
                body: (least, other.body.0 - 1),
                ..rest.clone()
            });
        }
        if most > other.body.1 {
            left.push(Self {
                body: (other.body.1 + 1, most),
                ..rest.clone()
            });
        }
        rest.body = (least.max(other.body.0), most.min(other.body.1));
        let names = rest.query.minus(&other.query);
        left.extend(names.into_iter().map(|query| Self {
            query,
            ..rest.clone()
        }));
        left
    }

    /// What is left of `shapes` without any of `others`.
    pub(crate) fn minus_all<'a>(
        shapes: Vec<Self>,
        others: impl IntoIterator<Item = &'a Self>,
        budget: &mut Budget,
    ) -> Result<Vec<Self>, TooTangled> {
        let before = shapes.len();
        let mut left = shapes;
        for other in others {
            if left.is_empty() {
                break;
            }
            let mut next = Vec::with_capacity(left.len());
            for shape in left {
                next.extend(shape.minus(other));
            }
            left = next;
            budget.spend(left.len().saturating_sub(before))?;
        }
        Ok(left)
    }

    /// `/rest/api/3/issue/{issue-key}`
    pub(crate) fn path_text(&self) -> String {
        self.path.iter().map(|set| format!("/{set}")).collect()
    }

    /// One path of the shape.
    pub(crate) fn sample_path(&self) -> Vec<String> {
        self.path.iter().filter_map(SegmentSet::sample).collect()
    }
}
