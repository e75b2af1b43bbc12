//! Sets of query-name sets: all that hold certain names and no others than certain names.

use std::collections::BTreeSet;

/// Every set of names with `must ⊆ names ⊆ may`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameRange {
    pub(crate) must: BTreeSet<String>,
    /// `None`: any name.
    pub(crate) may: Option<BTreeSet<String>>,
}

impl NameRange {
    pub(crate) const fn any() -> Self {
        Self {
            must: BTreeSet::new(),
            may: None,
        }
    }

    /// Any of these names, or none.
    pub(crate) fn up_to(names: impl IntoIterator<Item = String>) -> Self {
        Self {
            must: BTreeSet::new(),
            may: Some(names.into_iter().collect()),
        }
    }

    pub(crate) fn contains(&self, names: &BTreeSet<String>) -> bool {
        self.must.is_subset(names) && self.may.as_ref().is_none_or(|may| names.is_subset(may))
    }

    pub(crate) fn meet(&self, other: &Self) -> Option<Self> {
        let must: BTreeSet<String> = self.must.union(&other.must).cloned().collect();
        let may = match (&self.may, &other.may) {
            (None, may) | (may, None) => may.clone(),
            (Some(ours), Some(theirs)) => Some(ours.intersection(theirs).cloned().collect()),
        };
        let is_possible = may.as_ref().is_none_or(|may| must.is_subset(may));
        is_possible.then_some(Self { must, may })
    }

    /// What is left without `other`, as ranges that do not overlap. A range that allows any name has no such list;
    /// no rule has one, so it is only ever what is taken away.
    pub(crate) fn minus(&self, other: &Self) -> Vec<Self> {
        if self.meet(other).is_none() {
            return vec![self.clone()];
        }
        let mut rest = self.clone();
        let mut left = Vec::new();
        for name in other.must.difference(&self.must) {
            let mut without = rest.clone();
            if let Some(may) = &mut without.may {
                may.remove(name);
                left.push(without);
            }
            rest.must.insert(name.clone());
        }
        let (Some(ours), Some(theirs)) = (&self.may, &other.may) else {
            return left;
        };
        for name in ours.difference(theirs) {
            let mut with = rest.clone();
            with.must.insert(name.clone());
            left.push(with);
            if let Some(may) = &mut rest.may {
                may.remove(name);
            }
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMES: [&str; 4] = ["a", "b", "c", "d"];

    fn names() -> impl Strategy<Value = BTreeSet<String>> {
        prop::sample::subsequence(NAMES.to_vec(), 0..=4)
            .prop_map(|names| names.into_iter().map(str::to_owned).collect())
    }

    fn range() -> impl Strategy<Value = NameRange> {
        (names(), names()).prop_map(|(must, more)| NameRange {
            may: Some(must.union(&more).cloned().collect()),
            must,
        })
    }

    proptest! {
        #[test]
        fn ranges_behave_like_the_sets_that_they_stand_for(a in range(), b in range(), asked in names()) {
            let both = a.meet(&b).is_some_and(|meet| meet.contains(&asked));
            prop_assert_eq!(both, a.contains(&asked) && b.contains(&asked));
            let left = a.minus(&b);
            let times = left.iter().filter(|range| range.contains(&asked)).count();
            prop_assert_eq!(times, usize::from(a.contains(&asked) && !b.contains(&asked)));
            prop_assert!(a.minus(&NameRange::any()).is_empty());
        }
    }
}
