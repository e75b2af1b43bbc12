//! Sets of project or space keys: these keys, or all but these. No rule has as many keys as there can be, so the
//! second kind is never empty. Where a set says what a request may name, the empty key stands for naming nothing.

use std::collections::BTreeSet;
use std::fmt;

/// The key of a request that names none.
pub(crate) const NOTHING: &str = "";

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct KeySet {
    named: BTreeSet<String>,
    /// `named` are the ones that are missing.
    has_all_others: bool,
}

impl KeySet {
    pub(crate) const fn any() -> Self {
        Self {
            named: BTreeSet::new(),
            has_all_others: true,
        }
    }

    pub(crate) const fn none() -> Self {
        Self {
            named: BTreeSet::new(),
            has_all_others: false,
        }
    }

    pub(crate) fn only(keys: impl IntoIterator<Item = String>) -> Self {
        Self {
            named: keys.into_iter().collect(),
            has_all_others: false,
        }
    }

    /// Any of these, or none at all.
    pub(crate) fn at_most(keys: impl IntoIterator<Item = String>) -> Self {
        Self::only(keys.into_iter().chain([NOTHING.to_owned()]))
    }

    pub(crate) fn is_any(&self) -> bool {
        self.has_all_others && self.named.is_empty()
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.has_all_others && self.named.is_empty()
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.named.contains(key) != self.has_all_others
    }

    pub(crate) fn meet(&self, other: &Self) -> Self {
        self.combine(other, |ours, theirs| ours && theirs)
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.combine(other, |ours, theirs| ours && !theirs)
    }

    /// A key of the set, not the empty one: one that it names, else one that nobody's data has.
    pub(crate) fn sample(&self) -> Option<String> {
        if !self.has_all_others {
            return self.named.iter().find(|key| *key != NOTHING).cloned();
        }
        let numbered = (2u32..).map(|number| format!("ZZSAMPLEZZ{number}"));
        std::iter::once("ZZSAMPLEZZ".to_owned())
            .chain(numbered)
            .find(|key| self.contains(key))
    }

    fn combine(&self, other: &Self, rule: impl Fn(bool, bool) -> bool) -> Self {
        let has_all_others = rule(self.has_all_others, other.has_all_others);
        let keys = self.named.union(&other.named);
        let named = keys
            .filter(|key| rule(self.contains(key), other.contains(key)) != has_all_others)
            .cloned()
            .collect();
        Self {
            named,
            has_all_others,
        }
    }
}

/// `PROJ, OPS` or `any but PROJ`
impl fmt::Display for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.named.iter().map(String::as_str);
        let keys: Vec<&str> = keys.filter(|key| *key != NOTHING).collect();
        match (self.has_all_others, keys.as_slice()) {
            (true, []) => f.write_str("any"),
            (true, keys) => write!(f, "any but {}", keys.join(", ")),
            (false, keys) => f.write_str(&keys.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEYS: [&str; 4] = ["PROJ", "OPS", "DOCS", "HR"];

    fn set() -> impl Strategy<Value = KeySet> {
        (
            prop::sample::subsequence(KEYS[..3].to_vec(), 0..=3),
            any::<bool>(),
        )
            .prop_map(|(keys, is_complement)| {
                let only = KeySet::only(keys.into_iter().map(str::to_owned));
                if is_complement {
                    KeySet::any().minus(&only)
                } else {
                    only
                }
            })
    }

    proptest! {
        #[test]
        fn key_sets_behave_like_the_sets_that_they_stand_for(a in set(), b in set(), key in prop::sample::select(KEYS.to_vec())) {
            prop_assert_eq!(a.meet(&b).contains(key), a.contains(key) && b.contains(key));
            prop_assert_eq!(a.minus(&b).contains(key), a.contains(key) && !b.contains(key));
            prop_assert!(a.minus(&a).is_empty());
            prop_assert_eq!(a.sample().is_none(), a.is_empty());
            prop_assert!(a.sample().is_none_or(|sample| a.contains(&sample)));
            prop_assert_eq!(a.meet(&KeySet::any()), a);
        }
    }
}
