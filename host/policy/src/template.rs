//! Path templates: `/rest/api/3/issue/{issue-key}`.
//!
//! A template is a list of literals, named kinds and literal sets; each stands for exactly one segment.
//! There is no wildcard and no regular expression, so "does it match", "is it a subset" and "do they overlap"
//! are all decided exactly, segment by segment.

use std::collections::BTreeSet;
use std::fmt;

use crate::mutant::{self, Mutant};
use crate::segment;
use crate::set::{SegmentSet, meet_paths};

/// What one path parameter may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `PROJ-123`
    IssueKey,
    /// A positive decimal number without leading zeros.
    Id,
    /// `PROJ`
    ProjectKey,
    /// `DOCS`, or `~someone` for a personal space.
    SpaceKey,
    /// Any canonical segment.
    Segment,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Literal(String),
    Kind(Kind),
    /// `{a|b}`: exactly these words.
    OneOf(BTreeSet<String>),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Template {
    parts: Vec<Part>,
    /// The same as sets, for comparisons.
    sets: Vec<SegmentSet>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("a path begins with `/`")]
    NoLeadingSlash,
    #[error("`*` is not part of the grammar: each segment is named")]
    Wildcard,
    #[error(
        "unknown kind `{{{0}}}`; there are {{issue-key}}, {{id}}, {{project-key}}, {{space-key}}, {{segment}} and sets like {{a|b}}"
    )]
    UnknownKind(String),
    #[error("a parameter fills a whole segment: `{{kind}}`, with nothing before or after it")]
    PartialSegment,
    #[error(transparent)]
    Segment(#[from] segment::SegmentError),
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::IssueKey,
        Self::Id,
        Self::ProjectKey,
        Self::SpaceKey,
        Self::Segment,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IssueKey => "issue-key",
            Self::Id => "id",
            Self::ProjectKey => "project-key",
            Self::SpaceKey => "space-key",
            Self::Segment => "segment",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The whole segment, in ASCII; a Unicode digit is not a digit here.
    pub fn matches(self, text: &str) -> bool {
        segment::check(text).is_ok()
            && match self {
                Self::IssueKey => text.rsplit_once('-').is_some_and(|(project, number)| {
                    is_project_key(project) && is_number(number, 10)
                }),
                Self::Id => is_number(text, 19),
                Self::ProjectKey => is_project_key(text),
                Self::SpaceKey => is_space_key(text),
                Self::Segment => true,
            }
    }

    /// A value that nobody's data has: used to ask "could any request of this shape pass?".
    pub(crate) const fn sample(self) -> &'static str {
        match self {
            Self::IssueKey => "ZZSAMPLEZZ-999999999",
            Self::Id => "9999999999999999999",
            Self::ProjectKey | Self::SpaceKey | Self::Segment => "ZZSAMPLEZZ",
        }
    }
}

/// `[A-Z][A-Z0-9_]{1,31}`: Atlassian's default pattern, with the digits and underscores that Data Center allows.
fn is_project_key(text: &str) -> bool {
    (2..=32).contains(&text.len())
        && text.as_bytes()[0].is_ascii_uppercase()
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn is_number(text: &str, digits: usize) -> bool {
    (1..=digits).contains(&text.len())
        && !text.starts_with('0')
        && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_space_key(text: &str) -> bool {
    match text.strip_prefix('~') {
        Some(owner) => {
            !owner.is_empty()
                && owner
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._-:@".contains(&b))
        }
        None => text.bytes().all(|b| b.is_ascii_alphanumeric()),
    }
}

impl Part {
    fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.contains('*') {
            return Err(TemplateError::Wildcard);
        }
        if !text.contains(['{', '}']) {
            segment::check(text)?;
            return Ok(Self::Literal(text.to_owned()));
        }
        let inner = text
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .ok_or(TemplateError::PartialSegment)?;
        if inner.contains(['{', '}']) {
            return Err(TemplateError::PartialSegment);
        }
        if inner.contains('|') {
            let words: BTreeSet<String> = inner.split('|').map(str::to_owned).collect();
            words.iter().try_for_each(|word| segment::check(word))?;
            return Ok(Self::OneOf(words));
        }
        Kind::parse(inner)
            .map(Self::Kind)
            .ok_or_else(|| TemplateError::UnknownKind(inner.to_owned()))
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Literal(word) => word == text,
            Self::Kind(kind) => kind.matches(text),
            Self::OneOf(words) => words.contains(text),
        }
    }

    fn sample(&self) -> &str {
        match self {
            Self::Literal(word) => word,
            Self::Kind(kind) => kind.sample(),
            Self::OneOf(words) => words.first().map_or("", String::as_str),
        }
    }
}

