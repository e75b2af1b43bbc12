//! Sets of path segments: whole kinds, single words, and everything that unions and differences make of them.
//!
//! The kinds overlap (`42` is an id and a space key), so they are cut into six atoms that do not; the atom of issue
//! keys is cut once more, by project. A set is some atoms, and a finite list of words for which the opposite holds;
//! that form is unique, so equal sets are equal values. An atom has more members than a policy file has bytes, so a
//! set with an atom in it is never empty.

use std::collections::BTreeSet;
use std::fmt;

use super::keys::KeySet;
use crate::segment;
use crate::template::{Kind, Part};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SegmentSet {
    /// Without the one of issue keys.
    atoms: u8,
    /// The projects whose issue keys are members.
    issues_of: KeySet,
    /// Members outside of the atoms, and holes in them.
    flipped: BTreeSet<String>,
}

const ISSUE_KEY: u8 = 1;
const NUMBER: u8 = 1 << 1;
/// A project key that is a space key too.
const PLAIN_PROJECT: u8 = 1 << 2;
/// One with an underscore, which no space key has.
const OTHER_PROJECT: u8 = 1 << 3;
const OTHER_SPACE: u8 = 1 << 4;
const ANYTHING_ELSE: u8 = 1 << 5;
const ALL: u8 = 0b11_1111;

const fn atoms_of(kind: Kind) -> u8 {
    match kind {
        Kind::IssueKey => ISSUE_KEY,
        Kind::Id => NUMBER,
        Kind::ProjectKey => PLAIN_PROJECT | OTHER_PROJECT,
        Kind::SpaceKey => NUMBER | PLAIN_PROJECT | OTHER_SPACE,
        Kind::Segment => ALL,
    }
}

/// The one atom that a canonical segment is in, asked of the kinds themselves.
fn atom_of(text: &str) -> u8 {
    Kind::ALL.into_iter().fold(ALL, |left, kind| {
        left & if kind.matches(text) {
            atoms_of(kind)
        } else {
            !atoms_of(kind)
        }
    })
}

impl SegmentSet {
    pub(crate) fn of(part: &Part) -> Self {
        match part {
            Part::Literal(word) => Self::words([word.clone()]),
            Part::OneOf(words) => Self::words(words.iter().cloned()),
            Part::Kind(kind) => Self {
                atoms: atoms_of(*kind) & !ISSUE_KEY,
                issues_of: match atoms_of(*kind) & ISSUE_KEY {
                    0 => KeySet::none(),
                    _ => KeySet::any(),
                },
                flipped: BTreeSet::new(),
            },
        }
    }

    pub(crate) fn words(words: impl IntoIterator<Item = String>) -> Self {
        Self {
            atoms: 0,
            issues_of: KeySet::none(),
            flipped: words.into_iter().collect(),
        }
    }

    /// The keys of all issues of these projects.
    pub(crate) const fn issues_of(projects: KeySet) -> Self {
        Self {
            atoms: 0,
            issues_of: projects,
            flipped: BTreeSet::new(),
        }
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        segment::check(text).is_ok() && self.holds(text)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.atoms == 0 && self.issues_of.is_empty() && self.flipped.is_empty()
    }

    pub(crate) fn meet(&self, other: &Self) -> Self {
        let atoms = self.atoms & other.atoms;
        let issues_of = self.issues_of.meet(&other.issues_of);
        self.combine(other, atoms, issues_of, |ours, theirs| ours && theirs)
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        let atoms = self.atoms & !other.atoms;
        let issues_of = self.issues_of.minus(&other.issues_of);
        self.combine(other, atoms, issues_of, |ours, theirs| ours && !theirs)
    }

    pub(crate) fn is_inside(&self, other: &Self) -> bool {
        self.minus(other).is_empty()
    }

    /// A member: a word that the set names, else one that nobody's data has.
    pub(crate) fn sample(&self) -> Option<String> {
        if let Some(word) = self.flipped.iter().find(|word| self.holds(word)) {
            return Some(word.clone());
        }
        let project = self.issues_of.sample();
        let atom = (0..6)
            .map(|bit| 1 << bit)
            .find(|atom| self.atoms & atom != 0);
        (1u32..)
            .map_while(|number| match (&project, atom) {
                (Some(project), _) => Some(format!("{project}-{number}")),
                (None, atom) => Some(sample_of(atom?, number)),
            })
            .find(|text| !self.flipped.contains(text))
    }

