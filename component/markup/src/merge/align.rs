//! Which node of an edited list is which of the original.
//!
//! Decides by what the nodes say: the longest common sequence stays, nodes of it that say the same
//! elsewhere were moved, and what lies between is paired in order. Never looks inside a node.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One node of the edited list, and its partner in the original, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Same(usize, usize),
    Changed(usize, usize),
    New(usize),
}

/// A table with more cells than this is not filled; equal nodes are then paired greedily.
const LARGEST_TABLE: usize = 1_000_000;

/// How far a changed node's partner is looked for.
const FARTHEST: usize = 64;

/// Compares what the nodes say; `similar` tells whether one may be an edit of the other.
pub(super) fn align(
    new: &[String],
    old: &[String],
    similar: impl Fn(usize, usize) -> bool,
) -> Vec<Step> {
    let mut steps = Vec::with_capacity(new.len());
    let in_order = pairs(new, old);
    let moved = moved(new, old, &in_order);
    let gone: BTreeSet<usize> = moved.values().copied().collect();
    let (mut next_new, mut next_old) = (0, 0);
    let end = (new.len(), old.len());
    for (at_new, at_old) in in_order.into_iter().chain([end]) {
        // What was changed between two nodes that were not.
        for node in next_new..at_new {
            if let Some(from) = moved.get(&node) {
                steps.push(Step::Same(node, *from));
                continue;
            }
            let partner = (next_old..at_old)
                .take(FARTHEST)
                .find(|at| !gone.contains(at) && similar(node, *at));
            steps.push(match partner {
                Some(at) => {
                    next_old = at + 1;
                    Step::Changed(node, at)
                }
                None => Step::New(node),
            });
        }
        if (at_new, at_old) != end {
            steps.push(Step::Same(at_new, at_old));
        }
        (next_new, next_old) = (at_new + 1, at_old + 1);
    }
    steps
}

/// The nodes of an original of this length that none of `steps` takes up.
pub(super) fn without_partner(steps: &[Step], length: usize) -> Vec<usize> {
    let mut left = vec![true; length];
    for step in steps {
        if let Step::Same(_, old) | Step::Changed(_, old) = step {
            left[*old] = false;
        }
    }
    (0..length).filter(|at| left[*at]).collect()
}

/// For nodes that stand in another order which ones they were.
fn moved(new: &[String], old: &[String], in_order: &[(usize, usize)]) -> BTreeMap<usize, usize> {
    let stay_new: BTreeSet<usize> = in_order.iter().map(|(at, _)| *at).collect();
    let stay_old: BTreeSet<usize> = in_order.iter().map(|(_, at)| *at).collect();
    let mut left: BTreeMap<&str, VecDeque<usize>> = BTreeMap::new();
    for (at, key) in old
        .iter()
        .enumerate()
        .filter(|(at, _)| !stay_old.contains(at))
    {
        left.entry(key).or_default().push_back(at);
    }
    let others = new
        .iter()
        .enumerate()
        .filter(|(at, _)| !stay_new.contains(at));
    others
        .filter_map(|(at, key)| Some((at, left.get_mut(key.as_str())?.pop_front()?)))
        .collect()
}

/// Indices of equal nodes, rising on both sides.
fn pairs(new: &[String], old: &[String]) -> Vec<(usize, usize)> {
    let prefix = new
        .iter()
        .zip(old)
        .take_while(|(one, other)| one == other)
        .count();
    let (new_rest, old_rest) = (&new[prefix..], &old[prefix..]);
    let suffix = new_rest
        .iter()
        .rev()
        .zip(old_rest.iter().rev())
        .take_while(|(one, other)| one == other)
        .count();
    let (new_middle, old_middle) = (
        &new_rest[..new_rest.len() - suffix],
        &old_rest[..old_rest.len() - suffix],
    );
    let middle = if new_middle.len().saturating_mul(old_middle.len()) <= LARGEST_TABLE {
        longest(new_middle, old_middle)
    } else {
        greedy(new_middle, old_middle)
    };
    let mut pairs: Vec<(usize, usize)> = (0..prefix).map(|at| (at, at)).collect();
    pairs.extend(
        middle
            .into_iter()
            .map(|(one, other)| (one + prefix, other + prefix)),
    );
    pairs.extend(
        (0..suffix)
            .rev()
            .map(|back| (new.len() - 1 - back, old.len() - 1 - back)),
    );
    pairs
}

/// The longest common subsequence.
fn longest(new: &[String], old: &[String]) -> Vec<(usize, usize)> {
    let width = old.len() + 1;
    let mut lengths = vec![0_u32; (new.len() + 1) * width];
    for one in (0..new.len()).rev() {
        for other in (0..old.len()).rev() {
            lengths[one * width + other] = if new[one] == old[other] {
                lengths[(one + 1) * width + other + 1] + 1
            } else {
                lengths[(one + 1) * width + other].max(lengths[one * width + other + 1])
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut one, mut other) = (0, 0);
    while one < new.len() && other < old.len() {
        if new[one] == old[other] {
            pairs.push((one, other));
            one += 1;
            other += 1;
        } else if lengths[(one + 1) * width + other] >= lengths[one * width + other + 1] {
            one += 1;
        } else {
            other += 1;
        }
    }
    pairs
}

fn greedy(new: &[String], old: &[String]) -> Vec<(usize, usize)> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, key) in old.iter().enumerate() {
        places.entry(key).or_default().push(at);
    }
    let mut next = 0;
    let mut pairs = Vec::new();
    for (at, key) in new.iter().enumerate() {
        let candidates = places.get(key.as_str()).map_or(&[][..], Vec::as_slice);
        let first = candidates.partition_point(|place| *place < next);
        if let Some(place) = candidates.get(first) {
            pairs.push((at, *place));
            next = place + 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(new: &str, old: &str) -> String {
        let keys = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let (new, old) = (keys(new), keys(old));
        let upper = |key: &str| key.chars().all(char::is_uppercase);
        align(&new, &old, |one, other| {
            upper(&new[one]) == upper(&old[other])
        })
        .iter()
        .map(|step| match step {
            Step::Same(at, _) => format!("{} ", new[*at]),
            Step::Changed(at, from) => format!("{}>{} ", old[*from], new[*at]),
            Step::New(at) => format!("+{} ", new[*at]),
        })
        .collect()
    }

    #[test]
    fn nodes_find_their_partners() {
        for (new, old, steps) in [
            ("abc", "abc", "a b c "),
            ("axc", "abc", "a b>x c "),
            ("aXc", "abc", "a +X c "),
            ("abxc", "abc", "a b +x c "),
            ("ac", "abc", "a c "),
            ("", "abc", ""),
            ("ab", "", "+a +b "),
            ("cab", "abc", "c a b "),
            ("cxb", "abc", "c a>x b "),
            ("xca", "abc", "+x c a "),
        ] {
            assert_eq!(show(new, old), steps, "{old} to {new}");
        }
    }

    #[test]
    fn greedy_pairs_rise() {
        let keys = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        assert_eq!(
            greedy(&keys("abab"), &keys("babb")),
            [(0, 1), (1, 2), (3, 3)]
        );
    }
}