impl Template {
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let rest = text
            .strip_prefix('/')
            .ok_or(TemplateError::NoLeadingSlash)?;
        let parts: Vec<Part> = rest.split('/').map(Part::parse).collect::<Result<_, _>>()?;
        let sets = parts.iter().map(SegmentSet::of).collect();
        Ok(Self { parts, sets })
    }

    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The parameters of a matching path, in order; `None` where it does not match.
    pub fn captures<S: AsRef<str>>(&self, segments: &[S]) -> Option<Vec<(String, String)>> {
        if mutant::is_on(Mutant::GlobAcrossSegments) {
            return self.captures_like_a_glob(segments);
        }
        if !self.fits(segments) {
            return None;
        }
        Some(self.parameters(segments))
    }

    pub fn matches<S: AsRef<str>>(&self, segments: &[S]) -> bool {
        if mutant::is_on(Mutant::GlobAcrossSegments) {
            return self.captures_like_a_glob(segments).is_some();
        }
        self.fits(segments)
    }

    /// Words of a template are canonical and kinds match canonical segments only, so nothing else does.
    fn fits<S: AsRef<str>>(&self, segments: &[S]) -> bool {
        // From the end, where paths differ most.
        segments.len() == self.parts.len()
            && self
                .parts
                .iter()
                .zip(segments)
                .rev()
                .all(|(part, segment)| part.matches(segment.as_ref()))
    }

    /// Is there a path that both match?
    pub fn overlaps(&self, other: &Self) -> bool {
        meet_paths(&self.sets, &other.sets).is_some()
    }

    /// Does every path that matches `other` match `self`?
    pub fn covers(&self, other: &Self) -> bool {
        self.sets.len() == other.sets.len()
            && self
                .sets
                .iter()
                .zip(&other.sets)
                .all(|(a, b)| b.is_inside(a))
    }

    /// What each segment may be.
    pub(crate) fn sets(&self) -> &[SegmentSet] {
        &self.sets
    }

    /// One path of this shape.
    pub(crate) fn sample(&self) -> Vec<String> {
        self.parts
            .iter()
            .map(|part| part.sample().to_owned())
            .collect()
    }

    /// The same, below this project or space.
    pub(crate) fn sample_within(&self, key: &str) -> Vec<String> {
        let sample = |part: &Part| match part {
            Part::Kind(Kind::IssueKey) => format!("{key}-999999999"),
            Part::Kind(Kind::ProjectKey | Kind::SpaceKey) => key.to_owned(),
            _ => part.sample().to_owned(),
        };
        self.parts.iter().map(sample).collect()
    }

    /// Where the first difference stands, for people: how many leading segments match.
    pub(crate) fn matching_prefix<S: AsRef<str>>(&self, segments: &[S]) -> usize {
        self.parts
            .iter()
            .zip(segments)
            .take_while(|(part, segment)| part.matches(segment.as_ref()))
            .count()
    }

    fn parameters<S: AsRef<str>>(&self, segments: &[S]) -> Vec<(String, String)> {
        self.parts
            .iter()
            .zip(segments)
            .filter_map(|(part, segment)| match part {
                Part::Literal(_) => None,
                Part::Kind(kind) => Some((kind.as_str().to_owned(), segment.as_ref().to_owned())),
                Part::OneOf(_) => Some(("one-of".to_owned(), segment.as_ref().to_owned())),
            })
            .collect()
    }

    fn captures_like_a_glob<S: AsRef<str>>(&self, segments: &[S]) -> Option<Vec<(String, String)>> {
        fn fits<S: AsRef<str>>(parts: &[Part], segments: &[S]) -> bool {
            match parts.split_first() {
                None => segments.is_empty(),
                Some((Part::Kind(_), rest)) => {
                    (1..=segments.len()).any(|taken| fits(rest, &segments[taken..]))
                }
                Some((part, rest)) => {
                    segments
                        .first()
                        .is_some_and(|segment| part.matches(segment.as_ref()))
                        && fits(rest, &segments[1..])
                }
            }
        }
        fits(&self.parts, segments).then(|| self.parameters(segments))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(word) => f.write_str(word),
            Self::Kind(kind) => write!(f, "{{{}}}", kind.as_str()),
            Self::OneOf(words) => write!(
                f,
                "{{{}}}",
                words
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join("|")
            ),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| write!(f, "/{part}"))
    }
}