    fn holds(&self, text: &str) -> bool {
        self.has_in_atoms(text) != self.flipped.contains(text)
    }

    fn has_in_atoms(&self, text: &str) -> bool {
        match atom_of(text) {
            ISSUE_KEY => self.issues_of.contains(project_of(text)),
            atom => self.atoms & atom != 0,
        }
    }

    fn combine(
        &self,
        other: &Self,
        atoms: u8,
        issues_of: KeySet,
        rule: impl Fn(bool, bool) -> bool,
    ) -> Self {
        let mut both = Self {
            atoms,
            issues_of,
            flipped: BTreeSet::new(),
        };
        // Without words of their own, sets are their atoms.
        if self.flipped.is_empty() && other.flipped.is_empty() {
            return both;
        }
        let named = self.flipped.union(&other.flipped);
        both.flipped = named
            .filter(|word| rule(self.holds(word), other.holds(word)) != both.has_in_atoms(word))
            .cloned()
            .collect();
        both
    }
}

/// The project that an issue key names.
fn project_of(issue_key: &str) -> &str {
    issue_key
        .rsplit_once('-')
        .map_or(issue_key, |(project, _)| project)
}

/// The `number`th stand-in of an atom other than that of issue keys; all of them differ.
fn sample_of(atom: u8, number: u32) -> String {
    match atom {
        NUMBER => format!("99999999{number}"),
        PLAIN_PROJECT => format!("ZZSAMPLE{number}"),
        OTHER_PROJECT => format!("ZZ_SAMPLE{number}"),
        OTHER_SPACE => format!("~sample{number}"),
        _ => format!("sample-{number}"),
    }
}

/// As a template would write it; what no template can say is said in words between the braces.
impl fmt::Display for SegmentSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (members, holes): (Vec<&String>, Vec<&String>) =
            self.flipped.iter().partition(|word| self.holds(word));
        if let ([word], 0, true) = (members.as_slice(), self.atoms, self.issues_of.is_empty()) {
            return f.write_str(word);
        }
        let issues = match self.issues_of.is_any() {
            true => ISSUE_KEY,
            false => 0,
        };
        let mut left = self.atoms | issues;
        let of_projects = format!("issue-key of {}", self.issues_of);
        let mut names: Vec<&str> = Vec::new();
        for kind in [
            Kind::Segment,
            Kind::SpaceKey,
            Kind::ProjectKey,
            Kind::IssueKey,
            Kind::Id,
        ] {
            let has_all = (self.atoms | issues) & atoms_of(kind) == atoms_of(kind);
            if has_all && left & atoms_of(kind) != 0 {
                names.push(kind.as_str());
                left &= !atoms_of(kind);
            }
        }
        for (atom, name) in [
            (PLAIN_PROJECT, "project-key without _"),
            (OTHER_PROJECT, "project-key with _"),
            (
                OTHER_SPACE,
                "space-key that is no number and no project-key",
            ),
            (ANYTHING_ELSE, "segment of no other kind"),
        ] {
            if left & atom != 0 {
                names.push(name);
            }
        }
        if issues == 0 && !self.issues_of.is_empty() {
            names.push(&of_projects);
        }
        names.extend(members.into_iter().map(String::as_str));
        write!(f, "{{{}", names.join("|"))?;
        if !holes.is_empty() {
            let holes: Vec<&str> = holes.into_iter().map(String::as_str).collect();
            write!(f, " but not {}", holes.join("|"))?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind(kind: Kind) -> SegmentSet {
        SegmentSet::of(&Part::Kind(kind))
    }

    #[test]
    fn kinds_relate_as_their_texts_do() {
        assert!(kind(Kind::Id).is_inside(&kind(Kind::SpaceKey)));
        assert!(!kind(Kind::ProjectKey).is_inside(&kind(Kind::SpaceKey)));
        assert!(kind(Kind::IssueKey).meet(&kind(Kind::SpaceKey)).is_empty());
        for each in Kind::ALL {
            assert!(kind(each).is_inside(&kind(Kind::Segment)), "{each:?}");
            assert!(kind(each).minus(&kind(each)).is_empty(), "{each:?}");
        }
    }

    #[test]
    fn sets_are_written_as_people_would() {
        let key = kind(Kind::IssueKey);
        let word = SegmentSet::words(["PROJ-1".to_owned()]);
        let project = kind(Kind::ProjectKey);
        let shown = [
            key.to_string(),
            word.to_string(),
            key.minus(&word).to_string(),
            kind(Kind::SpaceKey).minus(&kind(Kind::Id)).to_string(),
            project.minus(&kind(Kind::SpaceKey)).to_string(),
            kind(Kind::Segment).minus(&key).to_string(),
            SegmentSet::words(["a".to_owned(), "b".to_owned()]).to_string(),
            SegmentSet::issues_of(KeySet::only(["PROJ".to_owned(), "OPS".to_owned()])).to_string(),
        ];
        insta::assert_snapshot!(shown.join("\n"), @r"
        {issue-key}
        PROJ-1
        {issue-key but not PROJ-1}
        {project-key without _|space-key that is no number and no project-key}
        {project-key with _}
        {space-key|project-key|segment of no other kind}
        {a|b}
        {issue-key of OPS, PROJ}
        ");
    }

    const TEXTS: [&str; 16] = [
        "PROJ-1",
        "A-1",
        "AB-0",
        "PROJ",
        "PR_OJ",
        "P",
        "7",
        "07",
        "0",
        "~me",
        "~",
        "docs",
        "a-b",
        "rest",
        "ZZSAMPLEZZ-1",
        "99999999991",
    ];

    fn set() -> impl Strategy<Value = SegmentSet> {
        let base = prop_oneof![
            prop::sample::select(Kind::ALL.to_vec()).prop_map(kind),
            prop::sample::subsequence(TEXTS.to_vec(), 0..4)
                .prop_map(|words| SegmentSet::words(words.into_iter().map(str::to_owned))),
            prop::sample::subsequence(vec!["PROJ", "PR_OJ", "ZZSAMPLEZZ"], 0..3).prop_map(
                |projects| {
                    SegmentSet::issues_of(KeySet::only(projects.into_iter().map(str::to_owned)))
                }
            ),
        ];
        base.prop_recursive(3, 8, 2, |inner| {
            (inner.clone(), inner, any::<bool>()).prop_map(|(a, b, is_meet)| {
                if is_meet { a.meet(&b) } else { a.minus(&b) }
            })
        })
    }

    proptest! {
        #[test]
        fn the_algebra_is_the_one_of_members(a in set(), b in set(), text in prop_oneof![
            prop::sample::select(TEXTS.to_vec()).prop_map(str::to_owned),
            "[A-Z]{1,4}(-[0-9]{1,3})?|[0-9]{1,4}|~[a-z]{0,3}|[a-z_]{1,3}",
        ]) {
            prop_assert_eq!(a.meet(&b).contains(&text), a.contains(&text) && b.contains(&text));
            prop_assert_eq!(a.minus(&b).contains(&text), a.contains(&text) && !b.contains(&text));
            if a.is_inside(&b) && a.contains(&text) {
                prop_assert!(b.contains(&text));
            }
            for each in Kind::ALL {
                prop_assert_eq!(kind(each).contains(&text), each.matches(&text));
            }
        }

        #[test]
        fn a_set_is_empty_or_has_a_sample(a in set(), b in set()) {
            for each in [a.clone(), a.meet(&b), a.minus(&b)] {
                match each.sample() {
                    Some(text) => prop_assert!(each.contains(&text), "{} {}", each, text),
                    None => prop_assert!(each.is_empty()),
                }
            }
            prop_assert_eq!(a.meet(&b), b.meet(&a));
            prop_assert_eq!(a.minus(&b).meet(&b), SegmentSet::words([]));
        }

        #[test]
        fn every_canonical_text_is_in_one_atom(text in "[-A-Za-z0-9._~@:]{1,12}") {
            if segment::check(&text).is_ok() {
                prop_assert_eq!(atom_of(&text).count_ones(), 1, "{}", text);
            }
        }
    }
}
